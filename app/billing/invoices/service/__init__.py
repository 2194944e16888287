"""The verbs of invoices, one file each."""

from app.billing.invoices.service.books import Books, open_books
from app.billing.invoices.service.crediting import credit_invoice
from app.billing.invoices.service.drafting import delete_draft
from app.billing.invoices.service.explaining import Explained, explain_line
from app.billing.invoices.service.invoicing import Preview, issue_draft
from app.billing.invoices.service.paying import record_payment, refund_surplus, reverse_payment
from app.billing.invoices.service.previewing import preview_client, preview_cycle
from app.billing.invoices.service.purchasing import invoice_purchase
from app.billing.invoices.service.running import begin_run, period_for, work_off

__all__ = [
    "Books",
    "Explained",
    "Preview",
    "begin_run",
    "credit_invoice",
    "delete_draft",
    "explain_line",
    "invoice_purchase",
    "issue_draft",
    "open_books",
    "period_for",
    "preview_client",
    "preview_cycle",
    "record_payment",
    "refund_surplus",
    "reverse_payment",
    "work_off",
]
