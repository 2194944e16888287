"""The demo's year of one client: every figure that it prints, worked out by hand."""

from fastapi import FastAPI

from app.demo.year import Year, moment
from tests.conftest import Clock
from tests.features.billing.listener import listener
from tests.postgres import Clone

# 120.00 an hour is 2.00 a minute, 126.00 is 2.10; less 5 % 1.90 and 1.995.
BY_HAND = [
    # January: 600 × 1.90
    "600 minutes for 1,140.00 EUR",
    # February: 600 less 150
    "150 worked, 150 billed: 150 drawn, 0 to pay, 0.00 EUR",
    "450 prepaid minutes left",
    # May: the fee once; 450 less 90
    "opening fee 150.00 EUR, due",
    "90 worked, 90 billed: 90 drawn, 0 to pay, 0.00 EUR",
    "360 prepaid minutes left",
    # July: 360 less 300; 540 of 600 are 90 %
    "300 worked, 300 billed: 300 drawn, 0 to pay, 0.00 EUR",
    "60 prepaid minutes left",
    "mail to ada@um-eck.example: heures de maintenance",
    # August
    "an hour on 2025-09-30: 120.00 EUR",
    "an hour on 2025-10-01: 126.00 EUR",
    # September: 100 less 60 are 40, × 2.00; then all of it back, and 70 less 60 are 10, × 2.00
    "100 worked, 100 billed: 60 drawn, 40 to pay, 80.00 EUR",
    "0 prepaid minutes left",
    "-100 worked, -100 billed: -60 drawn, -40 to pay, -80.00 EUR",
    "70 worked, 70 billed: 60 drawn, 10 to pay, 20.00 EUR",
    "0 prepaid minutes left",
    # October: 20 become 30, × 2.10 = 63.00; 20 of September stay 20, × 2.00 = 40.00
    "20 worked, 30 billed: 0 drawn, 30 to pay, 63.00 EUR",
    "20 worked, 20 billed: 0 drawn, 20 to pay, 40.00 EUR, late",
    "The terms of 2025-10-01 were in force on 2025-10-14: 126.00 EUR an hour.",
    "20 minutes worked are billed as 30: in steps of 15, at least 15.",
    "30 minutes at 126.00 EUR an hour: 63.00 EUR.",
    "The terms of 2022-07-01 were in force on 2025-09-29: 120.00 EUR an hour.",
    "20 minutes worked are billed as 20: in steps of 1, at least 1.",
    "20 minutes at 120.00 EUR an hour: 40.00 EUR.",
    # 10, 30 and 20 are 60 minutes; 20.00, 63.00 and 40.00 are 123.00; with the fee 273.00
    "to be invoiced: 60 minutes 123.00 EUR, fees 150.00 EUR, together 273.00 EUR",
    # November: 40 × 1.995; 10 of 9 September, 20 of 29 September, 10 of 14 October; 20 × 2.10 stay
    "40 minutes for 79.80 EUR",
    "0 prepaid minutes left",
    "to be invoiced: 20 minutes 42.00 EUR, fees 150.00 EUR, together 192.00 EUR",
    # December: the statement of the first contract
    "bought +600, left 600",
    "drawn -150, left 450",
    "drawn -90, left 360",
    "drawn -300, left 60",
    "drawn -60, left 0",
    "drawn +60, left 60",
    "drawn -60, left 0",
    # Q3: 300, 100, less 100, 70 and 20 are 390, drawn 300, 60, 10 and 20. Q4: 20 became 30, 10 drawn and 20 open.
    "Q1: worked 150 + rounding 0 = drawn 150 + not yet billed 0, equal: True",
    "Q2: worked 90 + rounding 0 = drawn 90 + not yet billed 0, equal: True",
    "Q3: worked 390 + rounding 0 = drawn 390 + not yet billed 0, equal: True",
    "Q4: worked 20 + rounding 10 = drawn 10 + not yet billed 20, equal: True",
]


def test_every_figure_of_the_year_is_as_worked_out_by_hand(app: FastAPI, worker_database: Clone, clock: Clock):
    clock.set(moment(1, 6))

    with listener(app, worker_database) as ears:
        Year(ears, clock.set).play()
        ears.check_invariants()

    assert ears.figures == BY_HAND
