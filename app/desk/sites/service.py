"""A client's websites. The host finds the site of a ticket whose requester gave an address."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core import events
from app.core.db import Connection, Row
from app.core.domain_names import host_of
from app.core.ids import new_id
from app.desk.sites import queries


async def add_site(
    connection: Connection, client_id: UUID, values: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> Row:
    """A new site of an existing client."""
    row = await queries.insert_site(connection, new_id(), client_id, {**values, **_host(values)}, now)
    await events.record(connection, "site.created", subject_id=row["id"], client_id=client_id, actor=actor, now=now)
    return row


async def change_site(
    connection: Connection, before: Row, wanted: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> Row:
    """Change what differs from `before`, the site's locked row; history keeps the old values and the new."""
    changes = {name: value for name, value in wanted.items() if before[name] != value}
    if not changes:
        return before
    row = await queries.update_site(connection, before["id"], {**changes, **_host(changes)})
    data = {"changes": {name: [_plain(before[name]), _plain(value)] for name, value in changes.items()}}
    client_id = row["client_id"]
    await events.record(
        connection, "site.changed", subject_id=row["id"], client_id=client_id, actor=actor, now=now, data=data
    )
    return row


def _host(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {"host": host_of(values["url"])} if "url" in values else {}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
