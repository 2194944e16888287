"""Real servers with real sockets, each on a database of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from app.adapters.embedded_postgres import Cluster
from tests.builders import Keys, some_keys
from tests.postgres import Clone, clone, connected

ROOT = Path(__file__).parents[1]
READY_SECONDS = 60
STOP_SECONDS = 20
PLENTY = "1000000"
API = ("uvicorn", "app.main:create_app", "--factory", "--no-access-log", "--log-level", "warning")
SERVE = ("app.cli", "serve")  # API and worker
PRODUCTION = {  # no demo data, no help form
    "ENVIRONMENT": "production",
    "SECRET_KEY": "a secret that only the tests of this project know",
    "PUBLIC_URL": "https://desk.example",
    "CORS_ORIGINS": "[]",
}
LIMITS = ("FORM_PER_MINUTE_PER_IP", "FORM_PER_HOUR_PER_ADDRESS", "FAILED_CREDENTIALS_PER_MINUTE_PER_IP")


def inherited_environment(*, measured: bool) -> dict[str, str]:
    """What a child process gets of ours; `measured` has coverage watch it, which costs time."""
    names = {"PATH", "HOME", "LANG", "TMPDIR"} | (
        {"COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"} if measured else set()
    )
    return {name: value for name, value in os.environ.items() if name in names}


class LiveServer:
    """One server process; it can be killed and started again on the same database and port."""

    def __init__(
        self, database: Clone, keys: Keys, folder: Path, command: Sequence[str], environment: dict[str, str]
    ) -> None:
        self.database = database
        self.keys = keys
        self.command = command
        self.folder = folder
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = inherited_environment(measured=command != API)
        self.environment = inherited | {
            "DATABASE_URL": database.app_url,
            "DATA_DIR": str(folder),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            **dict.fromkeys(LIMITS, PLENTY),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        where = ("--host", "127.0.0.1", "--port", str(self.port)) if self.command == API else ()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command, *where],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/healthz", timeout=5)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"The server does not answer; its log:\n{self.log.read_text()[-4000:]}")

    def kill(self) -> None:
        """As `kill -9`: it gets no chance to finish anything."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """As Ctrl-C: it finishes what it is doing."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(STOP_SECONDS)
            self.process = None

    def end(self) -> None:
        """Stop it, or kill it when it does not stop."""
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
            raise


class LiveServers:
    """Starts servers for a test, and ends them and their databases with it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stack.__exit__(kind, error, at)

    def start(self, command: Sequence[str] = API, **environment: str) -> LiveServer:
        """A server, its database and its keys; `environment` as in `CORS_ORIGINS='["http://localhost:1"]'`."""
        database = self.stack.enter_context(clone(self.cluster))
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="desk-live-")))
        server = LiveServer(database, asyncio.run(_keys_in(database)), folder, command, environment)
        self.stack.callback(server.end)
        server.start()
        return server


async def _keys_in(database: Clone) -> Any:
    async with connected(database.app_url) as connection:
        return await some_keys(connection)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
