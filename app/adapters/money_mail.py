"""What the mails about terms, contracts and invoices say; their words stand beside those of the other mails."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, Protocol

Rows = list[tuple[str, str]]


class Speaks(Protocol):
    """One language (`mail_templates.Words`)."""

    def say(self, key: str, **values: object) -> str:
        """A sentence."""

    def day(self, day: date) -> str:
        """A date."""

    def amount(self, cents: int, currency: str) -> str:
        """An amount excluding VAT."""

    def total(self, cents: int, currency: str) -> str:
        """An amount as it is paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsNotice:
    """New terms were published (N1); `text` is what they say, as finance wrote it in the reader's language."""

    kind: ClassVar[str] = "terms_notice"

    effective_on: date
    text: str
    hourly_rate_cents: int
    contract_hourly_rate_cents: int
    urgency_fee_cents: int
    currency: str

    def named(self, words: Speaks) -> dict[str, object]:
        """What the sentences name."""
        return {"day": words.day(self.effective_on)}

    def rows(self, words: Speaks) -> Rows:
        """Label and value of each price."""
        prices = {
            "hourly_rate": self.hourly_rate_cents,
            "contract_rate": self.contract_hourly_rate_cents,
            "urgency_fee": self.urgency_fee_cents,
        }
        day = (words.say("terms_notice.effective_on"), words.day(self.effective_on))
        return [day] + [
            (words.say(f"terms_notice.{name}"), words.amount(cents, self.currency)) for name, cents in prices.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractAlert:
    """A contract has reached a threshold (C5): per cent of its minutes used, or days before it expires."""

    kind: ClassVar[str] = "contract_alert"

    alert: Literal["usage", "expiry"]
    threshold: int
    year: int
    total_minutes: int
    drawn_minutes: int
    left_minutes: int
    expires_on: date

    def named(self, words: Speaks) -> dict[str, object]:
        """What the sentences name."""
        what = words.say(f"contract_alert.{self.alert}", percent=self.threshold, day=words.day(self.expires_on))
        return {"year": self.year, "what": what}

    def rows(self, words: Speaks) -> Rows:
        """Label and value of each sum, in hours and minutes."""
        sums = {"total": self.total_minutes, "drawn": self.drawn_minutes, "left": self.left_minutes}
        rows = [(words.say(f"contract_alert.{name}"), hours(minutes)) for name, minutes in sums.items()]
        return [*rows, (words.say("contract_alert.expires_on"), words.day(self.expires_on))]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSent:
    """An invoice, credit note or statement was issued and goes along. `total_cents` includes VAT."""

    kind: ClassVar[str] = "invoice_sent"

    paper: Literal["invoice", "credit_note", "statement"]
    number: str
    total_cents: int
    currency: str
    due_on: date | None
    iban: str
    credits: str | None
    """The number of the invoice that a credit note corrects."""

    def named(self, words: Speaks) -> dict[str, object]:
        """What the sentences name."""
        paper = words.say(f"invoice_sent.{self.paper}")
        return {"paper": paper, "number": self.number, "credits": self.credits}

    def rows(self, words: Speaks) -> Rows:
        """Label and value of what is to be paid, and how."""
        rows = [(words.say("invoice_sent.number"), self.number)]
        if self.paper == "statement":
            return rows
        rows.append((words.say("invoice_sent.total"), words.total(self.total_cents, self.currency)))
        if self.paper == "invoice" and self.total_cents > 0:
            if self.due_on is not None:
                rows.append((words.say("invoice_sent.due_on"), words.day(self.due_on)))
            rows.append(("IBAN", self.iban))
        return rows


MoneyMail = TermsNotice | ContractAlert | InvoiceSent


def hours(minutes: int) -> str:
    """Minutes as people read them in all three languages: `2 h 05`."""
    whole, rest = divmod(minutes, 60)
    return f"{whole} h {rest:02d}"
