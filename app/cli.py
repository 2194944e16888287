"""Commands: serve, worker, migrate, openapi, demo, deliver, create-key."""

import asyncio
import json
import sys

import asyncpg
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

    settings = _with_database(Settings())
    if settings.database_url is None:
        raise SystemExit(f"DATABASE_URL is not set, and no `make serve` runs on {settings.data_dir}: do either first.")
    try:
        print(asyncio.run(_insert_key(settings, settings.database_url, name, role)))
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise SystemExit(f"No key was made, the database says no ({type(error).__name__}): {error}") from None


async def _insert_key(settings: Settings, url: str, name: str, role: str) -> str:
    key_id = new_id()
    issued = credentials.issue(key_id)
    async with open_pool(settings, url, size=1) as database, database.transaction() as connection:
        await credentials.insert(connection, key_id, name, role, issued.secret_hash, now())
    return issued.text


def _with_database(settings: Settings) -> Settings:
    """Where no database is configured, with the one that `serve` runs in the same DATA_DIR, if it does."""
    if settings.database_url is not None:
        return settings
    from app.adapters import embedded_postgres  # noqa: PLC0415

    found = embedded_postgres.running(settings.data_dir)
    return settings.model_copy(update={"database_url": found.app_url}) if found else settings


@cli.command()
def demo() -> None:
    """Play a ticket's story against the running service and show each answer and mail."""
    from app.demo import story  # noqa: PLC0415

    story.play(Settings())


@cli.command()
def deliver(mailbox: str = typer.Option(..., help="The envelope's recipient.")) -> None:
    """Hand in the raw mail on standard input, for a mail server's pipe: exit 0 once it is kept, 75 to keep it there."""
    from app.desk.inbound_mail import pipe  # noqa: PLC0415

    raise typer.Exit(pipe.deliver(_with_database(Settings()), mailbox, sys.stdin.buffer))


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document; `make openapi` commits it."""
    from app.main import create_app  # noqa: PLC0415

    print(json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    cli()
