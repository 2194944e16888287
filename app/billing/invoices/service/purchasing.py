"""Invoice prepaid hours at once, and give refunded ones back (C1, C6)."""

from datetime import datetime
from uuid import UUID

from app.billing.contracts import queries as contracts
from app.billing.contracts.service import make_effective
from app.billing.contracts.service.buying import INVOICE
from app.billing.invoices.queries import credits as queries
from app.billing.invoices.queries import documents, facts
from app.billing.invoices.service.books import Books, open_books
from app.billing.invoices.service.crediting import credit_invoice
from app.billing.invoices.service.gathering import buyer_of
from app.billing.invoices.service.writing import ToIssue, issue
from app.billing.pools.queries import lock_client
from app.core import events
from app.core.db import Connection, Database, Row
from app.core.ids import new_id
from app.core.jobs import Effect, Handler, Job
from app.core.settings import Settings
from app.domain.credit_note import Wish
from app.domain.errors import Refusal
from app.domain.invoice import purchase_invoice
from app.domain.invoice_body import body_of
from app.domain.invoice_checks import obstacles
from app.domain.invoice_facts import Party, Purchased, Terms


async def invoice_purchase(connection: Connection, contract: Row, books: Books) -> UUID:
    """Issue a contract's purchase invoice; with it the contract becomes effective.

    Once and for all, whatever was refunded since, unless it was credited whole to be invoiced again.

    Returns:
        The invoice's id: the one that was there, or the new one.

    Raises:
        Refusal: what `obstacles` finds, `date-goes-back`.
    """
    await lock_client(connection, contract["client_id"])
    there = await queries.purchase_invoice(connection, contract["client_id"], contract["id"])
    if there is not None:
        return there
    (client,) = await facts.clients(connection, [contract["client_id"]], books.today, lock=False)
    party = Party(books.seller, buyer_of(client), client["language"])
    made = purchase_invoice(party, _purchased(contract), new_id(), books.today)
    for obstacle in obstacles(made, vat_number_proven=client["proven"]):
        raise obstacle
    standing = await contracts.contract(connection, contract["id"])
    if standing is not None and not standing["usable"]:
        await make_effective(
            connection, contract["client_id"], contract["id"], reason=None, actor=books.actor, now=books.now
        )
    columns = {"basis": "contract", "contract_id": contract["id"]}
    row = await issue(connection, ToIssue(made, body_of(made.document), columns=columns), books)
    id_: UUID = row["id"]
    return id_


def _purchased(contract: Row) -> Purchased:
    terms = Terms(contract["hourly_rate_cents"], contract["discount_bp"], contract["terms_id"])
    return Purchased(contract["id"], contract["year"], contract["bought_minutes"], terms, contract["purchased_on"])


async def credit_refunds(connection: Connection, contract: Row, invoice_id: UUID, books: Books) -> None:
    """A credit note of the purchase invoice for each refund that has none yet.

    Raises:
        Refusal: `credit-exceeds-line` when the invoice was credited otherwise meanwhile, `date-goes-back`.
    """
    await lock_client(connection, contract["client_id"])
    for refund in await queries.unpaid_refunds(connection, contract["id"]):
        invoice = await documents.document(connection, invoice_id)
        assert invoice is not None  # noqa: S101 (issued, so it stays)
        (line,) = await queries.lines(connection, contract["client_id"], invoice_id)
        wish = Wish(refund["minutes"], refund["amount_cents"], refund["id"])
        await credit_invoice(connection, invoice, {line["id"]: wish}, reason=refund["reason"], books=books)


def handlers(settings: Settings) -> dict[str, Handler]:
    """The job that a purchase and a refund promise."""

    async def settle(job: Job, database: Database, now: datetime) -> Effect | None:
        await settle_contract(database, UUID(job.payload["contract_id"]), settings, now)
        return None

    return {INVOICE: Handler(settle)}


async def settle_contract(database: Database, contract_id: UUID, settings: Settings, now: datetime) -> None:
    """Invoice the purchase, then credit refunds; what is refused stays as it is, and an event says why."""
    actor = {"role": "worker"}
    try:
        async with database.transaction() as connection:
            contract = await contracts.contract(connection, contract_id)
            if contract is None:
                return
            books = await open_books(connection, settings, actor, now)
            invoice_id = await invoice_purchase(connection, contract, books)
        async with database.transaction() as connection:
            await credit_refunds(connection, contract, invoice_id, books)
    except Refusal as refusal:
        async with database.transaction() as connection:
            await _tell_refused(connection, contract_id, refusal, actor, now)


async def _tell_refused(
    connection: Connection, contract_id: UUID, refusal: Refusal, actor: dict[str, str], now: datetime
) -> None:
    contract = await contracts.contract(connection, contract_id)
    await events.record(
        connection,
        "contract.invoice_refused",
        subject_id=contract_id,
        client_id=contract["client_id"] if contract else None,
        actor=actor,
        data={"code": refusal.code, "detail": refusal.detail},
        now=now,
    )
