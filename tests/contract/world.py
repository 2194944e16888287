"""A small desk with two clients, one of each thing for both, to point every path and query at."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.billing.permanences.service.subscribing import calendar_token
from app.billing.quotes.service.sending import quote_token
from app.core.db import Connection
from app.core.ids import new_id
from app.desk.public.service import receipt_token
from tests import billing, builders
from tests.builders import A_MOMENT_AGO, AGENT_ID, Keys
from tests.service import SETTINGS

FOREIGN = "Fremdwort"  # in every text of the other client, and nowhere else
NOTE = "Hinterzimmer"  # in every text that no client may read, and nowhere else
ABSENT = UUID("019ab000-0000-7000-8000-0000000000ff")


@dataclass(frozen=True)
class World:
    """Path parameters by name: of the client whose key is `keys["client"]`, of the other client, of nobody."""

    own: dict[str, str]
    foreign: dict[str, str]
    absent: dict[str, str]


async def a_world(conn: Connection, keys: Keys) -> World:
    """Fill the desk."""
    shared = await _shared(conn, keys)
    own = shared | await _of_client(conn, keys.client_id, "Boulangerie", "boulangerie.example")
    foreign = shared | await _of_client(conn, keys.other_client_id, FOREIGN, "fremdwort.example")
    absent = {name: str(ABSENT) for name in own} | {
        "receipt_token": receipt_token(SETTINGS, ABSENT),
        "quote_token": quote_token(SETTINGS, ABSENT),
        "calendar_token": calendar_token(SETTINGS, ABSENT),
    }
    return World(own, foreign, absent)


async def _shared(conn: Connection, keys: Keys) -> dict[str, str]:
    """What belongs to no client."""
    closure = await builders.insert(
        conn,
        "closures",
        {
            "id": new_id(),
            "starts_at": A_MOMENT_AGO + timedelta(days=30),
            "ends_at": A_MOMENT_AGO + timedelta(days=31),
            "reason": "Move to another office",
            "created_at": A_MOMENT_AGO,
        },
    )
    job = await builders.a_dead_job(conn)
    mail = await builders.a_kept_mail(conn)
    bounce = await builders.a_bounce(conn)
    subscription = await builders.a_calendar_subscription(conn, keys.agent_id)
    key_id = await conn.fetchval("SELECT id FROM api_keys WHERE role = 'mail'")
    timer = await billing.a_timer(conn, await builders.a_ticket(conn), keys.agent_id)
    return {
        "run_id": str(await _a_run(conn)),
        "timer_id": str(timer["id"]),
        "closure_id": str(closure["id"]),
        "job_id": str(job["id"]),
        "inbound_message_id": str(mail["id"]),
        "bounce_id": str(bounce["mail_id"]),
        "calendar_token": calendar_token(SETTINGS, subscription["id"]),
        "api_key_id": str(key_id),
        "key_id": str(key_id),
        "agent_id": str(keys.agent_id),
        "terms_id": str(await conn.fetchval("SELECT id FROM terms")),
    }


async def _a_run(conn: Connection) -> UUID:
    """A run that found nothing to do."""
    run_id = new_id()
    await builders.insert(
        conn,
        "invoice_runs",
        {
            "id": run_id,
            "cycle": "quarterly",
            "period": "2026-Q1",
            "period_start": date(2026, 1, 1),
            "period_end": date(2026, 4, 1),
            "issue": False,
            "status": "done",
            "clients": 0,
            "started_at": A_MOMENT_AGO,
            "finished_at": A_MOMENT_AGO,
        },
    )
    return run_id


async def _of_client(conn: Connection, client_id: UUID, word: str, host: str) -> dict[str, str]:
    """One of everything that a client has; each text holds `word`."""
    await conn.execute("UPDATE clients SET name = $2 WHERE id = $1", client_id, f"{word} SA")
    contact = await builders.a_contact(conn, client_id, name=f"Carla {word}", email=f"carla@{host}")
    site = await builders.a_site(conn, client_id, name=f"{word} shop", url=f"https://{host}/", host=host)
    ticket = await builders.a_ticket(
        conn,
        client_id=client_id,
        contact_id=contact["id"],
        site_id=site["id"],
        subject=f"Our {word} does not open",
        requester_name=f"Rita {word}",
        requester_email=f"rita@{host}",
    )
    quote = await builders.a_quote(
        conn, client_id, ticket_id=ticket["id"], text=f"Devis {word}", lines=[builders.A_LINE | {"description": word}]
    )
    permanence = await builders.a_permanence(conn, client_id, event=f"{word} fair")
    note = await builders.a_message(
        conn, ticket["id"], author="agent", visibility="internal", body=f"{NOTE}: they never pay"
    )
    message = await builders.a_message(conn, ticket["id"], body=f"It is {word} again")
    attachment = await builders.an_attachment(conn, message, file_name=f"{word}.txt")
    await builders.an_attachment(conn, note, file_name=f"{NOTE}.txt")
    entry = await billing.an_entry(conn, ticket, AGENT_ID, description=f"Repaired {word}")
    contract = await billing.a_contract(conn, client_id, effective_reason=f"Paid by {word}")
    urgency = await billing.an_urgency(conn, ticket, requested_by=f"Tom {word}")
    invoice = await billing.invoiced(conn, client_id)
    line_id = await conn.fetchval("SELECT id FROM invoice_lines WHERE invoice_id = $1", invoice["id"])
    return {
        "invoice_id": str(invoice["id"]),
        "document_id": str(invoice["id"]),
        "line_id": str(line_id),
        "payment_id": str((await billing.a_payment(conn, invoice))["id"]),
        "urgency_id": str(urgency["id"]),
        "contract_id": str(contract["id"]),
        "entry_id": str(entry["id"]),
        "client_id": str(client_id),
        "contact_id": str(contact["id"]),
        "site_id": str(site["id"]),
        "ticket_id": str(ticket["id"]),
        "attachment_id": str(attachment["id"]),
        "domain": host,
        "quote_id": str(quote["id"]),
        "quote_token": quote_token(SETTINGS, quote["id"]),
        "permanence_request_id": str(permanence["id"]),
        "receipt_token": receipt_token(SETTINGS, ticket["id"]),
    }
