"""The rules of minutes and money once more, as plainly as Python can say them: what the service must come to as well.

It shares nothing with the service: no function, no constant. One client, whole entries, local dates.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any


class RefusedError(Exception):
    """The rules refuse it, with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def nearest(numerator: int, denominator: int) -> int:
    """Half away from zero."""
    sign = -1 if numerator < 0 else 1
    whole, rest = divmod(abs(numerator), denominator)
    return sign * (whole + (2 * rest >= denominator))


def cents(minutes: int, rate: int, discount_bp: int) -> int:
    return nearest(minutes * rate * (10_000 - discount_bp), 60 * 10_000)


@dataclass
class Contract:
    id: str
    purchased_on: date
    bought: int
    price: int
    effective: bool = False
    granted: int = 0
    drawn: int = 0
    refunded: int = 0
    carried: int = 0

    @property
    def expires_on(self) -> date:
        return date(self.purchased_on.year, 12, 31)

    @property
    def unspent(self) -> int:
        return self.bought + self.granted - self.drawn - self.refunded - self.carried

    def left(self, today: date) -> int:
        return self.unspent if today <= self.expires_on else 0

    def gives_for(self, day: date) -> bool:
        return self.effective and day.year == self.purchased_on.year


@dataclass
class Ticket:
    id: str
    lane: str = "standard"
    fee: str | None = None
    fee_cents: int = 0
    fee_includes: int = 0
    included_used: int = 0
    chargeable: int = 0

    @property
    def included_left(self) -> int:
        if self.lane != "urgent" or self.fee in (None, "reversed"):
            return 0
        return max(self.fee_includes - self.included_used, 0)


@dataclass
class Entry:
    id: str
    ticket: str
    day: date
    rate: int
    discount_bp: int
    prepaid: bool
    billed: int
    open: int = 0
    free: int = 0
    included: bool = False
    drawn: dict[str, int] = field(default_factory=dict)
    corrected: bool = False


class Model:
    """One client's books."""

    def __init__(self, today: date, terms: dict[str, Any]) -> None:
        self.today = today
        self.terms = [terms]
        self.contracts: dict[str, Contract] = {}
        self.tickets: dict[str, Ticket] = {}
        self.entries: dict[str, Entry] = {}
        self.priced_on: list[date] = []

    def copy(self) -> "Model":
        return deepcopy(self)

    def terms_on(self, day: date) -> dict[str, Any]:
        return max((one for one in self.terms if one["from"] <= day), key=lambda one: one["from"])

    def publish(self, terms: dict[str, Any], reason: str | None) -> None:
        if terms["from"] < self.today or any(terms["from"] <= day for day in self.priced_on):
            raise RefusedError("terms-retroactive")
        if (terms["from"] - self.today).days < 30 and not reason:
            raise RefusedError("notice-too-short")
        if any(one["from"] == terms["from"] for one in self.terms):
            raise RefusedError("terms-exist")
        self.terms.append(terms)

    # Prepaid hours.

    def buy(self, minutes: int) -> Contract:
        terms = self.terms_on(self.today)
        self.priced_on.append(self.today)
        return Contract("", self.today, minutes, cents(minutes, terms["rate"], terms["prepaid_discount_bp"]))

    def make_effective(self, contract: Contract) -> None:
        if contract.effective:
            raise RefusedError("contract-effective")
        contract.effective = True
        self.absorb()

    def grant(self, contract: Contract, minutes: int, source: Contract | None) -> None:
        if source is contract:
            raise RefusedError("reference-unknown")
        if source is not None:
            if minutes > (source.unspent if self.today > source.expires_on else 0):
                raise RefusedError("carry-over-exceeds-expired")
            source.carried += minutes
        contract.granted += minutes
        self.absorb()

    def refund(self, contract: Contract, minutes: int) -> int:
        most = min(contract.left(self.today), contract.bought - contract.refunded) if contract.effective else 0
        if minutes > most:
            raise RefusedError("refund-exceeds-unused")
        before = nearest(contract.price * contract.refunded, contract.bought)
        contract.refunded += minutes
        return nearest(contract.price * contract.refunded, contract.bought) - before

    def draw(self, day: date, wanted: int) -> dict[str, int]:
        """Soonest expiry, then purchase, then id."""
        taken = {}
        for one in sorted(self.contracts.values(), key=lambda one: (one.expires_on, one.purchased_on, one.id)):
            minutes = min(wanted, one.unspent) if one.gives_for(day) else 0
            if minutes > 0:
                one.drawn += minutes
                wanted -= minutes
                taken[one.id] = minutes
        return taken

    def absorb(self) -> None:
        """Contracts that gained minutes take over what is open, oldest work first."""
        for entry in sorted(self.entries.values(), key=lambda one: (one.day, one.id)):
            if entry.prepaid and not entry.corrected and entry.open > 0:
                for id_, minutes in self.draw(entry.day, entry.open).items():
                    entry.drawn[id_] = entry.drawn.get(id_, 0) + minutes
                    entry.open -= minutes

    # Time.

    def log(self, ticket: Ticket, day: date, minutes: int, reason: str | None) -> Entry:
        terms, urgent = self.terms_on(day), ticket.lane == "urgent"
        step = terms["increment"]
        billed = minutes if reason else -(-max(minutes, terms["minimum"]) // step) * step
        free = billed if reason else min(billed, ticket.included_left)
        entry = Entry(
            id="", ticket=ticket.id, day=day, billed=billed, free=free, included=bool(free and not reason),
            rate=terms["urgent_rate"] if urgent and terms["urgent_rate"] is not None else terms["rate"],
            discount_bp=terms["overflow_bp"] if any(c.gives_for(day) for c in self.contracts.values()) else 0,
            prepaid=not urgent or terms["covers_urgent"],
        )  # fmt: skip
        rest = billed - free
        if rest and ticket.chargeable + rest > terms["threshold"]:
            raise RefusedError("quote-required")
        entry.drawn = self.draw(day, rest) if entry.prepaid else {}
        entry.open = rest - sum(entry.drawn.values())
        ticket.chargeable += rest
        ticket.included_used += free if entry.included else 0
        self.priced_on.append(day)
        return entry

    def take_back(self, entry: Entry) -> None:
        if entry.corrected:
            raise RefusedError("already-corrected")
        entry.corrected = True
        ticket = self.tickets[entry.ticket]
        ticket.chargeable -= sum(entry.drawn.values()) + entry.open
        ticket.included_used -= entry.free if entry.included else 0
        for id_, minutes in entry.drawn.items():
            self.contracts[id_].drawn -= minutes

    # Urgencies.

    def open_urgency(self, ticket: Ticket) -> None:
        """What it costs is fixed by the terms of the first time, once for each ticket."""
        if ticket.fee is not None or ticket.lane == "urgent":
            self.requalify(ticket, "urgent")
            return
        terms = self.terms_on(self.today)
        self.priced_on.append(self.today)
        ticket.lane, ticket.fee = "urgent", "due"
        ticket.fee_cents, ticket.fee_includes = terms["fee"], terms["included"]

    def requalify(self, ticket: Ticket, lane: str) -> None:
        if ticket.lane == lane:
            raise RefusedError("lane-unchanged")
        ticket.lane = lane
        if ticket.fee != "waived":
            ticket.fee = "due" if lane == "urgent" else "reversed"

    def waive(self, ticket: Ticket) -> None:
        if ticket.fee != "due":
            raise RefusedError("fee-not-due")
        ticket.fee = "waived"

    # What is asked.

    def unbilled(self) -> tuple[int, int, int]:
        """Minutes, cents of time, cents of fees: minutes of one ticket at one price are rounded together."""
        lines: dict[tuple[str, int, int], int] = {}
        for one in self.entries.values():
            if not one.corrected:
                key = (one.ticket, one.rate, one.discount_bp)
                lines[key] = lines.get(key, 0) + one.open
        fees = sum(ticket.fee_cents for ticket in self.tickets.values() if ticket.fee == "due")
        return sum(lines.values()), sum(cents(m, rate, bp) for (_, rate, bp), m in lines.items()), fees
