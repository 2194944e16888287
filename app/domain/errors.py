"""The one way the rules of the desk say no."""

from collections.abc import Iterator
from contextlib import contextmanager


class Refusal(Exception):  # noqa: N818 - the desk refuses; it is not broken
    """A rule says no.

    `code` is stable kebab-case and the key of every translation (`illegal-move`), `detail` says in plain
    English why, `facts` carries what the caller needs to do better (`legal=["new"]`). No words of a protocol.
    """

    def __init__(self, code: str, detail: str, **facts: object) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.facts: dict[str, object] = facts

    def within(self, part: str) -> "Refusal":
        """The same, said of a part of what was sent: `/replacement`."""
        if "pointer" in self.facts:
            self.facts["pointer"] = f"{part}{self.facts['pointer']}"
        return self


@contextmanager
def about(pointer: str, **facts: object) -> Iterator[None]:
    """Let a rule that does not know where its subject came from name that field of the input when it says no."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.detail, **{"pointer": pointer} | facts | refusal.facts) from None


@contextmanager
def part_of_input(part: str) -> Iterator[None]:
    """Let whatever is refused inside point into that part of the input."""
    try:
        yield
    except Refusal as refusal:
        raise refusal.within(part) from None
