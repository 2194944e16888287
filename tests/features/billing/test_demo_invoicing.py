"""The demo's way from the help form to the paid invoice: every figure that it prints, worked out by hand."""

from datetime import UTC, datetime

from fastapi import FastAPI

from app.demo.invoicing import invoicing
from tests.conftest import Clock
from tests.features.billing.listener import listener
from tests.postgres import Clone

# 120.00 an hour is 2.00 a minute.
BY_HAND = [
    "lane urgent, due on opening: 150.00 EUR",
    # 35 × 2.00 and 50 × 2.00
    "35 minutes, 70.00 EUR",
    "50 minutes, 100.00 EUR",
    # 35 and 50 are 85, × 2.00 = 170.00; with the fee 320.00; 17 % of it 54.40
    "time: 85 minute, 120.00 EUR for 60: 170.00 EUR",
    "urgency: 1 piece, 150.00 EUR for 1: 150.00 EUR",
    "VAT 17 % of 320.00 EUR: 54.40 EUR",
    "total 374.40 EUR, invoice issued",
    "to be taken over: 1, 374.40 EUR",
    "to be taken over: 0",
    # 10 × 2.00; 17 % of it 3.40
    "time: 10 minute, 120.00 EUR for 60: 20.00 EUR",
    "VAT 17 % of 20.00 EUR: 3.40 EUR",
    "total 23.40 EUR, credit_note issued",
    # 374.40 less 23.40
    "374.40 EUR less 23.40 EUR credited and 351.00 EUR paid: 0.00 EUR outstanding, paid",
]


def test_every_figure_from_the_form_to_the_payment_is_as_worked_out_by_hand(
    app: FastAPI, worker_database: Clone, clock: Clock
):
    clock.set(datetime(2026, 11, 24, 10, tzinfo=UTC))

    with listener(app, worker_database) as ears:
        invoicing(ears)
        ears.check_invariants()

    mails = [figure for figure in ears.figures if figure.startswith("mail to compta.")]
    assert [figure for figure in ears.figures if figure not in mails] == BY_HAND
    assert [mail.rpartition(": ")[2][:2] for mail in mails] == ["EC", "F2", "NC"], "receipt, invoice, credit note"
    papers = {name: content[:5] for name, content in ears.files.items()}
    assert papers == {
        "F2026-0001.pdf": b"%PDF-",
        "F2026-0001-ubl.xml": b"<?xml",
        "F2026-0001-cii.xml": b"<?xml",
        "F2026-0001-factur-x.pdf": b"%PDF-",
        "NC2026-0001.pdf": b"%PDF-",
    }
