"""Bytes on a real socket that are no request, or never become one."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Self

import pytest

from tests.live import PRODUCTION, SERVE, LiveServer, LiveServers

PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def server(cluster) -> Iterator[LiveServer]:
    with LiveServers(cluster) as servers:
        yield servers.start(SERVE, **PRODUCTION, HEAD_SECONDS="1", BODY_SECONDS="1")


class Line:
    """A connection to the server."""

    def __init__(self, server: LiveServer) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def to_the_end(self) -> bytes:
        """What the server says until it hangs up."""
        said = b""
        try:
            while more := self.socket.recv(65536):
                said += more
        except ConnectionResetError:
            pass
        return said

    def trickle(self, piece: bytes, pause: float) -> tuple[bytes, float]:
        """Send a piece again and again until the server hangs up; what it said, and after how many seconds."""
        started = time.monotonic()
        self.socket.settimeout(pause)
        said = b""
        while time.monotonic() < started + PATIENCE_SECONDS:
            try:
                self.socket.sendall(piece)
                more = self.socket.recv(65536)
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                more = b""
            if not more:
                return said, time.monotonic() - started
            said += more
        raise AssertionError("the server never hangs up")


def problem_in(said: bytes) -> tuple[int, str]:
    """Status and code of an answer, and that it is as complete as any other."""
    head, _, body = said.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    document = json.loads(body[: int(headers["content-length"])])
    assert headers["x-request-id"] == document["request_id"]
    assert document["type"].startswith("https://desk.example/problems/")
    assert status.split()[1] == str(document["status"])
    return document["status"], document["code"]


POST = b"POST /v1/public/tickets HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS greeting",
        b"hello\r\n\r\n",
        b"GET /h\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost a\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /v1/public/tickets HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/public/tickets HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/public/tickets HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}garbage",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n{}",
    ],
)
def test_what_is_no_request_gets_a_problem(server: LiveServer, sent: bytes):
    with Line(server) as line:
        line.send(sent)
        assert problem_in(line.to_the_end()) == (400, "malformed-request")


@pytest.mark.parametrize("start", [b"", b"G", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: a\r\n"])
def test_a_head_that_trickles_is_cut(server: LiveServer, start: bytes):
    with Line(server) as line:
        line.send(start)
        said, seconds = line.trickle(b"X-Slow: 1\r\n" if b"\n" in start else b"", 0.3)
        assert 0.5 < seconds < PATIENCE_SECONDS / 2
        if start:
            assert problem_in(said) == (408, "request-timeout")
        else:
            assert said == b""


def test_a_body_that_trickles_is_cut(server: LiveServer):
    with Line(server) as line:
        line.send(b"POST /v1/public/tickets HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n")
        line.send(b"Content-Length: 60000\r\n\r\n")
        said, seconds = line.trickle(b" ", 0.2)
        assert problem_in(said) == (408, "request-timeout")
        assert seconds < PATIENCE_SECONDS / 2


def test_a_body_that_nobody_reads_is_no_way_to_stay(server: LiveServer):
    with Line(server) as line:
        line.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n")
        said, seconds = line.trickle(b" ", 0.3)
        assert said.startswith(b"HTTP/1.1 200")
        assert seconds < PATIENCE_SECONDS / 2


@pytest.mark.parametrize("what", ["one header", "many headers", "a long address"])
def test_a_head_without_end_is_cut(server: LiveServer, what: str):
    begin, piece = {
        "one header": (b"GET / HTTP/1.1\r\nX: ", b"x" * 1000),
        "many headers": (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 200),
        "a long address": (b"GET /", b"x" * 1000),
    }[what]
    with Line(server) as line:
        line.send(begin)
        said, seconds = line.trickle(piece, 0.001)
        assert problem_in(said) == (431, "head-too-large")
        assert seconds < 2


@pytest.mark.parametrize("what", ["one header", "many headers", "a long address"])
def test_a_head_that_comes_whole_is_not_larger(server: LiveServer, what: str):
    """64 KiB are read, however they arrive."""

    def head(size: int) -> bytes:
        return {
            "one header": b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: " + b"x" * size + b"\r\n\r\n",
            "many headers": b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + b"X: yy\r\n" * (size // 7) + b"\r\n",
            "a long address": b"GET /healthz?" + b"x" * size + b" HTTP/1.1\r\nConnection: close\r\n\r\n",
        }[what]

    with Line(server) as line:
        line.send(head(60_000))
        assert not line.to_the_end().startswith(b"HTTP/1.1 431")
    with Line(server) as line:
        line.send(head(90_000))
        assert problem_in(line.to_the_end()) == (431, "head-too-large")


def test_trailers_are_neither_headers_nor_endless(server: LiveServer):
    head = b"POST /v1/queue/claims HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    chunked = b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    key = server.keys["agent"]["Authorization"].encode()
    with Line(server) as line:
        line.send(head + b"Connection: close\r\n" + chunked + b"Authorization: " + key + b"\r\n\r\n")
        assert problem_in(line.to_the_end()) == (401, "credentials-missing")
    with Line(server) as line:
        line.send(head + b"Authorization: " + key + b"\r\n" + chunked + b"X: ")
        said, seconds = line.trickle(b"x" * 1000, 0.001)
        assert said == b"" or problem_in(said)[0] in {408, 431}
        assert seconds < 4


def test_several_requests_on_one_line_are_each_answered(server: LiveServer):
    asked = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    with Line(server) as line:
        line.send(asked * 3)
        said, seconds = line.trickle(b"", 0.3)
        assert said.count(b"HTTP/1.1 200 OK") == 3
        assert seconds < PATIENCE_SECONDS / 2
    with Line(server) as line:
        line.send(asked.replace(b"GET", b"HEAD") + asked.replace(b"Host: a", b"Host: a\r\nConnection: close"))
        said = line.to_the_end()
        assert said.count(b"HTTP/1.1 200 OK") == 2
        assert said.count(b'"status"') == 1


def test_rubbish_after_a_request_does_not_answer_for_it(server: LiveServer):
    with Line(server) as line:
        line.send(b"GET /v1/public/desk HTTP/1.1\r\nHost: a\r\n\r\nrubbish rubbish\r\n\r\n")
        said = line.to_the_end()
        assert b"malformed-request" not in said or said.startswith(b"HTTP/1.1 200")


def test_another_protocol_is_not_spoken(server: LiveServer):
    with Line(server) as line:
        line.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        said, _ = line.trickle(b"", 0.3)
        assert said.startswith(b"HTTP/1.1 200")
    for logged in server.log.read_text().splitlines():
        assert json.loads(logged)["event"]
