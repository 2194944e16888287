"""How much memory the embedded Postgres keeps pages in."""

import os
from contextlib import suppress
from pathlib import Path

MEGABYTE = 1 << 20
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def shared_buffers(memory_bytes: int) -> str:
    """An eighth of the memory, at least Postgres's own 128 MB and at most 512 MB; taken only as it fills."""
    return f"{min(max(memory_bytes // 8 // MEGABYTE, 128), 512)}MB"


def memory_bytes(limit: Path = CONTAINER_LIMIT) -> int:
    """The machine's, or what a container is allowed of it."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError, ValueError):  # no file, or `max`
        found.append(int(limit.read_text()))
    return min(found)
