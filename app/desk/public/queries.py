"""SQL of the public door."""

from datetime import date, datetime

from app.core.db import Connection, Row


async def terms_on(connection: Connection, day: date) -> Row | None:
    """The terms in force on a day."""
    return await connection.fetchrow(
        "SELECT id AS terms_id, effective_on, currency, hourly_rate_cents, contract_discount_bp, "
        "urgency_opening_fee_cents, urgency_hourly_rate_cents, urgency_included_minutes, billing_increment_minutes, "
        "minimum_minutes, quote_threshold_minutes, text FROM terms WHERE effective_on <= $1 "
        "ORDER BY effective_on DESC LIMIT 1",
        day,
    )


async def spend_proof(connection: Connection, digest: str, now: datetime) -> bool:
    """Whether this proof of work is used for the first time."""
    spent = await connection.fetchval(
        "INSERT INTO spent_proofs (digest, spent_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true", digest, now
    )
    return bool(spent)
