"""E-mail addresses: the short way through gives what the whole way gives."""

import itertools
import string
from random import Random

import pytest
from email_validator import EmailNotValidError, validate_email

from app.core.shapes import plain_address

PLAIN = ["anna@boulangerie.example", "A.b+c_d-e@Sub.Domain.EXAMPLE", "1@2.lu", f"{'a' * 64}@{'b' * 63}.lu", "a@xn.lu"]
PARTS = [*"aZ0", ".", "..", "-", "--", "+", "_", "@", "xn--", "é", " ", '"', "(", ",", "\n", "lu", ".lu", ".test", "ab"]


def whole(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError:
        return None


@pytest.mark.parametrize("text", PLAIN)
def test_usual_addresses_go_the_short_way(text: str):
    assert plain_address(text) == whole(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        f"{'a' * 65}@b.lu", f"a@{'b' * 64}.lu", f"{'a' * 64}@{'b.' * 95}lu", "a@b", "a@b.c", "a@b.1", "a@localhost",
        "a@b.test", "a@test", "a@b.local", "a@-b.lu", "a@b-.lu", "a@ab--c.lu", "a@xn--e1afmkfd.lu", "a@b.lu\n", "a@b.lu.",
    ],
)  # fmt: skip
def test_the_rest_is_left_to_the_validator(text: str):
    assert plain_address(text) is None


def test_both_ways_agree():
    chance = Random(20_261_125)  # noqa: S311 (nothing secret)
    texts = ["".join(chance.choices(PARTS, k=chance.randint(1, 9))) for _ in range(4_000)]
    texts += [f"{local}@{domain}.lu" for local, domain in itertools.product(string.printable, string.printable)]
    short = [text for text in texts if plain_address(text) is not None]
    assert len(short) > 1_000
    assert [text for text in short if plain_address(text) != whole(text)] == []
