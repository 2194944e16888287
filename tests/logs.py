"""Keeps what the service writes to its log, and passes it on to pytest."""

import sys


class Logs:
    """A stream for the service's log lines."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, text: str) -> int:
        self.parts.append(text)
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def text(self) -> str:
        return "".join(self.parts)

    def clear(self) -> None:
        self.parts.clear()
