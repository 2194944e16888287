"""UBL 2.1 of an issued document: invoices (380) and credit notes (381).

Between two Peppol ids it is a Peppol BIS Billing 3.0 invoice. The network's rules refuse any other electronic address
(PEPPOL-EN16931-CL008), so without them it says that it is plain EN 16931, which takes e-mail addresses.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from app.adapters.invoice_check import check_document, check_same, gross_cents
from app.adapters.invoice_parties import endpoint, legal_text, shows_vat_numbers
from app.adapters.invoice_readback import ubl_sums
from app.adapters.invoice_ubl_order import ORDER, SPACES
from app.adapters.invoice_xml import (
    DISCOUNT_CODE,
    EXEMPTIONS,
    REASONS,
    SEPA_TRANSFER,
    TYPE_CODES,
    UNITS,
    Content,
    Leaf,
    Node,
    NotAnInvoice,
    percent,
    span_of,
    work_text,
    written,
)
from app.domain.invoice_document import Address, Buyer, Document, DocumentKind, DocumentLine, Seller
from app.domain.money import decimal_text
from app.domain.vat import Category

EN_16931 = "urn:cen.eu:en16931:2017"
PEPPOL = f"{EN_16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
DAY = timedelta(days=1)
_NAMES = {DocumentKind.INVOICE: ("Invoice", "Invoiced"), DocumentKind.CREDIT_NOTE: ("CreditNote", "Credited")}


def ubl(document: Document) -> bytes:
    """The XML of an issued invoice or credit note; the same document is always the same bytes.

    Raises:
        NotAnInvoice: a draft or a statement.
        Mismatch: the sums do not hold.
    """
    if document.kind not in _NAMES or document.number is None or document.issued_on is None:
        raise NotAnInvoice("Only issued invoices and credit notes have an e-invoice.")
    check_document(document)
    root = _NAMES[document.kind][0]
    xml = written(root, _content(document, document.number, document.issued_on), ORDER, SPACES[root])
    check_same(document, ubl_sums(xml))
    return xml


def _content(document: Document, number: str, issued_on: date) -> Node:
    root = _NAMES[document.kind][0]
    credited = document.credits
    reason = [credited.reason] if credited else []
    is_invoice = document.kind is DocumentKind.INVOICE
    peppol = document.seller.peppol_id and document.buyer.peppol_id
    due = {"cbc:DueDate": _day(document.due_on)} if is_invoice else {}
    return due | {
        "cbc:CustomizationID": PEPPOL if peppol else EN_16931,
        "cbc:ProfileID": PEPPOL_PROCESS if peppol else None,
        "cbc:ID": number,
        "cbc:IssueDate": issued_on.isoformat(),
        f"cbc:{root}TypeCode": TYPE_CODES[document.kind],
        "cbc:Note": "\n".join([*document.mentions, *reason]),
        "cbc:DocumentCurrencyCode": document.currency,
        "cbc:BuyerReference": document.buyer.contact_name or document.buyer.name,
        "cac:InvoicePeriod": _period(document.period_start, _last_day(document)),
        "cac:BillingReference": _credited(document),
        "cac:AccountingSupplierParty": {"cac:Party": _seller(document.seller, document)},
        "cac:AccountingCustomerParty": {"cac:Party": _buyer(document.buyer, document)},
        "cac:Delivery": {"cbc:ActualDeliveryDate": document.supplied_on.isoformat()},
        "cac:PaymentMeans": _payment(document.seller, number) if is_invoice else None,
        "cac:TaxTotal": _taxes(document),
        "cac:LegalMonetaryTotal": _totals(document),
        f"cac:{root}Line": [_line(document, line, place) for place, line in enumerate(document.lines, 1)],
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _last_day(document: Document) -> date | None:
    return document.period_end - DAY if document.period_end else None


def _period(start: date | None, last: date | None) -> Node:
    return {"cbc:StartDate": _day(start), "cbc:EndDate": _day(last)}


def _credited(document: Document) -> Content:
    if document.credits is None:
        return None
    reference = {"cbc:ID": document.credits.number, "cbc:IssueDate": document.credits.issued_on.isoformat()}
    return {"cac:InvoiceDocumentReference": reference}


def _seller(seller: Seller, document: Document) -> Node:
    return {
        "cbc:EndpointID": endpoint(seller.peppol_id, seller.email),
        "cac:PartyName": {"cbc:Name": seller.name},
        "cac:PostalAddress": _address(seller.address),
        "cac:PartyTaxScheme": _vat_number(seller.vat_number, document),
        "cac:PartyLegalEntity": {
            "cbc:RegistrationName": seller.name,
            "cbc:CompanyID": seller.registration_number,
            "cbc:CompanyLegalForm": legal_text(seller),
        },
        "cac:Contact": {
            "cbc:Name": seller.name,
            "cbc:Telephone": seller.phone,
            "cbc:ElectronicMail": seller.email,
        },
    }


def _buyer(buyer: Buyer, document: Document) -> Node:
    return {
        "cbc:EndpointID": endpoint(buyer.peppol_id, buyer.email),
        "cac:PartyName": {"cbc:Name": buyer.name},
        "cac:PostalAddress": _address(buyer.address),
        "cac:PartyTaxScheme": _vat_number(buyer.vat_number, document),
        "cac:PartyLegalEntity": {"cbc:RegistrationName": buyer.name},
        "cac:Contact": {"cbc:Name": buyer.contact_name, "cbc:ElectronicMail": buyer.email},
    }


def _address(address: Address) -> Node:
    return {
        "cbc:StreetName": address.street,
        "cbc:CityName": address.city,
        "cbc:PostalZone": address.postal_code,
        "cac:Country": {"cbc:IdentificationCode": address.country},
    }


def _vat_number(number: str | None, document: Document) -> Content:
    if number is None or not shows_vat_numbers(document):
        return None
    return {"cbc:CompanyID": number, "cac:TaxScheme": {"cbc:ID": "VAT"}}


def _payment(seller: Seller, number: str) -> Node:
    return {
        "cbc:PaymentMeansCode": Leaf(SEPA_TRANSFER, {"name": "SEPA credit transfer"}),
        "cbc:PaymentID": number,
        "cac:PayeeFinancialAccount": {
            "cbc:ID": seller.iban.replace(" ", ""),
            "cbc:Name": seller.name,
            "cac:FinancialInstitutionBranch": {"cbc:ID": seller.bic},
        },
    }


def _taxes(document: Document) -> Node:
    def amount(value: int) -> Leaf:
        return Leaf(decimal_text(value), {"currencyID": document.currency})

    return {
        "cbc:TaxAmount": amount(document.vat_cents),
        "cac:TaxSubtotal": [
            {
                "cbc:TaxableAmount": amount(one.base_cents),
                "cbc:TaxAmount": amount(one.vat_cents),
                "cac:TaxCategory": _category(one.category, one.rate_bp)
                | {
                    "cbc:TaxExemptionReasonCode": EXEMPTIONS.get(one.category),
                    "cbc:TaxExemptionReason": one.reason or REASONS.get(one.category),
                },
            }
            for one in document.vat
        ],
    }


def _category(category: Category, rate_bp: int) -> Node:
    rate = None if category is Category.OUT_OF_SCOPE else percent(rate_bp)
    return {"cbc:ID": str(category), "cbc:Percent": rate, "cac:TaxScheme": {"cbc:ID": "VAT"}}


def _totals(document: Document) -> Node:
    amounts: Mapping[str, int] = {
        "cbc:LineExtensionAmount": document.subtotal_cents,
        "cbc:TaxExclusiveAmount": document.subtotal_cents,
        "cbc:TaxInclusiveAmount": document.total_cents,
        "cbc:PayableAmount": document.total_cents,
    }
    return {name: Leaf(decimal_text(value), {"currencyID": document.currency}) for name, value in amounts.items()}


def _line(document: Document, line: DocumentLine, place: int) -> Node:
    unit = {"unitCode": UNITS[line.unit]}
    currency = {"currencyID": document.currency}
    span = span_of(line, document.period_start, _last_day(document))
    price = {
        "cbc:PriceAmount": Leaf(decimal_text(line.unit_price_cents), currency),
        "cbc:BaseQuantity": Leaf(str(line.base_quantity), unit),
    }
    ticket = {"cbc:ID": line.ticket_number, "cbc:DocumentTypeCode": "130"} if line.ticket_number else None
    return {
        "cbc:ID": str(place),
        f"cbc:{_NAMES[document.kind][1]}Quantity": Leaf(str(line.quantity), unit),
        "cbc:LineExtensionAmount": Leaf(decimal_text(line.net_cents), currency),
        "cac:InvoicePeriod": _period(*span) if span else None,
        "cac:DocumentReference": ticket,
        "cac:AllowanceCharge": _discount(line, currency),
        "cac:Item": {
            "cbc:Description": work_text(line),
            "cbc:Name": line.description,
            "cac:ClassifiedTaxCategory": _category(line.vat_category, line.vat_rate_bp),
        },
        "cac:Price": price,
    }


def _discount(line: DocumentLine, currency: Mapping[str, str]) -> Content:
    if not line.discount_bp:
        return None
    gross = gross_cents(line)
    return {
        "cbc:ChargeIndicator": "false",
        "cbc:AllowanceChargeReasonCode": DISCOUNT_CODE,
        "cbc:AllowanceChargeReason": "Remise",
        "cbc:MultiplierFactorNumeric": percent(line.discount_bp),
        "cbc:Amount": Leaf(decimal_text(gross - line.net_cents), currency),
        "cbc:BaseAmount": Leaf(decimal_text(gross), currency),
    }
