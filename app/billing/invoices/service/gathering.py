"""Read what clients' invoices of a period are made of, in the words of the rules."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.billing.givebacks import queries as givebacks
from app.billing.invoices.queries import facts as queries
from app.billing.invoices.service.books import Books
from app.core.db import Connection, Row
from app.core.sql import array_text
from app.domain.calendar import day_start, local_date
from app.domain.giving_back import left_of
from app.domain.invoice_document import Address, Buyer, LineKind, PoolDraw, PoolStatement, WorkDetail
from app.domain.invoice_facts import (
    Charge,
    Correction,
    EntryList,
    Facts,
    FeeBooking,
    OpenMinutes,
    Origin,
    Party,
    Terms,
    TicketRef,
)
from app.domain.period import Cycle, Period
from app.domain.vat import Category, Vat


@dataclass(frozen=True, slots=True)
class Gathered:
    """A client's facts, the cycle it is invoiced in, and what the annex goes on from next time."""

    client_id: UUID
    name: str
    cycle: Cycle
    vat_number_proven: bool
    facts: Facts
    told: dict[UUID, int]
    """The last line of each contract's statement that the annex tells."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Rows by client, draws by contract."""

    time: Mapping[UUID, Sequence[Row]]
    corrections: Mapping[UUID, Sequence[Row]]
    fees: Mapping[UUID, Sequence[Row]]
    charges: Mapping[UUID, Sequence[Row]]
    pools: Mapping[UUID, Sequence[Row]]
    draws: Mapping[UUID, Sequence[PoolDraw]]


async def gather(
    connection: Connection, clients: Sequence[UUID], period: Period, books: Books, *, lock: bool = False
) -> list[Gathered]:
    """All that is to be invoiced up to the period's end, late time too (I1), of those clients that are there, by id.

    With `lock` the clients are held, so that nobody takes any of it elsewhere before the transaction ends.
    """
    found = await queries.clients(connection, clients, period.start, lock=lock)
    read = await _read(connection, found, period)
    return [_gathered(client, read, period, books) for client in found]


async def gather_one(
    connection: Connection, client_id: UUID, period: Period, books: Books, *, lock: bool = False
) -> Gathered | None:
    """As `gather`; None for a client that is not there."""
    found = await gather(connection, [client_id], period, books, lock=lock)
    return found[0] if found else None


async def _read(connection: Connection, clients: Sequence[Row], period: Period) -> _Read:
    ids = [client["id"] for client in clients]
    prepaid = [client["id"] for client in clients if client["prepaid"]]
    time = by_client(await queries.time(connection, ids, period.start, period.end))
    countered = [id_ for id_, rows in time.items() if any(row["counter"] for row in rows)]
    return _Read(
        time=time,
        corrections=by_client(await givebacks.corrections(connection, countered, period.end) if countered else []),
        fees=by_client(await queries.fees(connection, ids, day_start(period.end))),
        charges=by_client(await queries.charges(connection, ids, period.end)),
        pools=by_client(await queries.pools(connection, prepaid, period.end) if prepaid else []),
        draws=_draws(await queries.draws(connection, prepaid, period.end) if prepaid else []),
    )


def _gathered(client: Row, read: _Read, period: Period, books: Books) -> Gathered:
    id_, told_until = client["id"], min(period.end, books.today)
    facts = Facts(
        party=Party(books.seller, buyer_of(client), client["language"]),
        period=period,
        time=_time([row for row in read.time[id_] if not row["counter"]]),
        corrections=[_correction(row) for row in read.corrections[id_]],
        fees=[_fee(row) for row in read.fees[id_]],
        charges=[_charge(row) for row in read.charges[id_]],
        pools=tuple(_pool(row, read.draws[row["contract_id"]], told_until) for row in read.pools[id_]),
    )
    told = {row["contract_id"]: row["lines"] for row in read.pools[id_]}
    return Gathered(id_, client["name"], Cycle(client["cycle"]), client["proven"], facts, told)


def by_client(rows: Iterable[Row]) -> defaultdict[UUID, list[Row]]:
    """Rows of several clients, each client's together."""
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["client_id"]].append(row)
    return found


def buyer_of(client: Row) -> Buyer:
    """The client as it is now; an address that nobody has typed yet is empty."""
    street, postal_code, city = (client[f"billing_{part}"] or "" for part in ("street", "postal_code", "city"))
    return Buyer(
        client_id=client["id"],
        name=client["name"],
        address=Address(street, postal_code, city, client["country"]),
        vat_number=client["vat_number"],
        peppol_id=client["peppol_id"],
        contact_name=client["contact_name"],
        email=client["email"],
    )


def _time(rows: list[Row]) -> list[OpenMinutes]:
    found = []
    for row in rows:
        ticket = TicketRef(row["ticket_id"], *row["ticket"])
        terms = Terms(row["hourly_rate_cents"], row["discount_bp"], row["terms_id"])
        listed = EntryList(row["entries"], array_text(row["minutes"]), len(row["minutes"]))
        found.append(OpenMinutes(ticket, terms, _details(row), listed=listed))
    return sorted(found, key=lambda one: one.details[0])  # a line may be of several months


def _details(row: Row) -> tuple[WorkDetail, ...]:
    """Minutes by day and agent, two agents of one name apart."""
    spent: dict[tuple[date, int, bool], int] = {}
    names: list[str] = row["names"]
    keys = zip(row["days"], row["agents"], row["lates"], strict=True)
    for key, minutes in zip(keys, row["minutes"], strict=True):
        spent[key] = spent.get(key, 0) + minutes
    return tuple(WorkDetail(day, names[agent], minutes, late) for (day, agent, late), minutes in sorted(spent.items()))


def origin_of(row: Row) -> Origin:
    """The invoiced line that a row is about."""
    vat = Vat(Category(row["vat_category"]), row["vat_rate_bp"])
    return Origin(row["line_id"], row["invoice_number"], vat, left_of(row["left_cents"], row["left_minutes"]))


def open_minutes(row: Row) -> OpenMinutes:
    """A single open entry."""
    return OpenMinutes(
        TicketRef(row["ticket_id"], row["number"], row["subject"]),
        Terms(row["hourly_rate_cents"], row["discount_bp"], row["terms_id"]),
        (WorkDetail(row["worked_on"], row["agent"], row["minutes"], row["late"]),),
        ((row["entry_id"], row["minutes"]),),
    )


def _correction(row: Row) -> Correction:
    return Correction(origin_of(row), open_minutes(row))


def _fee(row: Row) -> FeeBooking:
    return FeeBooking(
        urgency_id=row["urgency_id"],
        ticket=TicketRef(row["ticket_id"], row["number"], row["subject"]),
        opened_on=local_date(row["opened_at"]),
        amount_cents=row["amount_cents"],
        terms_id=row["terms_id"],
        fee_ids=tuple(row["fee_ids"]),
        origin=origin_of(row) if row["amount_cents"] < 0 else None,
    )


CHARGED = {"quote": "Devis", "permanence": "Permanence selon devis", "cancellation": "Annulation de permanence, devis"}


def _charge(row: Row) -> Charge:
    ticket = TicketRef(row["ticket_id"], row["number"], row["subject"]) if row["ticket_id"] else None
    about = f"{row['number']} · {row['subject']}" if ticket else row["event"]
    what = "; ".join(line["description"] for line in row["lines"])
    return Charge(
        charge_id=row["id"],
        kind=LineKind.QUOTE if row["kind"] == "quote" else LineKind.PERMANENCE,
        description=f"{CHARGED[row['kind']]} {row['quote_number']} (version {row['version']}) · {about} : {what}",
        amount_cents=row["amount_cents"],
        performed_on=row["performed_on"],
        ticket=ticket,
        terms_id=row["terms_id"],
    )


def _draws(rows: Iterable[Row]) -> defaultdict[UUID, list[PoolDraw]]:
    """By contract."""
    found: defaultdict[UUID, list[PoolDraw]] = defaultdict(list)
    for row in rows:
        found[row["contract_id"]].append(PoolDraw(row["worked_on"], row["number"], row["agent"], row["minutes"]))
    return found


def _pool(row: Row, draws: Sequence[PoolDraw], until: date) -> PoolStatement:
    """What is left once the last day of a contract is over is lost (C1)."""
    drawn = sum(draw.minutes for draw in draws)
    left = row["before_minutes"] + row["gained"] - drawn - row["refunded"]
    expired = left if row["expires_on"] < until else 0
    return PoolStatement(
        contract_id=row["contract_id"],
        year=row["year"],
        expires_on=row["expires_on"],
        before_minutes=row["before_minutes"],
        gained_minutes=row["gained"],
        drawn_minutes=drawn,
        lost_minutes=row["refunded"] + expired,
        left_minutes=left - expired,
        draws=tuple(draws),
    )
