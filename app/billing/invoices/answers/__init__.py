"""What is answered about invoices: the stored document and how it stands now."""

from datetime import date
from typing import Any
from uuid import UUID

from app.billing.invoices.answers.shapes import (
    CreditOut,
    ExportOut,
    InvoiceOut,
    ObstacleOut,
    PaymentOut,
    PreviewOut,
    ResultOut,
    RunOut,
    StandingOut,
)
from app.core.db import Row
from app.core.settings import Settings
from app.domain.invoice_body import document_of
from app.domain.invoice_document import Document, DocumentKind, PoolDraw, WorkDetail
from app.domain.payment import (
    interest_cents,
    kind_of,
    outstanding_cents,
    overdue_days,
    payment_status,
    surplus_cents,
)

__all__ = [
    "InvoiceOut", "ObstacleOut", "PaymentOut", "PreviewOut", "ResultOut", "RunOut", "StandingOut",
]  # fmt: skip
PATH = "/v1/invoices"
E_INVOICES = ("ubl", "cii", "factur-x")


def plain(value: Any) -> Any:
    """A part of a document as JSON has it."""
    if isinstance(value, WorkDetail | PoolDraw):
        return value._asdict()
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    slots = getattr(type(value), "__slots__", None)
    if slots and not isinstance(value, date | UUID):
        return {name: plain(getattr(value, name)) for name in slots}
    return value


def said(document: Document) -> dict[str, Any]:
    """What a document says, by the names of its shapes."""
    names = (
        "kind", "period", "period_start", "period_end", "supplied_on", "language", "currency", "seller", "buyer",
        "lines", "vat", "subtotal_cents", "vat_cents", "total_cents", "prepaid_annex", "mentions",
    )  # fmt: skip
    return {name: plain(getattr(document, name)) for name in names} | {"client_id": document.buyer.client_id}


def standing(row: Row, settings: Settings, today: date) -> dict[str, Any]:
    """How a document stands, from its row."""
    is_owed = row["status"] == "issued" and row["kind"] == DocumentKind.INVOICE
    sums = row["total_cents"], row["credited_cents"], row["paid_cents"]
    owed = outstanding_cents(*sums) if is_owed else 0
    days = overdue_days(row["due_on"], today, owed)
    taken = set(StandingOut.model_fields) & set(row.keys()) - {"digest", "sha256"}
    return {name: row[name] for name in taken} | {
        "payment_status": payment_status(*sums) if is_owed else None,
        "overdue": days > 0,
        "overdue_days": days,
        "interest_cents": interest_cents(owed, days, settings.late_interest_bp) if is_owed else None,
        "outstanding_cents": owed,
        "surplus_cents": surplus_cents(owed),
        "digest": row["digest"].hex(),
        "sha256": row["sha256"].hex() if row["sha256"] else None,
        "exported": _export(row),
        "links": links_of(row),
    }


def _export(row: Row) -> ExportOut | None:
    if row["exported_at"] is None:
        return None
    return ExportOut(external_reference=row["external_reference"], exported_at=row["exported_at"])


def links_of(row: Row) -> dict[str, str]:
    """Where the document and its renderings are; drafts and statements are no e-invoices."""
    own = f"{PATH}/{row['id']}"
    is_e_invoice = row["status"] == "issued" and row["kind"] != DocumentKind.STATEMENT
    electronic = {name.replace("-", "_"): f"{own}/{name}" for name in E_INVOICES} if is_e_invoice else {}
    return {"self": own, "pdf": f"{own}/pdf"} | electronic


def document_of_row(row: Row) -> Document:
    """The stored document."""
    return document_of(row["body"], row["id"], number=row["number"], issued_on=row["issued_on"], due_on=row["due_on"])


def invoice_out(row: Row, settings: Settings, today: date) -> InvoiceOut:
    """A document whole."""
    document = document_of_row(row)
    credited = document.credits
    return InvoiceOut(
        **said(document) | standing(row, settings, today) | {"client_name": document.buyer.name},
        credits=[CreditOut(**one) for one in row["credit_notes"]],
        credit_reason=credited.reason if credited else None,
    )


def payment_out(row: Row) -> PaymentOut:
    """Money that came or went back."""
    return PaymentOut(**row, kind=kind_of(row["amount_cents"], reverses=row["reverses_id"] is not None))


def summary_out(row: Row, settings: Settings, today: date) -> StandingOut:
    """A document in a list."""
    return StandingOut(**standing(row, settings, today))
