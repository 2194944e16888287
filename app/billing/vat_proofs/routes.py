"""Proofs of VAT numbers over HTTP."""

from uuid import UUID

from app.billing.vat_proofs import queries, service
from app.billing.vat_proofs.schemas import VatProofIn, VatProofOut
from app.core import paging
from app.core.http import allows, desk_router
from app.core.paging import Cursor, Limit, Page
from app.core.problems import not_found
from app.core.unit import Work

router = desk_router("/v1/clients/{client_id}/vat-proofs", "clients")


@router.get("", operation_id="list_vat_proofs", **allows("vat_proofs:read", 404))
async def list_vat_proofs(client_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None) -> Page[VatProofOut]:
    """Checks of the client's VAT numbers, the newest first."""
    connection = await work.connection()
    if await queries.vat_number(connection, client_id) is None:
        raise not_found()
    after = paging.decode(cursor, UUID)[0] if cursor else None
    rows = await queries.proofs(connection, client_id, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[VatProofOut(**row) for row in shown], next_cursor=next_cursor)


@router.post("", operation_id="record_vat_proof", status_code=201, **allows("vat_proofs:write", 404, 409))
async def record_vat_proof(client_id: UUID, body: VatProofIn, work: Work) -> VatProofOut:
    """Record what the register said about the client's VAT number as it is now; reverse charge needs it (I5)."""
    row = await service.record_proof(
        await work.begin(), client_id, **dict(body), actor=work.caller.actor(), now=work.now
    )
    if row is None:
        raise not_found()
    work.audited["id"] = str(row["id"])
    return VatProofOut(**row)
