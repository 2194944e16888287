"""The canonical JSON of a document and what has changed between two (I3)."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from app.domain.invoice import invoice_of
from app.domain.invoice_body import body_of, differences, digest_of, document_of
from app.domain.invoice_facts import Facts, FeeBooking
from tests.domain.test_invoice import BUYER, ID, PARTY, Q4, TERMS, TICKET, TODAY, made, pool, work

OTHER = replace(TICKET, id=UUID(int=8), number="EC-2026-000008")


def test_the_same_document_has_the_same_bytes():
    first, again = made(time=[work(25)], pools=[pool(40)]).document, made(time=[work(25)], pools=[pool(40)]).document
    assert body_of(first) == body_of(again)
    assert digest_of(body_of(first)) != digest_of(body_of(made(time=[work(26)]).document))
    other_id = invoice_of(Facts(party=PARTY, period=Q4, time=[work(25)], pools=[pool(40)]), UUID(int=1), TODAY)
    assert other_id is not None
    assert body_of(other_id.document) == body_of(first)
    assert document_of(body_of(first), ID) == first


def test_the_bytes_are_written_in_one_way():
    """Names in order, no blanks, letters as they are: what is stored and hashed must not depend on who writes it."""
    body = body_of(made(time=[work(25)]).document)
    assert body.startswith(
        '{"buyer":{"address":{"city":"Esch","country":"LU","postal_code":"L-2345","street":"2, rue"},'
        '"client_id":"00000000-0000-0000-0000-000000000009","contact_name":null,"email":null,"name":"Boulangerie",'
        '"peppol_id":null,"vat_number":null},"credits":null,"currency":"EUR","kind":"invoice","language":"fr",'
        '"lines":[{"base_quantity":60,"description":"EC-2026-000007 · The menu does not open","details":'
        '[["2026-11-23","Anne",25,false]],"discount_bp":0,"kind":"time","net_cents":5000,"quantity":25,'
    )
    assert '"name":"e-connect S.à r.l."' in body


def test_number_and_dates_come_from_the_issue():
    draft = made(time=[work(25)]).document
    day, due = date(2027, 1, 4), date(2027, 2, 3)
    issued = document_of(body_of(draft), ID, number="F2027-0001", issued_on=day, due_on=due)
    assert issued == replace(draft, number="F2027-0001", issued_on=day, due_on=due)
    assert body_of(issued) == body_of(draft)


def test_differences_in_words():
    before = made(time=[work(25), work(5, ticket=OTHER)]).document
    fee = FeeBooking(UUID(int=3), TICKET, date(2026, 11, 3), 15000, TERMS.terms_id, (), None)
    party = replace(PARTY, buyer=replace(BUYER, name="Boulangerie SA"), language="de")
    now = made(time=[work(30)], fees=[fee], party=party).document
    assert differences(before, before) == ()
    assert differences(before, now) == (
        "Gone: EC-2026-000008 · The menu does not open (10.00 EUR).",
        "New: EC-2026-000007 · Forfait d'ouverture d'urgence (150.00 EUR).",
        "Changed: EC-2026-000007 · The menu does not open: 25 minutes, 50.00 EUR before, 30 minutes, 60.00 EUR now.",
        "Changed: the client's data.",
        "Changed: the client's language.",
        "Changed: the tax.",
        "The total was 70.20 EUR, and is 245.70 EUR now.",
    )


def test_one_minute_is_no_minutes():
    changed, *_ = differences(made(time=[work(1)]).document, made(time=[work(2)]).document)
    assert changed == (
        "Changed: EC-2026-000007 · The menu does not open: 1 minute, 2.00 EUR before, 2 minutes, 4.00 EUR now."
    )


def test_a_line_that_only_moved_down_has_not_changed():
    before = made(time=[work(5, ticket=OTHER)]).document
    now = made(time=[work(25), work(5, ticket=OTHER)]).document
    assert differences(before, now) == (
        "New: EC-2026-000007 · The menu does not open (50.00 EUR).",
        "Changed: the tax.",
        "The total was 11.70 EUR, and is 70.20 EUR now.",
    )
