"""UUIDv7 (RFC 9562, method 3): sorted by time of creation, so that indexes grow at one end."""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """48 bits of milliseconds, 12 bits of the fraction, 62 random bits."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    value = (milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | (int.from_bytes(os.urandom(8)) >> 2)
    return UUID(int=value)
