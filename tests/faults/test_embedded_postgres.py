"""The embedded Postgres: its first start, and every way to lose it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from app.adapters.embedded_postgres import Cluster, EmbeddedPostgresError, start, stop
from app.adapters.postgres_server import LOG_BYTES
from tests.faults.clusters import BUSY, outcome, query, server_of, starter

SYSTEM = sorted(str(folder) for folder in Path("/usr/lib/postgresql").glob("1[5-9]/bin"))
EVERY_POSTGRES = [None, *SYSTEM]


@pytest.mark.parametrize("binaries", EVERY_POSTGRES, ids=lambda binaries: binaries or "wheel")
def test_first_start_makes_all_that_migrations_need(
    new_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, binaries: str | None
) -> None:
    if binaries:
        monkeypatch.setenv("DESK_POSTGRES_BIN", binaries)
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    folder = new_folder(f"first {'system' if binaries else 'wheel'}, it's")
    interrupted = folder / "postgres.new"
    interrupted.mkdir(parents=True)
    (interrupted / "PG_VERSION").write_text("18\n")

    cluster = start(folder, fsync=False)

    assert cluster.started_here
    extensions = [f"CREATE EXTENSION IF NOT EXISTS {name}" for name in ("btree_gist", "pg_trgm", "unaccent", "citext")]
    table = "CREATE TABLE kept (id int)"
    assert query(cluster.owner_url, *extensions, table, "SELECT lower(unaccent('ÉTÉ'))") == "ete"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        query(cluster.app_url, "CREATE TABLE mine (id int)")
    clone = "CREATE DATABASE clone TEMPLATE desk"
    assert query(cluster.superuser_url, clone, "SELECT count(*) FROM pg_database WHERE datname = 'clone'") == 1
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'desk_app'::regrole AND deptype = 'o'"
    assert query(cluster.app_url, owned) == 0
    assert server_of(folder).sockets.stat().st_mode & 0o777 == 0o700
    assert (folder / "postgres").stat().st_mode & 0o777 == 0o700

    stop(folder)
    monkeypatch.delenv("DESK_POSTGRES_BIN", raising=False)
    assert start(folder, fsync=False).started_here, "binaries of the cluster's own version are found by themselves"


def test_a_start_runs_no_more_than_it_must(data_dir: Path) -> None:
    stop(data_dir)
    first_here, first_launched, url = outcome(starter(data_dir))
    second_here, second_launched, same_url = outcome(starter(data_dir))
    assert (first_here, second_here) == (True, False)
    assert (first_launched, second_launched) == (2, 0)
    assert url == same_url


def test_a_start_is_safe_unless_told_otherwise(data_dir: Path) -> None:
    stop(data_dir)
    cluster = start(data_dir)
    for setting, expected in {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
    }.items():
        assert query(cluster.app_url, f"SELECT current_setting('{setting}')") == expected
    stop(data_dir)


def test_the_server_is_out_of_reach_of_the_terminal(data_dir: Path) -> None:
    start(data_dir, fsync=False)
    postmaster = server_of(data_dir)._pid()
    assert os.getsid(postmaster) == postmaster
    assert os.getpgid(postmaster) == postmaster


def test_stop_leaves_nothing_and_may_come_twice_or_without_a_start(data_dir: Path, open_folder: Path) -> None:
    cluster = start(data_dir, fsync=False)
    query(
        cluster.owner_url,
        "CREATE TABLE IF NOT EXISTS kept (id int)",
        "INSERT INTO kept VALUES (1) RETURNING id",
    )
    stop(data_dir)
    stop(data_dir)
    stop(open_folder / "never")
    assert server_of(data_dir)._processes() == []
    assert list(server_of(data_dir).sockets.iterdir()) == []
    assert query(start(data_dir, fsync=False).owner_url, "SELECT count(*) FROM kept") >= 1


def test_a_killed_postmaster_is_replaced_though_a_busy_backend_outlives_it(data_dir: Path) -> None:
    cluster = start(data_dir, fsync=False)
    query(
        cluster.owner_url,
        "CREATE TABLE IF NOT EXISTS kill (id int)",
        "INSERT INTO kill VALUES (1) RETURNING id",
    )
    busy = subprocess.Popen(
        [sys.executable, "-c", BUSY, cluster.app_url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert busy.stdout
    backend = int(busy.stdout.readline())
    time.sleep(0.1)
    os.kill(server_of(data_dir)._pid(), signal.SIGKILL)

    again = start(data_dir, fsync=False)

    busy.communicate(timeout=10)
    assert again.started_here
    assert backend not in server_of(data_dir)._processes()
    assert query(again.owner_url, "SELECT count(*) FROM kill") == 1


def test_everything_killed_and_the_number_of_the_postmaster_given_to_another_program(data_dir: Path) -> None:
    start(data_dir, fsync=False)
    server = server_of(data_dir)
    for pid in server._processes():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    other = subprocess.Popen(["sleep", "60"], **server.account.options())
    try:
        for file in (server.data / "postmaster.pid", server.sockets / ".s.PGSQL.5432.lock"):
            lines = file.read_text().splitlines()
            file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        assert query(start(data_dir, fsync=False).app_url, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_killed_postmaster_that_its_parent_has_not_buried_is_replaced(data_dir: Path) -> None:
    stop(data_dir)
    start(data_dir, fsync=False)
    os.kill(server_of(data_dir)._pid(), signal.SIGKILL)
    assert outcome(starter(data_dir))[0]


def test_stop_ends_what_a_killed_postmaster_left(data_dir: Path) -> None:
    start(data_dir, fsync=False)
    os.kill(server_of(data_dir)._pid(), signal.SIGKILL)
    stop(data_dir)
    assert server_of(data_dir)._processes() == []


def test_a_running_server_without_fsync_is_not_taken_for_a_safe_one(data_dir: Path) -> None:
    start(data_dir, fsync=False)
    with pytest.raises(EmbeddedPostgresError, match="without fsync"):
        start(data_dir)


def test_another_server_behind_the_socket_is_not_taken_for_ours(data_dir: Path) -> None:
    start(data_dir, fsync=False)
    server = server_of(data_dir)
    server.data = data_dir / "other"
    with pytest.raises(EmbeddedPostgresError, match="belongs to the server of"):
        server.state()


def test_the_log_does_not_grow_for_ever(data_dir: Path) -> None:
    stop(data_dir)
    log = data_dir / "postgres.log"
    log.write_bytes(b"x" * (LOG_BYTES + 1))
    start(data_dir, fsync=False)
    assert b"x" * 100 not in log.read_bytes()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    stop(data_dir)
    settings = data_dir / "postgres" / "postgresql.conf"
    text = settings.read_text()
    settings.write_text("work_mem = plenty\n")
    with pytest.raises(EmbeddedPostgresError, match="work_mem"):
        start(data_dir, fsync=False)
    settings.write_text(text)


def test_urls_are_what_the_rest_of_the_code_expects(data_dir: Path) -> None:
    cluster = start(data_dir, fsync=False)
    ways = f"host={server_of(data_dir).sockets}&port=5432"
    assert cluster == Cluster(
        owner_url=f"postgresql://desk_owner@/desk?{ways}",
        app_url=f"postgresql://desk_app@/desk?{ways}",
        superuser_url=f"postgresql://postgres@/postgres?{ways}",
        started_here=cluster.started_here,
    )
