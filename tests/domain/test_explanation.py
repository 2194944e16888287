"""Why a price is what it is (rule P): the words and the numbers."""

from datetime import date
from uuid import UUID

from app.domain.explanation import Because, Step, explain, takes_back
from app.domain.pricing import Work, price
from app.domain.terms import Terms
from app.domain.ticket import Lane
from tests.domain.builders import DAY, a_pool, a_terms, an_urgency_terms, some_work

BY_TERMS = Step(
    Because.TERMS,
    "The terms of 2022-07-01 were in force on 2026-06-22: 120.00 EUR an hour.",
    {
        "terms_id": UUID(int=1),
        "effective_on": date(2022, 7, 1),
        "worked_on": DAY,
        "hourly_rate_cents": 12000,
    },
)


def explained(work: Work, terms: Terms, *pools) -> list[Step]:
    """The steps after the first, which is always the one about the terms."""
    first, *rest = explain(work, price(work, terms, pools), terms)
    assert first == BY_TERMS
    return rest


def test_increment_draws_and_overflow() -> None:
    terms = a_terms(billing_increment_minutes=15, minimum_minutes=10, overflow_discount_bp=500)
    steps = explained(some_work(31), terms, a_pool(1, 10), a_pool(2, 20))
    assert steps == [
        Step(
            Because.INCREMENT,
            "31 minutes worked are billed as 45: in steps of 15, at least 10.",
            {
                "worked_minutes": 31,
                "billed_minutes": 45,
                "billing_increment_minutes": 15,
                "minimum_minutes": 10,
            },
        ),
        Step(
            Because.DRAWN,
            "10 minutes are drawn from contract 00000000-0000-0000-0000-000000000001.",
            {"contract_id": UUID(int=1), "minutes": 10},
        ),
        Step(
            Because.DRAWN,
            "20 minutes are drawn from contract 00000000-0000-0000-0000-000000000002.",
            {"contract_id": UUID(int=2), "minutes": 20},
        ),
        Step(
            Because.BILLABLE,
            "15 minutes at 120.00 EUR an hour less 5.00 %: 28.50 EUR.",
            {"minutes": 15, "hourly_rate_cents": 12000, "discount_bp": 500, "amount_cents": 2850},
        ),
    ]


def test_plain_time_without_a_contract() -> None:
    steps = explained(some_work(25), a_terms())
    assert [step.because for step in steps] == [Because.INCREMENT, Because.BILLABLE]
    assert steps[1].text == "25 minutes at 120.00 EUR an hour: 50.00 EUR."


def test_non_billable_time_says_only_why() -> None:
    assert explained(some_work(25, non_billable_reason="goodwill"), a_terms(), a_pool()) == [
        Step(
            Because.NON_BILLABLE,
            "25 minutes are not billed: goodwill.",
            {"minutes": 25, "reason": "goodwill"},
        )
    ]


def test_quoted_time() -> None:
    steps = explained(some_work(25, quoted=True), a_terms())
    assert steps[1:] == [Step(Because.QUOTED, "25 minutes are part of an accepted quote.", {"minutes": 25})]


def test_time_the_fee_includes() -> None:
    terms = a_terms(urgency=an_urgency_terms(included_minutes=60))
    steps = explained(some_work(90, lane=Lane.URGENT, included_minutes=60), terms)
    assert [step.text for step in steps[1:]] == [
        "60 minutes are included in the urgency fee.",
        "30 minutes at 120.00 EUR an hour: 60.00 EUR.",
    ]
    assert steps[1] == Step(Because.INCLUDED, steps[1].text, {"minutes": 60})


def test_fully_drawn_time_names_no_amount() -> None:
    steps = explained(some_work(25), a_terms(), a_pool())
    assert [step.because for step in steps] == [Because.INCREMENT, Because.DRAWN]


def test_the_words_are_stable() -> None:
    words = "terms increment non_billable quoted included drawn billable correction credited"
    assert [because.value for because in Because] == words.split()


def test_a_counter_entry_says_what_it_takes_back() -> None:
    step = Step(Because.TERMS, "An hour is an hour.")
    first = Step(
        Because.CORRECTION,
        "Takes back entry 00000000-0000-0000-0000-000000000007: Typed twice",
        {"entry_id": UUID(int=7), "reason": "Typed twice"},
    )
    assert takes_back((step,), UUID(int=7), "Typed twice", 0) == (first, step)
    last = Step(
        Because.CREDITED,
        "30 minutes of these are not given back again: a credit note gave them back already.",
        {"minutes": 30},
    )
    assert takes_back((step,), UUID(int=7), "Typed twice", 30) == (first, step, last)
