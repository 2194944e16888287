"""What invoices are made of (rules I1, I2): what was worked, charged and given back, and is not invoiced yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from app.domain.giving_back import Left
from app.domain.invoice_document import Buyer, LineKind, PoolStatement, Seller, WorkDetail
from app.domain.period import Period
from app.domain.vat import Vat


@dataclass(frozen=True, slots=True)
class Terms:
    """What a line of minutes is priced by: cents for 60 minutes, less a discount, and the version that says so."""

    hourly_rate_cents: int
    discount_bp: int
    terms_id: UUID


@dataclass(frozen=True, slots=True)
class TicketRef:
    """The ticket a line is about."""

    id: UUID
    number: str
    subject: str


class EntryList(NamedTuple):
    """Thousands of entries with their minutes, as whoever keeps them wrote them down: they are passed on unread."""

    entries: str
    minutes: str
    many: int


@dataclass(frozen=True, slots=True)
class OpenMinutes:
    """Minutes of one ticket and price that wait for an invoice, and the entries that they are of, named or listed.

    All are of the invoice's own period, or all of one month before it: one tax.
    """

    ticket: TicketRef
    terms: Terms
    details: tuple[WorkDetail, ...]
    entries: tuple[tuple[UUID, int], ...] = ()
    listed: EntryList | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of an issued invoice that something is given back of, and what it still has to give."""

    line_id: UUID
    invoice_number: str
    vat: Vat
    left: Left


@dataclass(frozen=True, slots=True)
class Correction:
    """Minutes below zero: counter-entries of what stands on a line of an issued invoice (P6)."""

    origin: Origin
    open: OpenMinutes


@dataclass(frozen=True, slots=True)
class FeeBooking:
    """What an urgency's bookings since the last invoice come to: the fee, or what is given back of it (U1, U4)."""

    urgency_id: UUID
    ticket: TicketRef
    opened_on: date
    amount_cents: int
    terms_id: UUID
    fee_ids: tuple[UUID, ...]
    origin: Origin | None
    """The line that charged it, where this gives it back."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a quote puts on an invoice: its price, a permanence's, or what a cancellation costs (Q2, O4)."""

    charge_id: UUID
    kind: LineKind
    description: str
    amount_cents: int
    performed_on: date
    ticket: TicketRef | None
    terms_id: UUID | None


@dataclass(frozen=True, slots=True)
class Party:
    """The two sides and the language, as they are when the document is made."""

    seller: Seller
    buyer: Buyer
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a client's invoice of a period is made of."""

    party: Party
    period: Period
    time: Sequence[OpenMinutes] = ()
    corrections: Sequence[Correction] = ()
    fees: Sequence[FeeBooking] = ()
    charges: Sequence[Charge] = ()
    pools: Sequence[PoolStatement] = ()


@dataclass(frozen=True, slots=True)
class Purchased:
    """Hours bought for a year, as their contract says (C1)."""

    contract_id: UUID
    year: int
    minutes: int
    terms: Terms
    purchased_on: date
