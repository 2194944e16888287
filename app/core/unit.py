"""One request's work: who calls, at what time, on which connection, in which transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, cast
from urllib.parse import urlencode
from uuid import UUID

from asyncpg.transaction import Transaction
from fastapi import Depends, Request, Response

from app.core import etags, events, idempotency, limits, paging
from app.core.credentials import ANYBODY, Caller
from app.core.db import Connection, Database, Row, begin, commit, roll_back
from app.core.intake import Intake, Place
from app.core.problems import Problem
from app.core.settings import Settings
from app.core.sql import Statement

BAD_REQUEST = 400


class Unit:
    """Lazy: a connection is taken when first needed, a transaction opened when first written.

    A request whose writing is one statement leaves it to the end (`last`), to be a transaction with the reply in it.
    """

    def __init__(self, request: Request, database: Database, settings: Settings, now: datetime) -> None:
        self.request = request
        self.settings = settings
        self.now = now
        self.caller: Caller = ANYBODY
        self.files: Sequence[Any] = ()
        self.raw = b""
        self.claim: idempotency.Claim | None = None
        self.headers: dict[str, str] = {}
        self.audited: dict[str, Any] = {}
        self.kept_body: bytes | None = None
        self.place: Place | None = None
        self._version: int | None = None
        self._counted: set[str] = set()
        self.database = database
        self._connection: Connection | None = None
        self._transaction: Transaction | None = None
        self._last: Statement | None = None
        self._clean = False

    @property
    def request_id(self) -> str:
        """Also in X-Request-ID, in problems, in logs and in the audit log."""
        return str(self.request.scope["state"]["request_id"])

    @property
    def client_address(self) -> str:
        """The caller's IP address, as far as trusted proxies tell it."""
        return client.host if (client := self.request.client) else "unknown"

    @property
    def intake(self) -> Intake:
        """The room for large bodies in this process."""
        return cast("Intake", self.request.app.state.intake)

    async def connection(self) -> Connection:
        """For statements that stand alone: reads."""
        if self._connection is None:
            self._connection = await self.database.acquire()
        return self._connection

    async def rest(self) -> None:
        """Give the connection back until it is needed again."""
        if self._connection is not None and self._transaction is None:
            connection, self._connection = self._connection, None
            await self.database.release(connection, clean=True)

    async def begin(self, *, claimed_last: bool = False) -> Connection:
        """For writes: the request's one transaction, committed before the answer leaves.

        With `claimed_last` the key is claimed by the reply that `last` keeps, which saves a round trip: a repeat is
        found out when it loses that race.

        Raises:
            Replay: the same request was answered before (see `app/core/idempotency.py`).
        """
        connection = await self.connection()
        if self._transaction is None:
            self._transaction = await begin(connection)
            if self.claim is not None and not claimed_last:
                await idempotency.claim(connection, self.claim, self.now)
        if self._last is not None:
            last, self._last = self._last, None
            await last.run(connection)
        return connection

    def last(self, statement: Statement) -> None:
        """Leave a statement that begins with WITH to the end of the request, or to whatever begins a transaction.

        When it loses a race, the request is done again from its beginning.
        """
        assert self._last is None  # noqa: S101 (two would need a transaction)
        self._last = statement

    async def replay_if_known(self) -> None:
        """For a route that must keep something before its transaction begins: answer repeats first.

        Raises:
            Replay: the same request was answered before.
        """
        if self.claim is not None:
            await idempotency.claim(await self.connection(), self.claim, self.now)

    async def limit(self, *wanted: limits.Limit) -> None:
        """Count this request before its transaction begins, once; refused with 429 when it is one too many."""
        if any(limit.key not in self._counted for limit in wanted):
            await self.limited(limits.NOTHING, *wanted)

    async def limited(self, asked: Statement, *wanted: limits.Limit) -> Row:
        """`limit`, and the row of a statement in the same round trip; of a refused request nothing is asked."""
        assert self._transaction is None  # noqa: S101 (a refused request must still be counted)
        connection, new = await self.connection(), [limit for limit in wanted if limit.key not in self._counted]
        if not new:
            return await asked.row(connection)
        said, row = await limits.hit(connection, new, self.now, self.claim, asked)
        self._counted.update(limit.key for limit in new if said)
        self.headers = limits.nearest(self.headers, said)
        return row

    def etag(self, version: int) -> None:
        """What the answer shows stands at `version`: its ETag begins with it (see `tag`)."""
        self._version = version

    def tag(self, response: Response, *, single: bool) -> None:
        """A strong ETag for an answer about a `single` resource, or with a version, that has none of its own yet."""
        wanted = single or self._version is not None
        if wanted and response.status_code < BAD_REQUEST and "etag" not in response.headers:
            response.headers["ETag"] = etags.etag_of(bytes(response.body), self._version)

    def check_match(self, version: int, *, required: bool = False) -> None:
        """Honour If-Match before changing what stands at `version`, whatever else the tag says.

        Raises:
            Problem: `version-mismatch` (412), or `version-required` (428) where a lost update costs money.
        """
        wanted = self.request.headers.get("if-match")
        if wanted is None and required:
            raise Problem("version-required")
        if wanted is not None and not etags.names_version(wanted, version):
            raise Problem("version-mismatch")

    def created(self, path: str, id_: UUID) -> None:
        """Tell where the new resource is: `Location` for the caller, its id for the audit log."""
        self.headers["Location"] = f"{path}/{id_}"
        self.audited["id"] = str(id_)

    def cut(
        self, rows: Sequence[Row], limit: int, *columns: str, parameter: str = "cursor"
    ) -> tuple[Sequence[Row], str | None]:
        """The page of `limit + 1` rows read, and the cursor after it, made of the `columns` that the list sorts by."""
        shown, cursor = paging.cut(rows, limit, lambda row: paging.encode(*(row[column] for column in columns)))
        self.next_page(cursor, parameter=parameter)
        return shown, cursor

    def next_page(self, cursor: str | None, *, parameter: str = "cursor") -> None:
        """Link: rel="next" beside `next_cursor`."""
        if cursor is not None:
            asked = [(name, value) for name, value in self.request.query_params.multi_items() if name != parameter]
            self.headers["Link"] = f'<{self.request.url.path}?{urlencode([*asked, (parameter, cursor)])}>; rel="next"'

    async def finish(self, response: Response, *, operation: str) -> None:
        """Commit what was done, with its audit row and its stored reply; then the answer may leave.

        Raises:
            Raced: nothing was done (see `last`).
        """
        if self._last is not None or self._transaction is not None:
            audit = self._audit(operation, response.status_code) if self.caller.key_id is not None else None
            await self._write(audit, self._reply(response))
        if self._transaction is not None:
            transaction, self._transaction = self._transaction, None
            await commit(transaction)
        self._clean = True

    def _reply(self, response: Response) -> idempotency.Reply | None:
        """What a repeat of this request will get."""
        if self.claim is None or response.status_code >= BAD_REQUEST:
            return None
        kept = {name: response.headers[name] for name in ("etag", "location") if name in response.headers}
        body = bytes(response.body) if self.kept_body is None else self.kept_body
        return idempotency.Reply(response.status_code, kept, body)

    async def _write(self, audit: events.Audit | None, reply: idempotency.Reply | None) -> None:
        """The last statement, the audit row and the reply, as far as there are any."""
        last, self._last = self._last, None
        connection = await self.connection()
        if last is None:
            if audit is not None:
                await events.audit(connection, audit, self.now)
            if self.claim is not None and reply is not None:
                await idempotency.store(connection, self.claim, reply, self.now)
            return
        if audit is not None:
            last = events.auditing(last, audit, self.now)
        if self.claim is not None and reply is not None:
            last = idempotency.storing(last, self.claim, reply, self.now)
        await last.run(connection)

    async def start_over(self) -> None:
        """Forget what was done for this request, but not that it was counted.

        Raises:
            Replay: it was the same request that was quicker.
        """
        await self._let_go()
        self._last, self.audited, self.kept_body = None, {}, None
        await self.replay_if_known()

    def _audit(self, operation: str, status_code: int) -> events.Audit:
        return events.Audit(
            caller=self.caller, operation=operation, path=self.request.url.path, status_code=status_code,
            request_id=self.request_id, client_address=self.client_address, data=self.audited,
        )  # fmt: skip

    async def close(self) -> None:
        """Roll back what was not finished, give the connection back."""
        if self.place is not None:
            self.place.leave()
        await self._let_go()

    async def _let_go(self) -> None:
        connection, transaction = self._connection, self._transaction
        self._connection = self._transaction = None
        if connection is None:
            return
        try:
            if transaction is not None:
                await roll_back(transaction)
        finally:
            await self.database.release(connection, clean=self._clean)

    def sees_client(self, client_id: UUID | None) -> bool:
        """Whether the caller may see data of this client: staff sees all, a client's key only its own."""
        return self.caller.client_id is None or self.caller.client_id == client_id


async def current_unit(request: Request) -> Unit:
    """The unit that `DeskRoute` made for this request."""
    return cast("Unit", request.state.unit)


Work = Annotated[Unit, Depends(current_unit)]
