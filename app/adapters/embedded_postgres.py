"""A private Postgres beside the API, for a machine on which no DATABASE_URL is given.

Below `data_dir`: `postgres/` (the cluster), `postgres.run/` (its socket), `postgres.log`, `postgres.lock`.
Where the account that runs Postgres cannot enter `data_dir`, the cluster is below /var/tmp and
`postgres.elsewhere.txt` says where. Who reaches the socket is trusted: only that account and root do.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from app.adapters.postgres_binaries import (
    SHARED_FOLDER,
    Account,
    EmbeddedPostgresError,
    digest,
    find_binaries,
)
from app.adapters.postgres_server import Server

__all__ = ["Cluster", "EmbeddedPostgresError", "running", "start", "stop"]

INITDB_OPTIONS = (
    "--username=postgres",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)


@dataclass(frozen=True)
class Cluster:
    """A running server: three ways in (URLs as asyncpg takes them), and whether this call started it."""

    owner_url: str  # desk_owner owns the database `desk` and runs the migrations
    app_url: str  # desk_app is the API and the worker; it owns nothing
    superuser_url: str  # for tests, which create databases
    started_here: bool


def start(data_dir: Path, *, fsync: bool = True) -> Cluster:
    """Start the server of `data_dir`, made on first use, or find it running.

    Returns when it answers and has its roles, database and extensions. Recovers by itself after a kill.
    Callers at the same time wait for each other. `fsync=False`, for tests, loses data when the machine stops.

    Raises:
        EmbeddedPostgresError: it cannot run; the text says why.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    home = data_dir.resolve()
    with _turn(home) as turn:
        server = Server(_find(home) or _create(home, turn, fsync=fsync), home / "postgres.log")
        found = server.state()
        state = found or server.launch(fsync=fsync)
        if fsync and not state.fsync:
            raise EmbeddedPostgresError(f"The server of {server.data} runs without fsync: stop it first")
        if not state.furnished:
            server.furnish()
    return _cluster(server, started_here=found is None)


def running(data_dir: Path) -> Cluster | None:
    """The server of `data_dir`, if it runs and has its database; nothing is started.

    Raises:
        EmbeddedPostgresError: it cannot be asked; the text says why.
    """
    home = data_dir.resolve()
    if not home.is_dir():
        return None
    with _turn(home):
        data = _find(home)
        server = Server(data, home / "postgres.log") if data else None
        state = server.state() if server else None
    return _cluster(server, started_here=False) if server and state and state.furnished else None


def _cluster(server: Server, *, started_here: bool) -> Cluster:
    return Cluster(
        server.url("desk_owner", "desk"),
        server.url("desk_app", "desk"),
        server.url("postgres", "postgres"),
        started_here,
    )


def stop(data_dir: Path) -> None:
    """Stop the server of `data_dir`, if it runs: open transactions are rolled back, the rest is on disk.

    Returns when its last process has ended.

    Raises:
        EmbeddedPostgresError: something of it is still running after a minute.
    """
    home = data_dir.resolve()
    if home.is_dir():
        with _turn(home):
            if data := _find(home):
                Server(data, home / "postgres.log").shut_down()


@contextmanager
def _turn(home: Path) -> Iterator[int]:
    """One start or stop at a time; the lock that says so."""
    with (home / "postgres.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def _note(home: Path) -> Path:
    return home / "postgres.elsewhere.txt"


def _find(home: Path) -> Path | None:
    """The data folder that an earlier start finished making."""
    if not _note(home).exists():
        inside = home / "postgres"
        return inside if inside.is_dir() else None
    data = Path(_note(home).read_text("utf-8").splitlines()[0])
    if not data.is_dir():
        raise EmbeddedPostgresError(f"{data} is gone, and the desk's data with it; remove {_note(home)} to begin anew")
    return data


def _create(home: Path, turn: int, *, fsync: bool) -> Path:
    """Make a cluster under a working name, which it loses only when it is complete and on disk.

    The turn passes on to initdb, which lives on when this process is killed.
    """
    account = Account.choose()
    reachable = account.run("test", "-x", home).returncode == 0
    data = home / "postgres" if reachable else _free_place(home)
    draft = data.with_name(f"{data.name}.new")
    if draft.exists():  # an initdb was killed
        shutil.rmtree(draft)
    account.private_folder(draft)
    initdb = find_binaries(account, None) / "initdb"
    made = account.run(initdb, "-D", draft, *INITDB_OPTIONS, *([] if fsync else ["--no-sync"]), keep_open=(turn,))
    if made.returncode != 0:
        raise EmbeddedPostgresError(f"initdb failed: {made.stdout}")
    draft.rename(data)
    if fsync:
        _flush(data.parent)
    if not reachable:
        _write_note(home, f"{data}\nThe desk's database is there because uid {account.uid} cannot enter {home}.\n")
    return data


def _write_note(home: Path, text: str) -> None:
    draft = home / "postgres.elsewhere.new"
    draft.write_text(text, "utf-8")
    _flush(draft)
    draft.rename(_note(home))
    _flush(home)


def _free_place(home: Path) -> Path:
    """A new name below /var/tmp: what an earlier, removed `home` left there is not taken over."""
    name = f"desk-postgres-{digest(str(home))}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(place for each in names if not os.path.lexists(place := SHARED_FOLDER / each))


def _flush(path: Path) -> None:
    """Have a file's bytes or a folder's names on disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
