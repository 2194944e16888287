"""What our own e-invoices state, read back from their bytes before they leave."""

from decimal import Decimal
from typing import Any

from lxml import etree

from app.adapters.invoice_check import Sums
from app.adapters.invoice_cii_order import SPACES


def ubl_sums(xml: bytes) -> Sums:
    """The amounts that a UBL invoice or credit note states, read from its bytes."""
    root = parsed(xml)
    spaces = {prefix: space for prefix, space in root.nsmap.items() if prefix}

    def amount(path: str, node: Any = root) -> int:
        return cents(node.findtext(path, namespaces=spaces))

    lines = [*root.iterfind("cac:InvoiceLine", spaces), *root.iterfind("cac:CreditNoteLine", spaces)]
    taxes = [
        (
            one.findtext("cac:TaxCategory/cbc:ID", "", spaces),
            cents(one.findtext("cac:TaxCategory/cbc:Percent", "0", spaces)),
            amount("cbc:TaxableAmount", one),
            amount("cbc:TaxAmount", one),
        )
        for one in root.iterfind("cac:TaxTotal/cac:TaxSubtotal", spaces)
    ]
    total: Any = root.find("cac:LegalMonetaryTotal", spaces)
    return Sums(
        lines=tuple(amount("cbc:LineExtensionAmount", line) for line in lines),
        taxes=tuple(sorted(taxes)),
        subtotal=amount("cbc:TaxExclusiveAmount", total),
        vat=amount("cac:TaxTotal/cbc:TaxAmount"),
        total=amount("cbc:PayableAmount", total),
    )


def cii_sums(xml: bytes) -> Sums:
    """The amounts that a CII invoice states, read from its bytes."""
    root = parsed(xml)

    def amount(node: Any, path: str) -> int:
        return cents(node.findtext(f"ram:{path}", namespaces=SPACES))

    taxes = [
        (
            one.findtext("ram:CategoryCode", namespaces=SPACES),
            cents(one.findtext("ram:RateApplicablePercent", "0", SPACES)),
            amount(one, "BasisAmount"),
            amount(one, "CalculatedAmount"),
        )
        for one in root.iterfind(".//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax", SPACES)
    ]
    total = root.find(".//ram:SpecifiedTradeSettlementHeaderMonetarySummation", SPACES)
    lines = root.iterfind(".//ram:SpecifiedTradeSettlementLineMonetarySummation", SPACES)
    return Sums(
        lines=tuple(amount(line, "LineTotalAmount") for line in lines),
        taxes=tuple(sorted(taxes)),
        subtotal=amount(total, "TaxBasisTotalAmount"),
        vat=amount(total, "TaxTotalAmount"),
        total=amount(total, "DuePayableAmount"),
    )


def parsed(xml: bytes) -> etree._Element:
    """Read our own output back, without looking anything up."""
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))


def cents(text: str | None) -> int:
    """An amount as written: `-12.30` is -1230."""
    return int(Decimal(text or "").scaleb(2))
