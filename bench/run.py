"""`make bench`: measure the product against the bare app, in one run, on a Postgres of its own."""

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench import pgbench, report, rounds, summary
from bench.measure import Loader
from bench.operations import OPERATIONS, Operation
from bench.processes import ROOT
from bench.rounds import FULL, QUICK, Effort, Pair
from bench.stage import Setting, postgres, setting
from bench.startup import Start, warm

RESULTS = ROOT / "bench" / "results" / "latest.json"
SIZES = (10_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that one run found."""

    pairs: list[Pair]
    pgbench: dict[str, int]
    memory_megabytes: float
    counts: dict[str, dict[str, int]]
    start: Start


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke: one short round, 10 thousand tickets")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("name", nargs="?", default="", help="only operations whose name contains this")
    parser.add_argument("--data", type=Path, help="keep the seeded databases here for the next run")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where all figures go")
    return parser.parse_args()


def main() -> None:
    """Measure, print the tables, write the figures to bench/results/latest.json."""
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through every `finally`: servers and Postgres stop too
    operations = [operation for operation in OPERATIONS if chosen.name in operation.name]
    if not operations:
        sys.exit(f"No operation is called so: {', '.join(operation.name for operation in OPERATIONS)}")
    with data_home(chosen.data) as home:
        print(surroundings(), flush=True)
        sizes, effort = (SIZES[:1], QUICK) if chosen.quick else (chosen.sizes, FULL)
        figures = measure(home, sizes, effort, operations)
    show(figures, operations)
    keep(figures, chosen.results)


@contextmanager
def data_home(kept: Path | None) -> Iterator[Path]:
    """The folder to keep, or one that is gone afterwards."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    # Not below TMPDIR, whose folders may be closed to the account that Postgres runs as when we are root: it would
    # put its data elsewhere, and nobody would clear them away.
    with tempfile.TemporaryDirectory(prefix="desk-bench-", dir="/tmp") as temporary:
        home = Path(temporary)
        home.chmod(0o711)
        yield home


def surroundings() -> str:
    """Say on what the figures were made."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} before the start. "
        "Nothing is pinned: Postgres,\nthe server under measurement (one uvicorn worker, uvloop, httptools, "
        "pool of 8) and the load generator share the\ncores, the same for both sides; the job worker does "
        "not run. Milliseconds are wall time per request over all\nconnections together; cpu is the server's "
        "process alone, without Postgres."
    )


def measure(home: Path, sizes: Sequence[int], effort: Effort, operations: Sequence[Operation]) -> Figures:
    """Put up the stage, play the rounds, count the rows, take the stage down."""
    start = warm(home / "serve", effort.rounds, home / "serve.log")
    with ExitStack() as stack:
        cluster = stack.enter_context(postgres(home / "stage"))
        settings = [stack.enter_context(setting(cluster, size, home)) for size in sizes]
        loader = stack.enter_context(Loader())
        contests = [one.contest for one in settings]
        rounds.warm_up(loader, contests, operations)
        close_created(settings)
        played = rounds.play(loader, contests, operations, effort, lambda: close_created(settings))
        pairs = [*progress(played)]
        counts = {str(one.contest.facts.rows): asyncio.run(check(one, loader)) for one in settings}
        memory = max(contest.product.resident_megabytes() for contest in contests)
        rates = raw_rates(settings[-1], effort)
    return Figures(pairs, rates, memory, counts, start)


def close_created(settings: Sequence[Setting]) -> None:
    """Bring the queues back to their length."""
    for one in settings:
        asyncio.run(one.ledger.close_created())


def progress(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Show a dot for each pair: a run takes minutes."""
    for pair in pairs:
        print(".", end="", flush=True)
        yield pair
    print()


async def check(one: Setting, loader: Loader) -> dict[str, int]:
    """Count what either side created; raises when it is not what the load generator was told."""
    await one.bare_ledger.check(loader.created[one.contest.bare.port])
    return await one.ledger.check(loader.created[one.contest.product.port])


def raw_rates(one: Setting, effort: Effort) -> dict[str, int]:
    """Return pgbench's transactions a second on the bare database; nothing when there is no pgbench."""
    program = pgbench.find()
    if program is None:
        print("There is no pgbench here, neither the system's nor the embedded Postgres's: left out.")
        return {}
    facts, rates = one.contest.facts, {}
    for name in pgbench.NAMES:
        for connections, requests in effort.requests.items():
            script = pgbench.Script(program, one.bare_ledger.url, name, facts.rows, connections, requests)
            rates[f"{name}, {connections} connections"] = int(median(script.rate() for _ in range(effort.rounds)))
    return rates


def show(figures: Figures, operations: Sequence[Operation]) -> None:
    """Print the tables."""
    goals = {operation.name: operation.goal for operation in operations}
    tables: dict[str, Iterable[str]] = {
        "Speed as a share of the bare app's": report.speed(summary.rows(figures.pairs), goals),
        "Time on the largest database over the time on the smallest": report.flatness(summary.growth(figures.pairs)),
        "The bare app's SQL alone, by pgbench on the largest database": report.raw_sql(figures.pgbench),
        "Resources": report.resources(figures.memory_megabytes, figures.start),
        "Rows counted afterwards": (f"{rows} tickets and {counts}" for rows, counts in figures.counts.items()),
    }
    for title, found in tables.items():
        if lines := list(found):
            print("\n".join(["", title, "-" * len(title), *lines]))


def keep(figures: Figures, results: Path) -> None:
    """Write all figures, each round's too, to the results file."""
    results.parent.mkdir(exist_ok=True)
    results.write_text(json.dumps(asdict(figures), indent=1) + "\n")
    print(f"\nAll figures: {results}")


if __name__ == "__main__":
    main()
