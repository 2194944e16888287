"""Idempotency-Key: the first request's reply is stored in its own transaction and given again to its repeats."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from app.core.db import Connection, Row
from app.core.problems import Problem, invalid
from app.core.sql import Raced, Statement, one

KEPT = timedelta(days=30)
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
LONGEST_KEY = 255

# The advisory lock tells a request in flight from one that never was; it ends with the transaction.
CLAIM = """
SELECT pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || $2 || ' ' || $3, 0)) AS free,
       k.fingerprint, k.status_code, k.headers, k.body, k.created_at
FROM (SELECT 1) AS always LEFT JOIN idempotency_keys k ON (k.scope, k.route, k.key) = ($1, $2, $3)
"""
FORGET = "DELETE FROM idempotency_keys WHERE (scope, route, key) = ($1, $2, $3) AND created_at <= $4"
STORE = "INSERT INTO idempotency_keys (scope, route, key, fingerprint, status_code, headers, body, created_at)"
STORED = 8
TAKEN = "pk_idempotency_keys"


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered."""

    status_code: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of a key: per credential and route."""

    scope: str
    route: str
    key: str
    fingerprint: bytes


class Replay(Exception):  # noqa: N818 (not an error: the answer is known already)
    """This request was answered before; here is the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("replay")
        self.reply = reply


def read_key(sent: Sequence[str]) -> str | None:
    """The header's value, checked: of two nobody knows which one is meant."""
    if not sent:
        return None
    if len(sent) > 1:
        raise invalid("/Idempotency-Key", "idempotency-key-repeated", "It was given more than once.", "header")
    (text,) = sent
    if not 1 <= len(text) <= LONGEST_KEY or not text.isascii() or not text.isprintable():
        raise invalid("/Idempotency-Key", "idempotency-key-invalid", "1 to 255 printable ASCII characters.", "header")
    return text


def fingerprint(path: str, body: Any) -> bytes:
    """What makes two requests the same: the path and the meaning of the body, not its spelling."""
    return hashlib.sha256(CANONICAL.encode([path, body]).encode()).digest()


async def claim(connection: Connection, wanted: Claim, now: datetime) -> None:
    """Take the key for this transaction.

    Raises:
        Replay: the same request was answered before.
        Problem: `idempotency-key-reused` (422), `idempotency-key-in-flight` (409).
    """
    row = await one(connection, CLAIM, wanted.scope, wanted.route, wanted.key)
    if row["fingerprint"] is not None:
        await answer_again(connection, row, wanted, now)
    elif not row["free"]:
        raise in_flight()


async def answer_again(connection: Connection, kept: Row, wanted: Claim, now: datetime) -> None:
    """The key was used before: unless that is too long ago, its request was answered for good.

    Raises:
        Replay: with the reply.
        Problem: `idempotency-key-reused` (422).
    """
    if kept["created_at"] <= now - KEPT:
        await connection.execute(FORGET, wanted.scope, wanted.route, wanted.key, now - KEPT)
        return
    if kept["fingerprint"] != wanted.fingerprint:
        raise Problem("idempotency-key-reused")
    raise Replay(Reply(kept["status_code"], kept["headers"], kept["body"]))


def _values(used: Claim, reply: Reply, now: datetime) -> tuple[Any, ...]:
    key = (used.scope, used.route, used.key, used.fingerprint)
    return (*key, reply.status_code, reply.headers, reply.body, now)


@cache
def _storing(first: int) -> str:
    return f"{STORE} VALUES ({', '.join(f'${number}' for number in range(first, first + STORED))})"


async def store(connection: Connection, used: Claim, reply: Reply, now: datetime) -> None:
    """Keep the reply in the transaction that it tells of."""
    try:
        await Statement(_storing(1), _values(used, reply, now), frozenset({TAKEN})).run(connection)
    except Raced:
        raise in_flight() from None


def storing(statement: Statement, used: Claim, reply: Reply, now: datetime) -> Statement:
    """A statement that begins with WITH, made to keep its reply too: both or neither, one round trip."""
    text = f"WITH kept AS ({_storing(1 + len(statement.values))}), {statement.text.strip().removeprefix('WITH ')}"
    return Statement(text, (*statement.values, *_values(used, reply, now)), statement.races | {TAKEN})


def in_flight() -> Problem:
    """The first request is not done yet."""
    return Problem("idempotency-key-in-flight", headers={"Retry-After": "1"})
