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
from pathlib import Path

ROOT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 20
POLL_SECONDS = 0.01


def free_port() -> int:
    """Return a port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
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
                cwd=ROOT,
                env=os.environ | dict(env),
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
        msg = f"{self.name} does not answer {path}; its output:\n{self.log.read_text()[-4000:]}"
        raise RuntimeError(msg)

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of the process and of its children that have ended."""
        return cpu_seconds(self.process.pid)

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


def cpu_seconds(pid: int) -> float:
    """Return user and system seconds of a process, its ended children included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS


def uvicorn(target: str, port: int, *options: str) -> list[str]:
    """Return the command of one uvicorn worker with the quick loop and parser, as both sides run it."""
    fixed = ["--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools"]
    return ["uvicorn", target, *fixed, "--no-access-log", "--log-level", "warning", *options]
