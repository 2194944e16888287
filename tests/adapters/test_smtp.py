"""Delivery to a real SMTP server that accepts, refuses, stalls and cuts; with and without TLS."""

import asyncio
import logging
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
import uvloop

from app.adapters.mail_message import build_mail
from app.adapters.smtp import Permanent, Smtp, SmtpServer, Temporary
from tests.adapters.smtp_server import HOST, Behaviour, free_port, mailserver
from tests.adapters.test_mail_message import MAIL

RAW = build_mail(MAIL)
SENDER, ANNA = "support@e-connect.lu", "anna@ville.lu"


def plain(port: int, timeout_seconds: int = 5) -> SmtpServer:
    return SmtpServer(HOST, port, tls="none", timeout_seconds=timeout_seconds, ehlo_name="desk.e-connect.lu")


def deliver(server: SmtpServer, sender: str = SENDER, recipient: str = ANNA) -> None:
    asyncio.run(Smtp(server).send(RAW, sender, recipient))


def test_an_accepted_mail_arrives_byte_for_byte() -> None:
    with mailserver(Behaviour()) as server:
        deliver(plain(server.port), recipient="anna@büro.de")

    (envelope,) = server.received
    assert envelope.original_content == RAW
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, ["anna@xn--bro-hoa.de"])


def test_an_empty_sender_asks_for_no_bounce() -> None:
    with mailserver(Behaviour()) as server:
        deliver(plain(server.port), sender="")

    assert server.received[0].mail_from == "<>"


@pytest.mark.parametrize(
    ("behaviour", "reason", "code", "status"),
    [
        (Behaviour(at_rcpt="550 5.1.1 No such user"), "recipient-refused", 550, "5.1.1"),
        (Behaviour(at_rcpt="553 Not here"), "recipient-refused", 553, None),
        (Behaviour(at_data="554 5.7.1 Looks like spam"), "message-refused", 554, "5.7.1"),
        (Behaviour(at_rcpt="550 5.1.1 No such user", stall_at="rset"), "recipient-refused", 550, "5.1.1"),
    ],
)
def test_a_refusal_for_good_is_permanent(behaviour: Behaviour, reason: str, code: int, status: str | None) -> None:
    with mailserver(behaviour) as server, pytest.raises(Permanent) as caught:
        deliver(plain(server.port))

    assert (caught.value.reason, caught.value.code, caught.value.status) == (reason, code, status)
    assert str(code) in caught.value.detail
    assert server.received == []


@pytest.mark.parametrize(
    ("behaviour", "reason", "code"),
    [
        (Behaviour(at_rcpt="450 4.2.1 Greylisted, come back"), "recipient-refused", 450),
        (Behaviour(at_data="452 4.3.1 Out of space"), "message-refused", 452),
        (Behaviour(at_rcpt="421 4.3.2 Closing"), "recipient-refused", 421),
        (Behaviour(at_mail="451 4.3.0 Busy"), "sender-refused", 451),
        (Behaviour(at_mail="550 5.7.1 Sender not allowed"), "sender-refused", 550),
    ],
)
def test_a_refusal_for_now_or_of_the_desk_itself_is_temporary(behaviour: Behaviour, reason: str, code: int) -> None:
    with mailserver(behaviour) as server, pytest.raises(Temporary) as caught:
        deliver(plain(server.port))

    assert (caught.value.reason, caught.value.code) == (reason, code)


@contextmanager
def trouble(reason: str) -> Iterator[None]:
    """The block cannot deliver for now, for that reason."""
    with pytest.raises(Temporary) as caught:
        yield
    assert caught.value.reason == reason


@pytest.mark.parametrize("where", ["mail", "rcpt", "data"])
def test_a_stalling_server_costs_no_more_than_the_time_limit(where: str) -> None:
    with mailserver(Behaviour(stall_at=where)) as server:
        begun = time.monotonic()
        with trouble("timed-out"):
            deliver(plain(server.port, timeout_seconds=1))

    assert time.monotonic() - begun < 5


def test_a_server_that_drips_bytes_is_held_to_the_same_limit() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"220-still here\r\n")
                await writer.drain()
                await asyncio.sleep(0.1)
        except (ConnectionError, asyncio.CancelledError):
            writer.close()

    async def story() -> None:
        server = await asyncio.start_server(drip, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            with trouble("timed-out"):
                await Smtp(plain(port, timeout_seconds=1)).send(RAW, SENDER, ANNA)

    asyncio.run(story())


def test_a_slow_goodbye_does_not_undo_a_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.smtp.QUIT_SECONDS", 1)
    with mailserver(Behaviour(stall_at="quit")) as server:
        deliver(plain(server.port))

    assert len(server.received) == 1


def test_a_connection_cut_in_the_middle_of_the_message_is_temporary() -> None:
    with mailserver(Behaviour(cut_at="data")) as server, trouble("connection-lost"):
        deliver(plain(server.port))


def test_a_server_that_is_not_there_is_temporary() -> None:
    with trouble("unreachable"):
        deliver(plain(free_port()))


@pytest.mark.parametrize(("greeting", "reason"), [(b"554 5.3.2 Not today\r\n", "server-refused"), (b"", "unreachable")])
def test_a_server_that_does_not_let_the_desk_in_is_temporary(greeting: bytes, reason: str) -> None:
    async def turn_away(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(turn_away, HOST, 0)
        async with server:
            with trouble(reason):
                await Smtp(plain(server.sockets[0].getsockname()[1])).send(RAW, SENDER, ANNA)

    asyncio.run(story())


def test_a_name_that_does_not_exist_is_temporary() -> None:
    with trouble("unreachable"):
        deliver(replace(plain(25), host="mail.invalid"))


@pytest.mark.parametrize("address", ["anna@ville.lu>\r\nRCPT TO:<victim@example.org", "anna", "élodie@ville.lu"])
def test_an_address_that_cannot_be_written_never_reaches_the_server(address: str) -> None:
    with mailserver(Behaviour()) as server:
        with pytest.raises(Permanent):
            deliver(plain(server.port), recipient=address)
        with pytest.raises(Permanent):
            deliver(plain(server.port), sender=address)

    assert server.received == []


class Authority:
    """A certificate authority of its own, as a company's mail server may have."""

    def __init__(self, folder: Path, host: str = HOST) -> None:
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(host).configure_cert(self.context)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.parametrize("stall_at", [None, "data", "quit"])
def test_the_loop_of_production_is_left_clean_too(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, stall_at: str | None
) -> None:
    monkeypatch.setattr("app.adapters.smtp.QUIT_SECONDS", 1)
    with mailserver(Behaviour(stall_at=stall_at), implicit=authority.context) as server:
        smtp = Smtp(replace(plain(server.port, timeout_seconds=1), tls="implicit", ca_file=authority.ca_file))
        with pytest.raises(Temporary) if stall_at == "data" else nullcontext():
            uvloop.run(smtp.send(RAW, SENDER, ANNA))


def test_starttls_with_a_trusted_certificate(authority: Authority) -> None:
    with mailserver(Behaviour(), starttls=authority.context) as server:
        deliver(replace(plain(server.port), tls="starttls", ca_file=authority.ca_file))

    assert len(server.received) == 1


def test_implicit_tls_with_a_trusted_certificate(authority: Authority) -> None:
    with mailserver(Behaviour(), implicit=authority.context) as server:
        deliver(replace(plain(server.port), tls="implicit", ca_file=authority.ca_file))

    assert len(server.received) == 1


def test_a_certificate_of_an_unknown_authority_is_refused(authority: Authority) -> None:
    with mailserver(Behaviour(), starttls=authority.context) as server, trouble("tls-failed"):
        deliver(replace(plain(server.port), tls="starttls"))
    with mailserver(Behaviour(), implicit=authority.context) as other, trouble("tls-failed"):
        deliver(replace(plain(other.port), tls="implicit"))

    assert server.received == other.received == []


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    elsewhere = Authority(tmp_path, host="mail.example.org")
    with mailserver(Behaviour(), starttls=elsewhere.context) as server, trouble("tls-failed"):
        deliver(replace(plain(server.port), tls="starttls", ca_file=elsewhere.ca_file))

    assert server.received == []


def test_a_server_without_starttls_gets_nothing() -> None:
    with mailserver(Behaviour()) as server, trouble("tls-failed"):
        deliver(replace(plain(server.port), tls="starttls"))

    assert server.received == []


SECRET = "correct-horse-battery"


def test_credentials_are_used_over_tls(authority: Authority) -> None:
    with mailserver(Behaviour(password=SECRET), starttls=authority.context) as server:
        deliver(
            replace(
                plain(server.port),
                tls="starttls",
                ca_file=authority.ca_file,
                username="desk",
                password=SECRET,
            )
        )

    assert server.logins == [f"desk:{SECRET}"]
    assert len(server.received) == 1


def test_refused_credentials_are_temporary_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with mailserver(Behaviour(password="another")) as server:
        settings = replace(plain(server.port), username="desk", password=SECRET)
        with pytest.raises(Temporary) as caught:
            deliver(settings)

    assert (caught.value.reason, caught.value.code) == ("credentials-refused", 535)
    assert caught.value.__cause__ is None
    shown = f"{caught.value!r} {settings!r} {Smtp(settings)!r} " + " ".join(
        record.getMessage() for record in caplog.records if not re.match(r"mail\.log|asyncio", record.name)
    )
    assert SECRET not in shown


def test_credentials_over_the_open_network_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="need TLS"):
        Smtp(replace(plain(25), host="mail.e-connect.lu", username="desk", password=SECRET))
    with pytest.raises(ValueError, match="need TLS"):
        Smtp(replace(plain(25), host="192.0.2.1", username="desk", password=SECRET))
    Smtp(replace(plain(25), host="localhost", username="desk", password=SECRET))
