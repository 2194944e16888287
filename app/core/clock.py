"""The one place that asks what time it is; everybody else takes `now` as a parameter."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant in UTC, to the microsecond."""
    return datetime.now(UTC)


def instant_text(instant: datetime) -> str:
    """An instant as every answer and event writes it: RFC 3339, in UTC, with a Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
