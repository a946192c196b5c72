"""How Alembic finds the models and the database; run through `vcp db`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from alembic import context
from sqlalchemy import Connection, Engine

import vcp.app  # so that every model is known
from vcp.kernel.db import Base

assert vcp.app  # noqa: S101 - the import is what matters


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Let SQLite's tables be made anew, which dropping the old ones would otherwise forbid.

    Raises: IntegrityError when a row refers to nothing afterwards; nothing is stored then.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    # Outside any transaction, or the pragma does nothing.
    driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        if faults := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            message = f"rows that refer to nothing after the migration: {faults[:5]}"
            raise sqlite3.IntegrityError(message)
        connection.commit()
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def run(engine: Engine) -> None:
    """Run the wanted migrations in one transaction."""
    with engine.connect() as connection, foreign_keys_off(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run(context.config.attributes["engine"])
