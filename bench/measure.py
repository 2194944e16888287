"""One measurement: a batch of requests sent by the load generator, with what it cost on both ends."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from bench.processes import ROOT, Server


@dataclass(frozen=True, slots=True)
class Sample:
    """What one batch took."""

    requests: int
    seconds: float
    server_cpu_seconds: float
    load_cpu_seconds: float
    statuses: dict[str, int]
    lost: int
    latencies_ms: dict[str, float]

    @property
    def milliseconds(self) -> float:
        """Wall time per request, over all connections together."""
        return 1000 * self.seconds / self.requests

    @property
    def server_cpu_milliseconds(self) -> float:
        """CPU time of the server's process per request; Postgres not included."""
        return 1000 * self.server_cpu_seconds / self.requests

    @property
    def errors(self) -> int:
        """Answers other than 2xx, and answers that never came."""
        return self.lost + sum(count for status, count in self.statuses.items() if not status.startswith("2"))


class Loader:
    """The load generator's process."""

    def __enter__(self) -> Self:
        """Start it."""
        self.created: Counter[int] = Counter()  # answers 201, by port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """End it: its input is over."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()

    def measure(self, server: Server, connections: int, requests: Sequence[str]) -> Sample:
        """Send the requests to a server over that many connections and return what it took."""
        before = server.cpu_seconds()
        answer = self._ask({"port": server.port, "connections": connections, "requests": list(requests)})
        self.created[server.port] += answer["statuses"].get("201", 0)
        return Sample(
            requests=len(requests),
            seconds=answer["seconds"],
            server_cpu_seconds=server.cpu_seconds() - before,
            load_cpu_seconds=answer["cpu_seconds"],
            statuses=answer["statuses"],
            lost=answer["lost"],
            latencies_ms=answer["latencies_ms"],
        )

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the load generator has no pipes")
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load generator ended with {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
