"""One invented force for all tests that only look at it: making it takes seconds."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from vcp.app import create_app
from vcp.kernel import schema
from vcp.kernel.db import db
from vcp.kernel.settings import Mode, Settings
from vcp.seed import seed_demo

OFFICERS, POSTS, SEED = 5, 22, 7


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An installation in demo mode on SQLite, with its force made."""
    settings = Settings(mode=Mode.DEMO, instance=tmp_path_factory.mktemp("demo") / "instance")
    app = create_app(settings)
    with app.app_context():
        schema.upgrade(db.engine)
    seed_demo(app, officers=OFFICERS, posts=POSTS, seed=SEED)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def made(seeded: Flask) -> Iterator[Session]:
    """The force's database, for reading."""
    with seeded.app_context():
        yield db.session
        db.session.rollback()
