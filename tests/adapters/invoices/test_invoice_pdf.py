"""The PDF of invoices, credit notes, statements and drafts: what it says, that it fits the archive, always the same."""

import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.adapters.invoice_check import Mismatch
from app.adapters.invoice_pdf import Look, invoice_pdf
from app.adapters.invoice_qr import payment_code, transfer
from app.adapters.invoice_words import amount, hours, percent
from app.domain.invoice_document import Address, Document
from tests.adapters.invoices.kinds import DOCUMENTS
from tests.adapters.invoices.papers import (
    BAKERY,
    HOUSE,
    a_credit_note,
    a_document,
    a_fee,
    a_line,
    a_long_document,
    a_pool,
    a_statement,
    prepaid_hours,
)
from tests.adapters.invoices.reading import dictionaries, metadata, opened, pages, text

LOOK = Look()


def plain(said: str) -> str:
    return " ".join(said.split())


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if "200" not in name])
def test_every_kind_says_its_number_and_sums(name: str):
    document = DOCUMENTS[name]
    said = text(invoice_pdf(document, LOOK))
    assert document.number is not None
    assert document.number in said
    for cents in (document.subtotal_cents, document.vat_cents, document.total_cents):
        assert plain(amount(cents, "EUR")) in said
    for line in document.lines:
        assert plain(amount(line.net_cents, "EUR")) in said


def test_an_invoice_says_what_the_law_wants():
    said = text(invoice_pdf(a_document([a_line(), a_fee(2)], mentions=("Escompte : néant.",)), LOOK))
    for mention in (
        "Facture F2026-0042", "02/10/2026", "01/11/2026", "01/07/2026 – 30/09/2026", "e-connect S.à r.l.",
        "RCS Luxembourg B123456", "Autorisation d'établissement n° 10012345/0", "TVA LU26375245",
        "IBAN LU28 0019 4006 4475 0000", "Boulangerie Schmit S.à r.l.", "L-9780 Wincrange", "TVA LU19647148",
        "0 h 45", "120,00 €/h", "90,00 €", "150,00 €", "17 %", "40,80 €", "280,80 €", "Escompte : néant.",
        "À payer au plus tard le 1er novembre 2026", "BCEELULL",
    ):  # fmt: skip
        assert mention in said, mention


@pytest.mark.parametrize(
    ("language", "beneath"),
    [
        ("en", ["Invoice", "Unit price", "Total incl. VAT", "To be paid by 1 November 2026", "Annex: details"]),
        ("de", ["Rechnung", "Einzelpreis", "Summe inkl. MwSt.", "Zahlbar bis 1. November 2026", "Anlage: geleistete"]),
    ],
)
def test_the_clients_language_stands_beneath_the_french(language: str, beneath: list[str]):
    said = text(invoice_pdf(a_document([a_line()], language=language), LOOK))
    assert all(one in said for one in ["Facture", "Prix unitaire", "Total TTC", *beneath])
    french = text(invoice_pdf(a_document([a_line()]), LOOK))
    assert not any(one in french for one in beneath)


def test_a_discount_has_its_column():
    said = text(invoice_pdf(a_document([prepaid_hours()]), LOOK))
    assert "Remise" in said
    assert "20 h 00 120,00 €/h −5 % 17 % 2 280,00 €" in said
    assert "Remise" not in text(invoice_pdf(a_document([a_line()]), LOOK))


def test_the_annex_tells_minutes_of_each_ticket_day_and_agent():
    said = text(invoice_pdf(a_document([a_line(quantity=75)], prepaid_annex=(a_pool(),)), LOOK))
    assert "EC-2026-000001 Panier vide : correction du thème 1 h 15 75" in said
    assert "02/07/2026 Bruno Weber 0 h 35 35" in said
    assert "04/07/2026 Chloé Dupont 0 h 40 40" in said
    assert "Temps total 1 h 15 75" in said
    assert "heures prépayées 2026" in said
    assert "20 h 00" in said
    assert "13 h 10" in said
    assert "Valables jusqu'au 31 décembre 2026" in said
    assert "10/07/2026 EC-2026-000002 Bruno Weber 0 h 40" in said


@pytest.mark.parametrize(("tickets", "pages_of_it"), [(2, 1), (8, 2)])
def test_a_short_annex_stays_with_its_invoice(tickets: int, pages_of_it: int):
    lines = [a_line(place, quantity=75) for place in range(1, tickets + 1)]
    assert len(pages(invoice_pdf(a_document(lines), LOOK))) == pages_of_it


def test_late_time_is_marked_and_keeps_its_date():
    said = text(invoice_pdf(DOCUMENTS["late"], LOOK))
    assert said.count("prestation d'une période antérieure") == 2  # on the line and in the annex
    assert "29/06/2026" in said


def test_reverse_charge_is_said_in_words():
    said = text(invoice_pdf(DOCUMENTS["german"], LOOK))
    assert "Autoliquidation : TVA due par le preneur" in said
    assert "Steuerschuldnerschaft des Leistungsempfängers" in said
    assert "54290 Trier Allemagne" in said
    assert "TVA LU26375245" in said
    assert "TVA DE136695976" in said


def test_a_credit_note_names_its_invoice_and_asks_for_no_money():
    said = text(invoice_pdf(a_credit_note([a_line()]), LOOK))
    assert "Note de crédit NC2026-0003" in said
    assert "Cette note corrige la facture F2026-0042 du 2 octobre 2026. Erreur de saisie" in said
    assert "Total crédité 105,30 €" in said
    assert "en votre faveur" in said
    assert "À payer" not in said


def test_a_statement_is_no_invoice():
    said = text(invoice_pdf(a_statement(), LOOK))
    assert "Relevé d'heures prépayées" in said
    assert "Ce relevé n'est pas une facture" in said
    assert "13 h 10" in said
    assert "Total TTC" not in said
    assert "À payer" not in said
    assert "PROJET" not in said


def test_an_empty_pool_says_so():
    untouched = a_pool(draws=(), drawn_minutes=0, left_minutes=1200)
    assert "Aucune consommation" in text(invoice_pdf(a_statement(prepaid_annex=(untouched,)), LOOK))


def test_nothing_due_is_said():
    assert "Aucun montant n'est dû." in text(invoice_pdf(DOCUMENTS["zero"], LOOK))


def test_a_draft_is_marked_and_cannot_be_paid():
    draft = a_document([a_line()], number=None, issued_on=None, due_on=None, language="de")
    said = text(invoice_pdf(draft, LOOK))
    assert "PROJET" in said
    assert "ENTWURF" in said
    assert "À payer" not in said
    assert "PROJET" not in text(invoice_pdf(a_document([a_line()]), LOOK))


def test_two_hundred_lines_repeat_their_heading_on_numbered_pages():
    read = pages(invoice_pdf(a_long_document(), LOOK))
    count = len(read)
    assert count >= 10
    assert [page for place, page in enumerate(read, 1) if f"Page {place} / {count}" not in page] == []
    with_lines = [page for page in read if "120,00 €/h" in page]
    assert all("Prestation Quantité Prix unitaire" in page for page in with_lines)
    assert all("Facture F2026-0042" in page for page in read[1:])
    said = " ".join(read)
    for word in ("façade", "Übermaß", "ąęćłńóśźż", "Ελληνικά", "ошибку", "🎉"):
        assert word in said


def test_a_postal_code_at_home_has_its_letter_once():
    seller = replace(HOUSE, address=replace(HOUSE.address, postal_code="L-1234"))
    assert "L-1234 Luxembourg" in text(invoice_pdf(a_document([a_line()], seller=seller), LOOK))
    assert "L-L-" not in text(invoice_pdf(a_document([a_line()], seller=seller), LOOK))


def test_a_draft_may_lack_the_address():
    nowhere = replace(BAKERY, address=Address("", "", "", "LU"), contact_name=None, vat_number=None)
    said = text(invoice_pdf(a_document([a_line()], buyer=nowhere, number=None, issued_on=None), LOOK))
    assert "Boulangerie Schmit S.à r.l." in said
    assert "L- " not in said


def test_a_tickets_number_is_printed_once_beside_its_subject():
    said = text(invoice_pdf(a_document([a_line(description="EC-2026-000001 · Panier vide")]), LOOK))
    assert "EC-2026-000001 Panier vide" in said
    assert "EC-2026-000001 ·" not in said


def test_endless_words_and_texts_stay_in_their_column():
    lines = [a_line(1, description="x" * 300), a_line(2, description="mot " * 1000), a_line(3, description="B" * 500)]
    read = pages(invoice_pdf(a_document(lines), LOOK))
    assert len(read) >= 3
    joined = "".join(" ".join(read).replace("\u200b", "").split())
    assert "x" * 300 in joined
    assert joined.count("mot") >= 1000


def test_the_same_document_is_the_same_bytes():
    document = a_document([a_line(), a_fee(2)], prepaid_annex=(a_pool(),))
    first = invoice_pdf(document, LOOK)
    invoice_pdf(a_statement(), LOOK)
    assert invoice_pdf(replace(document), LOOK) == first


def test_threads_do_not_mix_papers():
    documents = [a_document([a_line(place)], number=f"F2026-{place:04d}") for place in range(1, 9)]
    alone = [invoice_pdf(document, LOOK) for document in documents]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda document: invoice_pdf(document, LOOK), documents * 3)) == alone * 3


@pytest.mark.parametrize("document", [a_document([a_line()]), a_statement(), a_long_document(30)])
def test_it_is_made_for_the_archive(document: Document):
    pdf = invoice_pdf(document, LOOK)
    told = metadata(pdf)
    assert "<pdfaid:part>3</pdfaid:part>" in told
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in told
    file = opened(pdf)
    assert file.Root.OutputIntents[0].S == "/GTS_PDFA1"
    assert not file.is_encrypted
    fonts = [one for one in dictionaries(file) if one.get("/Type") == "/FontDescriptor"]
    assert fonts
    assert all(any(f"/FontFile{kind}" in font for kind in ("", "2", "3")) for font in fonts)
    assert "/OpenAction" not in file.Root
    assert file.Root.Lang == "fr"
    assert "<xmp:CreateDate>2026-10-02T" in told


def test_a_document_that_contradicts_itself_is_never_printed():
    with pytest.raises(Mismatch):
        invoice_pdf(replace(a_document([a_line()]), total_cents=10531), LOOK)


def test_the_house_may_look_otherwise(tmp_path: Path):
    logo = tmp_path / "logo.png"
    logo.write_bytes(png())
    other = invoice_pdf(a_document([a_line()]), Look("#5b1a3c", "#c2417c", logo))
    file = opened(other)
    images = [one for one in dictionaries(file) if one.get("/Subtype") == "/Image"]
    assert [(int(image.Width), int(image.Height)) for image in images] == [(2, 1)]
    assert other != invoice_pdf(a_document([a_line()]), LOOK)


def png() -> bytes:
    """Two red dots."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0)
    dots = zlib.compress(b"\x00" + b"\xff\x00\x00" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", dots) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "document",
    [
        a_credit_note([a_line()]),
        a_statement(),
        DOCUMENTS["zero"],
        DOCUMENTS["less than nothing"],
        a_document([a_line()], number=None, issued_on=None),
        a_document([a_line()], currency="CHF"),
        a_document([a_fee(unit_price_cents=1_000_000_000_00)]),
    ],
)
def test_there_is_no_code_where_nothing_can_be_paid_with_it(document: Document):
    assert payment_code(document) is None


@pytest.mark.parametrize(("bic", "line"), [("BCEELULL", "BCEELULL"), (None, "")])
def test_the_code_holds_the_whole_transfer(bic: str | None, line: str):
    document = a_document([a_line()], seller=replace(HOUSE, bic=bic))
    told = f"BCD\n002\n1\nSCT\n{line}\ne-connect S.à r.l.\nLU280019400644750000\nEUR105.30\n\n\nF2026-0042"
    assert transfer(document) == told
    drawn = payment_code(document)
    assert drawn is not None
    assert drawn.startswith("<svg")


def test_amounts_read_as_french_prints_them():
    said = [plain(amount(cents, "EUR")) for cents in (0, 5, 123456, -1234567890)]
    assert said == ["0,00 €", "0,05 €", "1 234,56 €", "−12 345 678,90 €"]
    assert plain(amount(100, "CHF")) == "1,00 CHF"
    assert [percent(bp) for bp in (1700, 250, 5, 10000)] == ["17", "2,5", "0,05", "100"]
    assert [plain(hours(minutes)) for minutes in (0, 59, 60, -90)] == ["0 h 00", "0 h 59", "1 h 00", "−1 h 30"]


def test_dates_of_today_have_no_part_in_it():
    early = a_document([a_line()], issued_on=date(2026, 1, 5))
    assert "<xmp:CreateDate>2026-01-05T" in metadata(invoice_pdf(early, LOOK))
