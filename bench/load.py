r"""The load generator: a process of its own that writes ready-made requests down keep-alive connections.

It reads one job per line from standard input and answers one line per job, both JSON, until the input ends:

    {"port": 8001, "connections": 8, "requests": ["GET / HTTP/1.1\r\n…", …]}
    {"seconds": 0.41, "cpu_seconds": 0.05, "statuses": {"201": 400}, "lost": 0, "received_bytes": 90210,
     "latencies_ms": {"p50": …, "p95": …, "p99": …, "max": …}}

Every request is rendered beforehand, so that its own cost stays low: one write, one search for the end of
the head and for Content-Length. It shares the cores with the server that it measures; `cpu_seconds` says how
much it took.
"""

import asyncio
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import uvloop

HEAD_END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
JOB_TIMEOUT_SECONDS = 120


@dataclass(slots=True)
class Run:
    """One job under way: what is still to send, and what came back."""

    requests: Sequence[bytes]
    sent: int = 0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    received_bytes: int = 0
    open_connections: int = 0
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    def next_request(self) -> bytes | None:
        """Return the next request to send; None when all are sent."""
        if self.sent == len(self.requests):
            return None
        self.sent += 1
        return self.requests[self.sent - 1]


class KeepAlive(asyncio.Protocol):
    """One connection: it sends the next request as soon as the answer to the last one is complete."""

    __slots__ = ("buffer", "in_flight", "run", "started", "transport")

    def __init__(self, run: Run) -> None:
        """Belong to a run."""
        self.run = run
        self.buffer = b""
        self.in_flight = False
        self.started = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the start signal: the clock starts when every connection stands."""
        self.transport = cast("asyncio.Transport", transport)
        self.run.open_connections += 1

    def send_next(self) -> None:
        """Send the next request, or close when there is none left."""
        request = self.run.next_request()
        if request is None:
            self.transport.close()
            return
        self.in_flight = True
        self.started = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take what came; when the answer is complete, note it and go on."""
        if self.buffer:
            data = self.buffer + data
        length = answer_length(data)
        if length is None or len(data) < length:
            self.buffer = data
            return
        self.buffer = b""
        run = self.run
        run.latencies.append(time.perf_counter() - self.started)
        run.statuses[int(data[9:12])] += 1
        run.received_bytes += length
        self.in_flight = False
        self.send_next()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Count an answer that never came as lost."""
        self.run.lost += self.in_flight
        self.run.open_connections -= 1
        if self.run.open_connections == 0:
            self.run.finished.set()


def answer_length(data: bytes) -> int | None:
    """Return the length in bytes of head and body together; None while the head is incomplete."""
    end = data.find(HEAD_END)
    if end < 0:
        return None
    start = data[:end].lower().find(LENGTH)
    if start < 0:
        msg = f"an answer without Content-Length: {data[:end]!r}"
        raise ValueError(msg)
    start += len(LENGTH)
    line_end = data.find(b"\r\n", start)
    return end + len(HEAD_END) + int(data[start:line_end])


async def perform(port: int, connections: int, requests: Sequence[bytes]) -> dict[str, Any]:
    """Send every request once over that many connections; return times, status codes and losses."""
    loop = asyncio.get_running_loop()
    run = Run(requests)
    pairs = [await loop.create_connection(lambda: KeepAlive(run), "127.0.0.1", port) for _ in range(connections)]
    cpu, started = time.process_time(), time.perf_counter()
    for _, connection in pairs:
        connection.send_next()
    try:
        async with asyncio.timeout(JOB_TIMEOUT_SECONDS):
            await run.finished.wait()
    except TimeoutError:
        for transport, _ in pairs:
            transport.abort()
        await run.finished.wait()
    seconds = time.perf_counter() - started
    run.lost += len(requests) - run.sent
    return report(run, seconds, time.process_time() - cpu)


def report(run: Run, seconds: float, cpu_seconds: float) -> dict[str, Any]:
    """Put a finished run into the words of the answer."""
    latencies = sorted(run.latencies) or [0.0]
    last = len(latencies) - 1
    quantiles = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "statuses": {str(status): count for status, count in sorted(run.statuses.items())},
        "lost": run.lost,
        "received_bytes": run.received_bytes,
        "latencies_ms": {name: 1000 * latencies[round(last * share)] for name, share in quantiles.items()},
    }


def main() -> None:
    """Perform jobs from standard input until it ends."""
    gc.disable()
    for line in sys.stdin:
        job = json.loads(line)
        requests = [request.encode() for request in job["requests"]]
        answer = uvloop.run(perform(job["port"], job["connections"], requests))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        gc.collect()


if __name__ == "__main__":
    main()
