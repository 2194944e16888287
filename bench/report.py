"""The figures as a table that one can read, each beside its goal."""

from collections.abc import Iterable, Iterator

from bench.operations import GROWTH_GOAL
from bench.startup import Start
from bench.summary import Growth, Row

READY_GOAL_SECONDS = 3
CPU_GOAL_SECONDS = 2
MEMORY_GOAL_MEGABYTES = 130


def verdict(reached: bool) -> str:
    return "ok" if reached else "MISSED"


def speed(rows: Iterable[Row], goals: dict[str, float]) -> Iterator[str]:
    """Yield the table of speeds: milliseconds per request over all connections together."""
    yield (
        f"{'operation':<27}{'tickets':>9}{'conn':>5} |{'bare ms':>8}{'desk ms':>8}"
        f"{'share':>7}{'goal':>6}       |{'bare cpu':>9}{'desk cpu':>9}{'share':>7} |{'p95 ms':>8}{'errors':>7}"
    )
    for row in rows:
        goal = goals[row.operation]
        yield (
            f"{row.operation:<27}{row.rows:>9}{row.connections:>5} |{row.bare_ms:>8.2f}{row.product_ms:>8.2f}"
            f"{row.share:>7.2f}{goal:>6.2f} {verdict(row.share >= goal):<6}|"
            f"{row.bare_cpu_ms:>9.2f}{row.product_cpu_ms:>9.2f}{row.cpu_share:>7.2f} |"
            f"{row.product_p95_ms:>8.1f}{row.errors:>7}"
        )


def flatness(found: Iterable[Growth]) -> Iterator[str]:
    """Yield the table of growth: the time on the largest database over the time on the smallest."""
    for number, one in enumerate(found):
        if number == 0:
            yield f"{'operation':<27}{'conn':>5} |{'bare':>7}{'desk':>7}{'goal':>6}"
        yield (
            f"{one.operation:<27}{one.connections:>5} |{one.bare:>7.2f}{one.product:>7.2f}"
            f"{GROWTH_GOAL:>6.2f} {verdict(one.product <= GROWTH_GOAL)}"
        )


def raw_sql(rates: dict[str, int]) -> Iterator[str]:
    """Yield pgbench's rates."""
    for name, rate in rates.items():
        yield f"{name:<27}{rate:>9} a second, {1000 / rate:.3f} ms each"


def resources(memory_megabytes: float, start: Start) -> Iterator[str]:
    """Yield memory and start against their goals."""
    yield (
        f"the API's worker after the load: {memory_megabytes:.0f} MB (goal {MEMORY_GOAL_MEGABYTES}) "
        + verdict(memory_megabytes <= MEMORY_GOAL_MEGABYTES)
    )
    yield (
        f"`serve` on a warm data folder: ready after {start.ready_seconds:.2f} s (goal {READY_GOAL_SECONDS}) "
        f"{verdict(start.ready_seconds <= READY_GOAL_SECONDS)}, "
        f"{start.cpu_seconds:.2f} CPU seconds with Postgres (goal {CPU_GOAL_SECONDS}) "
        f"{verdict(start.cpu_seconds <= CPU_GOAL_SECONDS)}, {start.resident_megabytes:.0f} MB"
    )
