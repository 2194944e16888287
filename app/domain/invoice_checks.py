"""What must be so before a document is issued (rules I3, I5, I7): each refusal tells finance what to do."""

from collections.abc import Iterator

from app.domain.errors import Refusal
from app.domain.invoice_assembly import Invoicing
from app.domain.invoice_document import Document, DocumentKind
from app.domain.money import decimal_text
from app.domain.vat import Category

SELLER_MENTIONS = {
    "name": "the seller's name",
    "vat_number": "the seller's VAT number",
    "registration_number": "the seller's number in the trade register (RCS)",
    "permit_number": "the seller's business permit number",
    "email": "the seller's e-mail address",
    "website": "the seller's website",
    "iban": "the seller's IBAN",
}
ADDRESS = ("street", "postal_code", "city", "country")


def obstacles(invoicing: Invoicing, *, vat_number_proven: bool) -> tuple[Refusal, ...]:
    """Everything that keeps a document from being issued."""
    return tuple(_obstacles(invoicing, vat_number_proven))


def _obstacles(invoicing: Invoicing, vat_number_proven: bool) -> Iterator[Refusal]:
    document = invoicing.document
    if missing := missing_mentions(document):
        yield Refusal("legal-mention-missing", f"What the law wants is missing: {', '.join(missing)}.", missing=missing)
    categories = {line.vat_category for line in document.lines}
    if len(categories) > 1:
        detail = "The client is taxed otherwise than before: give back what was invoiced by a credit note."
        yield Refusal("vat-categories-mixed", detail, categories=sorted(categories))
    if Category.REVERSE_CHARGE in categories and not vat_number_proven:
        number = document.buyer.vat_number
        detail = (
            f"Reverse charge needs proof that {number} is valid: check it and record the result."
            if number
            else "Reverse charge was for a VAT number, and the client has none any more."
        )
        yield Refusal("vat-proof-missing", detail, vat_number=number)
    if document.kind is DocumentKind.INVOICE and document.total_cents < 0:
        amount = decimal_text(document.total_cents)
        detail = f"More is given back than charged ({amount} {document.currency}): write a credit note instead."
        yield Refusal("total-negative", detail, total_cents=document.total_cents)


def missing_mentions(document: Document) -> list[str]:
    """The legal mentions that are empty, by name."""
    seller, buyer = document.seller, document.buyer
    found = [words for name, words in SELLER_MENTIONS.items() if not getattr(seller, name)]
    if not all(getattr(seller.address, part) for part in ADDRESS):
        found.append("the seller's address")
    if not buyer.name:
        found.append("the client's name")
    if not all(getattr(buyer.address, part) for part in ADDRESS):
        found.append("the client's billing address")
    return found
