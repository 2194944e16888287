"""Commands: serve, worker, migrate, openapi, demo, create-key."""

import json

import typer

from app.core.settings import Settings
from app.main import create_app

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@cli.callback()
def commands() -> None:
    """The support desk as a service."""


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document; `make openapi` commits it."""
    print(json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    cli()
