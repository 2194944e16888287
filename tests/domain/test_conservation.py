"""Nothing gets lost (invariants 1 to 5): a year of one client, played at random against a plain model of it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain.balance import balance, refund_cents, refundable_minutes
from app.domain.contract import OpenTime, Pool, after, draw, purchase, reabsorb
from app.domain.minutes import billed_minutes
from app.domain.pricing import Price, Work, counter, price
from app.domain.terms import Terms
from app.domain.ticket import Lane
from tests.domain.builders import a_pool, a_terms, an_urgency_terms

YEAR = st.dates(date(2025, 12, 1), date(2027, 1, 31))
MINUTES = st.integers(1, 700)
LANES = st.sampled_from(Lane)
REASONS = st.sampled_from([None, None, None, "goodwill"])
TERMS = st.builds(
    lambda increment, minimum, included, overflow, covers: a_terms(
        billing_increment_minutes=increment,
        minimum_minutes=minimum,
        urgency=an_urgency_terms(included_minutes=included),
        overflow_discount_bp=overflow,
        prepaid_covers_urgent=covers,
    ),
    st.sampled_from([1, 1, 5, 15]),
    st.sampled_from([1, 10, 30]),
    st.sampled_from([0, 60]),
    st.sampled_from([0, 500]),
    st.booleans(),
)
WORK = st.builds(
    Work,
    worked_on=YEAR,
    worked_minutes=MINUTES,
    lane=LANES,
    non_billable_reason=REASONS,
    in_project=st.booleans(),
    quoted=st.booleans(),
    out_of_hours=st.booleans(),
    included_minutes=st.integers(0, 90),
)
POOLS = st.lists(
    st.builds(
        lambda number, minutes, spent, usable: a_pool(
            number, minutes, drawn_minutes=min(spent, minutes), usable=usable
        ),
        st.integers(1, 10**6),
        st.integers(0, 600),
        st.integers(0, 600),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda pool: pool.pool_id,
)


@given(WORK, TERMS, POOLS)
def test_every_billed_minute_ends_in_exactly_one_place(work: Work, terms: Terms, pools: list[Pool]) -> None:
    one = price(work, terms, pools)
    places = (one.drawn_minutes, one.billable_minutes, one.quoted_minutes, one.non_billable_minutes)
    assert min(places) >= 0
    assert sum(places) == one.billed_minutes >= one.worked_minutes == work.worked_minutes
    if one.non_billable_minutes == one.billed_minutes == one.worked_minutes:
        assert one.non_billable_reason is not None
    else:
        steps = terms.billing_increment_minutes, terms.minimum_minutes
        assert one.billed_minutes == billed_minutes(work.worked_minutes, *steps)
    assert (one.non_billable_reason is not None) == (one.non_billable_minutes > 0)
    assert one.amount_cents >= 0


@given(WORK, TERMS, POOLS)
def test_minutes_are_billed_only_when_the_pools_are_empty(work: Work, terms: Terms, pools: list[Pool]) -> None:
    one = price(work, terms, pools)
    left = after(pools, one.draws)
    if one.billable_minutes and (work.lane is Lane.STANDARD or terms.prepaid_covers_urgent):
        assert not any(pool.covers(work.worked_on) and pool.unspent_minutes for pool in left)


@given(WORK, TERMS, POOLS)
def test_an_entry_and_its_counter_entry_leave_no_trace(work: Work, terms: Terms, pools: list[Pool]) -> None:
    one = price(work, terms, pools)
    back = counter(one)
    assert after(after(pools, one.draws), back.draws) == tuple(pools)
    assert one.amount_cents + back.amount_cents == 0
    assert one.billable_minutes + back.billable_minutes == 0


@given(POOLS, st.dates(date(2025, 12, 1), date(2027, 1, 31)), st.integers(0, 3000))
def test_a_draw_takes_what_is_wanted_or_what_there_is(pools: list[Pool], day: date, wanted: int) -> None:
    draws = draw(pools, day, wanted)
    there = sum(pool.unspent_minutes for pool in pools if pool.covers(day))
    assert sum(one.minutes for one in draws) == min(wanted, there)
    assert all(one.minutes > 0 for one in draws)
    assert draw(list(reversed(pools)), day, wanted) == draws


@given(POOLS, YEAR)
def test_a_balance_adds_up_on_any_day(pools: list[Pool], today: date) -> None:
    for pool in pools:
        on = balance(pool, today)
        spent = on.drawn_minutes + on.expired_minutes + on.refunded_minutes
        assert on.bought_minutes + on.granted_minutes - spent == on.left_minutes >= 0
        assert on.expired_minutes >= 0


@dataclass
class Entry:
    """What the plain model remembers of an entry."""

    number: int
    worked_on: date
    booked: Price
    invoiced: bool = False
    corrected: bool = False


class AYearOfOneClient(RuleBasedStateMachine):
    """Logs, corrects, invoices, tops up and refunds in any order; the sums are kept twice."""

    def __init__(self) -> None:
        super().__init__()
        self.pools: tuple[Pool, ...] = ()
        self.paid: dict[UUID, int] = {}
        self.refunded: dict[UUID, int] = {}
        self.entries: list[Entry] = []
        self.counters: list[Price] = []
        self.ids = 0

    def next_id(self) -> int:
        self.ids += 1
        return self.ids

    @initialize(terms=TERMS)
    def publish(self, terms: Terms) -> None:
        self.terms = terms

    @rule(minutes=st.integers(1, 900), day=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
    def top_up(self, minutes: int, day: date) -> None:
        bought = purchase(self.terms, day, 2026, minutes)
        pool = a_pool(self.next_id(), minutes, purchased_on=day, expires_on=bought.expires_on)
        self.pools = (*self.pools, pool)
        self.paid[pool.pool_id] = bought.price_cents
        self.refunded[pool.pool_id] = 0
        open_time = [
            OpenTime(UUID(int=one.number), one.worked_on, one.booked.billable_minutes)
            for one in self.entries
            if not one.invoiced and not one.corrected
        ]
        taken = reabsorb(open_time, self.pools)
        for one in self.entries:
            draws = taken.get(UUID(int=one.number), ())
            one.booked = replace(one.booked, draws=one.booked.draws + draws)
            self.pools = after(self.pools, draws)

    @rule(day=YEAR, minutes=MINUTES, lane=LANES, reason=REASONS, included=st.sampled_from([0, 60]))
    def log(self, day: date, minutes: int, lane: Lane, reason: str | None, included: int) -> None:
        work = Work(
            worked_on=day,
            worked_minutes=minutes,
            lane=lane,
            non_billable_reason=reason,
            included_minutes=included,
        )
        booked = price(work, self.terms, self.pools)
        self.pools = after(self.pools, booked.draws)
        self.entries.append(Entry(self.next_id(), day, booked))

    @precondition(lambda self: any(not one.corrected for one in self.entries))
    @rule(data=st.data())
    def correct(self, data) -> None:
        one = data.draw(st.sampled_from([one for one in self.entries if not one.corrected]))
        back = counter(one.booked)
        self.pools = after(self.pools, back.draws)
        self.counters.append(back)
        one.corrected = True

    @precondition(lambda self: any(not one.invoiced for one in self.entries))
    @rule(data=st.data())
    def invoice(self, data) -> None:
        data.draw(st.sampled_from([one for one in self.entries if not one.invoiced])).invoiced = True

    @precondition(lambda self: self.pools)
    @rule(data=st.data(), today=YEAR)
    def refund(self, data, today: date) -> None:
        pool = data.draw(st.sampled_from(self.pools))
        most = refundable_minutes(pool, today)
        if most == 0:
            return
        minutes = data.draw(st.integers(1, most))
        self.refunded[pool.pool_id] += refund_cents(pool, self.paid[pool.pool_id], minutes, today)
        after_it = replace(pool, refunded_minutes=pool.refunded_minutes + minutes)
        self.pools = tuple(after_it if one is pool else one for one in self.pools)

    @invariant()
    def no_pool_is_below_zero(self) -> None:
        assert all(pool.unspent_minutes >= 0 for pool in self.pools)

    @invariant()
    def what_the_pools_lost_is_what_the_entries_drew(self) -> None:
        for pool in self.pools:
            booked = [*(one.booked for one in self.entries), *self.counters]
            drawn = sum(one.minutes for each in booked for one in each.draws if one.pool_id == pool.pool_id)
            assert drawn == pool.drawn_minutes

    @invariant()
    def every_minute_is_somewhere(self) -> None:
        for one in self.entries:
            each = one.booked
            assert each.billable_minutes >= 0
            places = each.drawn_minutes + each.billable_minutes + each.quoted_minutes + each.non_billable_minutes
            assert places == each.billed_minutes

    @invariant()
    def no_refund_exceeds_what_was_paid(self) -> None:
        for pool in self.pools:
            assert 0 <= self.refunded[pool.pool_id] <= self.paid[pool.pool_id]
            if pool.refunded_minutes == pool.bought_minutes:
                assert self.refunded[pool.pool_id] == self.paid[pool.pool_id]

    @invariant()
    def the_day_after_nothing_is_left_and_all_is_accounted_for(self) -> None:
        for pool in self.pools:
            on = balance(pool, pool.expires_on + timedelta(days=1))
            assert on.left_minutes == 0
            assert on.bought_minutes == on.drawn_minutes + on.expired_minutes + on.refunded_minutes


TestAYearOfOneClient = AYearOfOneClient.TestCase
TestAYearOfOneClient.settings = settings(max_examples=40, stateful_step_count=50)
