"""Handing a finished mail to the next server by SMTP. Every trouble is either `Permanent` or `Temporary`."""

import asyncio
import ipaddress
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

import aiosmtplib

from app.adapters.mail_address import Unmailable, ascii_address

QUIT_SECONDS = 2
"""How long a server may take to say goodbye: the mail is already accepted, nothing depends on it."""

_ENHANCED_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_MAX_REPLY = 300  # characters kept of what a server says
_FIRST_PERMANENT = 500


Reason = Literal[
    "unmailable",  # the address cannot be written to
    "recipient-refused",
    "message-refused",
    "sender-refused",
    "server-refused",  # its greeting, or whatever else is said before the mail's turn
    "credentials-refused",
    "tls-failed",
    "timed-out",
    "unreachable",
    "connection-lost",
    "outbox-unwritable",
]
"""Stable: clients and operators see these. docs/mail.md says what to do about each."""


class DeliveryFailed(Exception):  # noqa: N818 - the family name of the two below
    """A mail did not leave. Says what happened; never holds credentials or the mail itself.

    `reason` is the kind of trouble, `code` the server's three digits, `status` its enhanced status (`5.1.1`),
    each None when none was given.
    """

    def __init__(self, reason: Reason, detail: str, code: int | None = None, status: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.code = code
        self.status = status


class Permanent(DeliveryFailed):
    """This mail to this recipient was refused for good; sending it again would be refused again."""


class Temporary(DeliveryFailed):
    """The way is blocked for now: try the same mail again later."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The next server, from settings.

    `timeout_seconds` bounds a whole delivery, from connecting to acceptance. `ca_file` replaces the
    system's certificate authorities. `ehlo_name` is how this host calls itself.
    """

    host: str
    port: int
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: int = 30
    ca_file: Path | None = None
    ehlo_name: str | None = None


class Smtp:
    """One server to hand mails to. Every mail has a connection of its own, so one bad mail hurts no other."""

    def __init__(self, server: SmtpServer) -> None:
        """Raises `ValueError` for settings that would send a password over the network in clear."""
        if server.username is not None and server.tls == "none" and not _is_loopback(server.host):
            raise ValueError("SMTP credentials need TLS (starttls or implicit).")
        self._server = server
        self._context = None if server.tls == "none" else ssl.create_default_context(cafile=server.ca_file)

    async def send(self, raw_message: bytes, sender: str, recipient: str) -> None:
        """Deliver one mail to one recipient; returns once the server has taken responsibility for it.

        `sender` is the envelope's return address, empty for none (then nobody gets a bounce).
        Raises `Permanent` when the server refuses the recipient or the message for good (5xx to RCPT or DATA)
        or when an address cannot be written at all, `Temporary` for everything else.
        """
        try:
            sender, recipient = sender and ascii_address(sender), ascii_address(recipient)
        except Unmailable as error:
            raise Permanent("unmailable", str(error)) from error
        client = self._client()
        try:
            async with asyncio.timeout(self._server.timeout_seconds):
                await _deliver(client, raw_message, sender, recipient)
            # The bare command, not client.quit(): hanging up stays in one place below.
            with suppress(aiosmtplib.SMTPException, OSError):
                async with asyncio.timeout(QUIT_SECONDS):
                    await client.execute_command(b"QUIT")
        except TimeoutError:
            raise Temporary("timed-out", f"No answer within {self._server.timeout_seconds} s.") from None
        finally:
            _hang_up(client)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=self._context,
            local_hostname=server.ehlo_name,
            timeout=None,  # one limit for the whole delivery, in send()
        )


async def _deliver(client: aiosmtplib.SMTP, raw_message: bytes, sender: str, recipient: str) -> None:
    await _connect(client)
    try:
        await client.mail(sender)
        await client.rcpt(recipient)
        await client.data(raw_message)
    except aiosmtplib.SMTPSenderRefused as error:
        # Before RCPT a refusal is about us or the server (sender, relay rules): the mail is not at fault.
        raise Temporary("sender-refused", _said("sender", error.code, error.message), *_numbers(error)) from error
    except aiosmtplib.SMTPRecipientRefused as error:
        raise _by_code("recipient-refused", "recipient", error) from error
    except aiosmtplib.SMTPDataError as error:
        raise _by_code("message-refused", "message", error) from error
    except aiosmtplib.SMTPResponseException as error:
        raise Temporary("server-refused", _said("command", error.code, error.message), *_numbers(error)) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Temporary("connection-lost", f"The connection failed: {_clean(str(error))}") from error


async def _connect(client: aiosmtplib.SMTP) -> None:
    """Greeting, TLS and credentials: whatever fails here has nothing to do with the mail."""
    try:
        await client.connect()
    except aiosmtplib.SMTPAuthenticationError as error:
        # The server's words may repeat what was sent to it, so only the numbers are kept.
        raise Temporary("credentials-refused", "The server refused the credentials.", *_numbers(error)) from None
    except aiosmtplib.SMTPResponseException as error:
        raise Temporary("server-refused", _said("connection", error.code, error.message), *_numbers(error)) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Temporary(_trouble(error), f"The connection failed: {_clean(str(error))}") from error


def _trouble(error: BaseException) -> Reason:
    """Why there is no connection, from the error and what it came of."""
    came_of: BaseException | None = error
    while came_of is not None:
        if isinstance(came_of, ssl.SSLError) or "STARTTLS" in str(came_of):
            return "tls-failed"
        came_of = came_of.__cause__ or came_of.__context__
    return "connection-lost" if isinstance(error, aiosmtplib.SMTPServerDisconnected) else "unreachable"


def _hang_up(client: aiosmtplib.SMTP) -> None:
    # Aborting frees the socket now; a polite TLS close would wait for an answer of a server that may be stalled.
    transport = client.transport
    client.close()
    if transport is not None:
        cast("asyncio.WriteTransport", transport).abort()  # uvloop's is one too, but does not inherit from it


def _numbers(error: aiosmtplib.SMTPResponseException) -> tuple[int, str | None]:
    found = _ENHANCED_STATUS.search(error.message)
    return error.code, found.group(1) if found else None


def _by_code(reason: Reason, what: str, error: aiosmtplib.SMTPResponseException) -> DeliveryFailed:
    kind = Permanent if error.code >= _FIRST_PERMANENT else Temporary
    return kind(reason, _said(what, error.code, error.message), *_numbers(error))


def _said(what: str, code: int, reply: str) -> str:
    return f"The server refused the {what}: {code} {_clean(reply)}"


def _clean(reply: str) -> str:
    return "".join(char if char.isprintable() else " " for char in reply[:_MAX_REPLY]).strip()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
