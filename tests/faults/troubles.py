"""What is done to a store while it is used: PostgreSQL dies and comes back, SQLite is locked."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.databases import Postgresql, Sqlite, name_of
from tests.faults.rig import Rig
from vcp.kernel.db import BUSY_TIMEOUT_MS, db

Servers = Mapping[str, Sqlite | Postgresql]
#: Longer than any writer waits for its turn.
LOCKED_S = BUSY_TIMEOUT_MS / 1000 + 1.5
LOCKS_WITHIN_S = 60


def keep_what_is_committed(rig: Rig) -> None:
    """Have PostgreSQL write each commit down before it answers, which test databases don't."""
    if name_of(rig.settings.database) == "postgresql":
        name = make_url(rig.settings.database).database
        with rig.app.app_context(), db.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = on"))
        drop_connections(rig)


def drop_connections(rig: Rig) -> None:
    """Drop this process's connections, which may be dead."""
    with rig.app.app_context():
        db.engine.dispose()


def restart_postgresql(rig: Rig, servers: Servers, *, away_s: float = 0.5) -> None:
    """Kill the server under everybody's hands; it is back after a moment."""
    server = servers["postgresql"]
    assert isinstance(server, Postgresql)
    server.end_at_once()
    time.sleep(away_s)
    server.start_again()
    drop_connections(rig)


@contextlib.contextmanager
def sqlite_locked(rig: Rig) -> Iterator[threading.Event]:
    """Have somebody else want to write for longer than our writers wait.

    The lock is taken as soon as it is free and given back before this ends; the event says when
    it is held.
    """
    path = make_url(rig.settings.database).database
    assert path is not None
    held, failed = threading.Event(), []

    def lock() -> None:
        connection = sqlite3.connect(path, timeout=LOCKS_WITHIN_S, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(LOCKED_S)
            connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            failed.append(error)
        finally:
            connection.close()

    locker = threading.Thread(target=lock)
    locker.start()
    yield held
    locker.join()
    assert not failed, failed


def is_locked(rig: Rig) -> bool:
    """Say whether somebody is in the middle of writing to SQLite now."""
    path = make_url(rig.settings.database).database
    if not rig.settings.database.startswith("sqlite") or path is None:
        return False
    with contextlib.closing(sqlite3.connect(path, timeout=0.1, isolation_level=None)) as asking:
        try:
            asking.execute("BEGIN IMMEDIATE")
            asking.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False


def only_on(kind: str, database: str) -> None:
    """Skip a test that is about one kind of database on the other."""
    if name_of(database) != kind:
        pytest.skip(f"this is about {kind}")
