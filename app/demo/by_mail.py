"""The chapter by mail: a desk of its own with a real SMTP server and a real IMAP mailbox, while the story lasts."""

import json
import smtplib
import urllib.request
from email.message import EmailMessage
from email.utils import make_msgid
from typing import TYPE_CHECKING, Any

from app.demo.another_desk import another_desk, until
from app.demo.post_office import HOST, PASSWORD, USER, PostOffice, open_post_office

if TYPE_CHECKING:
    from app.demo.story import Story

ANNA = "Anna Schmit <anna@boulangerie-schmit.example>"
ANSWER = """Seulement sur mobile.

Le mar. 24 nov. 2026 à 10:31, e-connect <support@e-connect.lu> a écrit :
> Nous avons bien reçu votre demande.
"""


def by_mail(story: "Story") -> None:
    """Mail in, acknowledgement, answer, reply, and an urgency; the client's mail program sees one thread."""
    story.tell("Another desk starts, for this chapter only: it reads an IMAP mailbox and sends through an SMTP server.")
    with open_post_office() as office, another_desk(_settings(office)) as desk:
        _converse(story.at(desk.base_url, desk.keys), office)


def _converse(story: "Story", office: PostOffice) -> None:
    story.tell("Anna writes to support@e-connect.lu.")
    first = _letter("Le menu ne s'ouvre plus", "Bonjour, depuis ce matin le menu ne s'ouvre plus. Merci !")
    _send(story, office, first)
    story.tell("The worker reads the mailbox; the acknowledgement comes back with the number.")
    acknowledgement = office.waits_for(1)
    story.show(acknowledgement)
    ticket = story.call("GET", "/v1/tickets?channel=email&limit=1", key="agent")["items"][0]
    story.tell("Anna answers it in her mail program, which quotes everything.")
    second = _letter(f"Re: {acknowledgement['Subject']}", ANSWER, acknowledgement)
    _send(story, office, second)
    path = f"/v1/tickets/{ticket['id']}"
    story.tell("The answer is on the ticket, without the quote.")
    until(lambda: len(_quietly(story, f"{path}/messages")) > 1)
    story.call("GET", f"{path}/messages", key="agent")
    story.tell("An agent replies; the mail names Anna's, so that her program shows one thread.")
    story.call(
        "POST", f"{path}/messages", {"body": "C'est réparé, bonne journée !", "visibility": "public"}, key="agent"
    )
    reply = office.waits_for(2)
    story.show(reply)
    assert str(reply["In-Reply-To"]).strip() == str(second["Message-ID"]).strip()  # noqa: S101 (the story's promise)
    assert str(first["Message-ID"]).strip() in str(reply["References"])  # noqa: S101
    story.tell("Each mail of the ticket and how far it got.")
    story.call("GET", f"{path}/mails", key="agent")
    story.tell("Anna's out-of-office answers: kept, and nothing moves. Nobody answers it.")
    away = _letter("Réponse automatique : absente", "Je suis absente.", reply)
    away["Auto-Submitted"] = "auto-replied"
    _send(story, office, away)
    until(lambda: len(_quietly(story, f"/v1/inbound-messages?ticket_id={ticket['id']}")) > 2)  # noqa: PLR2004 (the third)
    story.call("GET", f"/v1/inbound-messages?ticket_id={ticket['id']}&limit=1", key="agent")


def _letter(subject: str, text: str, answered: EmailMessage | None = None) -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = ANNA
    letter["To"] = str(answered["Reply-To"]) if answered is not None else "support@e-connect.lu"
    letter["Subject"] = subject
    letter["Message-ID"] = make_msgid(domain="boulangerie-schmit.example")
    if answered is not None:
        letter["In-Reply-To"] = str(answered["Message-ID"])
        letter["References"] = str(answered["Message-ID"])
    letter.set_content(text)
    return letter


def _send(story: "Story", office: PostOffice, letter: EmailMessage) -> None:
    story.show(letter)
    with smtplib.SMTP(HOST, office.smtp_port, timeout=10) as client:
        client.send_message(letter)


def _quietly(story: "Story", path: str) -> list[Any]:
    request = urllib.request.Request(story.base_url + path)  # noqa: S310 (our own service)
    request.add_header("Authorization", f"Bearer {story.keys['agent']}")
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        items: list[Any] = json.load(answer)["items"]
        return items


def _settings(office: PostOffice) -> dict[str, str]:
    """The desk's settings for that post office."""
    account = {"mailbox": "support@e-connect.lu", "host": HOST, "port": office.imap_port, "tls": "none"}
    account |= {"username": USER, "password": PASSWORD}
    return {
        "SMTP_HOST": HOST, "SMTP_PORT": str(office.smtp_port), "SMTP_TLS": "none",
        "IMAP_ACCOUNTS": json.dumps([account]), "IMAP_POLL_SECONDS": "1",
    }  # fmt: skip
