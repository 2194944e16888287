"""The mails that bring invoices, credit notes and statements: promised on issue, one for each billing contact."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from app.adapters.invoice_pdf import Look, invoice_pdf, look_of
from app.adapters.invoice_ubl import ubl
from app.adapters.invoice_words import grouped
from app.adapters.mail_message import Attachment
from app.adapters.money_mail import InvoiceSent
from app.core import events
from app.core.db import Connection, Database, Row
from app.core.jobs import Effect, Handler, Job
from app.core.settings import Settings
from app.desk.mail import queries
from app.desk.mail.service.queueing import queue_mail
from app.domain.invoice_body import document_of
from app.domain.invoice_document import Document, DocumentKind

ACTOR = {"role": "worker"}


async def promise(job: Job, _database: Database, _now: datetime) -> Effect:
    """The job that an issue leaves behind, in its transaction: the mails are promised in the job's own."""
    return partial(_promise, UUID(job.payload["invoice_id"]))


async def _promise(invoice_id: UUID, connection: Connection, now: datetime) -> None:
    if await promise_mails(connection, invoice_id, None, now):
        return
    row = await queries.invoice(connection, invoice_id)
    await events.record(
        connection,
        "invoice.not_mailed",
        subject_id=invoice_id,
        client_id=row["client_id"],
        actor=ACTOR,
        data={"number": row["number"]},
        now=now,
    )


async def promise_mails(
    connection: Connection, invoice_id: UUID, recipients: Sequence[str] | None, now: datetime
) -> list[UUID]:
    """Promise the mails of an issued document; their ids.

    None means each billing contact of its client; without one, whom the document names, if anybody.
    """
    row = await queries.invoice(connection, invoice_id)
    document = _document(row)
    if recipients is None:
        contacts = await queries.billing_contacts(connection, row["client_id"])
        recipients = [contact["email"] for contact in contacts] or [one for one in [document.buyer.email] if one]
    facts = {"invoice_id": invoice_id}
    return [
        await queue_mail(connection, "invoice_sent", None, recipient, document.language, facts, now=now)
        for recipient in recipients
    ]


HANDLERS = {"invoice_mail": Handler(promise)}


async def invoice_mail(connection: Connection, mail: Row, settings: Settings) -> tuple[InvoiceSent, list[Attachment]]:
    """What the mail says, the PDF, and the UBL of what is an e-invoice."""
    document = _document(await queries.invoice(connection, UUID(mail["facts"]["invoice_id"])))
    facts = InvoiceSent(
        paper=document.kind.value,
        number=document.number or "",
        total_cents=document.total_cents,
        currency=document.currency,
        due_on=document.due_on,
        iban=grouped(document.seller.iban),
        credits=document.credits.number if document.credits else None,
    )
    return facts, await asyncio.to_thread(_attachments, document, look_of(settings))


def _document(row: Row) -> Document:
    given = {name: row[name] for name in ("number", "issued_on", "due_on")}
    return document_of(row["body"], row["id"], **given)


def _attachments(document: Document, look: Look) -> list[Attachment]:
    files = [Attachment(f"{document.number}.pdf", "application/pdf", invoice_pdf(document, look))]
    if document.kind is not DocumentKind.STATEMENT:
        files.append(Attachment(f"{document.number}-ubl.xml", "application/xml", ubl(document)))
    return files
