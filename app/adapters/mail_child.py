"""The process that reads mails: `python -m app.adapters.mail_child <fd>`. It knows no secret and no database.

Frames on the socket: eight bytes of length, then the bytes. In: a raw mail. Out: JSON, then the attachments' bytes.
What comes back is data, never pickled code: a mail that took this process over could still not run anything outside.
"""

import json
import resource
import socket
import sys
from dataclasses import asdict
from typing import Any

from app.adapters.file_type import TYPES
from app.adapters.mail_parsing import Parsed, parse
from app.adapters.mail_parts import Attached, Unreadable
from app.domain.inbound_mail import Facts, Person, Report

LENGTH_BYTES = 8
MOST_MEMORY = 2**30
PIECE = 2**20


def encode(parsed: Parsed) -> bytes:
    """A parsed mail as a frame's content."""
    head = {name: getattr(parsed, name) for name in ("text", "reply", "html", "sent_at", "parts")}
    head |= {"facts": asdict(parsed.facts), "identity": parsed.identity.hex()}
    head["files"] = [[file.name, len(file.content), file.media_type] for file in parsed.attachments]
    encoded = json.dumps(head).encode()
    return b"".join([_length(encoded), encoded, *(file.content for file in parsed.attachments)])


def decode(frame: bytes) -> Parsed:
    """The parsed mail of a frame.

    Raises:
        Unreadable: with the child's reason.
    """
    end = LENGTH_BYTES + int.from_bytes(frame[:LENGTH_BYTES])
    head = json.loads(frame[LENGTH_BYTES:end])
    if "unreadable" in head:
        raise Unreadable(head["unreadable"])
    files = []
    for name, size, media_type in head.pop("files"):
        files.append(Attached(name, frame[end : end + size], media_type if media_type in TYPES else None))
        end += size
    facts, identity = _facts(head.pop("facts")), bytes.fromhex(head.pop("identity"))
    return Parsed(**head, facts=facts, identity=identity, attachments=files)


def _facts(given: dict[str, Any]) -> Facts:
    report = given.pop("report")
    return Facts(
        **given
        | {
            "sender": Person(**given["sender"]) if given["sender"] else None,
            "recipients": tuple(Person(**person) for person in given["recipients"]),
            "answers": tuple(given["answers"]),
            "delivered_to": tuple(given["delivered_to"]),
            "report": Report(**report | {"about": tuple(report["about"])}) if report else None,
        }
    )


def _length(content: bytes) -> bytes:
    return len(content).to_bytes(LENGTH_BYTES)


def receive(connection: socket.socket) -> bytes | None:
    """A whole frame, None when the other side is gone."""
    length = _exactly(connection, LENGTH_BYTES)
    return None if length is None else _exactly(connection, int.from_bytes(length))


def framed(content: bytes) -> bytes:
    """A whole frame."""
    return _length(content) + content


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    buffer = bytearray(size)
    view, read = memoryview(buffer), 0
    while read < size:
        got = connection.recv_into(view[read : read + PIECE])
        if got == 0:
            return None
        read += got
    return bytes(buffer)


def _answer(raw: bytes) -> bytes:
    try:
        return encode(parse(raw))
    except Unreadable as error:
        reason = error.reason
    except MemoryError:
        reason = "too-large-to-read"
    except Exception:  # noqa: BLE001 (whatever a mail provokes must not end the process that reads the next)
        reason = "unreadable"
    encoded = json.dumps({"unreadable": reason}).encode()
    return _length(encoded) + encoded


def main(descriptor: int, seconds: int) -> None:
    """Answer until the other side is gone; the kernel ends what runs too long even if nobody is left to do it."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with socket.socket(fileno=descriptor) as connection:
        while (raw := receive(connection)) is not None:
            used = resource.getrusage(resource.RUSAGE_SELF)
            limit = int(used.ru_utime + used.ru_stime) + seconds + 2
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
            connection.sendall(framed(_answer(raw)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
