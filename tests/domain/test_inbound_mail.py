"""What an incoming mail is: what machines leave in headers, and what people do with subjects and addresses."""

from typing import Any

import pytest

from app.domain.inbound_mail import (
    MARKS,
    Facts,
    Kind,
    Person,
    Report,
    answers_automatically,
    is_forward,
    is_urgent,
    kind_of,
    quoted_number,
    topic,
)

URGENT = ["urgence@e-connect.lu"]


def mail(sender: str | None = "rita@elsewhere.example", **values: Any) -> Facts:
    return Facts(sender=Person("Rita", sender) if sender else None, **values)


def marked(**marks: str) -> Facts:
    return mail(marks={name.replace("_", "-"): value for name, value in marks.items()})


def reported(action: str, status: str = "", type_: str = "delivery-status") -> Facts:
    return mail("mailer-daemon@mx.example", report_type=type_, report=Report(action=action, status=status))


def test_without_marks_a_person_wrote_it():
    assert kind_of(mail(subject="The menu")) is Kind.PERSON
    assert kind_of(mail(None)) is Kind.PERSON


@pytest.mark.parametrize(
    ("submitted", "kind"),
    [
        ("no", Kind.PERSON), ("No", Kind.PERSON), ("", Kind.PERSON), (" no ; x=y", Kind.PERSON), ("no(really)", Kind.PERSON),
        ("auto-replied", Kind.AUTO_REPLY), (" Auto-Replied (vacation)", Kind.AUTO_REPLY),
        ("auto-replied; owner-email=a@b.lu", Kind.AUTO_REPLY), ("auto-replied\t", Kind.AUTO_REPLY),
        ("auto-generated", Kind.AUTO_GENERATED), ("auto-notified", Kind.AUTO_GENERATED), ("yes", Kind.AUTO_GENERATED),
    ],
)  # fmt: skip
def test_auto_submitted_says_it(submitted: str, kind: Kind):
    assert kind_of(marked(auto_submitted=submitted)) is kind


@pytest.mark.parametrize("name", ["x-autoreply", "x-autorespond", "x-auto-reply-from"])
def test_older_headers_say_it_too(name: str):
    assert name in MARKS
    assert kind_of(mail(marks={name: "yes"})) is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Menu", "Auto-Reply: x", "autoreply", "auto reply", "Out of office: x", "Out of the office",
        "away from my desk", "Réponse automatique : x", "reponse automatique", "absent du bureau", "Absence de Rita",
        "Message d'absence", "Automatische Antwort: x", "Abwesenheitsnotiz", "abwesenheitsnachricht", "Abwesend",
        "Re: Out of office",
    ],
)  # fmt: skip
def test_subjects_of_people_who_are_away(subject: str):
    assert kind_of(mail(subject=subject)) is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "subject", ["Our out of office page", "Abwesendheit", "absentement", "The reply is automatic", "auto"]
)
def test_subjects_that_only_look_like_it(subject: str):
    assert kind_of(mail(subject=subject)) is Kind.PERSON


@pytest.mark.parametrize("marks", [
    {"precedence": "bulk"}, {"precedence": " LIST "}, {"precedence": "junk"}, {"list-id": "<x.y>"}, {"list-post": "x"},
    {"list-unsubscribe": "<mailto:x@y>"},
])  # fmt: skip
def test_lists_mark_their_mails(marks: dict[str, str]):
    assert marks.keys() <= set(MARKS)
    assert kind_of(mail(marks=marks)) is Kind.MAILING_LIST


def test_other_marks_mean_nothing():
    assert kind_of(marked(precedence="normal", feedback_id="x", x_loop="y")) is Kind.PERSON


def test_a_list_that_answers_by_itself_is_a_machine():
    assert kind_of(marked(precedence="bulk", auto_submitted="auto-replied")) is Kind.AUTO_REPLY
    assert kind_of(marked(list_id="x", auto_submitted="auto-generated")) is Kind.AUTO_GENERATED


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", Kind.BOUNCE), ("failed", "", Kind.BOUNCE), ("failed", "4.4.7", Kind.BOUNCE), ("", "5.0.0", Kind.BOUNCE),
        ("delayed", "4.4.1", Kind.DELAY), ("delivered", "2.0.0", Kind.DELAY), ("relayed", "5.0.0", Kind.DELAY),
        ("", "4.4.1", Kind.DELAY), ("", "", Kind.DELAY),
    ],
)  # fmt: skip
def test_delivery_reports(action: str, status: str, kind: Kind):
    assert kind_of(reported(action, status)) is kind


def test_a_report_counts_only_inside_a_delivery_report():
    assert kind_of(reported("failed", "5.1.1", type_="feedback-report")) is Kind.PERSON
    assert kind_of(mail(report_type="delivery-status")) is Kind.PERSON
    assert kind_of(reported("failed", type_="disposition-notification")) is Kind.READ_RECEIPT
    assert kind_of(mail(report_type="disposition-notification")) is Kind.READ_RECEIPT


FAILURES = [
    "Undeliverable: x", "Undelivered Mail Returned to Sender", "Delivery Status Notification (Failure)", "Delivery failure",
    "Delivery has failed", "Returned mail: see transcript", "Mail delivery failed", "Mail Delivery System", "failure notice",
    "Courrier non remis", "Échec de la remise", "echec de remise", "Unzustellbar: x", "Mail undeliverable",
]  # fmt: skip
DAEMONS = ["MAILER-DAEMON@mx.example", "postmaster@mx.example", "mailer_daemon@mx", "mailer.daemon@mx", "maildaemon@mx"]


@pytest.mark.parametrize("subject", FAILURES)
def test_bounces_of_before_reports_are_told_by_their_words(subject: str):
    assert kind_of(mail("mailer-daemon@mx.example", subject=subject)) is Kind.BOUNCE
    assert kind_of(mail(subject=subject, marks={"return-path": " <> "})) is Kind.BOUNCE
    assert kind_of(mail(subject=subject)) is Kind.PERSON
    assert kind_of(mail(None, subject=subject)) is Kind.PERSON


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("MAILER-DAEMON@mx.example", Kind.BOUNCE), ("postmaster@mx.example", Kind.BOUNCE), ("mailer_daemon@mx.example", Kind.BOUNCE),
        ("mailer.daemon@mx.example", Kind.BOUNCE), ("mailerdaemon@mx.example", Kind.BOUNCE),
        ("postmaster+x@mx.example", Kind.BOUNCE), ("my-postmaster@mx.example", Kind.PERSON),
        ("postmasters@mx.example", Kind.PERSON), ("mailer-daemon.x@mx.example", Kind.PERSON),
    ],
)  # fmt: skip
def test_who_writes_bounces(address: str, kind: Kind):
    assert kind_of(mail(address, subject="Undelivered Mail")) is kind
    assert kind_of(mail(address, subject="The menu")) is Kind.PERSON


def test_failed_recipients_and_empty_return_paths():
    assert kind_of(marked(x_failed_recipients="rita@elsewhere.example")) is Kind.BOUNCE
    assert kind_of(marked(return_path="<>")) is Kind.PERSON
    assert kind_of(mail(subject="Undeliverable", marks={"return-path": "<rita@elsewhere.example>"})) is Kind.PERSON


@pytest.mark.parametrize(
    ("marks", "kind", "automatic"),
    [
        ({}, Kind.PERSON, False), ({}, Kind.MAILING_LIST, True), ({}, Kind.AUTO_REPLY, True),
        ({"return-path": " <> "}, Kind.PERSON, True), ({"return-path": "<a@b.lu>"}, Kind.PERSON, False),
        ({"x-auto-response-suppress": "All"}, Kind.PERSON, True),
        ({"x-auto-response-suppress": "DR, OOF , x"}, Kind.PERSON, True),
        ({"x-auto-response-suppress": "DR,OOF,x"}, Kind.PERSON, True),
        ({"x-auto-response-suppress": "AutoReply"}, Kind.PERSON, True),
        ({"x-auto-response-suppress": "DR,RN,NRN"}, Kind.PERSON, False),
    ],
)  # fmt: skip
def test_machines_and_who_asks_for_it_get_no_automatic_answer(marks: dict[str, str], kind: Kind, automatic: bool):
    assert answers_automatically(mail(marks=marks), kind) is automatic


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        ("The menu", "The menu"), ("Re: The menu", "The menu"), ("AW: Fwd: RE : x", "x"), ("Re[2]: x", "x"), ("  TR: x  ", "x"),
        ("Réf : x", "x"), ("Rép: x", "x"), ("Re：x", "x"), ("Re:", ""), ("", ""), ("Restaurant: x", "Restaurant: x"),
        ("x Re: y", "x Re: y"), ("Antw: Sv: Vs: Odp: Res: Enc: WG: Antwort: Ref: Fw: x", "x"), ("Re x", "Re x"),
    ],
)  # fmt: skip
def test_the_topic_is_the_subject_without_what_programs_put_before_it(subject: str, wanted: str):
    assert topic(subject) == wanted


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        ("Fwd: x", True), ("FW: x", True), (" tr : x", True), ("WG: x", True), ("Enc: x", True), ("Fwd：x", True),
        ("Re: Fwd: x", False), ("x", False), ("Fwdx: y", False), ("My Fwd: x", False),
    ],
)  # fmt: skip
def test_who_passes_a_mail_on(subject: str, wanted: bool):
    assert is_forward(subject) is wanted


def test_a_mail_to_the_urgent_address_is_urgent_wherever_it_stands():
    to = (Person("", "Urgence+x@E-Connect.lu"),)
    assert is_urgent(mail(), "urgence@e-connect.lu", URGENT)
    assert is_urgent(mail(recipients=to), "support@e-connect.lu", URGENT)
    assert not is_urgent(mail(recipients=(Person("", "urgence@other.lu"),)), "support@e-connect.lu", URGENT)
    assert not is_urgent(mail(recipients=to), "support@e-connect.lu", [])


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Re: [EC-2026-000042] Menu", "EC-2026-000042"), ("ec-2026-000042", "EC-2026-000042"), ("EC-2026-42", None), ("EC-2026-0000042", None),
        ("XEC-2026-000042", None), ("EC-2026-0000421234567", None), ("EC-2026-000042 and EC-2026-000043", "EC-2026-000042"),
        ("nothing", None), ("EC-٢٠٢٦-000042", None),
    ],
)  # fmt: skip
def test_the_number_in_a_subject(subject: str, number: str | None):
    assert quoted_number(subject) == number


def test_facts_of_nothing():
    facts = Facts()
    assert (facts.sender, facts.subject, facts.message_id, facts.report_type, facts.report) == (
        None,
        "",
        None,
        "",
        None,
    )
    assert (facts.recipients, facts.delivered_to, facts.answers, dict(facts.marks)) == ((), (), (), {})
    assert Report() == Report(action="", status="", about=())
