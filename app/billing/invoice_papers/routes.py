"""The papers of invoices: the stored document as PDF, UBL, CII and Factur-X (rule I; ADR 0008)."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Response

from app.adapters.invoice_cii import cii
from app.adapters.invoice_edition import edition
from app.adapters.invoice_factur_x import factur_x
from app.adapters.invoice_pdf import Look, invoice_pdf, look_of
from app.adapters.invoice_ubl import ubl
from app.adapters.invoice_xml import NotAnInvoice
from app.billing.invoices.answers import PATH, document_of_row
from app.billing.invoices.routes import visible
from app.core.db import Row
from app.core.etags import tags_known
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

    A draft carries a watermark. The same document is the same bytes: with `If-None-Match` the answer is 304, and
    nothing is made again.
    """
    return await _answer(work, invoice_id, invoice_pdf, PDF, ".pdf")


@router.get("/{invoice_id}/ubl", operation_id="download_invoice_ubl", **_file(XML, 409))
async def download_invoice_ubl(invoice_id: UUID, work: Work) -> Response:
    """UBL 2.1: Peppol BIS Billing 3.0 for a buyer with a Peppol id, else plain EN 16931 (`CustomizationID` says which).

    409 for drafts and statements, which are no e-invoices.
    """
    return await _answer(work, invoice_id, lambda document, _look: ubl(document), XML, "-ubl.xml")


@router.get("/{invoice_id}/cii", operation_id="download_invoice_cii", **_file(XML, 409))
async def download_invoice_cii(invoice_id: UUID, work: Work) -> Response:
    """CrossIndustryInvoice in the profile EN 16931; 409 for drafts and statements, which are no e-invoices."""
    return await _answer(work, invoice_id, lambda document, _look: cii(document), XML, "-cii.xml")


@router.get("/{invoice_id}/factur-x", operation_id="download_invoice_factur_x", **_file(PDF, 409))
async def download_invoice_factur_x(invoice_id: UUID, work: Work) -> Response:
    """The PDF with the CII inside (Factur-X, ZUGFeRD); 409 for drafts and statements, which are no e-invoices."""
    return await _answer(work, invoice_id, factur_x, PDF, "-factur-x.pdf")


async def _answer(
    work: Unit, invoice_id: UUID, render: Callable[[Document, Look], bytes], media_type: str, ending: str
) -> Response:
    """The rendering, made in a thread while the connection serves others; nothing is made that the reader has."""
    row = await visible(work, invoice_id)
    look = look_of(work.settings)
    tag = work.headers["ETag"] = _tag(row, look, ending)
    if tag in tags_known(work.request.headers.get("if-none-match", "")):
        return Response(status_code=304)
    document = document_of_row(row)
    await work.rest()
    try:
        content = await asyncio.to_thread(render, document, look)
    except NotAnInvoice:
        raise Problem("no-e-invoice") from None
    headers = {
        "Content-Disposition": f'attachment; filename="{document.number or "draft"}{ending}"',
        "Cache-Control": "private, no-cache",  # kept, and asked about each time
    }
    return Response(content, media_type=media_type, headers=headers)


def _tag(row: Row, look: Look, ending: str) -> str:
    """A strong ETag without the bytes: all that they depend on."""
    facts = [row["id"], row["digest"].hex(), row["number"], row["issued_on"], row["due_on"], ending]
    made_of = [*map(str, facts), look.digest(), edition()]
    return f'"{hashlib.sha256(" ".join(made_of).encode()).hexdigest()}"'
