"""One IMAP mailbox to read mail from. Blocking: use it from a thread.

Mails are fetched one by one and as bytes: nothing here looks into them, and none is marked or moved before the caller
says that it is kept.
"""

import ipaddress
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from imaplib import IMAP4
from typing import Any

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from app.core.settings import ImapAccount

SECONDS = 30
_SIZE = re.compile(rb"RFC822\.SIZE ([0-9]{1,12})")
MOST_AT_ONCE = 100
IMAP_TROUBLE = (OSError, IMAP4.error, ImapToolsError)


class Inbox:
    """An open mailbox."""

    def __init__(self, mailbox: BaseMailBox, account: ImapAccount) -> None:
        self.mailbox = mailbox
        self.account = account

    def waiting(self) -> list[str]:
        """The mails to take, the oldest first."""
        criteria = AND(seen=False) if self.account.done_folder is None else "ALL"
        return self.mailbox.uids(criteria)[:MOST_AT_ONCE]

    def size(self, uid: str) -> int:
        """How many bytes it has."""
        _, data = self.mailbox.client.uid("FETCH", uid, "(RFC822.SIZE)")
        found = _SIZE.search(b" ".join(line for line in data if isinstance(line, bytes)))
        return int(found[1]) if found else 0

    def content(self, uid: str, *, header_only: bool = False) -> bytes | None:
        """The mail's bytes, or its header's; None when somebody else took it away."""
        _, data = self.mailbox.client.uid("FETCH", uid, "(BODY.PEEK[HEADER])" if header_only else "(BODY.PEEK[])")
        found: list[Any] = [part[1] for part in data if isinstance(part, tuple)]
        return bytes(found[0]) if found else None

    def done(self, uid: str) -> None:
        """It is kept: move it away, or mark it where it lies."""
        if self.account.done_folder is None:
            self.mailbox.flag(uid, MailMessageFlags.SEEN, True)
            return
        if not self.mailbox.folder.exists(self.account.done_folder):
            self.mailbox.folder.create(self.account.done_folder)
        self.mailbox.move(uid, self.account.done_folder)


@contextmanager
def opened(account: ImapAccount) -> Iterator[Inbox]:
    """Log in, and out again."""
    mailbox = _connect(account)
    try:
        mailbox.login(account.username, account.password.get_secret_value(), initial_folder=account.folder)
        yield Inbox(mailbox, account)
    finally:
        _leave(mailbox)


def _connect(account: ImapAccount) -> BaseMailBox:
    if account.tls == "none":
        if not _is_loopback(account.host):
            raise ValueError("IMAP credentials need TLS (starttls or implicit).")
        return MailBoxUnencrypted(account.host, account.port, timeout=SECONDS)
    context = ssl.create_default_context(cafile=account.ca_file)
    kind = MailBox if account.tls == "implicit" else MailBoxStartTls
    return kind(account.host, account.port, timeout=SECONDS, ssl_context=context)


def _leave(mailbox: BaseMailBox) -> None:
    try:
        mailbox.logout()
    except IMAP_TROUBLE:
        mailbox.client.shutdown()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
