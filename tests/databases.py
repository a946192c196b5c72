"""Real databases for tests: a migrated template made once, a copy of it for each test."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from vcp.kernel import schema
from vcp.kernel.db import engine_options, prepare_engine

#: Durable writes are for people's data; nothing here outlives the run.
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
START_TIMEOUT_S = 30


#: The engines that have been used since this was last empty: commands in tests make their own.
_used: set[Engine] = set()


@event.listens_for(Engine, "engine_connect")
def _remember(connection: Connection) -> None:
    _used.add(connection.engine)


#: What PostgreSQL connections there are; one that a thread still held stays open after its engine.
_open: WeakSet[psycopg.Connection[Any]] = WeakSet()


@event.listens_for(Pool, "connect")
def _note(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    del record
    if isinstance(connection, psycopg.Connection):
        _open.add(connection)


def close_connections() -> None:
    """Close what a test has left open: a process of the product would end, a test doesn't."""
    while _used:
        _used.pop().dispose()
    for connection in list(_open):
        connection.close()
    _open.clear()


#: Of each kind of database, the engine that made the run's template: its dialect has seen a server.
_first: dict[str, Engine] = {}


def share_statements(engine: Engine) -> None:
    """Let the engine use the statements that earlier tests compiled.

    Each test has an engine of its own and would compile all anew: a third of a test's time.
    """
    first = _first[engine.dialect.name]
    # What is kept is kept for a dialect object, so that has to be the same one.
    engine.dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


def migrate(url: str) -> None:
    """Bring the database at this address up to date."""
    engine = create_engine(**engine_options(url))
    prepare_engine(engine)
    try:
        schema.upgrade(engine)
    finally:
        engine.dispose()
    _first.setdefault(engine.dialect.name, engine)


class Sqlite:
    """SQLite files in a folder of this run."""

    kind = "sqlite"

    def __init__(self, home: Path) -> None:
        self.home = home
        self.template = home / "template.sqlite3"
        migrate(f"sqlite:///{self.template}")

    @contextmanager
    def fresh(self, *, empty: bool = False) -> Iterator[str]:
        """Give the address of a database of its own, removed afterwards."""
        path = self.home / f"{uuid.uuid4().hex}.sqlite3"
        if not empty:
            shutil.copyfile(self.template, path)
        yield f"sqlite:///{path}"
        for left in self.home.glob(f"{path.name}*"):
            left.unlink()

    def stop(self) -> None:
        """Nothing runs."""


#: Ends whoever still holds a connection: a process that a test has killed, say.
DISCONNECT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = %s AND pid <> pg_backend_pid()
"""
SHAPE = """
SELECT c.relname, c.relkind::text, a.attname, a.atttypid::int, a.attnotnull
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT conname, contype::text, pg_get_constraintdef(oid), 0, false FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
ORDER BY 1, 2, 3
"""
#: Deletes every row and starts the numbers again; the rows of the version table stay.
EMPTY = """
DO $$
DECLARE
    place record;
    is_filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR place IN SELECT oid::regclass AS name FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', place.name) INTO is_filled;
        IF is_filled THEN
            EXECUTE format('DELETE FROM %s', place.name);
        END IF;
    END LOOP;
    FOR place IN SELECT seqrelid::regclass AS name FROM pg_sequence
    LOOP
        PERFORM setval(place.name, 1, false);
    END LOOP;
END
$$
"""


class Postgresql:
    """A private PostgreSQL server: its folder, socket and databases end with the run."""

    kind = "postgresql"

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="vcp-pg-"))
        self.server: subprocess.Popen[bytes] | None = None
        #: Migrated databases without rows, left by earlier tests.
        self.clean: list[str] = []
        try:
            self._start()
            self._execute("CREATE DATABASE template_vcp")
            migrate(self.url("template_vcp"))
            self.shape = self._shape("template_vcp")
        except BaseException:
            self.stop()
            raise

    def url(self, database: str) -> str:
        """Return SQLAlchemy's address of this database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.home}"

    @contextmanager
    def fresh(self, *, empty: bool = False) -> Iterator[str]:
        """Give the address of a database of its own.

        It is emptied for the next test, which takes a sixth of the time of making one; one whose
        tables a test has changed is dropped.
        """
        name = self.clean.pop() if self.clean and not empty else self._made(empty=empty)
        yield self.url(name)
        self._execute(DISCONNECT, name)
        if not empty and self._shape(name) == self.shape:
            self._execute(EMPTY, database=name)
            self.clean.append(name)
        else:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _made(self, *, empty: bool) -> str:
        name = f"test_{uuid.uuid4().hex}"
        template = "template0" if empty else "template_vcp"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def _shape(self, database: str) -> list[Any]:
        """Return the tables with their columns and indexes, and the version that made them."""
        return self._execute(SHAPE, database=database)

    def stop(self) -> None:
        """Stop the server and remove its files."""
        if self.server is not None:
            self.server.send_signal(signal.SIGINT)  # fast: clients are not waited for
            self.server.wait(timeout=START_TIMEOUT_S)
        shutil.rmtree(self.home, ignore_errors=True)

    def end_at_once(self) -> None:
        """Stop it as a failure would: no checkpoint, every connection cut."""
        assert self.server is not None
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(timeout=START_TIMEOUT_S)

    def start_again(self) -> None:
        """Run it on the data that it left."""
        self._run()

    def _start(self) -> None:
        data, programs = self.home / "data", _programs()
        assert programs is not None
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N"]
        locale = ["-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run([*_as_postgres(), *initdb, *locale], check=True, capture_output=True)
        self._run()

    def _run(self) -> None:
        data, programs = self.home / "data", _programs()
        assert programs is not None
        settings = [f"-c{s}" for s in (*UNSAFE, "listen_addresses=", "max_connections=200")]
        with (self.home / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [*_as_postgres(), programs / "postgres", "-D", data, "-k", self.home, *settings],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self._execute("SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.server.poll() is not None:
                    raise
                threading.Event().wait(0.05)

    def _execute(self, statement: str, *values: str, database: str = "postgres") -> list[Any]:
        where = f"host={self.home} user=postgres dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            found = connection.execute(statement.encode(), values or None)
            return found.fetchall() if found.description else []


def postgresql_missing() -> str | None:
    """Say why PostgreSQL can't be run here, or nothing when it can."""
    if _programs() is None:
        return "PostgreSQL is not installed: sudo apt-get install postgresql"
    return None


def name_of(url: str) -> str:
    """Return which kind of database this address is of."""
    return make_url(url).get_backend_name()


def _programs() -> Path | None:
    """Return the folder of the newest PostgreSQL server programs."""
    found = [
        path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()
    ]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _as_postgres() -> list[str]:
    """Return what makes the server run as its own user, which root must, and end with us."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    end_with_us = [setpriv, "--pdeathsig", "INT"]
    if os.geteuid() != 0:
        return [*end_with_us, "--"]
    return [*end_with_us, "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"]
