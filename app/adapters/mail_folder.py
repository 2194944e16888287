"""Where mails go while no SMTP server is set: one .eml file each, for people to open and tests to read."""

import asyncio
import hashlib
import os
import re
import tempfile
from datetime import UTC
from email import policy
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from app.adapters.mail_address import Unmailable
from app.adapters.smtp import Permanent, Temporary

_UNSAFE = re.compile(r"[^A-Za-z0-9.@_-]+")
_MAX_ID = 120  # characters of the message id in a file name


class Outbox:
    """A folder that stands in for an SMTP server: same `send`, same errors."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, raw_message: bytes, sender: str, recipient: str) -> None:  # noqa: ARG002 - same as Smtp
        """Write the mail durably; a repeat of the same mail to the same recipient replaces its own file.

        Raises `Permanent` for a message without usable Date and Message-ID, `Temporary` when the disk
        refuses.
        """
        try:
            await asyncio.to_thread(self.write, raw_message, recipient)
        except Unmailable as error:
            raise Permanent("unmailable", str(error)) from error
        except OSError as error:
            raise Temporary("outbox-unwritable", f"The outbox cannot be written: {error.strerror}") from error

    def write(self, raw_message: bytes, recipient: str) -> Path:
        """The path of the written file; it is complete and on disk, or not there at all."""
        path = self._folder / file_name(raw_message, recipient)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw_message)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(self._folder)
        return path


def file_name(raw_message: bytes, recipient: str) -> str:
    """A name that sorts by the mail's date, and is the same for the same Message-ID, date and recipient."""
    headers = BytesHeaderParser(policy=policy.compat32).parsebytes(raw_message)
    message_id, date = headers["Message-ID"], headers["Date"]
    try:
        moment = parsedate_to_datetime(date).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unmailable("The mail has no usable Date.") from error
    if not isinstance(message_id, str) or not _UNSAFE.sub("", message_id):
        raise Unmailable("The mail has no usable Message-ID.")
    # Sanitising can make two ids equal and one mail can go to several people: the digest keeps them apart.
    digest = hashlib.sha256(f"{message_id}\n{recipient}".encode()).hexdigest()[:8]
    readable = _UNSAFE.sub("-", message_id).strip("-.")[:_MAX_ID]
    return f"{moment:%Y%m%dT%H%M%SZ}-{readable}-{digest}.eml"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
