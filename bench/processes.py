"""The processes under measurement: start them, wait until they answer, read what they cost, stop them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
KEPT = {"HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV"}
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 20
POLL_SECONDS = 0.01


def free_port() -> int:
    """Return a port that nobody listens on right now, nor on the next one, which the example form takes."""
    while True:
        with socket.socket() as probe, socket.socket() as next_probe, suppress(OSError):
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            next_probe.bind(("127.0.0.1", port + 1))
            return port


class Server:
    """A server process of its own, in its own process group."""

    def __init__(self, name: str, command: Sequence[str], port: int, env: Mapping[str, str], log: Path) -> None:
        """Start the command; its output goes to the log."""
        self.name, self.port, self.log = name, port, log
        self.started = time.perf_counter()
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=log.parent,
                env=surroundings(env),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self, path: str) -> float:
        """Wait until `path` answers 200; return the seconds since the start."""
        url = f"http://127.0.0.1:{self.port}{path}"
        while time.perf_counter() - self.started < START_TIMEOUT_SECONDS:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return time.perf_counter() - self.started
            except (urllib.error.URLError, ConnectionError):
                time.sleep(POLL_SECONDS)
        ended = self.process.poll()
        state = "still runs" if ended is None else f"ended with {ended}"
        raise RuntimeError(f"{self.name} does not answer {path} and {state}:\n{self.log.read_text()[-4000:]}")

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of the process's threads so far."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def resident_megabytes(self) -> float:
        """Return the resident memory in units of 10⁶ bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(kibibytes) * 1024 / 1e6

    def stop(self) -> None:
        """Ask it to stop; kill its group when it does not."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def surroundings(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process: nothing of a developer's own DATABASE_URL or `.env` may reach it."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(env)


def uvicorn(target: str, port: int, *options: str) -> list[str]:
    """Return the command of one uvicorn worker with the quick loop and parser, as both sides run it."""
    fixed = ["--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools"]
    return ["uvicorn", target, *fixed, "--no-access-log", "--log-level", "warning", *options]
