"""The folder of one test run, where its Postgres lives; light, because every run makes one."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "DESK_TEST_RUN_FOLDER"  # the controller makes it, its xdist workers inherit it
SERVER = "postgres.lock"  # there as soon as a server was wanted


def make() -> None:
    """A folder that the user Postgres runs as can enter."""
    folder = tempfile.mkdtemp(prefix="desk-tests-")
    Path(folder).chmod(0o755)
    os.environ[VARIABLE] = folder


def remove() -> None:
    """Stop the server, if any test needed one, and forget its data."""
    folder = Path(os.environ.pop(VARIABLE))
    if (folder / SERVER).exists():
        from app.adapters.embedded_postgres import stop

        stop(folder)
    shutil.rmtree(folder)


@contextmanager
def turn(name: str) -> Iterator[Path]:
    """The folder, for one worker at a time."""
    folder = Path(os.environ[VARIABLE])
    with (folder / f"{name}.turn").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
