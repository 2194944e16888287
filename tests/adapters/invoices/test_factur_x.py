"""Factur-X: a PDF/A-3 with the same invoice inside as CII, as strangers find it."""

from dataclasses import replace

import pytest
from facturx import get_facturx_xml_from_pdf
from lxml import etree

from app.adapters.invoice_cii import cii
from app.adapters.invoice_factur_x import factur_x
from app.adapters.invoice_pdf import Look
from app.adapters.invoice_xml import NotAnInvoice
from app.domain.invoice_document import Document
from tests.adapters.invoices.kinds import DOCUMENTS
from tests.adapters.invoices.papers import a_document, a_line, a_statement
from tests.adapters.invoices.reading import metadata, opened, text

LOOK = Look()
SOME = ["home, all", "home, all, credited", "reverse charge, time", "outside, quote", "zero", "odd characters", "late"]
SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "fx": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
}


@pytest.mark.parametrize("name", SOME)
def test_a_stranger_finds_the_same_invoice_inside(name: str):
    document = DOCUMENTS[name]
    pdf = factur_x(document, LOOK)
    found, xml = get_facturx_xml_from_pdf(pdf, check_xsd=True)
    assert found == "factur-x.xml"
    assert xml == cii(document)
    assert document.number is not None
    assert document.number in text(pdf)


def test_the_file_is_an_alternative_of_the_whole_document():
    file = opened(factur_x(a_document([a_line()]), LOOK))
    (associated,) = file.Root.AF
    assert associated.AFRelationship == "/Alternative"
    assert associated.UF == "factur-x.xml"
    assert associated.EF.F.Subtype == "/text/xml"
    assert file.Root.Names.EmbeddedFiles.Names[0] == "factur-x.xml"


def test_the_metadata_say_what_it_is():
    told = metadata(factur_x(a_document([a_line()]), LOOK))
    root = etree.fromstring(told.encode())
    values = {etree.QName(one).localname: one.text for one in root.iterfind(".//fx:*", SPACES)}
    assert values == {
        "DocumentType": "INVOICE",
        "DocumentFileName": "factur-x.xml",
        "Version": "1.0",
        "ConformanceLevel": "EN 16931",
    }
    assert len(root.findall(".//pdfaExtension:schemas", SPACES)) == 1
    named = [one.text for one in root.iterfind(".//pdfaSchema:prefix", SPACES)]
    assert "fx" in named
    assert "<pdfaid:part>3</pdfaid:part>" in told
    assert told.startswith("<?xpacket begin=")


def test_the_metadata_can_be_read_without_unpacking():
    assert b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in factur_x(a_document([a_line()]), LOOK)


def test_the_same_document_is_the_same_bytes():
    document = DOCUMENTS["home, all"]
    assert factur_x(document, LOOK) == factur_x(replace(document), LOOK)


@pytest.mark.parametrize("document", [a_statement(), a_document([a_line()], number=None, issued_on=None)])
def test_drafts_and_statements_are_no_e_invoices(document: Document):
    with pytest.raises(NotAnInvoice):
        factur_x(document, LOOK)
