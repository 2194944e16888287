"""The EPC code ("GiroCode") of an invoice: a bank's app reads it and fills in the whole transfer."""

import io

from app.domain.invoice_document import Document, DocumentKind
from app.domain.money import decimal_text

LONGEST_NAME = 70
LARGEST_CENTS = 999_999_999_99


def transfer(document: Document) -> str | None:
    """What the code says, line by line (EPC069-12, version 2); none where nothing can be paid this way."""
    payable = document.kind is DocumentKind.INVOICE and document.number is not None and document.issued_on is not None
    if not payable or document.currency != "EUR" or not 0 < document.total_cents <= LARGEST_CENTS:
        return None
    seller = document.seller
    lines = ["BCD", "002", "1", "SCT", seller.bic or "", seller.name[:LONGEST_NAME], seller.iban.replace(" ", "")]
    return "\n".join([*lines, f"EUR{decimal_text(document.total_cents)}", "", "", document.number or ""])


def payment_code(document: Document) -> str | None:
    """The code as SVG; none where nothing can be paid this way."""
    content = transfer(document)
    if content is None:
        return None
    import segno  # noqa: PLC0415 (only who makes a PDF pays for it)

    # A mask of our choice: to find the prettiest of eight takes longer than all the rest, and every app reads them all.
    code = segno.make(content, error="m", boost_error=False, micro=False, encoding="utf-8", mask=3)
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", border=0, xmldecl=False, svgns=True, nl=False, dark="#12324a")
    return drawn.getvalue().decode()
