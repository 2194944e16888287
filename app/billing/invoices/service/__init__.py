"""The verbs of invoices, one file each."""

from app.billing.invoices.service.books import Books, open_books
from app.billing.invoices.service.drafting import delete_draft
from app.billing.invoices.service.invoicing import Preview, issue_draft
from app.billing.invoices.service.previewing import preview_client, preview_cycle
from app.billing.invoices.service.running import begin_run, period_for, work_off

__all__ = [
    "Books",
    "Preview",
    "begin_run",
    "delete_draft",
    "issue_draft",
    "open_books",
    "period_for",
    "preview_client",
    "preview_cycle",
    "work_off",
]
