"""Starting, asking and removing embedded servers, for the tests of their faults."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg

from app.adapters.embedded_postgres import stop
from app.adapters.postgres_server import Server

START = """
import os, sys
from pathlib import Path
from app.adapters.embedded_postgres import start
if len(sys.argv) > 2:
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[2]))
launched = []
sys.addaudithook(lambda event, _: launched.append(event) if event == "subprocess.Popen" else None)
cluster = start(Path(sys.argv[1]), fsync=False)
print(cluster.started_here, len(launched), cluster.app_url)
"""


def starter(data_dir: Path, *identity: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", START, str(data_dir), *map(str, identity)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def outcome(process: "subprocess.Popen[str]") -> tuple[bool, int, str]:
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    started_here, launched, url = out.split()
    return started_here == "True", int(launched), url


def query(url: str, *statements: str) -> Any:
    """The first value of the last statement."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def server_of(data_dir: Path) -> Server:
    note = data_dir / "postgres.elsewhere.txt"
    data = Path(note.read_text().splitlines()[0]) if note.exists() else data_dir / "postgres"
    return Server(data, data_dir / "postgres.log")


def remove(data_dir: Path) -> None:
    stop(data_dir)
    if (data_dir / "postgres").exists() or (data_dir / "postgres.elsewhere.txt").exists():
        server = server_of(data_dir)
        assert server._processes() == []
        shutil.rmtree(server.data)
        shutil.rmtree(server.sockets, ignore_errors=True)
    shutil.rmtree(data_dir)


BUSY = """
import asyncio, asyncpg, sys
async def run():
    connection = await asyncpg.connect(sys.argv[1])
    print(connection.get_server_pid(), flush=True)
    await connection.fetchval("SELECT count(*) FROM generate_series(1, 10000000000)")
asyncio.run(run())
"""
