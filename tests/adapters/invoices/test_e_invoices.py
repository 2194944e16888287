"""UBL and CII of every kind of document: official schemas and rules, Peppol's rules, an independent reader, exact sums."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from facturx import parse_ubl_cii_xml

from app.adapters.invoice_check import Mismatch
from app.adapters.invoice_cii import cii
from app.adapters.invoice_ubl import ubl
from app.adapters.invoice_ubl_order import CAC, CBC
from app.adapters.invoice_xml import NotAnInvoice, written
from app.domain.invoice_document import Document, DocumentKind
from tests.adapters.invoices.kinds import DOCUMENTS
from tests.adapters.invoices.papers import (
    BAKERY,
    HOUSE,
    REVERSE,
    a_credit_note,
    a_document,
    a_fee,
    a_line,
    a_pool,
    a_statement,
    prepaid_hours,
)
from tests.adapters.invoices.rules import Inspector

SPACES = {"cac": CAC, "cbc": CBC, "xs": "http://www.w3.org/2001/XMLSchema"}
RENDERINGS = {"ubl": ubl, "cii": cii}
# What BIS Billing 3.0 asks beyond the European rules, as tests of the whole document, in our own words.
PEPPOL = {
    "R001 and R007": "/*/cbc:ProfileID = 'urn:fdc:peppol.eu:2017:poacc:billing:01:1.0'",
    "R002": "count(/*/cbc:Note) <= 1",
    "R003": "exists(/*/cbc:BuyerReference) or exists(/*/cac:OrderReference/cbc:ID)",
    "R004": "/*/cbc:CustomizationID = 'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0'",
    "R008": "every $one in //* satisfies exists($one/*) or normalize-space($one) != ''",
    "R010": "exists(/*/cac:AccountingCustomerParty/cac:Party/cbc:EndpointID/@schemeID)",
    "R020": "exists(/*/cac:AccountingSupplierParty/cac:Party/cbc:EndpointID/@schemeID)",
    "R040": """every $one in //cac:AllowanceCharge satisfies
               abs($one/cbc:Amount - $one/cbc:BaseAmount * $one/cbc:MultiplierFactorNumeric div 100) <= 0.02""",
    "R041 and R042": """every $one in //cac:AllowanceCharge satisfies
                        exists($one/cbc:BaseAmount) and exists($one/cbc:MultiplierFactorNumeric)""",
    "R043": "every $one in //cbc:ChargeIndicator satisfies $one = ('true', 'false')",
    "R051": "every $one in //@currencyID satisfies $one = /*/cbc:DocumentCurrencyCode",
    "R053": "count(/*/cac:TaxTotal[cac:TaxSubtotal]) eq 1",
    "R054": "count(/*/cac:TaxTotal) eq 1",
    "R080": "count(/*/cac:AdditionalDocumentReference[cbc:DocumentTypeCode = '50']) le 1",
    "R100 and R101": """every $one in //(cac:InvoiceLine|cac:CreditNoteLine)/cac:DocumentReference satisfies
                        $one/cbc:DocumentTypeCode = '130' and count($one/../cac:DocumentReference) eq 1""",
    "R110": """every $one in //(cac:InvoiceLine|cac:CreditNoteLine)/cac:InvoicePeriod/cbc:StartDate satisfies
               xs:date($one) ge xs:date(/*/cac:InvoicePeriod/cbc:StartDate)""",
    "R111": """every $one in //(cac:InvoiceLine|cac:CreditNoteLine)/cac:InvoicePeriod/cbc:EndDate satisfies
               xs:date($one) le xs:date(/*/cac:InvoicePeriod/cbc:EndDate)""",
    "R120": """every $one in //(cac:InvoiceLine|cac:CreditNoteLine) satisfies
               abs($one/cbc:LineExtensionAmount + sum($one/cac:AllowanceCharge/cbc:Amount)
                   - $one/(cbc:InvoicedQuantity|cbc:CreditedQuantity) * $one/cac:Price/cbc:PriceAmount
                     div $one/cac:Price/cbc:BaseQuantity) <= 0.02""",
    "R121": "every $one in //cbc:BaseQuantity satisfies $one > 0",
    "R130": """every $one in //cac:Price satisfies
               $one/cbc:BaseQuantity/@unitCode = $one/../(cbc:InvoicedQuantity|cbc:CreditedQuantity)/@unitCode""",
    "F001": r"every $one in //(cbc:IssueDate|cbc:DueDate|cbc:StartDate|cbc:EndDate|cbc:ActualDeliveryDate) satisfies matches($one, '^\d{4}-\d\d-\d\d$')",
    "P0100 and P0101": "/*/cbc:InvoiceTypeCode = '380' or /*/cbc:CreditNoteTypeCode = '381'",
    "an address per scheme": "every $one in //cbc:EndpointID satisfies $one/@schemeID = ('9938', '9930', 'EM')",
    "a credit note names its invoice": "not(/*/cbc:CreditNoteTypeCode) or exists(/*/cac:BillingReference//cbc:ID)",
}


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    inspector = Inspector()
    yield inspector
    inspector.close()


def test_there_are_kinds_enough():
    kinds = [document.kind for document in DOCUMENTS.values()]
    assert len(kinds) >= 60
    assert kinds.count(DocumentKind.CREDIT_NOTE) >= 20


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_official_rules_hold(inspector: Inspector, name: str, rendering: str):
    assert inspector.complaints(RENDERINGS[rendering](DOCUMENTS[name])) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_peppols_rules_hold(inspector: Inspector, name: str):
    assert inspector.failed(PEPPOL, ubl(DOCUMENTS[name]), SPACES) == []


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_stranger_reads_the_same(name: str, rendering: str):
    document = DOCUMENTS[name]
    read = parse_ubl_cii_xml(RENDERINGS[rendering](document), check_xsd=False)
    totals = [read[term] for term in ("BT-106", "BT-109", "BT-110", "BT-112", "BT-115")]
    meant = [document.subtotal_cents] * 2 + [document.vat_cents] + [document.total_cents] * 2
    assert [cents(total) for total in totals] == meant
    assert [cents(line["BT-131"]) for line in read["BG-25"]] == [line.net_cents for line in document.lines]
    assert [int(line["BT-129"]) for line in read["BG-25"]] == [line.quantity for line in document.lines]
    taxes = sorted((one["BT-118"], cents(one["BT-116"]), cents(one["BT-117"])) for one in read["BG-23"])
    assert taxes == sorted((str(one.category), one.base_cents, one.vat_cents) for one in document.vat)
    assert (read["BT-1"], read["BT-2"]) == (document.number, document.issued_on)


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_the_same_document_is_the_same_bytes(rendering: str):
    for document in DOCUMENTS.values():
        assert RENDERINGS[rendering](document) == RENDERINGS[rendering](replace(document))


def test_minutes_are_priced_by_the_hour_with_the_discount_as_an_allowance():
    xml = ubl(a_document([prepaid_hours(600)])).decode()
    assert '<cbc:InvoicedQuantity unitCode="MIN">600</cbc:InvoicedQuantity>' in xml
    assert '<cbc:PriceAmount currencyID="EUR">120.00</cbc:PriceAmount>' in xml
    assert '<cbc:BaseQuantity unitCode="MIN">60</cbc:BaseQuantity>' in xml
    assert "<cbc:AllowanceChargeReasonCode>95</cbc:AllowanceChargeReasonCode>" in xml
    assert '<cbc:Amount currencyID="EUR">60.00</cbc:Amount>' in xml
    assert '<cbc:LineExtensionAmount currencyID="EUR">1140.00</cbc:LineExtensionAmount>' in xml


def test_fees_are_pieces():
    assert '<cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity>' in ubl(a_document([a_fee()])).decode()


def test_reverse_charge_is_never_an_intra_community_supply():
    xml = ubl(DOCUMENTS["reverse charge, time"]).decode()
    assert "<cbc:ID>AE</cbc:ID>" in xml
    assert "<cbc:ID>K</cbc:ID>" not in xml
    assert "<cbc:TaxExemptionReason>Autoliquidation</cbc:TaxExemptionReason>" in xml
    assert "VATEX-EU-AE" in xml
    assert xml.count("<cbc:CompanyID>LU26375245</cbc:CompanyID>") == xml.count("DE136695976</cbc:CompanyID>") == 1


def test_a_credit_note_names_the_invoice_and_the_reason():
    document = a_credit_note([a_line()])
    for xml in (ubl(document).decode(), cii(document).decode()):
        assert "F2026-0042" in xml
        assert "Erreur de saisie" in xml
        assert ">381<" in xml


def test_minutes_of_each_day_and_agent_go_along():
    xml = ubl(a_document([a_line(quantity=75)])).decode()
    assert "<cbc:Description>2026-07-02 Bruno Weber: 35 min; 2026-07-04 Chloé Dupont: 40 min</cbc:Description>" in xml
    assert "<cbc:StartDate>2026-07-02</cbc:StartDate>" in xml


def test_the_period_ends_on_its_last_day():
    assert "<cbc:EndDate>2026-09-30</cbc:EndDate>" in ubl(a_document([a_line()])).decode()


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize(
    "document",
    [a_statement(), a_document([a_line()], number=None, issued_on=None), a_document([a_line()], issued_on=None)],
)
def test_drafts_and_statements_are_no_e_invoices(document: Document, rendering: str):
    with pytest.raises(NotAnInvoice):
        RENDERINGS[rendering](document)


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"subtotal_cents": 9001},
        {"vat_cents": 1531},
        {"total_cents": 10531},
        {"vat": ()},
        {"lines": (a_line(net_cents=9001),)},
        {"prepaid_annex": (a_pool(left_minutes=791),)},
    ],
)
def test_a_document_that_contradicts_itself_is_never_rendered(wrong: dict[str, Any], rendering: str):
    with pytest.raises(Mismatch):
        RENDERINGS[rendering](replace(a_document([a_line()]), **wrong))


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (a_document([a_line(vat=REVERSE)], buyer=replace(BAKERY, vat_number=None)), "BR-AE-02"),
        (a_document([a_line()], seller=replace(HOUSE, vat_number="26375245")), "BR-CO-09"),
        (a_document([a_line()], seller=replace(HOUSE, name=" ")), "BR-06"),
        (a_document([]), "XSD"),
    ],
)
@pytest.mark.parametrize("rendering", RENDERINGS)
def test_the_rules_see_what_is_wrong(inspector: Inspector, document: Document, rule: str, rendering: str):
    assert any(rule in one for one in inspector.complaints(RENDERINGS[rendering](document)))


def test_peppols_rules_see_what_is_wrong(inspector: Inspector):
    nowhere = replace(BAKERY, peppol_id=None, email=None)
    assert inspector.failed(PEPPOL, ubl(a_document([a_line()], buyer=nowhere)), SPACES) == ["R010"]


def test_an_element_that_the_order_does_not_know_is_refused():
    with pytest.raises(KeyError, match="colour"):
        written("a:b", {"a:colour": "red"}, {"a:b": ("a:c",)}, {"a": "urn:a"})


def test_a_line_outside_the_period_says_no_period_of_its_own():
    assert ubl(DOCUMENTS["late"]).decode().count("StartDate") == 2  # the invoice's own, opened and closed
    assert date(2026, 6, 29).isoformat() in ubl(DOCUMENTS["late"]).decode()
