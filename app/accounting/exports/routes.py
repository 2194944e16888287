"""The accounting system's write-back over HTTP."""

from uuid import UUID

from app.accounting.exports import queries, service
from app.accounting.exports.schemas import ExportedOut, ExportIn
from app.core.db import Row
from app.core.http import allows, desk_router
from app.core.problems import not_found
from app.core.unit import Work

router = desk_router("/v1/accounting/exports", "accounting")


@router.put("/{document_id}", operation_id="mark_exported", **allows("invoices:export", 404))
async def mark_exported(document_id: UUID, body: ExportIn, work: Work) -> ExportedOut:
    """Say that the accounting system has an issued document, under which reference; again is harmless."""
    row = await service.mark_exported(
        await work.begin(), document_id, body.external_reference, actor=work.caller.actor(), now=work.now
    )
    work.audited["id"] = str(document_id)
    return _out(row)


@router.get("/{document_id}", operation_id="read_export", **allows("invoices:export", 404))
async def read_export(document_id: UUID, work: Work) -> ExportedOut:
    """What the accounting system said of a document; 404 while it has not got it."""
    return _out(await queries.export(await work.connection(), document_id))


def _out(row: Row | None) -> ExportedOut:
    if row is None:
        raise not_found()
    return ExportedOut(**{name: row[name] for name in ExportedOut.model_fields})
