"""What a queued mail says, from what is known at the moment of sending."""

from collections.abc import Mapping
from datetime import datetime

from app.adapters.mail_message import AUTO_GENERATED, AUTO_REPLIED, Mailbox, OutgoingMail, message_ids_in
from app.adapters.mail_templates import (
    Acknowledgement,
    Facts,
    House,
    PublicReply,
    UrgencyAlert,
    UrgencyPrice,
    render,
)
from app.adapters.money_mail import ContractAlert, InvoiceSent, TermsNotice
from app.adapters.quote_mail import QuoteReminder, QuoteSent
from app.core.db import Connection, Row
from app.core.settings import Settings
from app.desk.mail.service.addresses import message_id, reply_address
from app.desk.mail.service.invoices import invoice_mail
from app.desk.mail.service.money import money_mail
from app.desk.mail.service.quotes import quote_mail
from app.desk.public.service import desk_state, receipt_token
from app.desk.tickets import queries as tickets

HEADERS: Mapping[str, Mapping[str, str]] = {
    Acknowledgement.kind: AUTO_REPLIED,
    UrgencyAlert.kind: AUTO_GENERATED,
    PublicReply.kind: {},  # written by a person
    QuoteSent.kind: {},  # sent by a person
    QuoteReminder.kind: AUTO_GENERATED,
    TermsNotice.kind: AUTO_GENERATED,
    ContractAlert.kind: AUTO_GENERATED,
    InvoiceSent.kind: AUTO_GENERATED,
}

ABOUT_MONEY = {TermsNotice.kind, ContractAlert.kind}
OF_THE_CONVERSATION = {Acknowledgement.kind, PublicReply.kind}


async def compose(connection: Connection, mail: Row, settings: Settings, now: datetime) -> OutgoingMail:
    """The finished mail. A repeat has the same Message-ID and date, so that it can be told from a second mail."""
    house = House(settings.company_name, settings.company_website, settings.mail_from)
    if mail["quote_id"] is not None:
        facts, attachments = await quote_mail(connection, mail, settings)
    elif mail["kind"] == InvoiceSent.kind:
        facts, attachments = await invoice_mail(connection, mail, settings)
    elif mail["kind"] in ABOUT_MONEY:
        facts, attachments = await money_mail(connection, mail), []
    else:
        facts, attachments = await _facts(connection, mail, settings, now), []
    rendered = render(facts, mail["language"], house)
    thread = _thread(mail, settings)
    return OutgoingMail(
        sender=Mailbox(settings.mail_from_name, settings.mail_from),
        to=mail["recipient"],
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=message_id(mail["id"], settings),
        date=mail["created_at"],
        reply_to=reply_address(mail["ticket_id"], settings) if mail["kind"] in OF_THE_CONVERSATION else None,
        in_reply_to=thread[-1] if thread else None,
        references=thread,
        extra_headers=HEADERS[mail["kind"]],
        attachments=attachments,
    )


def _thread(mail: Row, settings: Settings) -> list[str]:
    """The mails this one follows, the newest last: what the client wrote, and our acknowledgement after the first."""
    if mail["kind"] not in OF_THE_CONVERSATION:
        return []
    written = [one for header in mail["answered"] for one in message_ids_in(header)]
    ours = [message_id(mail["acknowledgement_id"], settings)] if mail["acknowledgement_id"] else []
    return [*written[:1], *ours, *written[1:]]


async def _facts(connection: Connection, mail: Row, settings: Settings, now: datetime) -> Facts:
    number = mail["number"]
    receipt_url = settings.receipt_link(receipt_token(settings, mail["ticket_id"]))
    if mail["kind"] == PublicReply.kind:
        return PublicReply(number=number, agent_name=mail["author_name"], reply=mail["body"], receipt_url=receipt_url)
    if mail["kind"] == UrgencyAlert.kind:
        return UrgencyAlert(
            number=number,
            requester_name=mail["requester_name"],
            topic=mail["subject"],
            received_at=mail["received_at"],
            ticket_url=f"{settings.base_url}/v1/tickets/{mail['ticket_id']}",
        )
    _, desk = await desk_state(connection, now)
    return Acknowledgement(
        number=number,
        lane=mail["lane"],
        receipt_url=receipt_url,
        desk_open=desk.open,
        next_opening_at=desk.next_opening_at,
        queue_position=await tickets.position(connection, mail["ticket_id"]),
        urgency=_urgency(mail),
    )


def _urgency(mail: Row) -> UrgencyPrice | None:
    if mail["urgency_fee_cents"] is None:
        return None
    return UrgencyPrice(
        opening_fee_cents=mail["urgency_fee_cents"],
        hourly_rate_cents=mail["urgency_hourly_rate_cents"],
        included_minutes=mail["urgency_included_minutes"],
        currency=mail["currency"],
    )
