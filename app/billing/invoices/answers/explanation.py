"""The shape of a line's explanation."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.billing.invoices.service import Explained
from app.billing.invoices.service.explaining import EntryExplained
from app.billing.time_entries.schemas import StepOut
from app.core.shapes import Out


class AmountsOut(Out):
    """A line's figures; the share of the tax is shared out by largest remainder."""

    quantity: int
    net_cents: int
    vat_share_cents: int


class EntryOut(Out):
    """An entry on the line."""

    entry_id: UUID
    worked_on: date
    agent: str
    minutes: int = Field(description="Of it on this line; below zero where it gives back.")
    worked_minutes: int
    billed_minutes: int
    drawn_minutes: int
    quoted_minutes: int
    non_billable_minutes: int
    billing_increment_minutes: int
    minimum_minutes: int
    terms_id: UUID
    hourly_rate_cents: int
    discount_bp: int
    late: bool
    steps: list[StepOut]
    equal: bool


class ExplanationOut(Out):
    """A line as it is stored and as its facts make it again."""

    line_id: UUID
    invoice_id: UUID
    kind: Literal["time", "urgency", "quote", "permanence", "contract", "adjustment"]
    description: str
    formula: str
    stored: AmountsOut
    recomputed: AmountsOut
    equal: bool
    vat_category: Literal["S", "AE", "O"]
    vat_rate_bp: int
    entries: list[EntryOut]
    source: dict[str, Any] = Field(description="The urgency, charge, contract or credited line, as it is on record.")


def explanation_out(found: Explained) -> ExplanationOut:
    """Everything behind a line."""
    line = found.stored
    return ExplanationOut(
        line_id=line["id"],
        invoice_id=line["invoice_id"],
        kind=line["kind"],
        description=line["description"],
        formula=found.words,
        stored=AmountsOut(
            quantity=line["quantity"], net_cents=line["net_cents"], vat_share_cents=found.vat_share_cents
        ),
        recomputed=AmountsOut(
            quantity=found.quantity, net_cents=found.net_cents, vat_share_cents=found.vat_share_again
        ),
        equal=found.equal,
        vat_category=line["vat_category"],
        vat_rate_bp=line["vat_rate_bp"],
        entries=[_entry(one) for one in found.entries],
        source=found.source,
    )


def _entry(one: EntryExplained) -> EntryOut:
    row = one.row
    names = (
        "worked_on", "agent", "worked_minutes", "billed_minutes", "quoted_minutes", "non_billable_minutes", "terms_id",
        "hourly_rate_cents", "discount_bp",
    )  # fmt: skip
    return EntryOut(
        **{name: row[name] for name in names},
        entry_id=row["id"],
        minutes=row["invoiced_here"],
        drawn_minutes=sum(row["draws"].values()),
        billing_increment_minutes=one.terms.billing_increment_minutes,
        minimum_minutes=one.terms.minimum_minutes,
        late="late" in row["flags"],
        steps=[StepOut(because=step.because, text=step.text, facts=step.facts) for step in one.steps],
        equal=one.equal,
    )
