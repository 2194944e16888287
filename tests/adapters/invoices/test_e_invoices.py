"""UBL and CII of every kind of document: official schemas and rules, an independent reader, exact sums."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from facturx import parse_ubl_cii_xml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.invoice_check import Mismatch, check_same, sums_of
from app.adapters.invoice_cii import cii
from app.adapters.invoice_readback import cii_sums, ubl_sums
from app.adapters.invoice_ubl import EN_16931, PEPPOL, ubl
from app.adapters.invoice_xml import NotAnInvoice, written
from app.domain.invoice_document import Document, DocumentKind, DocumentLine
from app.domain.vat import Category
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
    credited_in_parts,
    prepaid_hours,
)
from tests.adapters.invoices.rules import Inspector

RENDERINGS = {"ubl": ubl, "cii": cii}


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


@pytest.mark.parametrize("name", [name for name, document in DOCUMENTS.items() if document.buyer.peppol_id])
def test_peppols_rules_hold_between_two_of_its_ids(inspector: Inspector, name: str):
    xml = ubl(DOCUMENTS[name])
    assert PEPPOL.encode() in xml
    assert inspector.peppol(xml) == []


@pytest.mark.parametrize(
    "away", [{"buyer": replace(BAKERY, peppol_id=None)}, {"seller": replace(HOUSE, peppol_id=None)}]
)
@pytest.mark.parametrize("make", [a_document, a_credit_note])
def test_who_is_not_on_peppol_gets_a_plain_european_invoice(
    inspector: Inspector, away: dict[str, Any], make: Callable[..., Document]
):
    xml = ubl(make([a_line()], **away))
    assert f"<cbc:CustomizationID>{EN_16931}</cbc:CustomizationID>".encode() in xml
    assert b"<cbc:ProfileID>" not in xml
    assert b'schemeID="EM"' in xml
    assert inspector.complaints(xml) == []
    assert any("PEPPOL-EN16931-CL008" in one for one in inspector.peppol(xml))  # which is why it does not say Peppol


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


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("off", [-2, 2])
def test_the_tax_of_a_credit_note_is_at_most_a_cent_off(off: int, rendering: str):
    with pytest.raises(Mismatch):
        RENDERINGS[rendering](credited_in_parts([prepaid_hours(15)], off))


@pytest.mark.parametrize("wrong", [{"lines": (9001,)}, {"taxes": ()}, {"subtotal": 1}, {"vat": 1}, {"total": 1}])
def test_what_reads_back_differently_never_leaves(wrong: dict[str, Any]):
    document = a_document([a_line()])
    check_same(document, sums_of(document))
    with pytest.raises(Mismatch):
        check_same(document, replace(sums_of(document), **wrong))


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
    said = inspector.peppol(ubl(a_document([a_line()], buyer=nowhere)))
    assert any("PEPPOL-EN16931-R010" in one for one in said)


def test_an_element_that_the_order_does_not_know_is_refused():
    with pytest.raises(KeyError, match="colour"):
        written("a:b", {"a:colour": "red"}, {"a:b": ("a:c",)}, {"a": "urn:a"})


def test_a_line_outside_the_period_says_no_period_of_its_own():
    assert ubl(DOCUMENTS["late"]).decode().count("StartDate") == 2  # the invoice's own, opened and closed
    assert date(2026, 6, 29).isoformat() in ubl(DOCUMENTS["late"]).decode()


LINES = st.builds(
    lambda quantity, price, base, discount, rate: a_line(
        quantity=quantity,
        unit_price_cents=price,
        base_quantity=base,
        discount_bp=discount,
        vat=(Category.STANDARD, rate),
        details=(),
    ),
    st.integers(-5000, 50_000).filter(bool),
    st.integers(0, 100_000),
    st.sampled_from([60, 1, 7]),
    st.integers(0, 10_000),
    st.sampled_from([1700, 1600, 800]),
)


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=12))
def test_whatever_the_amounts_both_state_the_document_to_the_cent(lines: list[DocumentLine]):
    """The sums are Decimal's; a rendering that disagreed with them would raise."""
    for document in (a_document(lines), a_credit_note(lines)):
        assert ubl_sums(ubl(document)) == cii_sums(cii(document)) == sums_of(document)
