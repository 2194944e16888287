"""Bring the database to the newest revision; safe when several processes start at once (see `alembic/env.py`)."""

from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def upgrade(url: str) -> None:
    """Run what is missing; `url` belongs to the role that owns the tables."""
    from alembic.config import Config  # noqa: PLC0415

    from alembic import command  # noqa: PLC0415 (SQLAlchemy is slow to import; only migrating needs it)

    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    command.upgrade(config, "head")


@cache
def newest_revision() -> str:
    """The revision the code was written for: the file that no other file comes after."""
    texts = [path.read_text() for path in (ROOT / "alembic" / "versions").glob("*.py")]
    revisions = {_value(text, "revision"): _value(text, "down_revision") for text in texts}
    newest, *others = sorted(set(revisions) - set(revisions.values()))
    if others:
        raise RuntimeError(f"Several migrations are the newest ({newest}, {', '.join(others)}): put them in one line")
    return newest


def _value(text: str, name: str) -> str:
    line = next(line for line in text.splitlines() if line.startswith(f"{name} = "))
    return line.partition("=")[2].strip().strip("\"'")
