"""`serve`: everything a desk needs in one process on one machine, and gone again with Ctrl-C."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO

import asyncpg
import uvicorn
import uvloop

from app.adapters import embedded_postgres
from app.core import migrations
from app.core.db import Database, open_pool
from app.core.garbage import spare_the_collector
from app.core.settings import Settings
from app.core.wire import wire_of
from app.demo.loading import load_demo, shown_ids
from app.desk.calendar.service import load_holidays
from app.main import create_app
from app.worker import Worker, handlers_of

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPING_SECONDS = 15
CREDENTIALS = "credentials.json"
EXAMPLES = Path(__file__).parents[1] / "examples"


@contextmanager
def database_of(settings: Settings) -> Iterator[tuple[str, str]]:
    """URLs of the application's and of the owner's role; starts the embedded Postgres when none is configured."""
    if settings.database_url is not None:
        yield settings.database_url, settings.migration_database_url or settings.database_url
        return
    with alone(settings.data_dir):
        cluster = embedded_postgres.start(settings.data_dir)
        try:
            yield cluster.app_url, cluster.owner_url
        finally:
            embedded_postgres.stop(settings.data_dir)


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """One `serve` for each folder: a second one would stop the first one's Postgres at its own end.

    An earlier one that is just stopping is waited for; the lock ends with its process, however that ends.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "serve.lock").open("ab") as lock:
        deadline = time.monotonic() + STOPPING_SECONDS
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise SystemExit(f"It runs already on {data_dir}: stop it first, or choose another DATA_DIR and PORT.")
            time.sleep(0.1)
        yield


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def check_port(settings: Settings) -> None:
    """Say in one line that the port is taken, before anything is started or written."""
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise SystemExit(f"Cannot listen on {where} ({error.strerror}): choose another PORT.") from None


def run(settings: Settings) -> None:
    """`serve` on uvloop, with the database it needs."""
    stop_at_signals()
    check_port(settings)
    with database_of(settings) as (app_url, owner_url):
        migrate_if_needed(settings, owner_url)
        uvloop.run(serve(settings, app_url))


async def serve(settings: Settings, app_url: str) -> None:
    """API, worker and, on a laptop, the example help form, until a signal says stop."""
    settings = settings.model_copy(update={"database_url": app_url})
    async with open_pool(settings, app_url) as database, contextlib.AsyncExitStack() as stack:
        if settings.environment == "development":
            await _welcome(settings, database)
            await stack.enter_async_context(page("help-form", settings.form_port, settings))
            await stack.enter_async_context(page("quote-page", settings.quote_port, settings))
        if settings.worker_in_api:
            await stack.enter_async_context(working(settings, database))
        app = create_app(settings, database)
        if settings.environment == "development":
            app.state.shown_ids = await shown_ids(database, settings)
        spare_the_collector()
        config = uvicorn.Config(
            app,
            http=wire_of(settings),
            ws="none",
            host=settings.host,
            port=settings.port,
            access_log=False,
            log_config=None,
            server_header=False,
            forwarded_allow_ips=settings.forwarded_allow_ips,
            timeout_graceful_shutdown=10,
        )
        await _until_told_to_stop(Server(config))


@asynccontextmanager
async def working(settings: Settings, database: Database) -> AsyncIterator[None]:
    """Work off jobs beside what the block does; at its end running jobs finish and the rest is given back."""
    stop = asyncio.Event()
    task = asyncio.create_task(Worker(database, settings, handlers_of(settings)).run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def work(settings: Settings) -> None:
    """Nothing but the worker, until a signal says stop: production runs it apart from the API."""
    if settings.database_url is None:
        raise SystemExit("DATABASE_URL is not set; `make serve` brings a Postgres of its own, and its own worker")
    stop = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_pool(settings, settings.database_url) as database:
        spare_the_collector()
        await Worker(database, settings, handlers_of(settings)).run(stop)


class Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again at its end, before Postgres is stopped."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing."""
        yield


async def _until_told_to_stop(server: Server) -> None:
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, setattr, server, "should_exit", True)
    await server.serve()


def stop_at_signals() -> None:
    """Until the event loop takes over: leave through every `finally`, which stops what was started."""
    for number in STOP_SIGNALS:
        signal.signal(number, lambda _number, _frame: sys.exit(1))


def migrate_if_needed(settings: Settings, owner_url: str) -> None:
    """Ask the database first: on a warm start nothing is missing, and migrating means a second of imports."""
    if asyncio.run(_revision(owner_url)) != migrations.newest_revision():
        migrate(settings, owner_url)


def migrate(settings: Settings, url: str) -> None:
    """Bring the database to the newest revision and write the legal holidays."""
    migrations.upgrade(url)
    asyncio.run(_write_holidays(settings, url))


async def _write_holidays(settings: Settings, url: str) -> None:
    async with open_pool(settings, url, size=1) as database, database.transaction() as connection:
        await load_holidays(connection)


async def _revision(url: str) -> str | None:
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close()


async def _welcome(settings: Settings, database: Database) -> None:
    """Demo data on the first start, the keys in a file that only its owner reads, and where everything is."""
    path = settings.data_dir / CREDENTIALS
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    keys = json.loads(path.read_text())["keys"] if path.exists() else None
    keys = await load_demo(database, settings, keys)
    write_private(path, json.dumps({"base_url": settings.base_url, "keys": keys}, indent=2) + "\n")
    print(
        f"API            {settings.base_url}/v1\n"
        f"Documentation  {settings.base_url}/docs\n"
        f"Help form      http://{settings.host}:{settings.form_port}/\n"
        f"Quote page     http://{settings.host}:{settings.quote_port}/ (with the link of a quote's mail)\n"
        f"Keys           {path}\n"
        f"Mail           {settings.data_dir / 'outbox'}/*.eml" + (" (SMTP is set)" if settings.smtp_host else ""),
        file=sys.stderr,
        flush=True,
    )


def write_private(path: Path, text: str) -> None:
    """Write a file that was never readable by anybody else, not even half-written."""
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


@asynccontextmanager
async def page(name: str, port: int, settings: Settings) -> AsyncIterator[None]:
    """An example page on a port of its own: another origin, as the real website is."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLES / "help-form" / "serve.py"),
        *("--port", str(port), "--api", settings.base_url, "--folder", str(EXAMPLES / name), "--until-eof"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,  # its address is among those that `serve` prints
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
