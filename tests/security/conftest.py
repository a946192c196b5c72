"""One application and one database for all requests of a module, put back where one acted."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.client import Client
from tests.databases import Postgresql, Sqlite
from tests.factories.users import cookie_of
from tests.security.steps import Step
from tests.security.world import STRANGER, World, make_world
from vcp.app import create_app
from vcp.kernel.db import db
from vcp.kernel.settings import Mode, Settings

TRAIL = ("audit_event", "audit_payload")


@dataclass
class Place:
    """An application with two neighbourhoods in it, and its database seen from outside."""

    app: Flask
    world: World
    client: Client
    file: Path
    before: sqlite3.Connection
    now: sqlite3.Connection

    def send(self, step: Step, who: str, side: str, **changed: Any) -> TestResponse:
        """Make this request as this person, on the things of this side."""
        self.sign_in(who)
        asked = step.request(self.world, who, side)
        return self.client.open(**{"buffered": True, **asked, **changed})

    def sign_in(self, who: str) -> None:
        """Give the browser the cookie of this person, and nothing else."""
        with self.client.session_transaction() as cookie:
            cookie.clear()
            if who != STRANGER:
                cookie.update(cookie_of(self.world.tokens[who]))

    def refusals(self) -> int:
        """Return how many refusals the trail holds."""
        found = self._ask("SELECT count(*) FROM audit_event WHERE verb = 'refused'")
        return int(found[0][0])

    def state(self, *, trail: bool = False) -> dict[str, str]:
        """Return a digest of each table; of the trail's only when asked."""
        named = self._ask("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [name for (name,) in named if trail or name not in TRAIL]
        rows = {name: self._ask(f"SELECT * FROM {name} ORDER BY 1") for name in tables}  # noqa: S608
        return {n: hashlib.sha256(repr(found).encode()).hexdigest() for n, found in rows.items()}

    def put_back(self) -> None:
        """Undo what requests did to the database."""
        self.before.backup(self.now)

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        return self.now.execute(question).fetchall()


@pytest.fixture(scope="module")
def place(
    servers: dict[str, Sqlite | Postgresql],
    tmp_path_factory: pytest.TempPathFactory,
    compiled_templates: FileSystemBytecodeCache,
) -> Iterator[Place]:
    """Both neighbourhoods. On SQLite alone: a file is put back in a millisecond."""
    kept = servers.setdefault("sqlite", Sqlite(tmp_path_factory.mktemp("databases")))
    with kept.fresh() as url:
        folder = tmp_path_factory.mktemp("security")
        app = create_app(Settings(mode=Mode.TEST, instance=folder, database_url=url))
        app.jinja_env.bytecode_cache = compiled_templates
        with app.app_context():
            # Nothing here outlives the run.
            event.listen(db.engine, "connect", _unsafe)
            world = make_world(app, db.session)
            file = Path(url.removeprefix("sqlite:///"))
            before = sqlite3.connect(":memory:")
            now = sqlite3.connect(file, isolation_level=None)
            now.backup(before)
            yield Place(app, world, Client(app, db.session), file, before, now)
            db.session.rollback()
            before.close()
            now.close()
            for engine in db.engines.values():
                engine.dispose()


def _unsafe(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")
