"""`make serve` as its user lives it: first start, the story, Ctrl-C, a second start, kill -9 of everything."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters import embedded_postgres
from tests.live import ROOT, free_port

READY_SECONDS = 90


class Served:
    """One `serve` on a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"} or "COV" in name}
        self.environment = kept | {"DATA_DIR": str(data_dir), "PORT": str(self.port)}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.data_dir / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve"], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError((self.data_dir / "serve.log").read_text()[-4000:])

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def demo(self) -> str:
        played = subprocess.run(
            [sys.executable, "-m", "app.cli", "demo"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert played.returncode == 0, played.stdout + played.stderr
        return played.stdout

    def keys(self) -> dict[str, str]:
        keys: dict[str, str] = json.loads((self.data_dir / "credentials.json").read_text())["keys"]
        return keys

    def get(self, path: str, role: str) -> Any:
        answer = httpx.get(self.url + path, headers={"Authorization": f"Bearer {self.keys()[role]}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def form_status(self) -> int:
        """The example form is a process of its own, which may be up a moment after the API."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                return httpx.get(f"http://127.0.0.1:{self.port + 1}/").status_code
            except httpx.ConnectError:
                assert time.monotonic() < deadline, "the help form does not answer"
                time.sleep(0.05)

    def left_running(self) -> list[str]:
        """Command lines that still name the data folder or its ports."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.data_dir) in command or f"--port {self.port + 1} " in command:
                found.append(command)
        return found


@pytest.fixture
def served(open_folder: Path) -> Iterator[Served]:
    service = Served(open_folder)
    yield service
    if service.process is not None and service.process.poll() is None:
        service.end(signal.SIGKILL)
    embedded_postgres.stop(service.data_dir)


def test_a_desk_from_its_first_start_to_its_recovery(served: Served):
    served.start()
    file = served.data_dir / "credentials.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["base_url"] == served.url
    keys = served.keys()
    assert set(keys) == {"admin", "agent", "finance", "accounting", "client", "mail"}
    assert served.get("/v1/queue", "agent")["items"][0]["lane"] == "urgent"
    assert {client["name"] for client in served.get("/v1/clients", "client")["items"]} == {
        "Boulangerie Schmit S.à r.l."
    }
    assert served.form_status() == 200

    story = served.demo()
    assert "ticket.agent_replied" in story
    assert story.rstrip().endswith("Done.")
    mails = list((served.data_dir / "outbox").glob("*.eml"))
    assert len(mails) >= 2

    assert served.end(signal.SIGINT) == 0
    assert served.left_running() == []

    served.start()  # a second start finds everything, and gives out no new keys
    assert served.keys() == keys
    tickets = len(served.get("/v1/tickets?limit=100", "agent")["items"])

    served.end(signal.SIGKILL)
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        if str(served.data_dir / "postgres").encode() in command.read_bytes():
            os.kill(int(command.parent.name), signal.SIGKILL)
    served.start()  # after kill -9 of everything it recovers by itself
    assert len(served.get("/v1/tickets?limit=100", "agent")["items"]) == tickets
    assert served.end(signal.SIGTERM) == 0
    assert served.left_running() == []


def test_commands_find_the_database_of_a_running_service(served: Served):
    """As the README shows it: a key and a mail by the command line, while it runs; afterwards one clear line."""

    def command(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=ROOT, env=served.environment, capture_output=True, input=stdin, check=False,
        )  # fmt: skip

    mail = b"From: rita@elsewhere.example\r\nMessage-ID: <1@elsewhere.example>\r\nSubject: Pipe\r\n\r\nIt is down.\r\n"
    served.start()
    key = command("create-key", "Hook", "--role", "mail")
    assert key.returncode == 0, key.stderr
    headers = {"Authorization": f"Bearer {key.stdout.decode().strip()}"}
    assert httpx.get(f"{served.url}/v1/queue", headers=headers).status_code == 403  # known, and only for mail
    assert command("deliver", "--mailbox", "support@e-connect.lu", stdin=mail).returncode == 0
    assert "Pipe" in [ticket["subject"] for ticket in served.get("/v1/tickets", "agent")["items"]]

    assert served.end(signal.SIGTERM) == 0
    refused = command("create-key", "Hook", "--role", "mail")
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert refused.stderr.decode().splitlines() == [
        f"DATABASE_URL is not set, and no `make serve` runs on {served.data_dir}: do either first."
    ]
    assert command("deliver", "--mailbox", "support@e-connect.lu", stdin=mail).returncode == 75
