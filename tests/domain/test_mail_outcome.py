"""What becomes of a mail: one outcome each, and whatever is not certain to be noise reaches an agent."""

from typing import Any
from uuid import UUID

import pytest

from app.domain.inbound_mail import Facts, Person, Report
from app.domain.mail_outcome import Decision, Lead, Outcome, Standing, choose_thread, decide, people_to_add

OURS = ["support@e-connect.lu", "urgence@e-connect.lu"]
RITA = Person("Rita", "rita@elsewhere.example")
ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def mail(sender: Person | None = RITA, **values: Any) -> Facts:
    return Facts(sender=sender, **values)


def decided(facts: Facts, **standing: Any) -> Decision:
    return decide(facts, Standing(own_addresses=OURS, **standing))


AWAY = mail(marks={"auto-submitted": "auto-replied"})
MACHINE = mail(marks={"auto-submitted": "auto-generated"})
LIST = mail(marks={"list-id": "x"})
BOUNCE = mail(Person("", "mailer-daemon@mx.example"), report_type="delivery-status", report=Report(action="failed"))
DELAY = mail(report_type="delivery-status", report=Report(action="delayed"))
RECEIPT = mail(report_type="disposition-notification")
SPAM = mail(marks={"x-spam-flag": " Yes"})


@pytest.mark.parametrize(
    ("facts", "standing", "outcome", "reason", "news"),
    [
        (mail(), {}, Outcome.TICKET, None, True),
        (mail(), {"threaded": True}, Outcome.MESSAGE, None, True),
        (AWAY, {}, Outcome.IGNORED, "auto-reply", True),
        (AWAY, {"threaded": True}, Outcome.MESSAGE, "auto-reply", False),
        (MACHINE, {}, Outcome.QUARANTINED, "auto-generated", True),
        (MACHINE, {"known_sender": True}, Outcome.QUARANTINED, "auto-generated", True),
        (MACHINE, {"threaded": True}, Outcome.MESSAGE, "auto-reply", False),
        (LIST, {}, Outcome.IGNORED, "mailing-list", True),
        (LIST, {"known_sender": True}, Outcome.TICKET, None, True),
        (LIST, {"threaded": True}, Outcome.MESSAGE, None, True),
        (BOUNCE, {"about_ours": True}, Outcome.MESSAGE, "bounce", False),
        (BOUNCE, {}, Outcome.IGNORED, "bounce-of-unknown-mail", True),
        (BOUNCE, {"threaded": True}, Outcome.IGNORED, "bounce-of-unknown-mail", True),
        (DELAY, {}, Outcome.IGNORED, "delivery-report", True),
        (RECEIPT, {"threaded": True}, Outcome.IGNORED, "read-receipt", True),
        (SPAM, {}, Outcome.QUARANTINED, "spam", True),
        (SPAM, {"threaded": True}, Outcome.MESSAGE, None, True),
        (mail(marks={"x-spam-flag": "no"}), {}, Outcome.TICKET, None, True),
        (mail(None), {}, Outcome.QUARANTINED, "no-sender", True),
        (mail(None), {"threaded": True}, Outcome.MESSAGE, None, True),
        (mail(), {"ours": True, "threaded": True}, Outcome.IGNORED, "own-mail", True),
        (mail(Person("", "Support+x@e-connect.lu")), {}, Outcome.IGNORED, "own-mail", True),
        (BOUNCE, {"ours": True, "about_ours": True}, Outcome.IGNORED, "own-mail", True),
        (mail(), {"mails_last_hour": 29}, Outcome.TICKET, None, True),
        (mail(), {"mails_last_hour": 30}, Outcome.QUARANTINED, "too-many-mails", True),
        (mail(), {"mails_last_hour": 31, "threaded": True}, Outcome.QUARANTINED, "too-many-mails", True),
        (mail(), {"mails_last_hour": 2, "most_per_hour": 2}, Outcome.QUARANTINED, "too-many-mails", True),
        (BOUNCE, {"mails_last_hour": 99, "about_ours": True}, Outcome.MESSAGE, "bounce", False),
    ],
)
def test_every_mail_has_one_outcome(
    facts: Facts, standing: dict[str, Any], outcome: Outcome, reason: str | None, news: bool
):
    assert decided(facts, **standing) == Decision(outcome, reason, news)


def test_a_stranger_who_quotes_a_number_opens_a_flagged_ticket():
    quoting = mail(subject="Re: EC-2026-000042")
    assert decided(quoting) == Decision(Outcome.TICKET, flags=("quoted_number",))
    assert decided(quoting, threaded=True) == Decision(Outcome.MESSAGE)


def lead(ticket_id: UUID, by: Any, *, participates: bool = False) -> Lead:
    return Lead(ticket_id, by, participates)


@pytest.mark.parametrize(
    ("leads", "wanted"),
    [
        ([], None),
        ([lead(ONE, "number")], None),
        ([lead(ONE, "reference")], None),
        ([lead(ONE, "number", participates=True)], ONE),
        ([lead(ONE, "message-id")], ONE),
        ([lead(ONE, "message-id"), lead(TWO, "reply-address")], TWO),
        ([lead(ONE, "number", participates=True), lead(TWO, "reference", participates=True)], TWO),
        ([lead(ONE, "reference", participates=True), lead(TWO, "message-id")], TWO),
        ([lead(ONE, "message-id"), lead(TWO, "message-id")], ONE),
        ([lead(ONE, "reference"), lead(TWO, "number", participates=True)], TWO),
    ],
)
def test_what_we_signed_counts_from_anybody_the_rest_from_participants(leads: list[Lead], wanted: UUID | None):
    chosen = choose_thread(leads)
    assert (chosen.ticket_id if chosen else None) == wanted


def test_who_is_written_to_as_well_is_brought_along_once():
    chef, boss = Person("Chef", "chef@kunde.example"), Person("", "CHEF@kunde.example")
    facts = mail(
        recipients=(
            Person("", "support@e-connect.lu"), chef, boss, Person("", "no-reply@kunde.example"),
            Person("", "urgence+x@e-connect.lu"), Person("Ida", "ida@kunde.example"),
        )
    )  # fmt: skip
    assert people_to_add(facts, OURS) == [chef, Person("Ida", "ida@kunde.example")]
    assert people_to_add(facts, OURS, most=1) == [chef]
    many = mail(recipients=tuple(Person("", f"p{number}@kunde.example") for number in range(20)))
    assert [person.address for person in people_to_add(many, OURS)] == [f"p{n}@kunde.example" for n in range(10)]
