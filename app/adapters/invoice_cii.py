"""CrossIndustryInvoice (CII) of an issued document, in the profile EN 16931: alone, and inside Factur-X."""

from datetime import date, timedelta

from app.adapters.invoice_check import check_document, check_same, gross_cents
from app.adapters.invoice_cii_order import ORDER, SPACES
from app.adapters.invoice_parties import endpoint, legal_text, shows_vat_numbers
from app.adapters.invoice_readback import cii_sums
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

PROFILE = "urn:cen.eu:en16931:2017"
DAY = timedelta(days=1)


def cii(document: Document) -> bytes:
    """The XML of an issued invoice or credit note; the same document is always the same bytes.

    Raises:
        NotAnInvoice: a draft or a statement.
        Mismatch: the sums do not hold.
    """
    if document.kind not in TYPE_CODES or document.number is None or document.issued_on is None:
        raise NotAnInvoice("Only issued invoices and credit notes have an e-invoice.")
    check_document(document)
    content: Node = {
        "rsm:ExchangedDocumentContext": {"ram:GuidelineSpecifiedDocumentContextParameter": {"ram:ID": PROFILE}},
        "rsm:ExchangedDocument": _heading(document, document.issued_on),
        "rsm:SupplyChainTradeTransaction": {
            "ram:IncludedSupplyChainTradeLineItem": [
                _line(document, line, place) for place, line in enumerate(document.lines, 1)
            ],
            "ram:ApplicableHeaderTradeAgreement": _agreement(document),
            "ram:ApplicableHeaderTradeDelivery": {
                "ram:ActualDeliverySupplyChainEvent": {"ram:OccurrenceDateTime": _dated(document.supplied_on)}
            },
            "ram:ApplicableHeaderTradeSettlement": _settlement(document),
        },
    }
    xml = written("rsm:CrossIndustryInvoice", content, ORDER, SPACES)
    check_same(document, cii_sums(xml))
    return xml


def _dated(day: date | None, prefix: str = "udt") -> Content:
    return {f"{prefix}:DateTimeString": Leaf(f"{day:%Y%m%d}", {"format": "102"})} if day else None


def _amount(value: int) -> str:
    return decimal_text(value)


def _heading(document: Document, issued_on: date) -> Node:
    reason = [document.credits.reason] if document.credits else []
    return {
        "ram:ID": document.number,
        "ram:TypeCode": TYPE_CODES[document.kind],
        "ram:IssueDateTime": _dated(issued_on),
        "ram:IncludedNote": [{"ram:Content": text} for text in (*document.mentions, *reason)],
    }


def _agreement(document: Document) -> Node:
    seller, buyer = document.seller, document.buyer
    return {
        "ram:BuyerReference": buyer.contact_name or buyer.name,
        "ram:SellerTradeParty": _party(seller, document)
        | {
            "ram:Description": legal_text(seller),
            "ram:SpecifiedLegalOrganization": {"ram:ID": seller.registration_number},
            "ram:DefinedTradeContact": _contact(seller.name, seller.phone, seller.email),
        },
        "ram:BuyerTradeParty": _party(buyer, document)
        | {"ram:DefinedTradeContact": _contact(buyer.contact_name, None, buyer.email)},
    }


def _party(party: Seller | Buyer, document: Document) -> Node:
    number = party.vat_number if shows_vat_numbers(document) else None
    return {
        "ram:Name": party.name,
        "ram:PostalTradeAddress": _address(party.address),
        "ram:URIUniversalCommunication": {"ram:URIID": endpoint(party.peppol_id, party.email)},
        "ram:SpecifiedTaxRegistration": {"ram:ID": Leaf(number, {"schemeID": "VA"})},
    }


def _contact(name: str | None, phone: str | None, email: str | None) -> Node:
    return {
        "ram:PersonName": name,
        "ram:TelephoneUniversalCommunication": {"ram:CompleteNumber": phone},
        "ram:EmailURIUniversalCommunication": {"ram:URIID": email},
    }


def _address(address: Address) -> Node:
    return {
        "ram:PostcodeCode": address.postal_code,
        "ram:LineOne": address.street,
        "ram:CityName": address.city,
        "ram:CountryID": address.country,
    }


def _settlement(document: Document) -> Node:
    is_invoice = document.kind is DocumentKind.INVOICE
    last = document.period_end - DAY if document.period_end else None
    return {
        "ram:PaymentReference": document.number if is_invoice else None,
        "ram:InvoiceCurrencyCode": document.currency,
        "ram:SpecifiedTradeSettlementPaymentMeans": _payment(document.seller) if is_invoice else None,
        "ram:ApplicableTradeTax": [
            {
                "ram:CalculatedAmount": _amount(one.vat_cents),
                "ram:BasisAmount": _amount(one.base_cents),
                "ram:ExemptionReason": one.reason or REASONS.get(one.category),
                "ram:ExemptionReasonCode": EXEMPTIONS.get(one.category),
            }
            | _tax(one.category, one.rate_bp)
            for one in document.vat
        ],
        "ram:BillingSpecifiedPeriod": _period(document.period_start, last),
        "ram:SpecifiedTradePaymentTerms": {"ram:DueDateDateTime": _dated(document.due_on)} if is_invoice else None,
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation": _totals(document),
        "ram:InvoiceReferencedDocument": _credited(document),
    }


def _payment(seller: Seller) -> Node:
    return {
        "ram:TypeCode": SEPA_TRANSFER,
        "ram:Information": "SEPA credit transfer",
        "ram:PayeePartyCreditorFinancialAccount": {
            "ram:IBANID": seller.iban.replace(" ", ""),
            "ram:AccountName": seller.name,
        },
        "ram:PayeeSpecifiedCreditorFinancialInstitution": {"ram:BICID": seller.bic},
    }


def _tax(category: Category, rate_bp: int) -> Node:
    rate = None if category is Category.OUT_OF_SCOPE else percent(rate_bp)
    return {"ram:TypeCode": "VAT", "ram:CategoryCode": str(category), "ram:RateApplicablePercent": rate}


def _period(start: date | None, last: date | None) -> Node:
    return {"ram:StartDateTime": _dated(start), "ram:EndDateTime": _dated(last)}


def _totals(document: Document) -> Node:
    return {
        "ram:LineTotalAmount": _amount(document.subtotal_cents),
        "ram:TaxBasisTotalAmount": _amount(document.subtotal_cents),
        "ram:TaxTotalAmount": Leaf(_amount(document.vat_cents), {"currencyID": document.currency}),
        "ram:GrandTotalAmount": _amount(document.total_cents),
        "ram:DuePayableAmount": _amount(document.total_cents),
    }


def _credited(document: Document) -> Content:
    if document.credits is None:
        return None
    return {
        "ram:IssuerAssignedID": document.credits.number,
        "ram:FormattedIssueDateTime": _dated(document.credits.issued_on, "qdt"),
    }


def _line(document: Document, line: DocumentLine, place: int) -> Node:
    unit = {"unitCode": UNITS[line.unit]}
    last = document.period_end - DAY if document.period_end else None
    span = span_of(line, document.period_start, last)
    ticket = {"ram:IssuerAssignedID": line.ticket_number, "ram:TypeCode": "130"} if line.ticket_number else None
    return {
        "ram:AssociatedDocumentLineDocument": {"ram:LineID": str(place)},
        "ram:SpecifiedTradeProduct": {"ram:Name": line.description, "ram:Description": work_text(line)},
        "ram:SpecifiedLineTradeAgreement": {
            "ram:NetPriceProductTradePrice": {
                "ram:ChargeAmount": _amount(line.unit_price_cents),
                "ram:BasisQuantity": Leaf(str(line.base_quantity), unit),
            }
        },
        "ram:SpecifiedLineTradeDelivery": {"ram:BilledQuantity": Leaf(str(line.quantity), unit)},
        "ram:SpecifiedLineTradeSettlement": {
            "ram:ApplicableTradeTax": _tax(line.vat_category, line.vat_rate_bp),
            "ram:BillingSpecifiedPeriod": _period(*span) if span else None,
            "ram:SpecifiedTradeAllowanceCharge": _discount(line),
            "ram:SpecifiedTradeSettlementLineMonetarySummation": {"ram:LineTotalAmount": _amount(line.net_cents)},
            "ram:AdditionalReferencedDocument": ticket,
        },
    }


def _discount(line: DocumentLine) -> Content:
    if not line.discount_bp:
        return None
    gross = gross_cents(line)
    return {
        "ram:ChargeIndicator": {"udt:Indicator": "false"},
        "ram:CalculationPercent": percent(line.discount_bp),
        "ram:BasisAmount": _amount(gross),
        "ram:ActualAmount": _amount(gross - line.net_cents),
        "ram:ReasonCode": DISCOUNT_CODE,
        "ram:Reason": "Remise",
    }
