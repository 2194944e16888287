"""The way to the database: one asyncpg pool a process, and the only place that begins or commits (ADR 0002)."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from asyncpg.transaction import Transaction
from pydantic_core import to_json

from app.core.settings import Settings

Row = asyncpg.Record
Values = Mapping[str, Any] | Row
"""A row, read or about to be written."""
if TYPE_CHECKING:  # only the stubs are generic
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy

# Not the statement's fault: the database is away, overloaded or restarting, and the same thing may work in a moment.
UNAVAILABLE: tuple[type[Exception], ...] = (
    TimeoutError,
    ConnectionError,
    FileNotFoundError,  # its Unix socket
    socket.gaierror,  # its name
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut in the middle of a conversation
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)

LONGEST_IDLE_SECONDS = 300
# Nobody waits for ever: a statement 5 s, a lock 2 s, a forgotten transaction 10 s.
SESSION = {
    "statement_timeout": "5000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "timezone": "UTC",
    # A page of a list is read off its index or not at all. Where the planner believes that few rows match, it would
    # rather read all of a client's by a shorter index and sort them as it goes.
    "enable_incremental_sort": "off",
}


class Acquires(Protocol):
    """What the service needs of a pool; tests put one transaction behind it."""

    def acquire(self) -> Awaitable[Any]:
        """A connection, as soon as there is one."""

    def release(self, connection: Any, *, clean: bool = False) -> Awaitable[None]:
        """Take it back; `clean` when nothing went wrong on it, so that it may be handed out as it is."""

    def has_idle(self) -> bool:
        """Whether a connection stands open and is free."""


class Pool:
    """asyncpg's pool, before it a stack of the connections that came back clean.

    asyncpg's own way of handing a connection over and back makes a proxy, a task and two timers: a tenth of what
    reading a ticket costs. It is left the opening, the closing, and whatever did not come back clean.
    """

    def __init__(self, pool: "asyncpg.Pool[Row]") -> None:
        self._pool = pool
        self._kept: list[tuple[Any, float]] = []
        self._open = True

    def has_idle(self) -> bool:
        """Whether a connection stands open and is free."""
        return bool(self._kept) or self._pool.get_idle_size() > 0

    async def acquire(self) -> Connection:
        """The connection that was used last, of those that still stand."""
        connection: Connection
        while self._kept:
            connection, since = self._kept.pop()
            if _stands(connection, since):
                return connection
        connection = await self._pool.acquire()
        return connection

    async def release(self, connection: Any, *, clean: bool = False) -> None:
        """Keep a clean one; have asyncpg wait for what goes on on any other, and roll back."""
        if clean and self._open and _is_at_rest(connection):
            self._kept.append((connection, monotonic()))
        else:
            await self._pool.release(connection)

    async def close(self) -> None:
        """Close every connection, those in use when they come back."""
        self._open = False
        while self._kept:
            await self._pool.release(self._kept.pop()[0])
        await self._pool.close()


def _is_at_rest(connection: Connection) -> bool:
    try:
        return not connection.is_in_transaction()
    except asyncpg.InterfaceError:
        return False  # cut, too, after its last statement


def _stands(connection: Connection, since: float) -> bool:
    try:
        if connection.is_closed():
            return False
    except asyncpg.InterfaceError:
        return False  # it was cut: asyncpg's pool has taken it back
    if monotonic() - since < LONGEST_IDLE_SECONDS:
        return True
    connection.terminate()
    return False


async def prepare(connection: Connection) -> None:
    """What every new connection learns: JSON documents are Python values."""
    await connection.set_type_codec("jsonb", encoder=_to_json, decoder=json.loads, schema="pg_catalog")


def _to_json(value: Any) -> str:
    return to_json(value).decode()


async def _leave_as_is(_connection: Connection) -> None:
    """Save the round trip of asyncpg's reset: transactions always end here, and nobody else sets session state."""


class Database:
    """Hands out connections; a transaction ends with the block that opened it."""

    def __init__(self, pool: Acquires, *, wait_seconds: int, size: int = 1_000) -> None:
        self.pool = pool
        self.wait_seconds = wait_seconds
        # First come, first served here too: asyncpg's own pool lets newcomers overtake those who wait.
        self._turns = asyncio.Semaphore(size)

    async def acquire(self) -> Connection:
        """A connection, or TimeoutError after the pool's wait (answered as 503)."""
        if not self._turns.locked() and self.pool.has_idle():
            return await self._take_turn()  # a timer costs half as much as a small statement
        async with asyncio.timeout(self.wait_seconds):
            return await self._take_turn()

    async def _take_turn(self) -> Connection:
        await self._turns.acquire()
        try:
            connection: Connection = await self.pool.acquire()
        except BaseException:
            self._turns.release()
            raise
        return connection

    async def release(self, connection: Connection, *, clean: bool = False) -> None:
        """Give it back; `clean` when nothing went wrong on it."""
        try:
            await self.pool.release(connection, clean=clean)
        finally:
            self._turns.release()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Statements that stand alone."""
        connection, clean = await self.acquire(), False
        try:
            yield connection
            clean = True
        finally:
            await self.release(connection, clean=clean)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """All or nothing: committed when the block ends, rolled back when it raises."""
        async with self.connection() as connection, connection.transaction():
            yield connection


@asynccontextmanager
async def savepoint(connection: Connection) -> AsyncIterator[None]:
    """What fails inside is undone, and the transaction around it goes on."""
    async with connection.transaction():
        yield


async def begin(connection: Connection) -> Transaction:
    """Start a transaction that outlives a block: a request's, ended by `commit` or `roll_back`."""
    transaction = connection.transaction()
    await transaction.start()
    return transaction


async def commit(transaction: Transaction) -> None:
    """Make it true; deferred constraints speak here."""
    await transaction.commit()


async def roll_back(transaction: Transaction) -> None:
    """Forget it."""
    await transaction.rollback()


@asynccontextmanager
async def open_pool(settings: Settings, url: str, *, size: int | None = None) -> AsyncIterator[Database]:
    """The process's pool. Connections are opened as they are needed, the first at once to fail early."""
    most = size or settings.database_pool_size
    opened = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=most,
        init=prepare,
        reset=_leave_as_is,
        statement_cache_size=0 if settings.database_behind_pooler else 200,
        max_inactive_connection_lifetime=LONGEST_IDLE_SECONDS,
        command_timeout=130,
        server_settings=SESSION | {"application_name": "e-connect-desk"},
    )
    pool = Pool(opened)
    try:
        yield Database(pool, wait_seconds=settings.database_pool_wait_seconds, size=most)
    finally:
        await pool.close()
