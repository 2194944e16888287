"""What the mails about quotes say, and the PDF that goes along."""

import email
import email.policy
from datetime import UTC, datetime
from typing import Any

import pytest

from app.adapters.mail_address import Unmailable
from app.adapters.mail_message import Attachment, OutgoingMail, build_mail
from app.adapters.quote_pdf import quote_pdf
from app.adapters.quote_words import paper_of, quote_text
from app.core.db import Connection
from app.desk.mail import queries
from app.desk.mail.service import queue_mail
from app.desk.mail.service.wording import compose
from tests.builders import Keys, a_permanence, a_quote, a_ticket
from tests.service import SETTINGS

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
WEBSITE = SETTINGS.company_website


async def composed(conn: Connection, quote: Any, kind: Any, language: str = "fr") -> OutgoingMail:
    facts = {"quote_id": quote["id"]}
    mail_id = await queue_mail(conn, kind, quote["ticket_id"], "rita@elsewhere.example", language, facts, now=NOW)
    mail = await queries.mail(conn, mail_id)
    assert mail is not None
    return await compose(conn, mail, SETTINGS, NOW)


@pytest.mark.parametrize(("language", "words"), [("fr", "Votre devis"), ("en", "Your quote"), ("de", "Ihr Angebot")])
async def test_the_mail_has_the_link_and_the_pdf(conn: Connection, keys: Keys, language: str, words: str):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    quote = await a_quote(conn, keys.client_id, ticket_id=ticket["id"])
    mail = await composed(conn, quote, "quote_sent", language)
    assert words in mail.subject
    assert "http://127.0.0.1:8002/#" in mail.text
    assert "200" in mail.text
    raw = build_mail(mail)
    assert raw == build_mail(mail)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    (pdf,) = message.iter_attachments()
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", f"{quote['number']}-v1.pdf")
    assert pdf.get_content().startswith(b"%PDF-1.")
    assert quote["number"] in mail.subject


async def test_a_reminder_about_on_call_belongs_to_no_ticket(conn: Connection, keys: Keys):
    permanence = await a_permanence(conn, keys.client_id, status="quoted")
    quote = await a_quote(conn, keys.client_id, permanence_id=permanence["id"])
    mail = await composed(conn, quote, "quote_reminder", "en")
    assert "Reminder" in mail.subject
    assert "Wine fair" in mail.text
    assert mail.extra_headers["Auto-Submitted"] == "auto-generated"


async def test_the_paper_says_everything_in_both_languages(conn: Connection, keys: Keys):
    permanence = await a_permanence(conn, keys.client_id, status="quoted")
    clause = [{"from_lead_hours": 0, "charge_bp": 8000}, {"from_lead_hours": 48, "charge_bp": 5000}]
    made = await a_quote(conn, keys.client_id, permanence_id=permanence["id"], language="de", cancellation=clause)
    row = await queries.quote(conn, made["id"])
    paper = paper_of(row, "e-connect")
    text = quote_text(paper)
    for words in (
        "Permanence (heure de Luxembourg)",
        "Bereitschaft",
        "48 h",
        "50 %",
        "Wine fair",
        "HTVA",
        "zzgl. MwSt.",
    ):
        assert words in text
    assert "#" not in text
    assert text.index("50 %") < text.index("80 %"), "the earlier somebody cancels, the higher it stands"
    pdf = quote_pdf(paper, row["text_sha256"].hex(), WEBSITE)
    assert pdf == quote_pdf(paper, row["text_sha256"].hex(), WEBSITE)
    assert pdf != quote_pdf(paper, row["text_sha256"].hex(), "https://another-house.example")


async def test_what_people_typed_is_text_and_no_markup(conn: Connection, keys: Keys):
    made = await a_quote(
        conn,
        keys.client_id,
        ticket_id=(await a_ticket(conn, client_id=keys.client_id, subject='#read("/etc/passwd") $x$ *🎉*'))["id"],
        remarks="#panic() </w> \\",
    )
    row = await queries.quote(conn, made["id"])
    paper = paper_of(row, "e-connect")
    assert quote_pdf(paper, "0" * 64, WEBSITE).startswith(b"%PDF")
    assert "#panic()" in quote_text(paper)


@pytest.mark.parametrize(
    ("name", "media_type"), [("a\r\nb.pdf", "application/pdf"), ("é.pdf", "application/pdf"), ("a", "x")]
)
async def test_no_header_is_smuggled_in_by_a_file(conn: Connection, keys: Keys, name: str, media_type: str):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    mail = await composed(conn, await a_quote(conn, keys.client_id, ticket_id=ticket["id"]), "quote_sent")
    odd = OutgoingMail(**{field: getattr(mail, field) for field in OutgoingMail.__slots__} | {
        "attachments": [Attachment(name, media_type, b"")]
    })  # fmt: skip
    with pytest.raises(Unmailable):
        build_mail(odd)
