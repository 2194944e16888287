"""Who invoices, on which day, by whose hand: what every document of one sitting has in common."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.billing.terms.service import policy, terms_on
from app.core.db import Connection
from app.core.settings import Settings
from app.domain.calendar import local_date
from app.domain.invoice_document import Address, Seller


@dataclass(frozen=True, slots=True)
class Books:
    """`due_days` are those of the terms in force today (I6)."""

    seller: Seller
    due_days: int
    actor: dict[str, str]
    now: datetime

    @property
    def today(self) -> date:
        """The local date that documents get."""
        return local_date(self.now)

    @property
    def due_on(self) -> date:
        """When an invoice of today is to be paid."""
        return self.today + timedelta(days=self.due_days)


async def open_books(connection: Connection, settings: Settings, actor: dict[str, str], now: datetime) -> Books:
    """As settings and terms are now."""
    terms = policy(await terms_on(connection, local_date(now)))
    return Books(seller_of(settings), terms.payment_due_days, actor, now)


def seller_of(settings: Settings) -> Seller:
    """The desk's company as documents show it."""
    values = settings.invoices_from.model_dump()
    address = Address(*(values.pop(part) for part in ("street", "postal_code", "city", "country")))
    return Seller(address=address, **values)
