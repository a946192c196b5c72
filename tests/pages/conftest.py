"""The two forces, and one Chromium whose requests are answered from memory and folders."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.browser import open_browser
from tests.client import Client
from tests.databases import Postgresql, Sqlite
from tests.pages.looking import Looking
from tests.pages.scene import Scene, make_empty, make_full
from vcp.app import create_app
from vcp.kernel.db import db
from vcp.kernel.settings import Mode, Settings


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def looking(browser: Browser) -> Iterator[Looking]:
    """A page on which one address after the other is looked at."""
    context = browser.new_context(bypass_csp=True)
    yield Looking(context)
    context.close()


@pytest.fixture(scope="module")
def scenes(
    servers: dict[str, Sqlite | Postgresql],
    tmp_path_factory: pytest.TempPathFactory,
    compiled_templates: FileSystemBytecodeCache,
) -> Iterator[dict[str, Scene]]:
    """The full force in a demo, the empty one not. On SQLite alone: pages are the same."""
    kept = servers.setdefault("sqlite", Sqlite(tmp_path_factory.mktemp("databases")))

    @contextmanager
    def scene(mode: Mode, fill: Callable[[Scene, Session], None]) -> Iterator[Scene]:
        with kept.fresh() as url:
            folder = tmp_path_factory.mktemp("pages")
            app = create_app(Settings(mode=mode, instance=folder, database_url=url))
            app.jinja_env.bytecode_cache = compiled_templates
            with _used(app):
                made = Scene(app, Client(app, db.session))
                fill(made, db.session)
                yield made

    with scene(Mode.DEMO, make_full) as full, scene(Mode.TEST, make_empty) as empty:
        yield {"full": full, "empty": empty}


@contextmanager
def _used(app: Flask) -> Iterator[None]:
    with app.app_context():
        # Nothing here outlives the run.
        event.listen(db.engine, "connect", lambda made, _: made.execute("PRAGMA synchronous=OFF"))
        try:
            yield
        finally:
            db.session.rollback()
            for engine in db.engines.values():
                engine.dispose()
