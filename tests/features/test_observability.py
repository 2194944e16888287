"""What operators see: health, readiness, metrics, logs, traces."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from fastapi import FastAPI

from app.core.db import Connection
from app.desk.oversight.health import judge
from tests.builders import Keys
from tests.live import LiveServers
from tests.logs import Logs

FINE = {"revision": None, "fsync": "on", "synchronous_commit": "on", "job_age_seconds": None}


async def test_alive_and_ready(api: httpx.AsyncClient):
    assert (await api.get("/healthz")).json() == {"status": "ok"}
    answer = await api.get("/readyz")
    checks = answer.json()["checks"]
    assert set(checks) == {"database", "migrations", "fsync", "synchronous_commit", "jobs"}
    # The test's Postgres runs without fsync, and says so.
    assert [name for name, passed in checks.items() if not passed] == ["fsync"]
    assert answer.status_code == 503


@pytest.mark.parametrize(
    ("found", "failing"),
    [
        ({}, []),
        ({"fsync": "off"}, ["fsync"]),
        ({"synchronous_commit": "off"}, ["synchronous_commit"]),
        ({"synchronous_commit": "local"}, ["synchronous_commit"]),
        ({"revision": "of-last-year"}, ["migrations"]),
        ({"job_age_seconds": 299}, []),
        ({"job_age_seconds": 301}, ["jobs"]),
        ({"job_age_seconds": -5}, []),
    ],
)
def test_each_check_can_fail_alone(found: dict[str, object], failing: list[str]):
    from app.core.migrations import newest_revision

    readiness = judge(FINE | {"revision": newest_revision()} | found)
    assert [name for name, passed in readiness.checks.items() if not passed] == failing
    assert readiness.ready == (not failing)


async def test_requests_are_measured_by_route_not_by_path(api: httpx.AsyncClient, keys: Keys):
    ticket = "019ab000-0000-7000-8000-00000000dead"
    await api.get(f"/v1/tickets/{ticket}", headers=keys["agent"])
    metrics = (await api.get("/metrics")).text
    assert 'http_request_seconds_count{method="GET",route="/v1/tickets/{ticket_id}",status="404"}' in metrics
    assert ticket not in metrics


async def test_a_log_line_names_the_request_and_keeps_its_secrets(api: httpx.AsyncClient, logs: Logs):
    token = "A" * 43
    answer = await api.get(f"/v1/public/tickets/{token}", headers={"X-Request-ID": "from-the-proxy-1"})
    assert answer.headers["X-Request-ID"] == "from-the-proxy-1"
    line = json.loads(logs.text().splitlines()[-1])
    assert (line["request_id"], line["route"], line["status"]) == (
        "from-the-proxy-1",
        "/v1/public/tickets/{receipt_token}",
        404,
    )
    assert token not in logs.text()


async def test_a_request_id_that_is_none_is_replaced(api: httpx.AsyncClient):
    for bad in ("short", "x" * 65, "with space!", "<script>alert</script>"):
        answer = await api.get("/healthz", headers={"X-Request-ID": bad})
        assert answer.headers["X-Request-ID"] != bad
        assert len(answer.headers["X-Request-ID"]) == 32


async def test_the_unforeseen_is_answered_politely_and_logged(
    api: httpx.AsyncClient, app: FastAPI, conn: Connection, keys: Keys, logs: Logs
):
    await conn.execute("CREATE TEMP TABLE closures (something int) ON COMMIT DROP")
    origin = app.state.settings.allowed_origins[0]
    answer = await api.get("/v1/calendar/closures", headers=keys["agent"] | {"Origin": origin})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    assert "closures" not in answer.text
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "UndefinedColumnError" in logs.text()
    assert answer.json()["request_id"] in logs.text()


class Collector(BaseHTTPRequestHandler):
    received: list[bytes] = []  # noqa: RUF012 (one collector, one test)

    def do_POST(self) -> None:
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silence."""


def test_traces_are_sent_where_the_setting_says(live_servers: LiveServers):
    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
        server = live_servers.start(OTLP_ENDPOINT=endpoint, OTEL_BSP_SCHEDULE_DELAY="100")
        assert httpx.get(f"{server.url}/v1/public/desk").status_code == 200
        deadline = time.monotonic() + 20
        while b"/v1/public/desk" not in b"".join(Collector.received) and time.monotonic() < deadline:
            time.sleep(0.1)
        collector.shutdown()
    spans = b"".join(Collector.received)
    assert b"/v1/public/desk" in spans
    assert b"e-connect-desk" in spans
