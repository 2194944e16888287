"""Rate limits counted in Postgres, so that they hold for any number of processes.

A window starts with the first hit of its key and lasts its length; hits beyond the limit are refused until it ends.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache

from app.core import idempotency
from app.core.db import Connection, Row
from app.core.idempotency import Claim
from app.core.problems import Problem
from app.core.settings import Settings
from app.core.sql import ONCE, Statement, one

NOTHING = Statement(f"SELECT FROM {ONCE}", ())


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` hits of `key` in `seconds`."""

    key: str
    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a limit is used."""

    limit: Limit
    hits: int
    resets_in: int

    @property
    def exceeded(self) -> bool:
        """Whether this hit was one too many."""
        return self.hits > self.limit.most

    def headers(self) -> dict[str, str]:
        """RateLimit-* for the answer; seconds until the window ends."""
        return {
            "RateLimit-Limit": str(self.limit.most),
            "RateLimit-Remaining": str(max(0, self.limit.most - self.hits)),
            "RateLimit-Reset": str(self.resets_in),
        }


# One statement for all limits of a request, in key order so that two requests never wait for each other in a ring.
# The table is unlogged: this commit waits for no disk. What else is asked is asked only for a request that is let in.
HIT = """
WITH kept AS (
    SELECT fingerprint, status_code, headers, body, created_at FROM idempotency_keys
    WHERE (scope, route, key) = ({scope}, {route}, {key})
), counted AS (
    INSERT INTO rate_limits AS r (key, window_started_at, hits)
    SELECT wanted.key, {now}, 1 FROM unnest({keys}::text[]) AS wanted (key)
    WHERE NOT EXISTS (SELECT FROM kept)
    ORDER BY wanted.key
    ON CONFLICT (key) DO UPDATE SET
        (window_started_at, hits) = (
            SELECT CASE WHEN over THEN {now} ELSE r.window_started_at END, CASE WHEN over THEN 1 ELSE r.hits + 1 END
            FROM (SELECT r.window_started_at <= {now} - ({lengths}::interval[])[array_position({keys}, r.key)] AS over
            ) AS w
        )
    RETURNING key, hits, window_started_at
), standing AS (
    SELECT array_agg(key) AS limits, array_agg(hits) AS limit_hits, array_agg(window_started_at) AS limit_starts,
           bool_and(hits <= ({most}::int[])[array_position({keys}, key)]) AS let_in
    FROM counted
)
SELECT standing.*, kept.*, asked.* FROM standing LEFT JOIN kept ON true LEFT JOIN ({asked}) AS asked ON true
"""
PARAMETERS = ("keys", "lengths", "most", "now", "scope", "route", "key")
LET_IN = "(SELECT FROM standing WHERE let_in) AS once"


@cache
def _counting(asked: str, first: int) -> str:
    places = {name: f"${number}" for number, name in enumerate(PARAMETERS, first)}
    return HIT.format(asked=asked.replace(ONCE, LET_IN), **places)


async def hit(
    connection: Connection,
    limits: Sequence[Limit],
    now: datetime,
    claim: Claim | None = None,
    asked: Statement = NOTHING,
) -> tuple[Mapping[str, str], Row]:
    """Count one hit of each limit, outside of any transaction, and ask for one more row in the same round trip.

    A repeat of a request that was answered before (`claim`) counts for nothing: it gets its reply again. `asked`
    selects FROM `sql.ONCE`, under names of its own.

    Returns:
        The RateLimit-* headers of the limit that is nearest to its end, and a row with what was `asked`.

    Raises:
        Replay: the same request was answered before.
        Problem: `rate-limited` (429) with Retry-After; `idempotency-key-reused` (422).
    """
    keys, most = [limit.key for limit in limits], [limit.most for limit in limits]
    lengths = [timedelta(seconds=limit.seconds) for limit in limits]
    known = (claim.scope, claim.route, claim.key) if claim else (None, None, None)
    values = (*asked.values, keys, lengths, most, now, *known)
    row = await one(connection, _counting(asked.text, 1 + len(asked.values)), *values)
    if claim is not None and row["fingerprint"] is not None:
        if not claim.fingerprint:
            return {}, row  # whether it repeats that request is known once its body has been read
        await idempotency.answer_again(connection, row, claim, now)
        return await hit(connection, limits, now, claim, asked)
    counted = dict(zip(row["limits"], zip(row["limit_hits"], row["limit_starts"], strict=True), strict=True))
    standings = [_standing(limit, now, *counted[limit.key]) for limit in limits]
    worst = min(standings, key=lambda standing: standing.limit.most - standing.hits)
    if worst.exceeded:
        raise Problem("rate-limited", headers=worst.headers() | {"Retry-After": str(worst.resets_in)})
    return worst.headers(), row


def _standing(limit: Limit, now: datetime, hits: int, started_at: datetime) -> Standing:
    ends_at = started_at + timedelta(seconds=limit.seconds)
    return Standing(limit, hits, max(1, -int((now - ends_at).total_seconds() // 1)))


@lru_cache(maxsize=1_000)
def network_of(address: str) -> str:
    """Whom an address stands for: itself, or the /64 of an IPv6 address, which one household owns."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:  # noqa: PLR2004
        mapped = getattr(parsed, "ipv4_mapped", None)
        return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def of_the_form(settings: Settings, network: str) -> Limit:
    """What strangers may send from one network, whatever door they take."""
    return Limit(f"form {network}", settings.form_per_minute_per_ip, 60)


def nearest(said: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """Of two answers' RateLimit-* headers, those of the limit that is nearer to its end."""
    before, now = (int(headers.get("RateLimit-Remaining", 2**31)) for headers in (said, found))
    return {**said, **found} if now <= before else dict(said)
