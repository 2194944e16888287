"""The one place that asks what time it is; everybody else takes `now` as a parameter."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant in UTC, to the microsecond."""
    return datetime.now(UTC)
