"""The commands of an operator: migrate, create-key, worker, openapi, and settings that production refuses."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.adapters.embedded_postgres import Cluster
from app.core.settings import Settings
from tests.live import ROOT, LiveServers
from tests.postgres import Clone

SECRET = "x" * 40


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"} or "COV" in name}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


async def rows(statement: str, url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


def test_migrate_fills_an_empty_database_and_is_harmless_to_repeat(cluster: Cluster):
    asyncio.run(rows("CREATE DATABASE emptied OWNER desk_owner TEMPLATE template0", cluster.superuser_url))
    url = cluster.owner_url.replace("/desk?", "/emptied?")
    try:
        for _ in range(2):
            migrated = command("migrate", MIGRATION_DATABASE_URL=url)
            assert migrated.returncode == 0, migrated.stderr
        (holidays,) = asyncio.run(rows("SELECT count(*) FROM holidays WHERE \"on\" >= '2026-01-01'", url))
        # Eleven a year, 2026 to 2035; no two of them fall on one day then.
        assert holidays["count"] == 110
    finally:
        asyncio.run(rows("DROP DATABASE emptied", cluster.superuser_url))
    assert command("migrate").returncode != 0


def test_the_first_key_comes_from_the_command_line(live_servers: LiveServers):
    server = live_servers.start()
    made = command("create-key", "The first administrator", "--role", "admin", DATABASE_URL=server.database.app_url)
    assert made.returncode == 0, made.stderr
    answer = httpx.get(f"{server.url}/v1/api-keys", headers={"Authorization": f"Bearer {made.stdout.strip()}"})
    assert answer.status_code == 200
    refused = command("create-key", "Nobody", "--role", "king", DATABASE_URL=server.database.app_url)
    assert refused.returncode != 0


def test_a_database_that_is_not_there_is_one_line():
    refused = command("create-key", "Nobody", DATABASE_URL="postgresql://desk_app@127.0.0.1:1/desk")
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert line.startswith("No key was made, the database says no")


def test_a_worker_stops_when_told(fresh_database: Clone):
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": fresh_database.app_url},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not asyncio.run(rows("SELECT FROM jobs WHERE unique_key LIKE 'recurring:%'", fresh_database.app_url)):
        assert process.poll() is None
        assert time.monotonic() < deadline, "the worker planned nothing"
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert command("worker").returncode != 0


def test_the_document_is_printed():
    printed = command("openapi")
    assert json.loads(printed.stdout)["openapi"].startswith("3.1")


GOOD = {
    "environment": "production",
    "secret_key": SECRET,
    "database_url": "postgresql://desk_app@db/desk",
    "public_url": "https://desk.example",
    "cors_origins": ["https://www.example"],
}


def test_production_starts_with_serious_settings():
    assert Settings(**GOOD).base_url == "https://desk.example"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret_key", "development-only-secret"),
        ("secret_key", "short"),
        ("database_url", None),
        ("public_url", None),
        ("cors_origins", None),
    ],
)
def test_production_refuses_what_is_fit_for_a_laptop(name: str, value: str | None):
    with pytest.raises(ValueError, match="in production"):
        Settings(**(GOOD | {name: value}))  # type: ignore[arg-type]


def test_a_server_without_database_says_what_is_missing(tmp_path: Path):
    started = subprocess.run(
        [sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app", "--port", "0"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert started.returncode != 0
    assert "DATABASE_URL is not set" in started.stderr
