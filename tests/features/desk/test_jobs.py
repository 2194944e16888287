"""Jobs over HTTP: what is still to do, and what needs somebody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.core.db import Connection, Row
from app.core.ids import new_id
from tests.builders import A_MOMENT_AGO, Keys, insert

ABSENT = "019ab000-0000-7000-8000-0000000000ff"


async def a_job(conn: Connection, **values: Any) -> Row:
    status = values.get("status", "queued")
    defaults = {
        "id": new_id(),
        "kind": "send_mail",
        "payload": {"mail_id": "7"},
        "status": status,
        "run_at": A_MOMENT_AGO,
        "attempts": {"queued": 0, "running": 1, "dead": 12}[status],
        "lease_until": A_MOMENT_AGO + timedelta(minutes=5) if status == "running" else None,
        "last_error": "The mail server refused the recipient." if status == "dead" else None,
        "created_at": A_MOMENT_AGO,
    }
    return await insert(conn, "jobs", defaults | values)


async def ids(api: httpx.AsyncClient, keys: Keys, **query: Any) -> list[str]:
    answer = await api.get("/v1/jobs", params=query, headers=keys["admin"])
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.json()["items"]]


async def test_a_job_is_shown_with_what_went_wrong(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    job = await a_job(conn, status="dead")

    answer = await api.get(f"/v1/jobs/{job['id']}", headers=keys["admin"])

    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(job["id"]),
        "kind": "send_mail",
        "payload": {"mail_id": "7"},
        "status": "dead",
        "run_at": "2026-11-24T09:30:00Z",
        "attempts": 12,
        "lease_until": None,
        "last_error": "The mail server refused the recipient.",
        "created_at": "2026-11-24T09:30:00Z",
    }


async def test_the_tag_of_a_job_changes_with_it(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    job = await a_job(conn, status="dead")
    path = f"/v1/jobs/{job['id']}"
    tag = (await api.get(path, headers=keys["admin"])).headers["etag"]

    assert (await api.get(path, headers=keys["admin"] | {"If-None-Match": tag})).status_code == 304
    retried = await api.post(f"{path}/retry", headers=keys["admin"])
    assert retried.headers["etag"] != tag
    assert (await api.get(path, headers=keys["admin"] | {"If-None-Match": tag})).status_code == 200


async def test_filters_narrow_by_status_and_kind(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    queued = str((await a_job(conn))["id"])
    running = str((await a_job(conn, status="running"))["id"])
    dead = str((await a_job(conn, status="dead"))["id"])
    cleaning = str((await a_job(conn, kind="clean_up"))["id"])

    assert await ids(api, keys) == [cleaning, dead, running, queued]
    assert await ids(api, keys, status="dead") == [dead]
    assert await ids(api, keys, status="running") == [running]
    assert await ids(api, keys, kind="clean_up") == [cleaning]
    assert await ids(api, keys, kind="send_mail", status="queued") == [queued]
    assert await ids(api, keys, kind="unheard_of") == []


async def test_a_dead_job_starts_again(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    job = await a_job(conn, status="dead")

    answer = await api.post(f"/v1/jobs/{job['id']}/retry", headers=keys["admin"])

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["status"], shown["attempts"]) == ("queued", 0)
    assert shown["last_error"] == "The mail server refused the recipient."
    assert datetime.fromisoformat(shown["run_at"]) > datetime.now(UTC) - timedelta(minutes=1)
    told = await conn.fetchrow("SELECT subject_id, actor, data FROM events WHERE type = 'job.retried'")
    assert told is not None
    assert (told["subject_id"], told["actor"]["role"], told["data"]) == (job["id"], "admin", {"kind": "send_mail"})


async def test_a_retry_can_be_repeated_with_its_key(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    job = await a_job(conn, status="dead")
    headers = keys["admin"] | {"Idempotency-Key": "again"}

    first = await api.post(f"/v1/jobs/{job['id']}/retry", headers=headers)
    again = await api.post(f"/v1/jobs/{job['id']}/retry", headers=headers)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("status", ["queued", "running"])
async def test_only_a_dead_job_starts_again(api: httpx.AsyncClient, keys: Keys, conn: Connection, status: str):
    job = await a_job(conn, status=status)

    answer = await api.post(f"/v1/jobs/{job['id']}/retry", headers=keys["admin"])

    assert (answer.status_code, answer.json()["code"]) == (409, "job-not-dead")
    assert await conn.fetchval("SELECT status FROM jobs WHERE id = $1", job["id"]) == status


async def test_a_job_that_is_done_is_not_found(api: httpx.AsyncClient, keys: Keys):
    assert (await api.get(f"/v1/jobs/{ABSENT}", headers=keys["admin"])).status_code == 404
    assert (await api.post(f"/v1/jobs/{ABSENT}/retry", headers=keys["admin"])).status_code == 404


async def test_pages_hold_every_job_once_while_others_are_added(api: httpx.AsyncClient, keys: Keys, conn: Connection):
    there = [str((await a_job(conn))["id"]) for _ in range(3)]

    first = await api.get("/v1/jobs", params={"limit": 2}, headers=keys["admin"])
    await a_job(conn)
    second = await api.get(first.links["next"]["url"], headers=keys["admin"])

    items = [job["id"] for page in (first, second) for job in page.json()["items"]]
    assert items == there[::-1]
    assert second.json()["next_cursor"] is None


@pytest.mark.parametrize("role", ["agent", "finance", "accounting", "client", "mail"])
async def test_jobs_are_the_administrator_s(api: httpx.AsyncClient, keys: Keys, conn: Connection, role: str):
    path = f"/v1/jobs/{(await a_job(conn, status='dead'))['id']}"

    assert (await api.get("/v1/jobs", headers=keys[role])).status_code == 403
    assert (await api.get(path, headers=keys[role])).status_code == 403
    assert (await api.post(f"{path}/retry", headers=keys[role])).status_code == 403


@pytest.mark.parametrize("query", [{"status": "done"}, {"kind": "Send Mail"}, {"cursor": "WzFd"}, {"q": "mail"}])
async def test_bad_queries_are_refused(api: httpx.AsyncClient, keys: Keys, query: dict[str, str]):
    assert (await api.get("/v1/jobs", params=query, headers=keys["admin"])).status_code == 422
