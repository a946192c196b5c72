"""Taking a copy of a database and putting it back, row by row, on either kind."""

from typing import Any

from flask import Flask
from sqlalchemy import insert, select, text

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
        is_sqlite = connection.dialect.name == "sqlite"
        # Rows that refer to each other in a ring can't be written one after the other.
        off, on = (
            ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON")
            if is_sqlite
            else (
                "SET session_replication_role = replica",
                "SET session_replication_role = DEFAULT",
            )
        )
        driver: Any = connection.connection.dbapi_connection
        driver.execute(off) if is_sqlite else connection.execute(text(off))
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            if copy[table.name]:
                connection.execute(insert(table), copy[table.name])
        if not is_sqlite:
            connection.execute(text(on))
        connection.commit()
        if is_sqlite:
            driver.execute(on)
