"""A post office for the demo: a real SMTP server that delivers to an IMAP mailbox of the desk and to its clients."""

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

HOST = "127.0.0.1"
USER, PASSWORD = "desk", "demo"
PATIENCE_SECONDS = 30


class PostOffice:
    """What the desk's settings need, and what lies in the clients' mailboxes."""

    def __init__(self) -> None:
        self.smtp_port, self.imap_port = free_port(), free_port()
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Deliver: into the desk's IMAP mailbox, or to the client who reads `letters`."""
        content = envelope.content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if any("@e-connect.lu" in address for address in envelope.rcpt_tos):
            self.put(content)
        else:
            letter = message_from_bytes(content, policy=policy.default)
            assert isinstance(letter, EmailMessage)  # noqa: S101 (what that policy makes)
            self.letters.append(letter)
        return "250 2.0.0 Accepted"

    def put(self, content: bytes) -> None:
        """A mail arrives in the desk's mailbox."""
        with imap(self.imap_port) as client:
            client.append("INBOX", "", "", content)

    def waits_for(self, number: int) -> EmailMessage:
        """The client's letter of that number, counted from 1."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.letters) < number:
            if time.monotonic() > deadline:
                sys.exit(f"Letter {number} never came: is the worker running?")
            time.sleep(0.1)
        return self.letters[number - 1]


@contextmanager
def imap(port: int) -> Iterator[imaplib.IMAP4]:
    """Logged in, as a mail server's delivery agent."""
    client = imaplib.IMAP4(HOST, port, timeout=10)
    try:
        client.login(USER, PASSWORD)
        yield client
    finally:
        client.logout()


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    """Both servers, until the block ends."""
    from aiosmtpd.controller import Controller  # noqa: PLC0415 (only the demo has it)

    office = PostOffice()
    controller = Controller(office, hostname=HOST, port=office.smtp_port)
    pymap = ["--host", HOST, "--port", str(office.imap_port), "--no-tls"]
    process = subprocess.Popen(  # noqa: S603 (constants)
        [sys.executable, "-c", "from pymap.main import main; main()", *pymap, "dict", "--demo-user", USER,
         "--demo-password", PASSWORD],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    controller.start()
    try:
        _wait_for(office.imap_port)
        yield office
    finally:
        controller.stop()
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with imap(port):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
