"""What a mail server means that would not deliver a mail (RFC 3463)."""

import re

_NO_ADDRESS = re.compile(r"5\.1\.(?:1|2|3|6|10)|5\.2\.1")
_UNKNOWN = "The mail could not be delivered."
_BY_STATUS = (
    (r"[45]\.1\.[01236]|[45]\.1\.10", "There is no such address."),
    (r"[45]\.2\.1", "The mailbox is closed."),
    (r"[45]\.2\.2", "The mailbox is full."),
    (r"[45]\.[23]\.[34]", "The mail is too large for it."),
    (r"[45]\.4\.\d+", "Its mail server cannot be reached."),
    (r"[45]\.7\.\d+", "Its mail server refuses mail from here."),
)


def meaning(status: str) -> str:
    """An enhanced status code in words."""
    return next((words for pattern, words in _BY_STATUS if re.fullmatch(pattern, status)), _UNKNOWN)


def is_address_unknown(status: str) -> bool:
    """Whether a refusal is about the recipient's address for good, and not about the mail or its sender."""
    return _NO_ADDRESS.fullmatch(status) is not None
