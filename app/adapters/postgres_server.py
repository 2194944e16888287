"""One embedded Postgres server: its state, launch and end. The caller lets only one at a time do this."""

import fcntl
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from app.adapters.postgres_binaries import (
    SHARED_FOLDER,
    Account,
    EmbeddedPostgresError,
    digest,
    find_binaries,
)
from app.adapters.postgres_memory import memory_bytes, shared_buffers
from app.adapters.postgres_wire import NotReadyError, ask

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "synchronous_commit": "on",
    "shared_buffers": shared_buffers(memory_bytes()),
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent", "citext")
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 107
LOG_BYTES = 1_000_000
PROC = Path("/proc")
POLL_SECONDS = 0.02
READY_SECONDS = 120  # the recovery of a long write-ahead log, at most
LEAVE_SECONDS = 2  # processes without a postmaster notice that by themselves, mostly
STOP_SECONDS = 60  # a fast shutdown with its checkpoint, at most
QUIT_SECONDS = 8  # an immediate shutdown, at most
STATE = """SELECT concat_ws(' ', current_setting('fsync'),
    EXISTS (SELECT FROM pg_database WHERE datname = 'desk'), current_setting('data_directory'))"""

_children: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class State:
    """What a running server says of itself."""

    fsync: bool
    furnished: bool  # the database `desk` is there


class Server:
    """The server of one data folder."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data, self.log = data, log
        self.account = Account.owner_of(data)
        self.mark = f"desk-{digest(str(data))}"  # in the title of each of its processes
        beside = data.with_name(f"{data.name}.run")
        plain = re.fullmatch(r"[A-Za-z0-9/._-]+", str(beside))  # so that nobody has to quote it in a URL
        short = len(str(beside / SOCKET)) <= SOCKET_PATH_BYTES
        self.sockets = beside if plain and short else Path("/tmp") / f"{self.mark}.run"  # noqa: S108 - see launch

    def url(self, role: str, database: str) -> str:
        """The way in for a role; the port is named because PGPORT would change it."""
        return f"postgresql://{role}@/{database}?{urlencode({'host': self.sockets, 'port': 5432}, safe='/')}"

    def state(self, process: subprocess.Popen[bytes] | None = None) -> State | None:
        """What the server says as soon as it takes queries; None when none is there, or `process` has ended.

        Raises:
            EmbeddedPostgresError: another server answers, or none in time.
        """
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(NotReadyError):
                try:
                    return self._recognise(*self._ask("postgres", STATE))
                except (FileNotFoundError, ConnectionError):
                    if process is None or process.poll() is not None:
                        return None
            time.sleep(POLL_SECONDS)
        raise EmbeddedPostgresError(f"Postgres in {self.data} does not get ready; see {self.log}")

    def launch(self, *, fsync: bool) -> State:
        """Start it and wait until it answers.

        Raises:
            EmbeddedPostgresError: it ends at once; the text has its log.
        """
        binaries = find_binaries(self.account, int((self.data / "PG_VERSION").read_text("utf-8")))
        self.account.private_folder(self.sockets)
        settings = SETTINGS | {"fsync": "on" if fsync else "off", "cluster_name": self.mark}
        settings["unix_socket_directories"] = str(self.sockets)
        options = [f"--{key}={value}" for key, value in settings.items()]
        self.log.touch(mode=0o600)
        if self.log.stat().st_size > LOG_BYTES:
            self.log.write_bytes(b"")
        begin = self.log.stat().st_size
        state = self.state(self._spawn(binaries, ["-D", str(self.data), *options]))
        if state is None:
            said = self.log.read_bytes()[begin:].decode("utf-8", "replace")
            raise EmbeddedPostgresError(f"Postgres in {self.data} did not start: {said}")
        return state

    def furnish(self) -> None:
        """Create extensions, roles and, as the sign that all is done, the database `desk`."""
        self._ask("template1", *(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS))
        roles = [
            f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            for role in ("desk_owner", "desk_app")
        ]
        self._ask("postgres", *roles, "CREATE DATABASE desk OWNER desk_owner")

    def shut_down(self) -> None:
        """Fast shutdown; what does not go in time, or has lost its postmaster, is made to quit.

        Raises:
            EmbeddedPostgresError: something of it is still there after that.
        """
        postmaster = self._pid()
        if postmaster in self._processes() or (not PROC.is_dir() and self.state()):
            os.kill(postmaster, signal.SIGINT)
        with self._alone(STOP_SECONDS):
            self._reap()

    def _ask(self, database: str, *statements: str) -> list[str]:
        return ask(self.sockets / SOCKET, database, *statements)

    def _recognise(self, said: str) -> State:
        fsync, furnished, folder = said.split(" ", 2)
        if Path(folder) != self.data:
            raise EmbeddedPostgresError(f"{self.sockets} belongs to the server of {folder}, not of {self.data}")
        return State(fsync == "on", furnished == "t")

    def _spawn(self, binaries: Path, options: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start the process in a session of its own, out of reach of the terminal's signals."""
        with ExitStack() as stack:
            held = [stack.enter_context(self._alone(LEAVE_SECONDS))]
            if SHARED_FOLDER in binaries.parents:
                held.append(stack.enter_context(_open_folder(binaries.parents[2])))
                fcntl.flock(held[-1], fcntl.LOCK_SH)
            self._reap()
            self._forget_reused_pid()
            log = stack.enter_context(self.log.open("ab"))
            process = subprocess.Popen(  # noqa: S603 - a list, never a shell
                [binaries / "postgres", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=held,
                **self.account.options(),
            )
        _children[self.data] = process
        return process

    @contextmanager
    def _alone(self, patience_seconds: int) -> Iterator[int]:
        """A lock on the data folder: no process of the server lives, and none can come to life meanwhile.

        The server inherits it, and each of its processes holds it as long as it lives. (It also keeps
        systemd-tmpfiles, which may empty /var/tmp of what is old, away from the folder.) Processes that are
        still there after `patience_seconds` are of no use to anybody: they get an immediate shutdown.
        """
        with _open_folder(self.data) as folder:
            began = time.monotonic()
            while not _try_lock(folder):
                waited = time.monotonic() - began
                if waited > patience_seconds + QUIT_SECONDS:
                    raise EmbeddedPostgresError(f"Processes of Postgres in {self.data} do not end")
                if waited > patience_seconds:
                    for pid in self._processes():
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGQUIT)
                time.sleep(POLL_SECONDS)
            yield folder

    def _reap(self) -> None:
        """Take leave of an ended server that was a child of this process."""
        if child := _children.pop(self.data, None):
            child.wait()

    def _pid(self) -> int:
        """The postmaster's process as its file says, which may be out of date; 0 without one."""
        try:
            first = (self.data / "postmaster.pid").read_text("utf-8").partition("\n")[0]
        except FileNotFoundError:
            return 0
        return int(first) if first.isdecimal() else 0

    def _processes(self) -> list[int]:
        """Every living process of this server, by its title; where there is no /proc, none."""
        found = []
        for process in PROC.glob("[0-9]*"):
            with suppress(OSError):
                if self.mark.encode() in _postgres_title(process):
                    found.append(int(process.name))
        return found

    def _forget_reused_pid(self) -> None:
        """Remove the files of a dead postmaster whose number is that of a zombie or another program now.

        Postgres itself would take that for its old self and refuse to start, for ever in a container, where
        the numbers are the same after each start.
        """
        (self.sockets / f"{SOCKET}.lock").unlink(missing_ok=True)
        with suppress(OSError):
            if not _postgres_title(PROC / str(self._pid())):
                (self.data / "postmaster.pid").unlink()


def _postgres_title(process: Path) -> bytes:
    """The command line of a Postgres process; nothing for a zombie and for any other program."""
    name = (process / "comm").read_text("utf-8").strip()
    return (process / "cmdline").read_bytes() if name == "postgres" else b""


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _open_folder(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
