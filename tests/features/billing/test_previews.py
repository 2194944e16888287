"""A preview promises what a run does, and nothing else: both ask the same question of the same facts (I3)."""

from typing import Any

import httpx
import pytest

from app.core.db import Connection
from tests.billing import logged
from tests.builders import Keys, a_ticket
from tests.conftest import Clock

Api = httpx.AsyncClient


@pytest.fixture
async def ticket(conn: Connection, keys: Keys, clock: Clock) -> Any:
    return await a_ticket(conn, client_id=keys.client_id, status="in_progress")


async def previewed(api: Api, keys: Keys, **asked: Any) -> list[dict[str, Any]]:
    answer = await api.post("/v1/invoice-previews", json=asked, headers=keys["finance"])
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def run(api: Api, keys: Keys, **asked: Any) -> dict[str, Any]:
    answer = await api.post("/v1/invoice-runs", json={"issue": True} | asked, headers=keys["finance"])
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_comes_after_the_invoice_waits_for_the_next_period(api: Api, keys: Keys, ticket: Any):
    """25 minutes are invoiced; ten more cost 20.00 + 17 % = 23.40 €, and are of no invoice of this quarter any more."""
    asked = {"client_id": str(keys.client_id), "period": "2026-Q4"}
    await logged(api, keys, ticket["id"], 25)
    (before,) = await previewed(api, keys, **asked)
    assert (before["total_cents"], before["obstacles"]) == (5850, [])
    digests = [{"client_id": asked["client_id"], "digest": before["digest"]}]
    (created,) = (await run(api, keys, **asked, digests=digests))["created"]
    await logged(api, keys, ticket["id"], 10)

    for query in (asked, {"period": "2026-Q4"}):
        (after,) = await previewed(api, keys, **query)
        assert (after["total_cents"], after["digest"]) == (2340, None)
        (obstacle,) = after["obstacles"]
        told = await run(api, keys, **query)
        assert told["created"] == told["parked"] == []
        (skipped,) = [one for one in told["skipped"] if one["client_id"] == asked["client_id"]]
        assert obstacle == {"code": skipped["reason"], "detail": skipped["detail"]}
        assert (skipped["reason"], skipped["invoice_id"]) == ("already-invoiced", created["invoice_id"])


@pytest.mark.parametrize(("cycle", "period"), [("quarterly", "2026-11"), ("monthly", "2026-Q4")])
async def test_who_is_invoiced_otherwise_is_shown_as_skipped(
    api: Api, conn: Connection, keys: Keys, ticket: Any, cycle: str, period: str
):
    await conn.execute("UPDATE clients SET billing_cycle = $2 WHERE id = $1", keys.client_id, cycle)
    await logged(api, keys, ticket["id"], 25)
    asked = {"client_id": str(keys.client_id), "period": period}

    (preview,) = await previewed(api, keys, **asked)
    (skipped,) = (await run(api, keys, **asked))["skipped"]

    assert skipped["reason"] == "other-cycle"
    assert preview["obstacles"] == [{"code": "other-cycle", "detail": skipped["detail"]}]
    assert preview["digest"] is None


async def test_nobody_is_previewed_who_is_not_there(api: Api, keys: Keys, clock: Clock):
    asked = {"client_id": "019ab000-0000-7000-8000-0000000000ff", "period": "2026-Q4"}
    for path in ("/v1/invoice-previews", "/v1/invoice-runs"):
        answer = await api.post(path, json=asked, headers=keys["finance"])
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/client_id", "reference-unknown")
