"""From pairs to figures: medians of the rounds, set against the goals of the issue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from bench.operations import OPERATIONS
from bench.rounds import Pair


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: an operation at one size and one number of connections."""

    operation: str
    rows: int
    connections: int
    rounds: int
    bare_ms: float
    product_ms: float
    share: float  # median of the rounds' shares, not the share of the medians
    cpu_share: float  # the same of the server's CPU time
    bare_cpu_ms: float
    product_cpu_ms: float
    product_p95_ms: float
    errors: int


@dataclass(frozen=True, slots=True)
class Growth:
    """How much longer an operation takes on the largest database than on the smallest."""

    operation: str
    connections: int
    bare: float
    product: float


ORDER = {operation.name: place for place, operation in enumerate(OPERATIONS)}


def key(pair: Pair) -> tuple[int, int, int]:
    return ORDER[pair.operation], pair.rows, pair.connections


def rows(pairs: Iterable[Pair]) -> list[Row]:
    """Return one row per operation, size and number of connections."""
    return [row([*group]) for _, group in groupby(sorted(pairs, key=key), key)]


def row(pairs: Sequence[Pair]) -> Row:
    """Return the medians of one operation's rounds."""
    return Row(
        operation=pairs[0].operation,
        rows=pairs[0].rows,
        connections=pairs[0].connections,
        rounds=len(pairs),
        bare_ms=median(pair.bare.milliseconds for pair in pairs),
        product_ms=median(pair.product.milliseconds for pair in pairs),
        share=median(pair.share for pair in pairs),
        cpu_share=median(pair.cpu_share for pair in pairs),
        bare_cpu_ms=median(pair.bare.server_cpu_milliseconds for pair in pairs),
        product_cpu_ms=median(pair.product.server_cpu_milliseconds for pair in pairs),
        product_p95_ms=median(pair.product.latencies_ms["p95"] for pair in pairs),
        errors=sum(pair.bare.errors + pair.product.errors for pair in pairs),
    )


def growth(pairs: Iterable[Pair]) -> list[Growth]:
    """Return the paired ratios of times on the largest and on the smallest database."""
    by_key = {name: [*group] for name, group in groupby(sorted(pairs, key=key), key)}
    sizes = sorted({rows for _, rows, _ in by_key})
    found = []
    for (place, size, connections), small in by_key.items():
        if size == sizes[0] and len(sizes) > 1:
            both = [*zip(small, by_key[place, sizes[-1], connections], strict=True)]
            bare = median(large.bare.seconds / little.bare.seconds for little, large in both)
            product = median(large.product.seconds / little.product.seconds for little, large in both)
            found.append(Growth(small[0].operation, connections, bare, product))
    return found
