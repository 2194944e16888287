"""API keys: `ec_<key id>_<secret>`, shown once, stored as SHA-256 (the secret is random, so no slow hash is needed)."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.db import Connection

PREFIX = "ec"
LONGEST_KEY = 200
KEY_PARTS = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: a key with one role; `client_id` narrows everything to that client's data."""

    key_id: UUID | None
    role: str
    client_id: UUID | None = None
    agent_id: UUID | None = None

    @property
    def scope(self) -> str:
        """Whose idempotency keys these are."""
        return self.key_id.hex if self.key_id else "public"

    def actor(self) -> dict[str, str]:
        """How history names the caller."""
        parts = {"role": self.role, "api_key_id": self.key_id, "agent_id": self.agent_id}
        return {name: str(part) for name, part in parts.items() if part is not None}


ANYBODY = Caller(key_id=None, role="public")


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh key: the text to hand out once, and what is stored."""

    text: str
    secret_hash: bytes


def issue(key_id: UUID) -> Issued:
    """Make the secret of a new key."""
    secret = secrets.token_urlsafe(32)
    return Issued(f"{PREFIX}_{key_id.hex}_{secret}", digest(secret))


def digest(secret: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def split(key: str) -> tuple[UUID, str] | None:
    """Key id and secret, or None when the text has not the form of a key."""
    parts = key.split("_", 2)
    if len(key) > LONGEST_KEY or len(parts) != KEY_PARTS or parts[0] != PREFIX:
        return None
    if len(parts[1]) != 32 or not parts[2].isascii():  # noqa: PLR2004 (hex digits of a UUID)
        return None
    try:
        return UUID(hex=parts[1]), parts[2]
    except ValueError:
        return None


async def find_caller(connection: Connection, key: str, now: datetime) -> Caller | None:
    """The caller behind a key, asked of the database each time so that revocation works at once."""
    found = split(key)
    if found is None:
        return None
    key_id, secret = found
    row = await connection.fetchrow(
        "SELECT role, client_id, agent_id, secret_hash, expires_at, revoked_at FROM api_keys WHERE id = $1",
        key_id,
    )
    if row is None or not hmac.compare_digest(row["secret_hash"], digest(secret)):
        return None
    if row["revoked_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= now):
        return None
    return Caller(key_id, row["role"], row["client_id"], row["agent_id"])


async def insert(connection: Connection, key_id: UUID, name: str, role: str, secret_hash: bytes, now: datetime) -> None:
    """Store a key of staff or of an integration, which belongs to no client."""
    await connection.execute(
        "INSERT INTO api_keys (id, name, role, secret_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
        key_id,
        name,
        role,
        secret_hash,
        now,
    )
