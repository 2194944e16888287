"""Issuing promises mails in its own transaction; they bring the PDF and the e-invoice in the client's language."""

import email
import email.policy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.adapters.invoice_ubl import ubl
from app.adapters.mail_message import build_mail
from app.billing.invoices.answers import document_of_row
from app.billing.invoices.queries import documents
from app.core.db import Connection
from app.core.jobs import Job
from app.desk.mail import queries
from app.desk.mail.service.invoices import promise
from app.desk.mail.service.wording import compose
from tests.adapters.invoices.reading import text
from tests.billing import a_contract, an_entry, invoiced, logged
from tests.builders import AGENT_ID, Keys, a_contact, a_ticket
from tests.conftest import Clock
from tests.service import SETTINGS

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


async def an_invoice(conn: Connection, keys: Keys) -> Any:
    ticket = await a_ticket(conn, client_id=keys.client_id)
    await an_entry(conn, ticket, AGENT_ID, 45)
    return await invoiced(conn, keys.client_id)


async def promised(conn: Connection, database: Any) -> list[Any]:
    """Do the jobs that issuing left behind; the mails that are promised then."""
    for row in await conn.fetch("SELECT * FROM jobs WHERE kind = 'invoice_mail'"):
        job = Job(**{name: row[name] for name in Job.__dataclass_fields__})
        effect = await promise(job, database, NOW)
        await effect(conn, NOW)
    return await conn.fetch("SELECT * FROM outgoing_mails WHERE kind = 'invoice_sent' ORDER BY recipient")


async def message(conn: Connection, mail_id: Any) -> Any:
    mail = await queries.mail(conn, mail_id)
    assert mail is not None
    raw = build_mail(await compose(conn, mail, SETTINGS, NOW))
    assert raw == build_mail(await compose(conn, mail, SETTINGS, NOW))
    return email.message_from_bytes(raw, policy=email.policy.default)


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        ("fr", "[F2026-0001] Votre facture", "105,30 €"),
        ("en", "[F2026-0001] Your invoice", "€105.30"),
        ("de", "[F2026-0001] Ihre Rechnung", "105,30 €"),
    ],
)
async def test_each_billing_contact_gets_the_pdf_and_the_ubl(
    conn: Connection, database: Any, keys: Keys, language: str, subject: str, said: str
):
    await conn.execute("UPDATE clients SET language = $1", language)
    await a_contact(conn, keys.client_id, email="books@boulangerie.example", billing=True)
    await a_contact(conn, keys.client_id, email="carla@boulangerie.example", billing=True)
    await a_contact(conn, keys.client_id, email="nobody@boulangerie.example", billing=False)
    invoice = await an_invoice(conn, keys)
    mails = await promised(conn, database)
    assert [mail["recipient"] for mail in mails] == ["books@boulangerie.example", "carla@boulangerie.example"]
    sent = await message(conn, mails[0]["id"])
    assert sent["Subject"] == subject
    letter = sent.get_body(("plain",)).get_content()
    assert said in letter
    assert "LU28 0019 4006 4475 0000" in letter
    pdf, xml = sent.iter_attachments()
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", "F2026-0001.pdf")
    assert (xml.get_content_type(), xml.get_filename()) == ("application/xml", "F2026-0001-ubl.xml")
    row = await documents.document(conn, invoice["id"])
    assert row is not None
    assert xml.get_content() == ubl(document_of_row(row))
    assert "F2026-0001" in text(pdf.get_content())


async def test_without_a_billing_contact_the_one_on_the_invoice_gets_it(conn: Connection, database: Any, keys: Keys):
    await a_contact(conn, keys.client_id, email="carla@boulangerie.example", billing=False)
    await an_invoice(conn, keys)
    assert [mail["recipient"] for mail in await promised(conn, database)] == ["carla@boulangerie.example"]


async def test_without_any_contact_it_is_told(conn: Connection, database: Any, keys: Keys):
    await conn.execute("DELETE FROM contacts WHERE client_id = $1", keys.client_id)
    invoice = await an_invoice(conn, keys)
    assert await promised(conn, database) == []
    event = await conn.fetchrow("SELECT * FROM events WHERE type = 'invoice.not_mailed'")
    assert event is not None
    assert (event["subject_id"], event["client_id"], event["data"]) == (
        invoice["id"],
        keys.client_id,
        {"number": "F2026-0001"},
    )


async def test_a_statement_comes_without_e_invoice(
    api: httpx.AsyncClient, conn: Connection, database: Any, keys: Keys, clock: Clock
):
    await a_contact(conn, keys.client_id, email="carla@boulangerie.example", billing=True)
    await a_contract(conn, keys.client_id, 600)
    ticket = await a_ticket(conn, client_id=keys.client_id, status="in_progress")
    await logged(api, keys, ticket["id"], 45)
    await invoiced(conn, keys.client_id)
    (mail,) = await promised(conn, database)
    sent = await message(conn, mail["id"])
    (pdf,) = sent.iter_attachments()
    assert "Ce relevé n'est pas une facture" in text(pdf.get_content())
    assert "relevé" in sent["Subject"]


async def test_a_mail_that_failed_names_the_client(conn: Connection, database: Any, keys: Keys):
    await a_contact(conn, keys.client_id, billing=True)
    await an_invoice(conn, keys)
    (mail,) = await promised(conn, database)
    failed = await queries.mark_failed(conn, mail["id"], "recipient-refused")
    assert failed is not None
    assert failed["client_id"] == keys.client_id


async def test_it_is_mailed_again_with_the_same_files_and_each_mail_is_listed(
    api: httpx.AsyncClient, conn: Connection, database: Any, keys: Keys
):
    await a_contact(conn, keys.client_id, email="books@boulangerie.example", billing=True)
    await a_contact(conn, keys.client_id, email="carla@boulangerie.example", billing=True)
    invoice = await an_invoice(conn, keys)
    path = f"/v1/invoices/{invoice['id']}"
    first = await promised(conn, database)
    before = await documents.document(conn, invoice["id"])
    again = await api.post(f"{path}/sending", json={}, headers=keys["finance"])
    assert again.status_code == 200, again.text
    assert [mail["recipient"] for mail in again.json()["items"]] == [mail["recipient"] for mail in first]
    one = {"recipient": "new@boulangerie.example"}
    other = (await api.post(f"{path}/sending", json=one, headers=keys["finance"])).json()["items"]
    assert [(mail["recipient"], mail["status"]) for mail in other] == [("new@boulangerie.example", "queued")]
    assert await documents.document(conn, invoice["id"]) == before
    files = [
        [part.get_content() for part in (await message(conn, UUID(str(id_)))).iter_attachments()]
        for id_ in (first[0]["id"], other[0]["id"])
    ]
    assert files[0] == files[1]
    await queries.mark_failed(conn, UUID(other[0]["id"]), "recipient-refused 550 5.1.1")
    pages = [(await api.get(f"{path}/mails?limit=3", headers=keys["accounting"])).json()]
    cursor = pages[0]["next_cursor"]
    pages.append((await api.get(f"{path}/mails?limit=3&cursor={cursor}", headers=keys["agent"])).json())
    listed = [mail for page in pages for mail in page["items"]]
    assert len(listed) == 5
    assert (listed[-1]["status"], listed[-1]["reason"], listed[-1]["smtp_reply"]) == (
        "failed",
        "recipient-refused",
        "550 5.1.1",
    )
    told = await conn.fetch("SELECT data FROM events WHERE type = 'invoice.sent_again' ORDER BY id")
    assert [event["data"]["mails"] for event in told] == [2, 1]
    operations = await conn.fetchval("SELECT count(*) FROM audit_log WHERE operation = 'send_invoice'")
    assert operations == 2


async def test_a_draft_is_not_mailed_nor_one_without_an_address(api: httpx.AsyncClient, conn: Connection, keys: Keys):
    await conn.execute("DELETE FROM contacts WHERE client_id = $1", keys.client_id)
    invoice = await an_invoice(conn, keys)
    nowhere = await api.post(f"/v1/invoices/{invoice['id']}/sending", json={}, headers=keys["finance"])
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "recipient-missing")
    ticket = await a_ticket(conn, client_id=keys.other_client_id)
    await an_entry(conn, ticket, AGENT_ID, 45)
    run = {"cycle": "quarterly", "period": "2026-Q4", "client_id": str(keys.other_client_id)}
    report = (await api.post("/v1/invoice-runs", json=run, headers=keys["finance"])).json()
    (draft,) = report["created"]
    refused = await api.post(f"/v1/invoices/{draft['invoice_id']}/sending", json={}, headers=keys["finance"])
    assert (refused.status_code, refused.json()["code"]) == (409, "invoice-not-issued")


async def test_it_is_mailed_again_five_times_a_day_at_most(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock
):
    await a_contact(conn, keys.client_id, billing=True)
    invoice = await an_invoice(conn, keys)
    path = f"/v1/invoices/{invoice['id']}/sending"
    answers = [(await api.post(path, json={}, headers=keys["finance"])).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
    clock.advance(days=1)
    assert (await api.post(path, json={}, headers=keys["finance"])).status_code == 200
