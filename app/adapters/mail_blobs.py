"""Large files inside mails, kept from the parser: it would go through their base64 line by line, for nothing.

Nothing depends on where they are cut out: a run of base64 can neither begin a part nor end one, and each is put back
where it was, whatever the parser made of its place.
"""

import re
import secrets
from email.message import Message
from typing import TYPE_CHECKING

SMALLEST = 32 * 1024
_ANNOUNCED = b"content-transfer-encoding: base64"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
_EMPTY_LINE = re.compile(rb"\n\r?\n")

if TYPE_CHECKING:  # only the stubs are generic
    PartMessage = Message[str, str]
else:
    PartMessage = Message

Blobs = dict[str, bytes]


def without_blobs(raw: bytes) -> tuple[bytes, Blobs]:
    """The mail with a mark on a line of its own for each large run of base64, and those runs by their marks.

    The marks are random, so that no mail can hold one. Goes forward only: the work is that of a few passes.
    """
    if len(raw) < SMALLEST:
        return raw, {}
    lowered, salt = raw.lower(), secrets.token_hex(16)
    pieces, blobs, done = list[bytes](), Blobs(), 0
    at = lowered.find(_ANNOUNCED)
    while at >= 0 and (head_end := _EMPTY_LINE.search(raw, at)):
        start = head_end.end()
        end = _end_of_blob(raw, start)
        if end - start >= SMALLEST and not raw[start:end].translate(None, _ALPHABET):
            mark = f"{salt}{len(blobs):06d}"
            blobs[mark] = raw[start:end]
            pieces += [raw[done:start], mark.encode()]
            done = end
        at = lowered.find(_ANNOUNCED, end)
    return b"".join([*pieces, raw[done:]]), blobs


def _end_of_blob(raw: bytes, start: int) -> int:
    """Where the next part, or the mail, ends it: the line break before a line that begins with a dash stays outside."""
    end = raw.find(b"\n-", start)
    if end < 0:
        return len(raw)
    return end - 1 if raw[end - 1 : end] == b"\r" else end


def put_back(message: PartMessage, blobs: Blobs) -> None:
    """Give each part what was cut out of it."""
    if not blobs:
        return
    marks = re.compile("|".join(blobs))
    for part in message.walk():
        for attribute in ("_payload", "preamble", "epilogue"):
            text = getattr(part, attribute, None)
            if isinstance(text, str) and marks.search(text):
                setattr(part, attribute, marks.sub(lambda found: blobs[found.group()].decode("ascii"), text))
