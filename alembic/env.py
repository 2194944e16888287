"""Migrations run one at a time, give up on locks soon, and name plain SQLAlchemy types."""

import asyncio
from typing import Any

from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.sql.sqltypes import AutoString

from alembic import context
from app.tables import metadata

LOCK = 4_201_900_117  # any number, the same for every process that migrates this database


def render_item(type_: str, obj: Any, _context: Any) -> str | bool:
    if type_ == "type" and isinstance(obj, AutoString):
        return f"sa.String(length={obj.length})" if obj.length else "sa.String()"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate(url: str) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        # Several processes may start at once: the first migrates, the others wait and find nothing to do.
        await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        await connection.execute(text("SET lock_timeout = '10s'"))
        await connection.execute(text("SET statement_timeout = '10min'"))
        await connection.commit()
        try:
            await connection.run_sync(run)
            await connection.commit()
        finally:
            await connection.rollback()
            await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: set MIGRATION_DATABASE_URL or DATABASE_URL.")
asyncio.run(migrate(context.config.attributes["url"]))
