"""Folders and clusters for the embedded Postgres to fail in, and a reader of mails."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.adapters.embedded_postgres import start
from app.adapters.mail_parser import MailParser
from app.adapters.postgres_binaries import Account, find_binaries
from tests.faults.clusters import remove


@pytest.fixture
def parser() -> Iterator[MailParser]:
    parser = MailParser()
    yield parser
    parser.close()


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that every account may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="desk-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def new_folder(open_folder: Path) -> Iterator[Callable[[str], Path]]:
    made = []

    def make(name: str) -> Path:
        made.append(open_folder / name)
        return made[-1]

    yield make
    for each in made:
        remove(each)


@pytest.fixture
def private_folder() -> Iterator[Path]:
    """A folder that nobody but its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="desk-test-"))
    yield folder
    if (folder / "data").exists():
        remove(folder / "data")
    folder.rmdir()


@pytest.fixture
def private_wheel(private_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The wheel where only its owner can read it; the folder into which it is copied for the others."""
    monkeypatch.delenv("DESK_POSTGRES_BIN", raising=False)
    package = find_binaries(Account.choose(), None).parents[1]
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, private_folder / part.name)
    monkeypatch.setenv("DESK_POSTGRES_BIN", str(private_folder / package.name / "pginstall" / "bin"))
    copy = find_binaries(Account.choose(), None).parents[2]
    yield copy
    copy.chmod(0o755)
    for folder in (copy, private_folder / package.name, private_folder / "embedded_postgres.libs"):
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def data_dir(open_folder: Path) -> Iterator[Path]:
    """A cluster that has been started before, for the tests that do not need a first start."""
    folder = open_folder / "shared"
    start(folder, fsync=False)
    yield folder
    remove(folder)
