"""What is sent about invoices."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, Strict, StringConstraints

from app.core.shapes import Bool, In, Line, LocalDate, Minutes

Cycle = Literal["quarterly", "monthly"]
PeriodName = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-(Q[1-4]|0[1-9]|1[0-2])$"), Field(description="A quarter or a month.")
]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Amount = Annotated[int, Strict(), Field(ge=1, le=2_000_000_000)]
Reason = Annotated[Line, Field(max_length=500)]
CLIENT_ID = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6a7b"
LINE_ID = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6a8c"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class PreviewIn(In):
    """Whom to look at, and which period."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cycle": "quarterly", "period": "2026-Q3"}, {"period": "2026-07"}]}
    )
    client_id: Annotated[UUID | None, Field(description="Left out: every client of the cycle.")] = None
    cycle: Annotated[Cycle | None, Field(description="Left out: the period's.")] = None
    period: PeriodName


class ClientDigest(In):
    """What was previewed for a client."""

    client_id: UUID
    digest: Digest


class RunIn(PreviewIn):
    """Draft or issue the period of every client of the cycle, or of one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"cycle": "quarterly", "period": "2026-Q3", "issue": True},
                {
                    "cycle": "quarterly",
                    "period": "2026-Q3",
                    "client_id": CLIENT_ID,
                    "digests": [{"client_id": CLIENT_ID, "digest": DIGEST}],
                    "issue": True,
                },
            ]
        }
    )
    digests: Annotated[
        list[ClientDigest],
        Field(max_length=1000, description="Whose facts make another document than the preview did is parked."),
    ] = Field(default_factory=list)
    issue: Annotated[Bool, Field(description="Issue at once; else write drafts.")] = False


class IssueIn(In):
    """The digest that was looked at; left out, the draft's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"digest": DIGEST}]})
    digest: Digest | None = None


class CreditLineIn(In):
    """What of a line is given back: so many minutes, so many cents excl. VAT, or, with neither, all that is left."""

    line_id: UUID
    minutes: Minutes | None = None
    net_cents: Amount | None = None


CREDIT: dict[str, Any] = {
    "reason": "Charged twice",
    "lines": [{"line_id": LINE_ID, "minutes": 30}],
    "free_entries": True,
}


class CreditNoteIn(In):
    """Credit an invoice whole, or some of its lines."""

    model_config = ConfigDict(json_schema_extra={"examples": [CREDIT, {"reason": "Wrong client"}]})
    reason: Reason
    lines: Annotated[list[CreditLineIn] | None, Field(max_length=500, description="Left out: all that is left.")] = None
    free_entries: Annotated[
        Bool, Field(description="What the credited lines charged can be invoiced again: entries, fees, charges.")
    ] = False
    corrections: Annotated[
        Bool,
        Field(description="Give back what counter-entries and reversed fees took off the invoice; without `lines`."),
    ] = False


class PaymentIn(In):
    """Money that came."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount_cents": 35100, "paid_on": "2026-11-20", "reference": "F2026-0001"}]}
    )
    amount_cents: Amount
    paid_on: LocalDate
    reference: Annotated[Line | None, Field(max_length=140)] = None


class SurplusRefundIn(In):
    """Money that went back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"amount_cents": 300, "paid_on": "2026-11-24", "reason": "Paid twice", "reference": "SEPA 117"}
            ]
        }
    )
    amount_cents: Amount
    paid_on: LocalDate
    reason: Reason
    reference: Annotated[Line | None, Field(max_length=140)] = None


class ReversalIn(In):
    """Why a payment or a refund is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The bank returned it."}]})
    reason: Reason
