"""What mail servers mean."""

import pytest

from app.domain.bounce import is_address_unknown, meaning

NO_ADDRESS, CLOSED, FULL = "There is no such address.", "The mailbox is closed.", "The mailbox is full."
TOO_LARGE = "The mail is too large for it."
AWAY, REFUSED = "Its mail server cannot be reached.", "Its mail server refuses mail from here."
UNKNOWN = "The mail could not be delivered."


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.1.1", NO_ADDRESS), ("5.1.2", NO_ADDRESS), ("5.1.0", NO_ADDRESS), ("5.1.10", NO_ADDRESS), ("4.1.1", NO_ADDRESS),
        ("5.1.11", UNKNOWN), ("5.1.8", UNKNOWN), ("15.1.1", UNKNOWN), ("5x1x1", UNKNOWN),
        ("5.2.1", CLOSED), ("5.2.2", FULL), ("4.2.2", FULL), ("5.2.3", TOO_LARGE), ("5.3.4", TOO_LARGE),
        ("4.4.1", AWAY), ("5.4.14", AWAY), ("5.7.1", REFUSED), ("5.7.509", REFUSED),
        ("unknown", UNKNOWN), ("", UNKNOWN), ("6.1.1", UNKNOWN),
    ],
)  # fmt: skip
def test_a_status_says_why(status: str, words: str):
    assert meaning(status) == words


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
def test_some_refusals_are_about_the_address_for_good(status: str):
    assert is_address_unknown(status)


@pytest.mark.parametrize(
    "status", ["4.1.1", "5.1.7", "5.1.8", "5.7.1", "5.2.2", "5.1.11", "5.2.10", "5.1", "550", "", "5x1x1"]
)
def test_others_are_about_the_mail_its_sender_or_the_moment(status: str):
    assert not is_address_unknown(status)
