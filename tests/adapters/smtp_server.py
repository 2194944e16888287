"""A real SMTP server for tests, which can refuse, stall and cut the connection where it is told to."""

# ruff: noqa: N802, ARG002 - names and arguments are aiosmtpd's

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
STALL_SECONDS = 30
SLOW_SECONDS = 0.1


@dataclass
class Behaviour:
    """What the server does; None means that it accepts."""

    at_mail: str | None = None
    at_rcpt: str | None = None
    at_data: str | None = None
    stall_at: str | None = None
    slow_at: str | None = None
    cut_at: str | None = None
    password: str | None = None


@dataclass
class Mailserver:
    port: int
    received: list[Envelope] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


class _Handler:
    def __init__(self, behaviour: Behaviour, server: Mailserver) -> None:
        self.behaviour = behaviour
        self.server = server

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._stall("mail")
        envelope.mail_from = address
        return self.behaviour.at_mail or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._stall("rcpt")
        if self.behaviour.at_rcpt:
            return self.behaviour.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self._stall("data")
        if self.behaviour.at_data:
            return self.behaviour.at_data
        self.server.received.append(envelope)
        return "250 2.0.0 Accepted"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self._stall("rset")
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self._stall("quit")
        return "221 Bye"

    async def _stall(self, where: str) -> None:
        if self.behaviour.stall_at == where:
            await asyncio.sleep(STALL_SECONDS)
        if self.behaviour.slow_at == where:
            await asyncio.sleep(SLOW_SECONDS)


class _Server(SMTP):
    behaviour: Behaviour
    opened: set[asyncio.Transport]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.opened.add(cast("asyncio.Transport", transport))
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:
        if self.behaviour.cut_at == "data":
            await self.push("354 Go on")
            cast("asyncio.Transport", self.transport).abort()
            return
        await super().smtp_DATA(arg)


class _Controller(Controller):
    def __init__(self, handler: _Handler, behaviour: Behaviour, **kwargs: Any) -> None:
        self.behaviour = behaviour
        self.opened: set[asyncio.Transport] = set()
        super().__init__(handler, hostname=HOST, **kwargs)

    def factory(self) -> SMTP:
        server = _Server(self.handler, **self.SMTP_kwargs)
        server.behaviour, server.opened = self.behaviour, self.opened
        return server

    async def hang_up(self) -> None:
        """Close what clients left open, so that the loop of this server ends with no socket in it."""
        for transport in self.opened:
            transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


@contextmanager
def mailserver(
    behaviour: Behaviour, implicit: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
) -> Iterator[Mailserver]:
    """Run the server in a thread of its own until the block ends."""
    server = Mailserver(free_port())

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = data.password.decode()
        server.logins.append(f"{data.login.decode()}:{given}")
        # A rude server, that repeats what it was told.
        if given == behaviour.password:
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 Not {given}")

    kwargs: dict[str, Any] = {"tls_context": starttls, "ssl_context": implicit}
    if behaviour.password is not None:
        kwargs |= {"authenticator": authenticate, "auth_require_tls": starttls is not None}
    controller = _Controller(_Handler(behaviour, server), behaviour, port=server.port, **kwargs)
    controller.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(controller.hang_up(), controller.loop).result(timeout=10)
        controller.stop()
