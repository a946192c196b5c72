"""The database: base class, types, the session in force, and the only commit.

A boundary (a POST route, a job, one turn of a loop, a command) wraps its work in
`transaction()`; nobody else commits. See docs/adr/0002-unit-of-work.md.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any, TypeVar

from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    MetaData,
    String,
    bindparam,
    event,
    inspect,
    update,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from vcp.kernel.errors import Conflict, Unavailable

T = TypeVar("T")
NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_MS = 15_000
#: Errors of a store that is full, read-only or gone, on either database.
STORE_TROUBLE = (
    "readonly",
    "read-only",
    "disk is full",
    "disk full",
    "disk i/o",
    "no space left",
    "unable to open",
    "connection refused",
    "server closed the connection",
    "terminating connection",
    "shutting down",
    "starting up",
    "database is locked",
    "connection failed",
    "connection is closed",
)
#: Errors of tables that an upgrade has yet to make.
MISSING_TABLE = ("no such table", "no such column", "undefinedtable", "does not exist")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment; SQLite alone would give it back without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments: they are off by an hour half of the year."""
        del dialect
        if value is not None and value.tzinfo is None:
            message = "a moment without a zone can't be stored"
            raise ValueError(message)
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every stored thing derives from."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime, str: String}  # noqa: RUF012 - SQLAlchemy's name


db = SQLAlchemy(require_default_engine=False)
CHANGED_MEANWHILE = "Someone else changed this first. Look at it again, then decide."
#: One for each SQLite file of this process.
_turns: dict[str, Lock] = {}


def engine_options(url: str) -> dict[str, Any]:
    """Return what the engine of this address needs."""
    if url.startswith("sqlite"):
        return {"url": url, "connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    return {"url": url, "pool_pre_ping": True, "pool_size": 20, "max_overflow": 40}


def prepare_engine(engine: Engine) -> None:
    """Set up SQLite for several processes: WAL, full sync, and write locks taken at the start."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _pragmas(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        del record
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        # FULL, not NORMAL: a claim that is lost with the power would be sent twice.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # A read that turns into a write fails at once when somebody wrote in between.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def session() -> Session:
    """Return the session of this request, job or turn, for reading."""
    return db.session


@contextmanager
def transaction() -> Iterator[Session]:
    """Run one unit of work: all of it is stored, or nothing.

    Units do not nest. What was read before is read again, so that decisions stand on what is
    there now.

    Raises: Conflict when somebody else changed a row first; Unavailable when the store is
    read-only, full or gone; RuntimeError when a unit is already open.
    """
    current = db.session
    if current.info.get("in_unit"):
        message = "transaction() does not nest"
        raise RuntimeError(message)
    current.rollback()
    current.info["in_unit"] = True
    with _turn_to_write(db.engine):
        try:
            current.connection(execution_options={"writing": True})
            yield current
            _do_at_end(current)
            current.commit()
            callbacks = _take_callbacks(current)
        except StaleDataError as error:
            raise Conflict(CHANGED_MEANWHILE) from error
        except DBAPIError as error:
            raise explained(error) from error
        finally:
            # After a commit there is nothing to roll back; after a failure all of it.
            current.rollback()
            current.info.pop("in_unit", None)
            current.info.pop("at_end", None)
            _take_callbacks(current)
    for callback in callbacks:
        callback()


@contextmanager
def _turn_to_write(engine: Engine) -> Iterator[None]:
    """Let the threads of this process write to SQLite one after the other.

    SQLite lets one write at a time, and who finds it busy sleeps and looks again: fifty threads
    that sleep are slower than fifty that queue (measured: 1,000 deliveries took 33 s that way).
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    with _turns.setdefault(str(engine.url), Lock()):
        yield


def at_end(current: Session, do: Callable[[Session, Collection[T]], None], item: T) -> None:
    """Have `do` called once at the end of this unit, in it, with all items that were given to it.

    For what many changes of one unit want alike: each item once, in the order in which they came.
    Outside a unit, and in a savepoint, which may be undone alone, it is done at once.
    """
    if not current.info.get("in_unit") or current.in_nested_transaction():
        do(current, [item])
        return
    current.info.setdefault("at_end", {}).setdefault(do, {})[item] = None


def _do_at_end(current: Session) -> None:
    while wanted := current.info.pop("at_end", None):  # doing one may want another
        for do, items in wanted.items():
            do(current, list(items))


def store_together(current: Session, rows: Iterable[Any]) -> None:
    """Store the changes of these rows of one versioned table, in one go where the same changed.

    A flush asks the database once for each versioned row, and waits for each answer.

    Raises: StaleDataError when somebody else changed a row first, as a flush does.
    """
    alike: dict[frozenset[str], list[Any]] = defaultdict(list)
    for row in rows:
        state = inspect(row)
        changed = frozenset(state.mapper.column_attrs.keys()) - state.unmodified
        if changed:
            alike[changed].append(row)
    for names, changed_rows in alike.items():
        _update_all(current, names, changed_rows)


def _update_all(current: Session, names: Collection[str], rows: Sequence[Any]) -> None:
    table = inspect(rows[0]).mapper.local_table
    said = (
        update(table)
        .where(table.c.id == bindparam("its_id"), table.c.version == bindparam("its_version"))
        .values({name: bindparam(f"new_{name}") for name in sorted(names)})
        .values(version=table.c.version + 1)
    )
    values = [
        {"its_id": row.id, "its_version": row.version}
        | {f"new_{name}": getattr(row, name) for name in names}
        for row in rows
    ]
    with current.no_autoflush:  # it would store them one by one, and first
        done: Any = current.execute(said, values)
    if done.rowcount != len(rows):
        message = f"{len(rows) - done.rowcount} rows of {table.name} were changed meanwhile"
        raise StaleDataError(message)
    for row in rows:
        set_committed_value(row, "version", row.version + 1)
        for name in names:
            set_committed_value(row, name, getattr(row, name))


def after_commit(current: Session, callback: Callable[[], object]) -> None:
    """Run this once the unit is stored, and not at all when it isn't."""
    current.info.setdefault("after_commit", []).append(callback)


def _take_callbacks(current: Session) -> list[Callable[[], object]]:
    taken: list[Callable[[], object]] = current.info.pop("after_commit", [])
    return taken


def explained(error: DBAPIError) -> Exception:
    """Return what a person is told of a store in trouble; any other error as it is."""
    text = str(error.orig).lower()
    if any(sign in text for sign in MISSING_TABLE):
        return Unavailable("The tables are not those of this version. Run `vcp db upgrade`.")
    if isinstance(error, OperationalError) or any(sign in text for sign in STORE_TROUBLE):
        return Unavailable(
            "The database can't store this now, so nothing was changed. Keep this page open and "
            "try again in a minute; if it goes on, an administrator runs `vcp doctor`."
        )
    return error
