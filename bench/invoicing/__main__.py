"""`python -m bench.invoicing`: an invoice run over many clients against the same lines and links in plain SQL."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from bench.invoicing.rounds import Door, Round, play, play_door
from bench.invoicing.stage import Stage, last_quarter
from bench.processes import ROOT
from bench.report import verdict
from bench.run import data_home
from bench.stage import postgres

RESULTS = ROOT / "bench" / "results" / "invoicing.json"
SIZES = (100_000, 1_000_000)
FLOOR_GOAL, GROWTH_GOAL, MEGABYTES_GOAL, DOOR_GOAL = 1.5, 12, 250, 0.7


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.invoicing", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="entries")
    parser.add_argument("--clients", type=int, default=1_000, help="each with ten tickets")
    parser.add_argument("--rounds", type=int, default=3, help="of the smallest size; the largest is played once")
    parser.add_argument("--door", type=int, default=100_000, help="entries of the run beside the door; 0 leaves it out")
    parser.add_argument("--data", type=Path, help="keep the seeded databases here for the next run")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where all figures go")
    return parser.parse_args()


def main() -> None:
    """Measure, check every cent, print the tables, write the figures to bench/results/invoicing.json."""
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with data_home(chosen.data) as home, postgres(home / "stage") as cluster:
        rounds, door = asyncio.run(measure(Stage(cluster, home, last_quarter(), chosen.clients), chosen))
    for line in report(rounds, door):
        print(line)
    keep(rounds, door, chosen.results)


async def measure(stage: Stage, chosen: argparse.Namespace) -> tuple[list[Round], Door | None]:
    """The rounds of each size, the smallest first, and the door."""
    rounds = []
    for size in sorted(chosen.sizes):
        for _ in range(chosen.rounds if size == min(chosen.sizes) else 1):
            rounds.append(await play(stage, size))
            print(".", end="", flush=True)
    door = await play_door(stage, chosen.door) if chosen.door else None
    print()
    return rounds, door


def report(rounds: Sequence[Round], door: Door | None) -> Iterator[str]:
    """The tables, each figure beside its goal."""
    yield f"{'entries':>9} |{'floor s':>9}{'run s':>9}{'share':>7}{'goal':>6}       |{'floor cpu':>10}{'run cpu':>9}"
    yield from (line(one) for one in rounds)
    sizes = sorted({one.rows for one in rounds})
    if len(sizes) > 1:
        small, large = (median(one.run.seconds for one in rounds if one.rows == size) for size in (sizes[0], sizes[-1]))
        growth = large / small
        yield f"{sizes[-1]} entries over {sizes[0]}: {growth:.1f} (goal {GROWTH_GOAL}) {verdict(growth <= GROWTH_GOAL)}"
    most = max(one.run.megabytes for one in rounds)
    yield f"the worker held {most:.0f} MB at most (goal {MEGABYTES_GOAL}) {verdict(most <= MEGABYTES_GOAL)}"
    if door is not None:
        yield (
            f"tickets at the public door: {door.alone:.0f} a second alone, {door.during:.0f} during a run, "
            f"share {door.share:.2f} (goal {DOOR_GOAL}) {verdict(door.share >= DOOR_GOAL)}, {door.errors} errors"
        )
    yield f"every line, VAT and total of {len(rounds)} runs equal to the recomputation, every row there once"


def line(one: Round) -> str:
    share = one.run.seconds / one.floor.seconds
    return (
        f"{one.rows:>9} |{one.floor.seconds:>9.2f}{one.run.seconds:>9.2f}{share:>7.2f}{FLOOR_GOAL:>6.2f} "
        f"{verdict(share <= FLOOR_GOAL):<6}|{one.floor.cpu:>10.2f}{one.run.cpu:>9.2f} "
        f"(worker {one.run.worker_cpu:.2f}, Postgres {one.run.postgres_cpu:.2f})"
    )


def keep(rounds: Iterable[Round], door: Door | None, results: Path) -> None:
    """Write all figures to the results file."""
    results.parent.mkdir(exist_ok=True)
    figures = {"rounds": [asdict(one) for one in rounds], "door": asdict(door) if door else None}
    results.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"\nAll figures: {results}")


if __name__ == "__main__":
    main()
