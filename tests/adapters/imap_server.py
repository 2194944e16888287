"""A real IMAP server for tests: pymap, in a process of its own, with one user and an empty store in memory."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from imaplib import IMAP4

from pydantic import SecretStr

from app.core.settings import ImapAccount
from tests.adapters.smtp_server import HOST, free_port
from tests.mails import SUPPORT

USER, PASSWORD = "rita", "secret"
READY_SECONDS = 20


class ImapServer:
    """What a mail server puts into the mailbox, and what lies in it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def account(self, **values: object) -> ImapAccount:
        known = {"mailbox": SUPPORT, "host": HOST, "port": self.port, "tls": "none", "username": USER}
        return ImapAccount.model_validate(known | {"password": SecretStr(PASSWORD)} | values)

    def put(self, *mails: bytes) -> None:
        """New mails arrive."""
        with self._client() as client:
            for mail in mails:
                status, said = client.append("INBOX", "", "", mail)
                assert status == "OK", said

    def empty(self) -> None:
        """Nothing lies in the mailbox."""
        with self._client() as client:
            client.select("INBOX")
            client.store("1:*", "+FLAGS", r"(\Deleted)")
            client.expunge()

    def folder(self, name: str, criteria: str = "ALL") -> list[bytes]:
        """The mails in a folder."""
        with self._client() as client:
            if client.select(name, readonly=True)[0] != "OK":
                return []
            numbers = client.search(None, criteria)[1][0].split()
            return [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]  # type: ignore[index, misc]

    @contextmanager
    def _client(self) -> Iterator[IMAP4]:
        client = IMAP4(HOST, self.port, timeout=10)
        try:
            client.login(USER, PASSWORD)
            yield client
        finally:
            client.logout()


@contextmanager
def imap_server() -> Iterator[ImapServer]:
    """Run it until the block ends."""
    port = free_port()
    command = [
        sys.executable,
        "-c",
        "from pymap.main import main; main()",
        "--host",
        HOST,
        "--port",
        str(port),
        "--no-tls",
    ]
    process = subprocess.Popen(
        [*command, "dict", "--demo-user", USER, "--demo-password", PASSWORD],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        server = ImapServer(port)
        _wait_for(server)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait_for(server: ImapServer) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            server.folder("INBOX")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
