"""A desk of its own for a chapter: `serve` in a temporary folder, until the chapter is told."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.demo.post_office import HOST, free_port

READY_SECONDS = 90
SERVE = ("app.cli", "serve")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where it answers, its keys by role, and its folder."""

    base_url: str
    keys: dict[str, str]
    folder: Path


@contextmanager
def another_desk(
    settings: Mapping[str, str], module: Sequence[str] = SERVE, prepare: Callable[[Path], None] | None = None
) -> Iterator[Desk]:
    """A desk with those settings, started by that module; `prepare` is given its empty folder."""
    # Not below TMPDIR: Postgres runs as another account when we are root, and could not get there.
    with tempfile.TemporaryDirectory(prefix="desk-demo-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        if prepare is not None:
            prepare(folder)
        port = free_port()
        environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        environment |= {"PORT": str(port), "DATA_DIR": str(folder), **settings}
        with (folder / "serve.log").open("wb") as output:
            process = subprocess.Popen([sys.executable, "-m", *module], env=environment, stdout=output, stderr=output)  # noqa: S603 (ourselves)
        try:
            base_url = f"http://{HOST}:{port}"
            until(lambda: _answers(base_url))
            yield Desk(base_url, json.loads((folder / "credentials.json").read_text())["keys"], folder)
        finally:
            process.terminate()
            process.wait()


def until(condition: Callable[[], bool]) -> None:
    """Wait for it; the story breaks off when it never comes."""
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("The story waits in vain: is the worker running?")
        time.sleep(0.2)


def _answers(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/healthz", timeout=5):  # noqa: S310 (our own service)
            return True
    except (urllib.error.URLError, ConnectionError):
        return False
