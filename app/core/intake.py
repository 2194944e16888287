"""How much of strangers' and senders' large bodies one process holds at a time.

Small bodies are bounded by their own limits. Files and mails are counted here as their bytes arrive, until their
request has ended: many of them at once must not use up the memory that everybody shares.
"""

from collections import Counter

from app.core.problems import Problem, busy

RETRY_SECONDS = 5


class Intake:
    """The room that a process has; `most_bytes` for all, `most_places` at a time for one network of strangers."""

    def __init__(self, most_bytes: int, most_places: int) -> None:
        self.most_bytes = most_bytes
        self.most_places = most_places
        self.held_bytes = 0
        self._places: Counter[str] = Counter()

    def enter(self, network: str | None) -> "Place":
        """Begin to take in a large body; `network` names strangers, None a caller with a key.

        Raises:
            Problem: `too-many-uploads` (429) when that network sends so many already.
        """
        if network is not None:
            if self._places[network] >= self.most_places:
                raise Problem("too-many-uploads", headers={"Retry-After": str(RETRY_SECONDS)})
            self._places[network] += 1
        return Place(self, network)

    def leave(self, network: str | None, held_bytes: int) -> None:
        """The request has ended."""
        self.held_bytes -= held_bytes
        if network is not None:
            self._places[network] -= 1
            if not self._places[network]:
                del self._places[network]


class Place:
    """One body's share of the room."""

    __slots__ = ("_held_bytes", "_intake", "_network")

    def __init__(self, intake: Intake, network: str | None) -> None:
        self._intake = intake
        self._network = network
        self._held_bytes = 0

    def take(self, more_bytes: int) -> None:
        """Hold that much more.

        Raises:
            Problem: `unavailable` (503) when there is no room for it now.
        """
        if self._intake.held_bytes + more_bytes > self._intake.most_bytes:
            raise busy(RETRY_SECONDS)
        self._intake.held_bytes += more_bytes
        self._held_bytes += more_bytes

    def leave(self) -> None:
        """Give everything back."""
        self._intake.leave(self._network, self._held_bytes)
