"""Lists as CSV: Postgres writes them, so a long one costs this process little; spreadsheets run nothing in them."""

from io import BytesIO
from typing import Any

from fastapi import Response

from app.core.db import Connection
from app.core.http import allows
from app.core.problems import Problem

MOST_ROWS = 20_000
# Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP: CSV injection).
HARMLESS = "CASE WHEN {0} ~ '^[-=+@\t\r]' THEN '''' || {0} ELSE {0} END"


SHOWN = """\
id,worked_on,ticket_number,client_name,agent_name,worked_minutes,billable_minutes,hourly_rate_cents,amount_cents,currency
019ab3d8-162a-7e8a-8127-06f4930bf663,2026-11-24,EC-2026-000042,Boulangerie Schmit,Camille Weber,90,30,12000,6000,EUR
"""


def with_csv(permission: str, *refusals: int, example: str = SHOWN) -> dict[str, Any]:
    """As `allows`, for a list that is also there as text/csv; `example` shows some of its columns."""
    declared = allows(permission, *refusals)
    declared["responses"][200] = {"content": {"text/csv": {"schema": {"type": "string"}, "example": example}}}
    return declared


def wants_csv(accept: str) -> bool:
    """Whether the Accept header names CSV."""
    return "text/csv" in accept.lower()


async def copy_csv(connection: Connection, sql: str, values: list[Any]) -> bytes:
    """The statement's rows as CSV with a header line; refused when there are more than MOST_ROWS."""
    into = BytesIO()
    status = await connection.copy_from_query(sql, *values, output=into, format="csv", header=True)
    if int(status.rpartition(" ")[2]) > MOST_ROWS:
        raise Problem("export-too-large", most_rows=MOST_ROWS)
    return into.getvalue()


def csv(content: bytes, name: str) -> Response:
    """The answer."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8; header=present", headers=headers)
