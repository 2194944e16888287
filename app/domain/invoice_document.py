"""The one document of an invoice, credit note or statement, from which every rendering is made (rules I2, I3, I7).

Everything in it is a snapshot: nothing is looked up again once it is stored. Money is integer cents, time integer
minutes, rates integer basis points. Signs: a credit note states what it gives back as positive amounts.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.domain.vat import Category


class DocumentKind(StrEnum):
    """What the paper is: a statement shows prepaid draws where nothing is to be paid, and is no invoice (I3)."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    STATEMENT = "statement"


class LineKind(StrEnum):
    """What a line charges."""

    TIME = "time"
    URGENCY = "urgency"
    QUOTE = "quote"
    PERMANENCE = "permanence"
    CONTRACT = "contract"
    ADJUSTMENT = "adjustment"


class Unit(StrEnum):
    """What a quantity counts."""

    MINUTE = "minute"
    PIECE = "piece"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a party is; `country` is the ISO 3166 code of two letters."""

    street: str
    postal_code: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class Seller:
    """Who invoices, with the legal mentions (I7)."""

    name: str
    address: Address
    vat_number: str
    registration_number: str
    """Of the trade register (RCS), like `B123456`."""
    permit_number: str
    """Of the business permit (autorisation d'établissement)."""
    email: str
    phone: str | None
    website: str
    iban: str
    bic: str | None
    bank: str | None
    peppol_id: str | None
    """Scheme and value, like `9938:LU12345678`."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is invoiced."""

    client_id: UUID
    name: str
    address: Address
    vat_number: str | None
    peppol_id: str | None
    contact_name: str | None
    email: str | None


class WorkDetail(NamedTuple):
    """Minutes of one day and agent inside a time line (I2); `late` when typed after its period had ended (I1)."""

    worked_on: date
    agent: str
    minutes: int
    late: bool


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line: net = quantity x unit price / base quantity less the discount, rounded half up, once (P1).

    `unit_price_cents` is the price of `base_quantity` units: 12000 for 60 minutes, or of one piece. The quantity is
    negative only where an adjustment takes something back.
    """

    id: UUID
    kind: LineKind
    ticket_id: UUID | None
    ticket_number: str | None
    description: str
    quantity: int
    unit: Unit
    unit_price_cents: int
    base_quantity: int
    discount_bp: int
    net_cents: int
    vat_category: Category
    vat_rate_bp: int
    terms_id: UUID | None
    source_id: UUID | None
    """The urgency, charge, contract or credited line that the line is about; none for time."""
    details: tuple[WorkDetail, ...]


@dataclass(frozen=True, slots=True)
class VatLine:
    """The tax of one category and rate, rounded once on the sum of its lines (I5)."""

    category: Category
    rate_bp: int
    base_cents: int
    vat_cents: int
    reason: str | None
    """Why none is due, where none is: `Autoliquidation`, say."""


class PoolDraw(NamedTuple):
    """Minutes of one ticket and day that a contract covered."""

    worked_on: date
    ticket_number: str
    agent: str
    minutes: int


@dataclass(frozen=True, slots=True)
class PoolStatement:
    """The annex of a contract: what it held when the period began, what was drawn and what is left (I2).

    before + gained - drawn - lost = left, in minutes; gained is bought and granted, lost is expired and refunded.
    """

    contract_id: UUID
    year: int
    expires_on: date
    before_minutes: int
    gained_minutes: int
    drawn_minutes: int
    lost_minutes: int
    left_minutes: int
    draws: tuple[PoolDraw, ...]


@dataclass(frozen=True, slots=True)
class Credited:
    """The invoice that a credit note corrects, and why."""

    invoice_id: UUID
    number: str
    issued_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, credit note or statement. Number and dates are there once it is issued (I4).

    `period_start` and `period_end` are half-open local dates, absent where no period is billed (a contract's
    purchase). subtotal = sum of the lines; total = subtotal + VAT (invariant 5).
    """

    id: UUID
    kind: DocumentKind
    number: str | None
    language: str
    """The client's: fr, en or de; papers are in French with the other beneath."""
    currency: str
    issued_on: date | None
    due_on: date | None
    supplied_on: date
    """The tax point's supply: the last day of what is invoiced (I5)."""
    period: str | None
    period_start: date | None
    period_end: date | None
    seller: Seller
    buyer: Buyer
    lines: tuple[DocumentLine, ...]
    vat: tuple[VatLine, ...]
    subtotal_cents: int
    vat_cents: int
    total_cents: int
    prepaid_annex: tuple[PoolStatement, ...]
    credits: Credited | None
    mentions: tuple[str, ...]
    """Sentences that the law wants on it beside the fields above, in French."""
