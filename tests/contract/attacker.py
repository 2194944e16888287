"""Sends what it should not, and keeps account of every answer that is not as it should be."""

from typing import Any

import httpx

from app.core.db import Connection
from tests.builders import Keys
from tests.contract.hostile import MARKER
from tests.contract.operations import Operation
from tests.contract.world import World
from tests.logs import Logs

COUNTERS = ("rate_limits", "holidays", "terms", "alembic_version")


class Attacker:
    """Sends requests as an administrator and keeps account of every answer that is not as it should be."""

    def __init__(self, api: httpx.AsyncClient, conn: Connection, keys: Keys, world: World, logs: Logs) -> None:
        self.api, self.conn, self.keys, self.world, self.logs = api, conn, keys, world, logs
        self.offences: list[str] = []

    async def send(self, operation: Operation, what: str, statuses: set[int], **request: Any) -> httpx.Response:
        """One request; what is wrong with its answer is noted."""
        headers = {**self.keys["admin"], "Content-Type": operation.media_type, **request.pop("headers", {})}
        url = request.pop("url", None) or operation.path.format(**self.world.own)
        method = request.pop("method", operation.method)
        answer = await self.api.request(method, url, headers=headers, **request)
        seen = answer.text + str(answer.headers)
        for wrong, offence in (
            (answer.status_code not in statuses, f"got {answer.status_code}, not {sorted(statuses)}: {seen[:300]}"),
            (MARKER in seen, f"repeats what it was sent: {seen[:300]}"),
            (MARKER in self.logs.text(), f"logs what it was sent: {self.logs.text()[-300:]}"),
            (answer.status_code >= 400 and not is_problem(answer), f"is no problem document: {seen[:300]}"),
        ):
            if wrong:
                self.offences.append(f"{operation.id}, {what}: {offence}")
        self.logs.clear()
        return answer

    def check(self) -> None:
        """Fail with everything that was noted."""
        assert not self.offences, "\n".join(["", *self.offences])

    async def contents(self) -> dict[str, Any]:
        """What stands in every table."""
        names = await self.conn.fetchval(
            "SELECT array_agg(relname::text) FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace AND relname <> ALL ($1)",
            COUNTERS,
        )
        digests = [
            f"SELECT '{name}', count(*), sum(hashtext(t::text)) FROM \"{name}\" t"  # names come from the catalogue
            for name in sorted(names)
        ]
        return {row[0]: (row[1], row[2]) for row in await self.conn.fetch(" UNION ALL ".join(digests))}


def is_problem(answer: httpx.Response) -> bool:
    """Whether it is an RFC 9457 answer with all our members."""
    if answer.headers.get("content-type") != "application/problem+json":
        return False
    document = answer.json()
    members = {"type", "title", "status", "detail", "code", "request_id"}
    return members <= set(document) and document["status"] == answer.status_code
