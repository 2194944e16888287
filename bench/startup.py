"""How long `serve` takes until it is ready on a warm data folder, and what it has used by then."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.processes import Server, free_port

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Start:
    """One warm start."""

    ready_seconds: float
    cpu_seconds: float  # of every process the start began, Postgres included
    resident_megabytes: float  # of the `serve` process


def warm(data_dir: Path, rounds: int, log: Path) -> Start:
    """Start once to fill the data folder, then `rounds` times; return the medians."""
    serve(data_dir, log)
    starts = [serve(data_dir, log) for _ in range(rounds)]
    return Start(
        median(start.ready_seconds for start in starts),
        median(start.cpu_seconds for start in starts),
        median(start.resident_megabytes for start in starts),
    )


def serve(data_dir: Path, log: Path) -> Start:
    """Start `serve`, wait until it is ready, stop it."""
    port = free_port()
    env = {"DATA_DIR": str(data_dir), "PORT": str(port)}
    server = Server("serve", ["app.cli", "serve"], port, env, log)
    try:
        ready = server.wait_ready("/readyz")
        cpu = sum(cpu_seconds(pid) for pid in family(server.process.pid))
        return Start(ready, cpu, server.resident_megabytes())
    finally:
        server.stop()


def family(pid: int) -> Iterator[int]:
    """Yield a process and everything below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from family(int(child))


def cpu_seconds(pid: int) -> float:
    """Return user and system seconds of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS
