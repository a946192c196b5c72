"""What every test may ask for: a database of its own, an app on it, a client, a fixed clock."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session

from tests.addresses import compile_once
from tests.client import Client
from tests.databases import (
    Postgresql,
    Sqlite,
    close_connections,
    postgresql_missing,
    share_statements,
)
from tests.sockets import LOOPBACK, block
from vcp.app import create_app
from vcp.kernel.db import db
from vcp.kernel.settings import Mode, Settings

KINDS = ("sqlite", "postgresql")
#: Folders whose tests start servers; everywhere else a test says so with `network`.
WITH_SERVERS = ("faults", "journeys", "packaging")
#: A Monday in British Summer Time, 10:00 in London.
MONDAY = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=(*KINDS, "both"), default="sqlite", help="which to use")


def pytest_configure() -> None:
    """What the caller's shell sets for an installation must not decide a test."""
    compile_once()
    for name in [n for n in os.environ if n.startswith("VCP_") and n != "VCP_CHROMIUM"]:
        del os.environ[name]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        is_seen = metafunc.definition.get_closest_marker("in_a_browser") is not None
        both = KINDS[:1] if is_seen else KINDS
        kinds = both if chosen == "both" else (chosen,)
        metafunc.parametrize("database", kinds, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if set(WITH_SERVERS) & set(item.path.relative_to(Path(__file__).parent).parts):
            item.add_marker("network")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    missing = postgresql_missing()
    if missing and config.getoption("--database") != "sqlite":
        terminalreporter.write_line(f"!!!!!!!! NOT TESTED ON POSTGRESQL: {missing}", red=True)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sqlite | Postgresql]]:
    """The kinds of database that are running, by name; a kind is started when first wanted."""
    running: dict[str, Sqlite | Postgresql] = {}
    yield running
    for server in running.values():
        server.stop()


@pytest.fixture
def database(
    request: pytest.FixtureRequest,
    servers: dict[str, Sqlite | Postgresql],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    kind = request.param
    if kind == "postgresql" and (missing := postgresql_missing()):
        pytest.skip(missing)
    if kind not in servers:
        home = tmp_path_factory.mktemp("databases")
        servers[kind] = Sqlite(home) if kind == "sqlite" else Postgresql()
    with servers[kind].fresh() as url:
        yield url
        close_connections()


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    """Settings of an installation in test mode, with a folder of its own."""
    return Settings(mode=Mode.TEST, instance=tmp_path / "instance", database_url=database)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once a run: each app has a Jinja environment of its own."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(settings: Settings, compiled_templates: FileSystemBytecodeCache) -> Flask:
    """The whole application, on this test's database."""
    made = create_app(settings)
    made.jinja_env.bytecode_cache = compiled_templates
    with made.app_context():
        share_statements(db.engine)
    return made


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session for services and factories; `client` stores what it holds before each request."""
    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def client(app: Flask, session: Session) -> Client:
    """A browser without scripts: one cookie jar, forms sent with their CSRF token."""
    return Client(app, session)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Time stands at MONDAY until the test moves it: `clock.shift(60)`, `clock.move_to(…)`."""
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests marked `network` reach this machine only, and all others nothing."""
    block(monkeypatch, allowed=LOOPBACK if request.node.get_closest_marker("network") else ())
