"""The papers of invoices: the stored document as PDF, UBL, CII and Factur-X (rule I; ADR 0008)."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Response

from app.adapters.invoice_cii import cii
from app.adapters.invoice_factur_x import factur_x
from app.adapters.invoice_pdf import invoice_pdf, look_of
from app.adapters.invoice_ubl import ubl
from app.adapters.invoice_xml import NotAnInvoice
from app.billing.invoices.answers import PATH, document_of_row
from app.billing.invoices.routes import visible
from app.core.http import allows, desk_router
from app.core.problems import Problem
from app.core.unit import Unit, Work
from app.domain.invoice_document import Document

router = desk_router(PATH, "invoices")
PDF, XML = "application/pdf", "application/xml"


def _file(media_type: str, *refusals: int) -> dict[str, Any]:
    """What a route declares that answers with a file."""
    declared = allows("invoices:read", 404, *refusals)
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    declared["responses"][200] = {"description": "The file.", "content": content}
    return {"response_class": Response, **declared}


@router.get("/{invoice_id}/pdf", operation_id="download_invoice_pdf", **_file(PDF))
async def download_invoice_pdf(invoice_id: UUID, work: Work) -> Response:
    """To read and to keep: PDF/A-3, French with the client's language beneath, annexes, a code to pay with.

    A draft carries a watermark. The same document is the same bytes: `If-None-Match` is answered 304.
    """
    look = look_of(work.settings)
    return await _answer(work, invoice_id, lambda document: invoice_pdf(document, look), PDF, ".pdf")


@router.get("/{invoice_id}/ubl", operation_id="download_invoice_ubl", **_file(XML, 409))
async def download_invoice_ubl(invoice_id: UUID, work: Work) -> Response:
    """UBL 2.1 for Peppol BIS Billing 3.0; 409 for drafts and statements, which are no e-invoices."""
    return await _answer(work, invoice_id, ubl, XML, "-ubl.xml")


@router.get("/{invoice_id}/cii", operation_id="download_invoice_cii", **_file(XML, 409))
async def download_invoice_cii(invoice_id: UUID, work: Work) -> Response:
    """CrossIndustryInvoice in the profile EN 16931; 409 for drafts and statements, which are no e-invoices."""
    return await _answer(work, invoice_id, cii, XML, "-cii.xml")


@router.get("/{invoice_id}/factur-x", operation_id="download_invoice_factur_x", **_file(PDF, 409))
async def download_invoice_factur_x(invoice_id: UUID, work: Work) -> Response:
    """The PDF with the CII inside (Factur-X, ZUGFeRD); 409 for drafts and statements, which are no e-invoices."""
    look = look_of(work.settings)
    return await _answer(work, invoice_id, lambda document: factur_x(document, look), PDF, "-factur-x.pdf")


async def _answer(
    work: Unit, invoice_id: UUID, render: Callable[[Document], bytes], media_type: str, ending: str
) -> Response:
    """The rendering, made in a thread while the connection serves others."""
    document = document_of_row(await visible(work, invoice_id))
    await work.rest()
    try:
        content = await asyncio.to_thread(render, document)
    except NotAnInvoice:
        raise Problem("no-e-invoice") from None
    headers = {
        "Content-Disposition": f'attachment; filename="{document.number or "draft"}{ending}"',
        "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
        "Cache-Control": "private, no-cache",  # kept, and asked about each time
    }
    return Response(content, media_type=media_type, headers=headers)
