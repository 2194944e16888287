"""When a ticket's requester gets an acknowledgement, and when not (rule T1, caps of the limits page)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.mail import (
    QUEUED,
    AcknowledgementCaps,
    Requester,
    Suppression,
    bare_address,
    decide_acknowledgement,
    is_no_reply_address,
)

OWN = ("support@e-connect.lu", "urgence@e-connect.lu")
ANNA = Requester(address="anna@ville.lu", own_addresses=OWN)


def test_the_first_acknowledgement_of_an_hour_is_queued() -> None:
    assert decide_acknowledgement(ANNA) == QUEUED
    assert decide_acknowledgement(ANNA).reason is None


@pytest.mark.parametrize(
    ("requester", "reason"),
    [
        (replace(ANNA, address=None), Suppression.NO_ADDRESS),
        (replace(ANNA, address="  "), Suppression.NO_ADDRESS),
        (replace(ANNA, honeypot=True), Suppression.HONEYPOT),
        (replace(ANNA, spam=True), Suppression.SPAM),
        (replace(ANNA, auto_generated=True), Suppression.AUTO_GENERATED),
        (replace(ANNA, address="Support@E-Connect.lu"), Suppression.OWN_ADDRESS),
        (replace(ANNA, address="support+EC-2026-000042@e-connect.lu"), Suppression.OWN_ADDRESS),
        (replace(ANNA, address="no-reply@ville.lu"), Suppression.NO_REPLY_ADDRESS),
        (replace(ANNA, address="élodie@ville.lu"), Suppression.UNREACHABLE_ADDRESS),
        (replace(ANNA, bounced=True), Suppression.ADDRESS_BOUNCED),
        (replace(ANNA, sent_last_hour=1, sent_last_day=1), Suppression.HOURLY_CAP),
        (replace(ANNA, sent_last_hour=0, sent_last_day=3), Suppression.DAILY_CAP),
        (replace(ANNA, sent_last_hour=1, sent_last_day=3), Suppression.DAILY_CAP),
    ],
)
def test_each_reason_to_stay_silent(requester: Requester, reason: Suppression) -> None:
    decision = decide_acknowledgement(requester)

    assert (decision.outcome, decision.reason) == ("suppressed", reason)


@pytest.mark.parametrize(("hour", "day", "queued"), [(0, 0, True), (0, 2, True), (0, 3, False), (1, 2, False)])
def test_the_default_caps_are_one_an_hour_and_three_a_day(hour: int, day: int, queued: bool) -> None:
    decision = decide_acknowledgement(replace(ANNA, sent_last_hour=hour, sent_last_day=day))

    assert (decision.outcome == "queued") is queued


def test_the_caps_are_parameters() -> None:
    busy = replace(ANNA, sent_last_hour=4, sent_last_day=9)

    assert decide_acknowledgement(busy, AcknowledgementCaps(per_hour=5, per_day=10)) == QUEUED
    assert decide_acknowledgement(ANNA, AcknowledgementCaps(per_hour=0)).reason is Suppression.HOURLY_CAP
    assert decide_acknowledgement(ANNA, AcknowledgementCaps(per_day=0)).reason is Suppression.DAILY_CAP


def test_the_codes_are_stable_kebab_case() -> None:
    assert {reason.value for reason in Suppression} == {
        "no-address",
        "honeypot",
        "spam",
        "own-address",
        "no-reply-address",
        "unreachable-address",
        "address-bounced",
        "auto-generated",
        "daily-cap",
        "hourly-cap",
    }


@pytest.mark.parametrize(
    "local",
    [
        "noreply", "no-reply", "No_Reply", "no.reply", "accounts-noreply", "noreply+42", "donotreply", "do-not-reply",
        "ne-pas-repondre", "nepasrepondre", "keine-antwort", "nicht.antworten", "MAILER-DAEMON", "mailerdaemon",
        "postmaster", "bounce", "bounces", "bounces+17=anna", "bounce-123", "auto-reply", "autoresponder",
        "listserv", "majordomo", "owner-news", "news-request", "news-owner",
    ],
)  # fmt: skip
def test_addresses_that_nobody_reads(local: str) -> None:
    assert is_no_reply_address(f"{local}@ville.lu")


@pytest.mark.parametrize(
    "local",
    [
        "anna",
        "info",
        "webmaster",
        "mario.bouncer",
        "reply",
        "noreen",
        "owner",
        "request",
        "downer-x",
        "requests",
        "",
    ],
)
def test_addresses_of_people(local: str) -> None:
    assert not is_no_reply_address(f"{local}@noreply.ville.lu")


def test_a_bare_address_has_no_tag_and_no_capitals() -> None:
    assert bare_address(" Anna+Shop@Ville.LU ") == "anna@ville.lu"


@given(hour=st.integers(0, 5), day=st.integers(0, 9), per_hour=st.integers(0, 5), per_day=st.integers(0, 9))
def test_queued_exactly_below_both_caps(hour: int, day: int, per_hour: int, per_day: int) -> None:
    decision = decide_acknowledgement(
        replace(ANNA, sent_last_hour=hour, sent_last_day=day), AcknowledgementCaps(per_hour, per_day)
    )

    assert (decision.outcome == "queued") == (hour < per_hour and day < per_day)
    assert (decision.reason is None) == (decision.outcome == "queued")
