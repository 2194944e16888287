"""Which edition of our papers this is: what tells whether a paper made before would be made the same again."""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

PACKAGES = ("typst", "lxml", "pikepdf")


@cache
def edition() -> str:
    """A digest of everything that bytes of a paper depend on beside document and look: code, template, packages.

    Read from the sources themselves, so that nobody can forget to count it up. Takes some milliseconds, once.
    """
    adapters, domain = files("app.adapters"), files("app.domain")
    sources = [one for folder in (adapters, domain) for one in folder.iterdir() if one.name.endswith(".py")]
    papers = [*adapters.joinpath("templates/invoice").iterdir(), *adapters.joinpath("templates/fonts").iterdir()]
    made_of = hashlib.sha256(" ".join(version(name) for name in PACKAGES).encode())
    for source in sorted([*sources, *papers], key=lambda one: one.name):
        made_of.update(_print(source))
    return made_of.hexdigest()


def _print(source: Traversable) -> bytes:
    return hashlib.sha256(source.name.encode() + b"\0" + source.read_bytes()).digest() if source.is_file() else b""
