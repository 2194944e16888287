"""The rounds: each operation on the bare app, then on the product, at each number of connections, again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.measure import Loader, Sample
from bench.operations import Facts, Operation
from bench.processes import Server

CONNECTIONS = (1, 8, 32)
WARM_UP = 40


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a run takes."""

    rounds: int
    requests: Mapping[int, int]  # in one batch, by connections


FULL = Effort(rounds=5, requests={1: 100, 8: 240, 32: 320})
QUICK = Effort(rounds=1, requests={1: 16, 8: 32, 32: 64})


@dataclass(frozen=True, slots=True)
class Contest:
    """One database size: the two servers, and what the requests are made of."""

    facts: Facts
    bare: Server
    product: Server


@dataclass(frozen=True, slots=True)
class Pair:
    """One round of one operation: the bare app first, the product right after it."""

    operation: str
    rows: int
    connections: int
    bare: Sample
    product: Sample

    @property
    def share(self) -> float:
        """The product's speed as a share of the bare app's."""
        return self.bare.seconds / self.product.seconds

    @property
    def cpu_share(self) -> float:
        """The same of the CPU time of the two servers' processes."""
        return self.bare.server_cpu_seconds / self.product.server_cpu_seconds


def warm_up(loader: Loader, contests: Sequence[Contest], operations: Sequence[Operation]) -> None:
    """Let every connection of both pools prepare every statement before the clock runs."""
    for contest in contests:
        for operation in operations:
            loader.measure(contest.bare, 8, operation.bare(contest.facts, WARM_UP))
            loader.measure(contest.product, 8, operation.product(contest.facts, WARM_UP))


def play(
    loader: Loader,
    contests: Sequence[Contest],
    operations: Sequence[Operation],
    effort: Effort,
    after_create: Callable[[], None],
) -> Iterator[Pair]:
    """Yield one pair after another; `after_create` takes the new tickets out of the queue."""
    for connections in CONNECTIONS:
        for _ in range(effort.rounds):
            for operation in operations:
                for contest in contests:
                    yield duel(loader, contest, operation, connections, effort.requests[connections])
                if operation.creates:
                    after_create()


def duel(loader: Loader, contest: Contest, operation: Operation, connections: int, count: int) -> Pair:
    """Measure one operation on both servers, one right after the other."""
    bare = loader.measure(contest.bare, connections, operation.bare(contest.facts, count))
    product = loader.measure(contest.product, connections, operation.product(contest.facts, count))
    return Pair(operation.name, contest.facts.rows, connections, bare, product)
