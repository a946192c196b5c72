"""Taking a copy of a database and putting it back, row by row, on either kind."""

from typing import Any

from flask import Flask
from sqlalchemy import Connection, insert, select, text

from vcp.kernel.db import Base, db

Copy = dict[str, list[dict[str, Any]]]


def take(app: Flask) -> Copy:
    """Every row of every table, as a backup has it."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in Base.metadata.sorted_tables
        }


def put_back(app: Flask, copy: Copy) -> None:
    """Make the database what it was; nothing else may use it meanwhile."""
    with app.app_context(), db.engine.connect() as connection:
        switch = _SWITCHES[connection.dialect.name]
        # Rows that refer to each other in a ring can't be written one after the other.
        switch(connection, is_on=False)
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            if copy[table.name]:
                connection.execute(insert(table), copy[table.name])
        connection.commit()
        switch(connection, is_on=True)


def _switch_sqlite(connection: Connection, *, is_on: bool) -> None:
    # Past SQLAlchemy, which would begin a transaction, in which this does nothing.
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA foreign_keys={'ON' if is_on else 'OFF'}")


def _switch_postgresql(connection: Connection, *, is_on: bool) -> None:
    connection.execute(text(f"SET session_replication_role = {'origin' if is_on else 'replica'}"))
    connection.commit()


_SWITCHES = {"sqlite": _switch_sqlite, "postgresql": _switch_postgresql}
