"""Keep what came along with a message."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from app.adapters.file_type import file_name, media_type_of
from app.core.db import Connection
from app.core.ids import new_id
from app.desk.tickets import queries
from app.domain.errors import Refusal


class Upload(Protocol):
    """A file as it was sent."""

    name: str
    content: bytes
    sha256: str


@runtime_checkable
class Examined(Protocol):
    """A file whose type was told before, where mails are read."""

    media_type: str | None


Kept = tuple[UUID, str, str, int, bytes, bytes]


def examine(files: Sequence[Upload]) -> list[Kept]:
    """Name, type and digest of each file, told from its bytes.

    Raises:
        Refusal: `attachment-refused` for the first file that is empty or of a type that is not accepted.
    """
    kept = []
    for number, file in enumerate(files):
        media_type = file.media_type if isinstance(file, Examined) else media_type_of(file.content)
        if media_type is None:
            raise Refusal(
                "attachment-refused",
                "This file is empty or of a type that is not accepted.",
                pointer=f"/attachments/{number}",
            )
        name, digest = file_name(file.name), bytes.fromhex(file.sha256)
        kept.append((new_id(), name, media_type, len(file.content), digest, file.content))
    return kept


async def keep(connection: Connection, ticket_id: UUID, message_id: UUID, kept: Sequence[Kept], now: datetime) -> None:
    """Store the examined files with their message."""
    if kept:
        await queries.insert_attachments(connection, ticket_id, message_id, kept, now)
