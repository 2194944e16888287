"""Commands: serve, worker, migrate, openapi, demo, deliver, create-key."""

import asyncio
import json
import sys

import typer

from app.core import credentials, permissions
from app.core.clock import now
from app.core.db import open_pool
from app.core.ids import new_id
from app.core.settings import Settings

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@cli.callback()
def commands() -> None:
    """The support desk as a service."""


@cli.command()
def serve() -> None:
    """Run API and worker; without DATABASE_URL also a Postgres of its own, with demo data on the first start."""
    from app import serving  # noqa: PLC0415 (each command imports what it needs: starting must be quick)

    serving.run(Settings())


@cli.command()
def worker() -> None:
    """Work off jobs: mail, recurring tasks. Any number of these may run."""
    import uvloop  # noqa: PLC0415

    from app import serving  # noqa: PLC0415
    from app.core.telemetry import configure_logs  # noqa: PLC0415

    settings = Settings()
    configure_logs(settings.log_level)
    uvloop.run(serving.work(settings))


@cli.command()
def migrate() -> None:
    """Bring the database to the newest revision and write the legal holidays."""
    settings = Settings()
    url = settings.migration_database_url or settings.database_url
    if url is None:
        raise typer.BadParameter("set MIGRATION_DATABASE_URL or DATABASE_URL")
    from app import serving  # noqa: PLC0415

    serving.migrate(settings, url)


@cli.command()
def create_key(name: str, role: str = "admin") -> None:
    """Make an API key for staff or an integration and print it once; how a new desk gets its first one."""
    if role not in permissions.ROLES or role == "client":
        raise typer.BadParameter("the role must be one of: agent, finance, accounting, mail, admin")

    async def insert() -> str:
        settings, key_id = Settings(), new_id()
        issued = credentials.issue(key_id)
        url = settings.database_url or ""
        async with open_pool(settings, url, size=1) as database, database.transaction() as connection:
            await credentials.insert(connection, key_id, name, role, issued.secret_hash, now())
        return issued.text

    print(asyncio.run(insert()))


@cli.command()
def demo() -> None:
    """Play a ticket's story against the running service and show each answer and mail."""
    from app.demo import story  # noqa: PLC0415

    story.play(Settings())


@cli.command()
def deliver(mailbox: str = typer.Option(..., help="The envelope's recipient.")) -> None:
    """Hand in the raw mail on standard input, for a mail server's pipe: exit 0 once it is kept, 75 to keep it there."""
    from app.desk.inbound_mail import pipe  # noqa: PLC0415

    raise typer.Exit(pipe.deliver(Settings(), mailbox, sys.stdin.buffer))


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document; `make openapi` commits it."""
    from app.main import create_app  # noqa: PLC0415

    print(json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    cli()
