"""The embedded Postgres keeps pages in a part of the memory that is really there."""

from pathlib import Path

import pytest

from app.adapters.postgres_memory import memory_bytes, shared_buffers

GIGABYTE = 1 << 30


@pytest.mark.parametrize(
    ("memory", "buffers"),
    [(GIGABYTE // 4, "128MB"), (GIGABYTE, "128MB"), (2 * GIGABYTE, "256MB"), (64 * GIGABYTE, "512MB")],
)
def test_an_eighth_of_the_memory_within_bounds(memory: int, buffers: str):
    assert shared_buffers(memory) == buffers


@pytest.mark.parametrize("unlimited", ["max\n", None])
def test_a_container_may_use_what_it_is_allowed(tmp_path: Path, unlimited: str | None):
    file = tmp_path / "memory.max"
    if unlimited is not None:
        file.write_text(unlimited)
    machine = memory_bytes(file)
    file.write_text("104857600\n")
    assert memory_bytes(file) == 104_857_600 < machine
