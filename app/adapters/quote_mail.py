"""What the mails about quotes say; their words stand beside those of the other mails."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteSent:
    """A quote or an estimate is ready to be read (Q3). The amount excludes VAT; `url` is the secret link."""

    kind: ClassVar[str] = "quote_sent"

    number: str
    paper: Literal["quote", "estimate"]
    about: str
    subtotal_cents: int
    currency: str
    valid_until_on: date
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteReminder(QuoteSent):
    """It expires soon, and nobody has answered (Q2)."""

    kind: ClassVar[str] = "quote_reminder"
