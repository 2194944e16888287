"""What machines write: automatic replies, bounces, lists, reports, and what only looks like it."""

from collections.abc import Iterator

from tests.corpus.case import Case
from tests.mails import a_mail, a_multipart, a_part

AWAY = ("ignored", "auto-reply")
MADE = ("quarantined", "auto-generated")
LIST = ("ignored", "mailing-list")
BOUNCE = ("ignored", "bounce-of-unknown-mail")
DAEMON = "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>"


def cases() -> Iterator[Case]:
    for headers, (outcome, reason) in [
        ({"Auto_Submitted": "auto-replied"}, AWAY),
        ({"Auto_Submitted": "Auto-Replied (vacation)"}, AWAY),
        ({"Auto_Submitted": 'auto-replied; owner-email="x@y.example"'}, AWAY),
        ({"X_Autoreply": "yes"}, AWAY),
        ({"X_Autorespond": "x"}, AWAY),
        ({"Subject": "Automatic reply: Menu"}, AWAY),
        ({"Subject": "Auto-Reply: Menu"}, AWAY),
        ({"Subject": "Out of Office: Menu"}, AWAY),
        ({"Subject": "Out of the office"}, AWAY),
        ({"Subject": "=?utf-8?Q?R=C3=A9ponse_automatique_=3A_Menu?="}, AWAY),
        ({"Subject": "Absence du bureau"}, AWAY),
        ({"Subject": "Automatische Antwort: Menu"}, AWAY),
        ({"Subject": "Abwesenheitsnotiz: Menu"}, AWAY),
        ({"Subject": "Re: Abwesenheitsnachricht"}, AWAY),
        ({"Auto_Submitted": "auto-generated"}, MADE),
        ({"Auto_Submitted": "auto-notified"}, MADE),
        ({"Auto_Submitted": "nonsense"}, MADE),
        ({"List_Id": "News <news.shop.example>"}, LIST),
        ({"List_Unsubscribe": "<mailto:leave@shop.example>"}, LIST),
        ({"List_Post": "<mailto:list@shop.example>"}, LIST),
        ({"Precedence": "bulk"}, LIST),
        ({"Precedence": "Junk"}, LIST),
        ({"Precedence": "list"}, LIST),
        ({"From": DAEMON, "Subject": "Returned mail: see transcript for details"}, BOUNCE),
        ({"From": DAEMON, "Subject": "Undelivered Mail Returned to Sender"}, BOUNCE),
        ({"From": "postmaster@outlook.example", "Subject": "Undeliverable: Menu"}, BOUNCE),
        ({"From": "postmaster@x.example", "Subject": "Non remis : Menu"}, BOUNCE),
        ({"From": DAEMON, "Subject": "Unzustellbar: Menu"}, BOUNCE),
        ({"X_Failed_Recipients": "x@y.example", "Subject": "Mail delivery failed"}, BOUNCE),
        ({"Return_Path": "<>", "Subject": "Delivery Status Notification (Failure)"}, BOUNCE),
        ({"From": "support@e-connect.lu"}, ("ignored", "own-mail")),
        ({"From": "URGENCE@E-CONNECT.LU"}, ("ignored", "own-mail")),
        ({"From": "e-connect <support+x@e-connect.lu>"}, ("ignored", "own-mail")),
        ({"X_Spam_Flag": "YES"}, ("quarantined", "spam")),
    ]:  # fmt: skip
        yield Case(name=str(headers), raw=a_mail("text", **headers), outcome=outcome, reason=reason)
    yield from _reports()
    yield from _people()


def _reports() -> Iterator[Case]:
    def report(status: str, kind: str = "delivery-status") -> bytes:
        return a_multipart(
            a_part("about your mail"), a_part(status, Content_Type=f"message/{kind}"), subtype=f"report; report-type={kind}",
            Subject="Report",
        )  # fmt: skip

    failed = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; x@y.example\nAction: failed\nStatus: 5.1.1"
    yield Case(name="DSN failed", raw=report(failed), outcome="ignored", reason="bounce-of-unknown-mail")
    for action in ("delayed", "delivered", "relayed", "expanded"):
        delayed = failed.replace("failed", action).replace("5.1.1", "4.2.0")
        yield Case(name=f"DSN {action}", raw=report(delayed), outcome="ignored", reason="delivery-report")
    yield Case(name="DSN of nothing", raw=report(""), outcome="ignored", reason="delivery-report")
    yield Case(
        name="read receipt",
        raw=report("Disposition: displayed", "disposition-notification"),
        outcome="ignored",
        reason="read-receipt",
    )


def _people() -> Iterator[Case]:
    """People whose mails only look like a machine's."""
    yield Case(name="Auto-Submitted: no", raw=a_mail(Auto_Submitted="no"), acknowledged="queued")
    yield Case(
        name="speaks of an automatic reply",
        raw=a_mail(Subject="Question about the automatic reply"),
        acknowledged="queued",
    )
    yield Case(name="precedence first-class", raw=a_mail(Precedence="first-class"), acknowledged="queued")
    yield Case(name="spam flag no", raw=a_mail(X_Spam_Flag="NO"), acknowledged="queued")
    yield Case(
        name="complains of undelivered mail", raw=a_mail(Subject="Undelivered mail in my shop"), acknowledged="queued"
    )
    for headers in (
        {"X_Auto_Response_Suppress": "All"}, {"X_Auto_Response_Suppress": "DR, AutoReply"}, {"Return_Path": "<>"},
        {"From": "noreply@shop.example"}, {"From": "no-reply+x@shop.example"}, {"From": "ne-pas-repondre@shop.example"},
        {"From": "nicht-antworten@shop.example"}, {"From": "owner-list@shop.example"}, {"From": "bounces@shop.example"},
    ):  # fmt: skip
        yield Case(name=f"wants no answer: {headers}", raw=a_mail(**headers), acknowledged="suppressed")
