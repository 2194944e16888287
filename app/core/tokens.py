"""Secrets in links: an id signed with the service's key, so that nothing needs to be stored and nothing guessed."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from uuid import UUID

SIGNATURE_BYTES = 16
TOKEN_BYTES = 16 + SIGNATURE_BYTES


def _signature(purpose: str, secret: str, id_: UUID) -> bytes:
    message = purpose.encode() + b"\0" + id_.bytes
    return hmac.digest(secret.encode(), message, "sha256")[:SIGNATURE_BYTES]


def sign(purpose: str, secret: str, id_: UUID) -> str:
    """43 URL-safe characters that only this service can have made for this purpose."""
    raw = id_.bytes + _signature(purpose, secret, id_)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read(purpose: str, secrets: Sequence[str], token: str) -> UUID | None:
    """The id inside, or None when the token is not ours; several secrets allow changing the key."""
    try:
        raw = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != TOKEN_BYTES:
        return None
    id_ = UUID(bytes=raw[:16])
    known = (hmac.compare_digest(_signature(purpose, secret, id_), raw[16:]) for secret in secrets)
    return id_ if any(known) else None


# For mail addresses and message ids: no capitals, because some programs change them, and short, because the part
# before the @ holds 64 characters.
SHORT_SIGNATURE_BYTES = 10
SHORT_LENGTH = 42


def sign_short(purpose: str, secret: str, id_: UUID) -> str:
    """42 lower-case letters and digits that only this service can have made for this purpose."""
    raw = id_.bytes + _signature(purpose, secret, id_)[:SHORT_SIGNATURE_BYTES]
    return base64.b32encode(raw).rstrip(b"=").decode().lower()


def read_short(purpose: str, secrets: Sequence[str], token: str) -> UUID | None:
    """The id inside, in whatever case it comes back, or None when the token is not ours."""
    if len(token) != SHORT_LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b32decode(token.upper().encode() + b"=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return None
    id_ = UUID(bytes=raw[:16])
    known = (
        hmac.compare_digest(_signature(purpose, secret, id_)[:SHORT_SIGNATURE_BYTES], raw[16:]) for secret in secrets
    )
    return id_ if any(known) else None
