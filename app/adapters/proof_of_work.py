"""ALTCHA: a small proof of work that a browser does while the form is filled in; no third party, no cookies."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import altcha

ALGORITHM, COST, HARDEST = "PBKDF2/SHA-256", 2_000, 3_000
VALID_FOR = timedelta(minutes=20)


def challenge(secret: str, now: datetime) -> dict[str, Any]:
    """A signed challenge, solved in a second or two and valid for 20 minutes."""
    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=secrets.randbelow(HARDEST),
        expires_at=now + VALID_FOR,
        hmac_secret=secret,
        hmac_key_secret=secret,
    )
    document: dict[str, Any] = made.to_dict()
    return document


def solved(payload: str, secret: str) -> str | None:
    """A digest that names the solved challenge (so that it can be spent once), None when it is not solved."""
    try:
        result = altcha.verify_solution(payload, secret, hmac_key_secret=secret)
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    return hashlib.sha256(payload.encode()).hexdigest() if result.verified else None
