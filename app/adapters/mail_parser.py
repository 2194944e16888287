"""Reads mails in child processes that can be stopped: a bad mail costs its own time limit and delays no other."""

import asyncio
import os
import socket
import subprocess
import sys
import weakref
from pathlib import Path

from app.adapters.mail_child import LENGTH_BYTES, PIECE, decode, framed
from app.adapters.mail_parsing import Parsed
from app.adapters.mail_parts import Unreadable

ROOT = Path(__file__).parents[2]
MODULE = "app.adapters.mail_child"
START_SECONDS = 10  # importing on a busy machine; counts once for each new child


class Child:
    """One process and the socket to it."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.fresh = True
        self.lost = False
        ours, theirs = socket.socketpair()
        with theirs:
            # A clean environment: what the service knows (keys, passwords) is nothing that reads strangers' mail needs.
            self.process = subprocess.Popen(  # noqa: S603 (ourselves)
                [sys.executable, "-m", MODULE, str(theirs.fileno()), str(seconds)],
                cwd=ROOT,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        ours.setblocking(False)
        self.socket = ours

    async def ask(self, raw: bytes) -> bytes:
        """The answer's frame.

        Raises:
            Unreadable: `takes-too-long`, or `unreadable` when the process died of it.
        """
        seconds = self.seconds + (START_SECONDS if self.fresh else 0)
        self.fresh, self.lost = False, True  # until it has answered
        try:
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_sendall(self.socket, framed(raw))
                frame = await self._frame()
        except TimeoutError:
            raise Unreadable("takes-too-long") from None
        except OSError:
            frame = None
        if frame is None:
            raise Unreadable("unreadable")
        self.lost = False
        return frame

    async def _frame(self) -> bytes | None:
        length = await self._exactly(LENGTH_BYTES)
        return None if length is None else await self._exactly(int.from_bytes(length))

    async def _exactly(self, size: int) -> bytes | None:
        """So many bytes, None when the process is gone."""
        loop, buffer, read = asyncio.get_running_loop(), bytearray(size), 0
        view = memoryview(buffer)
        while read < size:
            got = await loop.sock_recv_into(self.socket, view[read : read + PIECE])
            if got == 0:
                return None
            read += got
        return bytes(buffer)

    def end(self) -> None:
        """End the process and forget it."""
        self.socket.close()
        self.process.kill()
        self.process.wait()


class MailParser:
    """Up to `size` children, started when first needed, kept warm, and ended with it."""

    def __init__(self, *, seconds: int = 10, size: int = 2) -> None:
        self.seconds = seconds
        self.idle: list[Child] = []
        self.places = asyncio.Semaphore(size)
        self.closed = False
        self._end = weakref.finalize(self, _end_all, self.idle)

    async def parse(self, raw: bytes) -> Parsed:
        """A raw mail, read. The loop goes on meanwhile; nothing of the mail is looked at in this process.

        Raises:
            Unreadable: it breaks a limit of parts, depth, memory or time, or cannot be read at all.
        """
        async with self.places:
            child = self.idle.pop() if self.idle else await self._new_child()
            try:
                return decode(await child.ask(raw))
            finally:
                await self._keep(child)

    async def _new_child(self) -> Child:
        """A process more; whoever asked may give up meanwhile, and then the next one has it."""
        starting = asyncio.ensure_future(asyncio.to_thread(Child, self.seconds))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await self._keep(await starting)
            raise

    async def _keep(self, child: Child) -> None:
        if child.lost or self.closed:
            await asyncio.shield(asyncio.to_thread(child.end))
        else:
            self.idle.append(child)

    def close(self) -> None:
        """End the children."""
        self.closed = True
        self._end()


def _end_all(idle: list[Child]) -> None:
    while idle:
        idle.pop().end()
