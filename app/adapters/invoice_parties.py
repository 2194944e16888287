"""What every e-invoice says of its parties, whatever its syntax."""

from app.adapters.invoice_xml import Leaf
from app.domain.invoice_document import Document, Seller
from app.domain.vat import Category

MAIL_SCHEME = "EM"


def legal_text(seller: Seller) -> str:
    """What the law wants said of a Luxembourg seller (BT-33)."""
    return f"RCS Luxembourg {seller.registration_number}, autorisation d'établissement n° {seller.permit_number}"


def endpoint(peppol_id: str | None, email: str | None) -> Leaf | None:
    """Where a party receives e-invoices: its Peppol id (`9938:LU12345678`), else its mailbox."""
    scheme, _, value = (peppol_id or "").partition(":")
    if value:
        return Leaf(value, {"schemeID": scheme})
    return Leaf(email, {"schemeID": MAIL_SCHEME})


def shows_vat_numbers(document: Document) -> bool:
    """Outside the scope of VAT no VAT number may stand on an e-invoice (BR-O-02)."""
    return all(one.category is not Category.OUT_OF_SCOPE for one in document.vat)
