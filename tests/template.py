"""`python -m tests.template FOLDER`: start a run's Postgres, migrate its template, print the ways in.

A process of its own: the server outlives the worker that asked first, and no worker has to import the migrations.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from app.adapters.embedded_postgres import start
from app.core.migrations import upgrade
from app.desk.calendar.service import load_holidays
from tests.postgres import connected


async def _holidays(url: str) -> None:
    async with connected(url) as connection:
        await load_holidays(connection)


def main(folder: Path) -> None:
    """Do it."""
    cluster = start(folder, fsync=False)
    upgrade(cluster.owner_url)
    asyncio.run(_holidays(cluster.owner_url))
    print(json.dumps(asdict(cluster)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
