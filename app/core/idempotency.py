"""Idempotency-Key: the first request's reply is stored in its own transaction and given again to its repeats."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core.db import Connection
from app.core.problems import Problem, invalid
from app.core.sql import one

KEPT = timedelta(days=30)
LONGEST_KEY = 255

# The advisory lock tells a request in flight from one that never was; it ends with the transaction.
CLAIM = """
SELECT pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || $2 || ' ' || $3, 0)) AS free,
       k.fingerprint, k.status_code, k.headers, k.body
FROM (SELECT 1) AS always
LEFT JOIN idempotency_keys k ON (k.scope, k.route, k.key) = ($1, $2, $3) AND k.created_at > $4
"""
STORE = """
INSERT INTO idempotency_keys AS k (scope, route, key, fingerprint, status_code, headers, body, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (scope, route, key) DO UPDATE SET
    fingerprint = $4, status_code = $5, headers = $6, body = $7, created_at = $8
WHERE k.created_at <= $9
RETURNING true
"""


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


def read_key(text: str | None) -> str | None:
    """The header's value, checked."""
    if text is None:
        return None
    if not 1 <= len(text) <= LONGEST_KEY or not text.isascii() or not text.isprintable():
        raise invalid("/Idempotency-Key", "idempotency-key-invalid", "1 to 255 printable ASCII characters.", "header")
    return text


def fingerprint(path: str, body: Any) -> bytes:
    """What makes two requests the same: the path and the meaning of the body, not its spelling."""
    canonical = json.dumps([path, body], sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(canonical).digest()


async def claim(connection: Connection, wanted: Claim, now: datetime) -> None:
    """Take the key for this transaction.

    Raises:
        Replay: the same request was answered before.
        Problem: `idempotency-key-reused` (422), `idempotency-key-in-flight` (409).
    """
    row = await one(connection, CLAIM, wanted.scope, wanted.route, wanted.key, now - KEPT)
    if row["fingerprint"] is None:
        if not row["free"]:
            raise in_flight()
        return
    if row["fingerprint"] != wanted.fingerprint:
        raise Problem("idempotency-key-reused")
    raise Replay(Reply(row["status_code"], row["headers"], row["body"]))


async def store(connection: Connection, used: Claim, reply: Reply, now: datetime) -> None:
    """Keep the reply in the transaction that it tells of; an expired one makes room."""
    stored = await connection.fetchval(
        STORE,
        used.scope,
        used.route,
        used.key,
        used.fingerprint,
        reply.status_code,
        reply.headers,
        reply.body,
        now,
        now - KEPT,
    )
    if not stored:
        raise in_flight()


def in_flight() -> Problem:
    """The first request is not done yet."""
    return Problem("idempotency-key-in-flight", headers={"Retry-After": "1"})
