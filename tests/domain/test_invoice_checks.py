"""What keeps a document from being issued, as finance reads it (I3, I5, I7)."""

from dataclasses import replace

from app.domain.errors import Refusal
from app.domain.invoice_assembly import Invoicing
from app.domain.invoice_checks import obstacles
from app.domain.invoice_document import Address
from app.domain.invoice_facts import Correction, Party
from app.domain.vat import Category, Vat
from tests.domain.test_invoice import BUYER, PAID, PARTY, SELLER, made, work

GERMAN = replace(BUYER, vat_number="DE129273398", address=Address("1", "10115", "Berlin", "DE"))
ABROAD = replace(PARTY, buyer=GERMAN)


def the_obstacle(found: Invoicing, *, proven: bool = False) -> Refusal:
    (refusal,) = obstacles(found, vat_number_proven=proven)
    return refusal


def test_nothing_is_in_the_way():
    assert obstacles(made(time=[work(25)]), vat_number_proven=False) == ()
    assert obstacles(made(time=[work(25)], party=ABROAD), vat_number_proven=True) == ()


def test_what_the_law_wants_is_named():
    nobody = replace(BUYER, name="", address=Address("", "", "", "LU"))
    poor = replace(SELLER, iban="", address=replace(SELLER.address, city=""))
    refusal = the_obstacle(made(time=[work(25)], party=Party(poor, nobody, "fr")))
    assert refusal.code == "legal-mention-missing"
    assert refusal.detail == (
        "What the law wants is missing: "
        "the seller's IBAN, the seller's address, the client's name, the client's billing address."
    )
    assert refusal.facts == {
        "missing": ["the seller's IBAN", "the seller's address", "the client's name", "the client's billing address"]
    }


def test_reverse_charge_needs_proof_of_the_number():
    refusal = the_obstacle(made(time=[work(25)], party=ABROAD))
    assert refusal.code == "vat-proof-missing"
    assert refusal.detail == ("Reverse charge needs proof that DE129273398 is valid: check it and record the result.")
    assert refusal.facts == {"vat_number": "DE129273398"}


def test_a_client_who_moved_abroad_is_given_back_by_a_credit_note():
    mixed = made(time=[work(60)], corrections=[Correction(PAID, work(-5))], party=ABROAD)
    refusal = the_obstacle(mixed, proven=True)
    assert refusal.code == "vat-categories-mixed"
    assert refusal.detail == (
        "The client is taxed otherwise than before: give back what was invoiced by a credit note."
    )
    assert refusal.facts == {"categories": ["AE", "S"]}


def test_a_client_who_moved_here_is_not_asked_for_proof_of_no_number():
    before = replace(PAID, vat=Vat(Category.REVERSE_CHARGE, 0))
    here = replace(PARTY, buyer=replace(BUYER, vat_number=None))
    mixed = made(time=[work(60)], corrections=[Correction(before, work(-5))], party=here)
    first, then = obstacles(mixed, vat_number_proven=False)
    assert (first.code, then.code) == ("vat-categories-mixed", "vat-proof-missing")
    assert then.detail == "Reverse charge was for a VAT number, and the client has none any more."


def test_more_given_back_than_charged_is_a_credit_note():
    # Five minutes are 10.00, and 16 % of that.
    refusal = the_obstacle(made(corrections=[Correction(PAID, work(-5))]))
    assert refusal.code == "total-negative"
    assert refusal.detail == "More is given back than charged (-11.60 EUR): write a credit note instead."
    assert refusal.facts == {"total_cents": -1160}


def test_as_much_given_back_as_charged_is_an_invoice_of_nothing():
    taxed_alike = replace(PAID, vat=Vat(Category.STANDARD, 1700))
    even = made(time=[work(5)], corrections=[Correction(taxed_alike, work(-5))])
    assert even.document.total_cents == 0
    assert obstacles(even, vat_number_proven=False) == ()
