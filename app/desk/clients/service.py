"""Clients are registered and changed, never removed: tickets and invoices name them for ever."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters import vat_numbers
from app.core import events
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.desk.clients import queries
from app.domain.calendar import local_date
from app.domain.errors import Refusal
from app.domain.period import cycle_change_on


async def register_client(
    connection: Connection, values: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> Row:
    """A new client with its e-mail domains.

    Raises:
        Refusal: `vat-number-invalid`.
    """
    client_id = new_id()
    values = {**values, "vat_number": vat_number_in(values["country"], values["vat_number"])}
    await queries.insert_client(connection, client_id, values, now)
    await queries.add_domains(connection, client_id, values["domains"])
    await events.record(connection, "client.created", subject_id=client_id, client_id=client_id, actor=actor, now=now)
    return await _client(connection, client_id)


async def change_client(
    connection: Connection, before: Row, wanted: Mapping[str, Any], *, actor: dict[str, str], now: datetime
) -> Row:
    """Change what differs from `before`, the client's locked row; history keeps the old values and the new.

    Another billing cycle takes effect at the next boundary (I1).

    Raises:
        Refusal: `vat-number-invalid`.
    """
    wanted = {**wanted, **_fitting_vat_number(before, wanted)}
    changes = {name: value for name, value in wanted.items() if before[name] != value}
    if not changes:
        return before
    client_id = before["id"]
    await queries.update_client(connection, client_id, _columns(changes))
    if "billing_cycle" in changes:
        effective_on = cycle_change_on(local_date(now))
        await queries.change_cycle(
            connection, client_id, before["billing_cycle"], changes["billing_cycle"], effective_on
        )
    if "domains" in changes:
        old, new = set(before["domains"]), set(changes["domains"])
        await queries.remove_domains(connection, client_id, old - new)
        await queries.add_domains(connection, client_id, new - old)
    data = {"changes": {name: [before[name], value] for name, value in changes.items()}}
    await events.record(
        connection, "client.changed", subject_id=client_id, client_id=client_id, actor=actor, now=now, data=data
    )
    return await _client(connection, client_id)


def vat_number_in(country: str, number: str | None) -> str | None:
    """The number's normal form in its country.

    Raises:
        Refusal: `vat-number-invalid`.
    """
    if number is None:
        return None
    normal = vat_numbers.normal_form(country, number)
    if normal is None:
        raise Refusal("vat-number-invalid", f"This is no VAT number of {country}.", pointer="/vat_number")
    return normal


def _fitting_vat_number(before: Row, wanted: Mapping[str, Any]) -> dict[str, str | None]:
    if wanted.keys().isdisjoint({"country", "vat_number"}):
        return {}
    found = {"country": before["country"], "vat_number": before["vat_number"], **wanted}
    return {"vat_number": vat_number_in(found["country"], found["vat_number"])}


def _columns(changes: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: value for name, value in changes.items() if name not in {"domains", "billing_address"}}
    if "billing_address" in changes:
        address = changes["billing_address"] or {}
        columns |= {f"billing_{part}": address.get(part) for part in ("street", "postal_code", "city")}
    return columns


async def _client(connection: Connection, client_id: UUID) -> Row:
    row = await queries.client(connection, client_id)
    assert row is not None  # noqa: S101 (written in this transaction)
    return row
