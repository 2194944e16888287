"""The little of Postgres's protocol that its launcher needs.

A driver or psql would cost more time than the start itself.
"""

import errno
import os
import socket
import struct
from pathlib import Path

from app.adapters.postgres_binaries import EmbeddedPostgresError

TALK_SECONDS = 30
HEAD_BYTES = 5  # the kind of a message and its length
PROTOCOL_3 = 3 << 16
NOT_READY = {b"57P03", b"53300"}  # starting up or shutting down; all connections taken


class NotReadyError(Exception):
    """There is a server, but it does not take queries now."""


def ask(path: Path, database: str, *statements: str) -> list[str]:
    """Run statements over a socket as superuser, each in its own transaction; the first column of all rows.

    Raises:
        NotReadyError: the server starts up, shuts down or is overloaded.
        EmbeddedPostgresError: it reports another error.
        FileNotFoundError, ConnectionError: there is no server, or it went away.
    """
    try:
        return _converse(path, database, [*statements])
    except (TimeoutError, BlockingIOError) as slow:
        raise NotReadyError(str(slow)) from slow


def _converse(path: Path, database: str, ahead: list[str]) -> list[str]:
    rows: list[str] = []
    with socket.socket(socket.AF_UNIX) as line, line.makefile("rb") as answers:
        line.settimeout(TALK_SECONDS)
        line.connect(os.fspath(path))
        line.sendall(_message(b"", struct.pack("!i", PROTOCOL_3), "user", "postgres", "database", database, ""))
        while len(head := answers.read(HEAD_BYTES)) == HEAD_BYTES:
            kind, size = struct.unpack("!ci", head)
            body = answers.read(size - 4)
            if kind == b"E":
                raise _error(body)
            if kind == b"D":
                rows.append(os.fsdecode(body[6:]))  # after the number of columns and the length of the first
            elif kind == b"Z" and ahead:
                line.sendall(_message(b"Q", b"", ahead.pop(0)))
            elif kind == b"Z":
                line.sendall(_message(b"X", b""))
                answers.read()  # until the backend has gone: its database can be a template now
                return rows
    raise ConnectionResetError(errno.ECONNRESET, "the server went away")


def _message(kind: bytes, start: bytes, *texts: str) -> bytes:
    body = start + b"".join(text.encode() + b"\0" for text in texts)
    return kind + struct.pack("!i", len(body) + 4) + body


def _error(body: bytes) -> Exception:
    fields = {field[:1]: field[1:] for field in body.split(b"\0")}
    text = fields[b"M"].decode("utf-8", "replace")
    return NotReadyError(text) if fields[b"C"] in NOT_READY else EmbeddedPostgresError(text)
