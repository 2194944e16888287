"""The worker's process: works off one run as a job of the real worker would, and says what that took."""

import asyncio
import json
import os
import resource
import sys
import time
from uuid import UUID

import uvloop

import app.worker  # noqa: F401 (all that a worker has in memory)
from app.billing.invoices.service import running
from app.core.db import open_pool
from app.core.garbage import spare_the_collector
from app.core.settings import Settings


async def work_off(run_id: UUID) -> None:
    """Print one line of JSON when the run is done: seconds, CPU seconds, and the most memory that was held."""
    settings = Settings()
    async with open_pool(settings, os.environ["DATABASE_URL"]) as database:
        spare_the_collector()
        started, used = time.perf_counter(), time.process_time()
        await running.work_off(database, run_id, settings)
        took = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - used}
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 1_000_000
    print(json.dumps(took | {"megabytes": most}))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work_off(UUID(sys.argv[1])))
