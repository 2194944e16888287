"""From facts to documents, to the cent; against a second opinion in decimals on ten thousand random invoices."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import pytest

from app.domain.giving_back import Left
from app.domain.invoice import invoice_of, purchase_invoice, supplied_on
from app.domain.invoice_assembly import Invoicing, line_id
from app.domain.invoice_document import (
    Address,
    Buyer,
    DocumentKind,
    LineKind,
    PoolDraw,
    PoolStatement,
    Seller,
    Unit,
    WorkDetail,
)
from app.domain.invoice_facts import (
    Charge,
    Correction,
    EntryList,
    Facts,
    FeeBooking,
    OpenMinutes,
    Origin,
    Party,
    Purchased,
    Terms,
    TicketRef,
)
from app.domain.period import Cycle, parse_period, period_of
from app.domain.vat import Category, Vat, shares, tax_point

Q4 = parse_period("2026-Q4")
TODAY = date(2027, 1, 4)
ID = UUID("019ab000-0000-7000-8000-000000000001")
TERMS = Terms(12000, 0, UUID("01816f8a-9800-7000-8000-000000002022"))
TICKET = TicketRef(UUID(int=7), "EC-2026-000007", "The menu does not open")
SELLER = Seller(
    name="e-connect S.à r.l.", address=Address("1, rue", "L-1234", "Luxembourg", "LU"), vat_number="LU12345613",
    registration_number="B1", permit_number="1/0", email="f@e-connect.lu", phone=None, website="https://e.lu",
    iban="LU28", bic=None, bank=None, peppol_id=None,
)  # fmt: skip
BUYER = Buyer(
    client_id=UUID(int=9), name="Boulangerie", address=Address("2, rue", "L-2345", "Esch", "LU"), vat_number=None,
    peppol_id=None, contact_name=None, email=None,
)  # fmt: skip
PARTY = Party(SELLER, BUYER, "fr")
PAID = Origin(UUID(int=77), "F2026-0003", Vat(Category.STANDARD, 1600), Left(10_000, 50))


def work(minutes: int, day: date = date(2026, 11, 23), **values: object) -> OpenMinutes:
    given = {
        "ticket": TICKET,
        "terms": TERMS,
        "late": False,
        "agent": "Anne",
        "entry": UUID(int=minutes + 1000),
    } | values
    detail = WorkDetail(day, given["agent"], minutes, given["late"])  # type: ignore[arg-type]
    return OpenMinutes(given["ticket"], given["terms"], (detail,), ((given["entry"], minutes),))  # type: ignore[arg-type]


def made(today: date = TODAY, **facts: object) -> Invoicing:
    found = invoice_of(Facts(**{"party": PARTY, "period": Q4} | facts), ID, today)  # type: ignore[arg-type]
    assert found is not None
    return found


def pool(drawn: int, before: int = 100, gained: int = 0) -> PoolStatement:
    draws = (PoolDraw(date(2026, 11, 2), "EC-2026-000007", "Anne", drawn),) if drawn else ()
    left = before + gained - drawn
    return PoolStatement(UUID(int=5), 2026, date(2026, 12, 31), before, gained, drawn, 0, left, draws)


def test_one_line_for_each_ticket_and_price():
    other = replace(TICKET, id=UUID(int=8), number="EC-2026-000001")
    dear = Terms(15000, 1000, TERMS.terms_id)
    lines = made(
        time=[work(25), work(20, date(2026, 11, 24)), work(10, ticket=other), work(7, terms=dear)]
    ).document.lines
    assert [(line.ticket_number, line.quantity, line.net_cents) for line in lines] == [
        ("EC-2026-000001", 10, 2000),
        ("EC-2026-000007", 45, 9000),
        ("EC-2026-000007", 7, 1575),
    ]
    assert [(detail.worked_on.day, detail.minutes) for detail in lines[1].details] == [(23, 25), (24, 20)]


def test_links_follow_their_lines():
    found = made(time=[work(25), work(20)])
    assert found.billed[0].entries == ((UUID(int=1025), 25), (UUID(int=1020), 20))


def test_lists_of_entries_are_passed_on_as_they_are():
    one, two = EntryList("{a,b}", "{20,5}", 2), EntryList("{c}", "{20}", 1)
    parts = [replace(work(minutes), entries=(), listed=listed) for minutes, listed in ((25, one), (20, two))]
    found = made(time=parts)
    assert (found.billed[0].entries, found.billed[0].listed) == ((), (one, two))


def test_ids_of_lines_follow_from_the_document():
    first, second = made(time=[work(25), work(1, ticket=replace(TICKET, id=UUID(int=8)))]).document.lines
    assert (first.id, second.id) == (line_id(ID, 1), line_id(ID, 2))
    assert second.id == UUID("019ab000-0000-7000-8000-000000000003")
    assert {first.id.version, first.id.variant} == {7, "specified in RFC 4122"}


def test_tax_is_rounded_once_on_the_sum():
    odd = Terms(12345, 0, TERMS.terms_id)
    tickets = [replace(TICKET, id=UUID(int=n), number=f"EC-2026-{n:06}") for n in range(3)]
    document = made(time=[work(1, ticket=ticket, terms=odd) for ticket in tickets]).document
    # 2.0575 becomes 2.06, three times 6.18; 17 % of it is 1.0506.
    assert (document.subtotal_cents, document.vat_cents, document.total_cents) == (618, 105, 723)


@pytest.mark.parametrize(
    ("issued", "supplied", "point"),
    [
        (date(2024, 1, 5), date(2023, 12, 31), date(2024, 1, 5)),
        (date(2024, 1, 5), date(2023, 11, 30), date(2023, 12, 15)),
        (date(2024, 4, 1), date(2023, 12, 31), date(2024, 1, 15)),
        (date(2023, 12, 1), date(2023, 12, 31), date(2023, 12, 1)),
    ],
)
def test_the_tax_point(issued: date, supplied: date, point: date):
    assert tax_point(issued, supplied) == point


def test_late_time_has_the_rate_of_its_own_period():
    january = parse_period("2024-01")
    facts = {"period": january, "time": [work(60, date(2024, 1, 9)), work(60, date(2023, 11, 20), late=True)]}
    document = made(date(2024, 2, 2), **facts).document
    assert [(line.vat_rate_bp, line.net_cents) for line in document.lines] == [(1600, 12000), (1700, 12000)]
    assert [(vat.rate_bp, vat.vat_cents) for vat in document.vat] == [(1600, 1920), (1700, 2040)]
    assert document.total_cents == 24000 + 3960


def test_fees_quotes_and_corrections():
    fee = FeeBooking(UUID(int=3), TICKET, date(2026, 11, 3), 15000, TERMS.terms_id, (UUID(int=31),), None)
    back = replace(fee, amount_cents=-5000, origin=PAID)
    charges = [
        Charge(UUID(int=41), LineKind.QUOTE, "Devis D2026-0001", 90_000, date(2026, 11, 4), TICKET, TERMS.terms_id),
        Charge(UUID(int=42), LineKind.PERMANENCE, "Permanence", 30_000, date(2026, 11, 5), None, None),
    ]
    found = made(fees=[fee, back], charges=charges, corrections=[Correction(PAID, work(-50))])
    told = [
        (line.kind, line.quantity, line.net_cents, line.vat_rate_bp, line.source_id) for line in found.document.lines
    ]
    assert told == [
        (LineKind.URGENCY, 1, 15000, 1700, UUID(int=3)),
        (LineKind.QUOTE, 1, 90000, 1700, UUID(int=41)),
        (LineKind.PERMANENCE, 1, 30000, 1700, UUID(int=42)),
        (LineKind.ADJUSTMENT, -50, -10000, 1600, UUID(int=77)),
        (LineKind.ADJUSTMENT, -1, -5000, 1600, UUID(int=77)),
    ]
    assert found.document.lines[3].description == "EC-2026-000007 · Correction de la facture F2026-0003"
    assert [one.charge_id for one in found.billed] == [None, UUID(int=41), UUID(int=42), None, None]
    assert found.billed[0].fee_ids == (UUID(int=31),)


def test_pieces_name_what_they_are_of():
    fee = FeeBooking(UUID(int=3), TICKET, date(2026, 11, 3), 15000, TERMS.terms_id, (UUID(int=31),), None)
    back = replace(fee, amount_cents=-5000, origin=PAID)
    quote = Charge(UUID(int=41), LineKind.QUOTE, "Devis D2026-0001", 90_000, date(2026, 11, 4), TICKET, TERMS.terms_id)
    found = made(fees=[fee, back], charges=[quote])
    opened, quoted, reversed_ = found.document.lines
    assert (opened.description, quoted.description, reversed_.description) == (
        "EC-2026-000007 · Forfait d'ouverture d'urgence",
        "Devis D2026-0001",
        "EC-2026-000007 · Annulation du forfait d'urgence",
    )
    for line in (opened, quoted, reversed_):
        assert (line.ticket_id, line.ticket_number, line.terms_id) == (TICKET.id, "EC-2026-000007", TERMS.terms_id)
        assert (line.unit, line.base_quantity, line.discount_bp, line.details) == (Unit.PIECE, 1, 0, ())
    assert [one.origin for one in found.billed] == [None, None, PAID]


def test_a_fee_that_was_reversed_before_its_invoice_is_no_line():
    fee = FeeBooking(UUID(int=3), TICKET, date(2026, 11, 3), 0, TERMS.terms_id, (), None)
    assert invoice_of(Facts(party=PARTY, period=Q4, fees=[fee]), ID, TODAY) is None
    assert [line.net_cents for line in made(fees=[replace(fee, amount_cents=1)]).document.lines] == [1]


def test_corrections_of_one_line_are_one_line():
    later = replace(PAID, line_id=UUID(int=78))
    found = made(
        time=[work(90)],
        corrections=[Correction(later, work(-2)), Correction(PAID, work(-3)), Correction(later, work(-4))],
    )
    assert [(line.source_id, line.quantity) for line in found.document.lines[1:]] == [
        (UUID(int=77), -3),
        (UUID(int=78), -6),
    ]


def test_a_gift_is_one_piece_at_nothing():
    gift = Charge(UUID(int=41), LineKind.QUOTE, "Offert", 0, date(2026, 11, 4), None, None)
    (line,) = made(charges=[gift]).document.lines
    assert (line.quantity, line.unit_price_cents, line.net_cents, line.ticket_id) == (1, 0, 0, None)


def test_a_purchase():
    bought = Purchased(UUID(int=5), 2026, 600, Terms(12000, 500, TERMS.terms_id), date(2026, 11, 24))
    found = purchase_invoice(PARTY, bought, ID, date(2026, 11, 25))
    document = found.document
    (line,) = document.lines
    assert (line.kind, line.quantity, line.unit, line.net_cents) == (LineKind.CONTRACT, 600, Unit.MINUTE, 114_000)
    assert (document.total_cents, document.period, line.source_id) == (133_380, None, UUID(int=5))
    assert line.description == "Contrat de maintenance 2026 · heures prépayées"
    assert (document.id, document.kind, document.supplied_on) == (ID, DocumentKind.INVOICE, date(2026, 11, 24))
    assert [one.line for one in found.billed] == [line]


def test_a_business_abroad_owes_the_tax_on_its_hours_itself():
    german = replace(BUYER, vat_number="DE129273398", address=Address("1", "10115", "Berlin", "DE"))
    bought = Purchased(UUID(int=5), 2026, 600, TERMS, date(2026, 11, 24))
    document = purchase_invoice(replace(PARTY, buyer=german), bought, ID, date(2026, 11, 24)).document
    assert (document.lines[0].vat_category, document.vat_cents) == (Category.REVERSE_CHARGE, 0)
    assert document.total_cents == 120_000
    assert document.vat[0].reason == "Autoliquidation (article 196 de la directive 2006/112/CE)"


def test_nothing_to_bill_and_statements():
    assert invoice_of(Facts(party=PARTY, period=Q4), ID, TODAY) is None
    assert invoice_of(Facts(party=PARTY, period=Q4, pools=[pool(0)]), ID, TODAY) is None
    statement = made(pools=[pool(40), replace(pool(0, before=0), contract_id=UUID(int=6))]).document
    assert (statement.kind, statement.total_cents, statement.lines) == (DocumentKind.STATEMENT, 0, ())
    assert statement.mentions == ("Ce relevé d'heures prépayées n'est pas une facture.",)
    assert (statement.currency, statement.period) == ("EUR", "2026-Q4")
    assert (statement.period_start, statement.period_end) == (date(2026, 10, 1), date(2027, 1, 1))
    assert [one.left_minutes for one in statement.prepaid_annex] == [60]
    invoice = made(time=[work(5)], pools=[pool(0), pool(0, before=0, gained=60)]).document
    assert (invoice.kind, invoice.mentions, len(invoice.prepaid_annex)) == (DocumentKind.INVOICE, (), 2)


def test_the_last_day_of_what_is_invoiced():
    assert supplied_on(Q4, TODAY) == date(2026, 12, 31)
    assert supplied_on(Q4, date(2026, 11, 24)) == date(2026, 11, 24)
    assert supplied_on(Q4, date(2026, 9, 1)) == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("left", "minutes", "quantity", "cents"),
    [
        (Left(10_000, 50), -30, -30, -6000),
        (Left(10_000, 50), -50, -50, -10_000),
        (Left(9_999, 50), -50, -1, -9_999),  # one cent was credited by amount: the rest, in one piece
        (Left(9_999, 50), -49, -49, -9_800),
        (Left(5_000, 50), -30, -1, -5_000),
        (Left(6_001, 30), -30, -1, -6_001),  # the last minute takes what rounding has left
    ],
)
def test_a_correction_gives_back_no_more_than_is_left(left: Left, minutes: int, quantity: int, cents: int):
    found = made(time=[work(90)], corrections=[Correction(replace(PAID, left=left), work(minutes))])
    line = found.document.lines[1]
    assert (line.kind, line.quantity, line.net_cents) == (LineKind.ADJUSTMENT, quantity, cents)
    assert (line.source_id, line.vat_rate_bp, line.ticket_id) == (PAID.line_id, 1600, TICKET.id)
    assert (line.ticket_number, line.terms_id) == (TICKET.number, TERMS.terms_id)
    text = "EC-2026-000007 · Correction de la facture F2026-0003"
    assert line.description == (text if quantity == minutes else f"{text} · {-minutes} min")
    assert found.billed[1].entries == ((UUID(int=minutes + 1000), minutes),)
    assert found.billed[1].origin == replace(PAID, left=left)


def test_where_nothing_is_left_other_work_is_billed():
    found = made(time=[work(90)], corrections=[Correction(replace(PAID, left=Left(0, 0)), work(-50))])
    assert [line.kind for line in found.document.lines] == [LineKind.TIME]


def test_a_reversed_fee_gives_back_no_more_than_is_left():
    origin = replace(PAID, left=Left(4_000, 1))
    back = FeeBooking(UUID(int=3), TICKET, date(2026, 11, 3), -5000, TERMS.terms_id, (UUID(int=31),), origin)
    line = made(time=[work(90)], fees=[back]).document.lines[1]
    assert (line.quantity, line.unit_price_cents, line.net_cents) == (-1, 4000, -4000)


def test_shares_add_up_to_the_total():
    assert shares(100, [1, 1, 1]) == (34, 33, 33)
    assert shares(0, [0, 0]) == (0, 0)
    assert sum(shares(-17, [-50, -50, 1])) == -17
    assert shares(1530, [9000]) == (1530,)


def test_the_largest_remainders_get_the_cents_that_are_left():
    # 3.33, 3.33, 1.67 and 1.67: cut off they are 8, and the two cents left go to the last two.
    assert shares(10, [2, 2, 1, 1]) == (3, 3, 2, 2)
    assert shares(-10, [-2, -2, -1, -1]) == (-3, -3, -2, -2)


def cents(exact: Decimal) -> int:
    """Half up, away from zero, as a shopkeeper does it."""
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@pytest.mark.slow
def test_ten_thousand_random_invoices_come_to_the_cents_of_a_second_opinion():
    chance = random.Random(20261125)  # noqa: S311 (no secret)
    for _ in range(10_000):
        issued = date(2022, 7, 1) + timedelta(days=chance.randrange(1600))
        period = period_of(issued - timedelta(days=chance.randrange(1, 120)), chance.choice(list(Cycle)))
        time: list[OpenMinutes] = []
        oracle: dict[tuple[UUID, int, int, int], int] = {}
        for number in range(chance.randrange(1, 9)):
            ticket = replace(TICKET, id=UUID(int=chance.randrange(3)), number=f"EC-{chance.randrange(3)}")
            ticket = replace(ticket, number=f"EC-{ticket.id.int}")
            terms = Terms(chance.randrange(1, 30_000), chance.choice([0, 0, 500, 333]), TERMS.terms_id)
            day = min(period.start + timedelta(days=chance.randrange(-200, 80)), period.end - timedelta(days=1))
            minutes = chance.randrange(1, 2000)
            time.append(work(minutes, day, ticket=ticket, terms=terms, entry=UUID(int=number)))
            own = period if day >= period.start else period_of(day, period.cycle)
            last = max(min(own.end - timedelta(days=1), issued), own.start)
            month = last.month % 12 + 1
            point = min(issued, date(last.year + last.month // 12, month, 15))
            rate = 1600 if point.year == 2023 else 1700
            key = ticket.id, terms.hourly_rate_cents, terms.discount_bp, rate
            oracle[key] = oracle.get(key, 0) + minutes
        found = invoice_of(Facts(party=PARTY, period=period, time=time), ID, issued)
        assert found is not None
        document = found.document
        nets: dict[int, Decimal] = {}
        for (_, hourly, discount, rate), minutes in oracle.items():
            exact = Decimal(minutes) * hourly / 60 * (Decimal(10_000 - discount) / 10_000)
            nets[rate] = nets.get(rate, Decimal(0)) + cents(exact)
        tax = sum(cents(net * rate / 10_000) for rate, net in nets.items())
        assert (document.subtotal_cents, document.vat_cents) == (sum(nets.values()), tax)
        assert document.total_cents == document.subtotal_cents + document.vat_cents
        assert sum(line.quantity for line in document.lines) == sum(
            detail.minutes for one in time for detail in one.details
        )
        for line in document.lines:
            assert line.quantity == sum(detail.minutes for detail in line.details)
