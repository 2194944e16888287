"""Reads mails in child processes that can be stopped: a bad mail costs its own time limit and delays no other."""

import asyncio
import contextlib
import os
import queue
import socket
import subprocess
import sys
import threading
import weakref
from pathlib import Path

from app.adapters.mail_child import decode, receive, send
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
        self.socket = ours

    def ask(self, raw: bytes) -> bytes:
        """The answer's frame.

        Raises:
            Unreadable: `takes-too-long`, or `unreadable` when the process died of it.
        """
        seconds = self.seconds + (START_SECONDS if self.fresh else 0)
        self.fresh = False
        stopped = threading.Event()
        timer = threading.Timer(seconds, self._stop_because, [stopped])
        timer.daemon = True
        timer.start()
        try:
            send(self.socket, raw)
            frame = receive(self.socket)
        except OSError:
            frame = None
        finally:
            timer.cancel()
        if frame is None:
            self.lost = True
            raise Unreadable("takes-too-long" if stopped.is_set() else "unreadable")
        return frame

    def _stop_because(self, stopped: threading.Event) -> None:
        stopped.set()
        self.process.kill()

    def end(self) -> None:
        """End the process and forget it."""
        self.socket.close()
        self.process.kill()
        self.process.wait()


class MailParser:
    """Up to `size` children, started when first needed, kept warm, and ended with it."""

    def __init__(self, *, seconds: int = 10, size: int = 2) -> None:
        self.seconds = seconds
        self.idle: queue.LifoQueue[Child] = queue.LifoQueue()
        self.places = threading.Semaphore(size)
        self.closed = False
        self._end = weakref.finalize(self, _end_all, self.idle)

    async def parse(self, raw: bytes) -> Parsed:
        """A raw mail, read.

        Raises:
            Unreadable: it breaks a limit of parts, depth, memory or time, or cannot be read at all.
        """
        return await asyncio.to_thread(self.parse_now, raw)

    def parse_now(self, raw: bytes) -> Parsed:
        """The same, for threads."""
        with self.places:
            child = self._child()
            try:
                parsed = decode(child.ask(raw))
            except Unreadable:
                self._keep(child)
                raise
            except BaseException:
                child.end()
                raise
            self._keep(child)
            return parsed

    def _child(self) -> Child:
        with contextlib.suppress(queue.Empty):
            return self.idle.get_nowait()
        return Child(self.seconds)

    def _keep(self, child: Child) -> None:
        if not child.lost and not self.closed:
            self.idle.put(child)
        else:
            child.end()

    def close(self) -> None:
        """End the children."""
        self.closed = True
        self._end()


def _end_all(idle: "queue.LifoQueue[Child]") -> None:
    with contextlib.suppress(queue.Empty):
        while True:
            idle.get_nowait().end()
