"""The queue of the desk with five thousand cases waiting, beside the same page with fifty."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from benchmarks.row import Row, at_most
from tests.client import Client
from tests.databases import Postgresql, postgresql_missing
from tests.factories.bulk_cases import make_cases
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user, sign_in
from vcp.app import create_app
from vcp.kernel import schema
from vcp.kernel.db import db
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Mode, Settings

FEW, MANY = 50, 5000
ASKED = 60
LIMIT_MS = 150
PAGES = {"first page": "", "overdue": "?overdue=1", "page 100": "?page=100"}


def measure() -> Iterator[Row]:
    """Measure on SQLite and, where it is installed, on PostgreSQL."""
    yield from _measured("", "SQLite")
    if postgresql_missing() is None:
        server = Postgresql()
        try:
            with server.fresh() as url:
                yield from _measured(url, "PostgreSQL")
        finally:
            server.stop()


def _measured(url: str, store: str) -> Iterator[Row]:
    with _desk(url) as (client, session, team):
        make_cases(session, team, FEW)
        few = {name: _p95_ms(client, query) for name, query in PAGES.items()}
        make_cases(session, team, MANY - FEW)
        for name, query in PAGES.items():
            value = _p95_ms(client, query)
            yield at_most(
                f"queue of {MANY} cases, {name}, p95, {store}",
                value,
                "ms",
                LIMIT_MS,
                conditions=f"{few[name]:.0f} ms with {FEW}; {ASKED} requests, without a socket",
            )


@contextmanager
def _desk(url: str) -> Iterator[tuple[Client, Session, Team]]:
    with tempfile.TemporaryDirectory(prefix="vcp-bench-") as folder:
        instance = Path(folder) / "instance"
        app = create_app(Settings(mode=Mode.TEST, instance=instance, database_url=url))
        with app.app_context():
            schema.upgrade(db.engine)
            session = db.session
            team = make_team(session)
            client = Client(app, session)
            sign_in(client, make_user(session, role=Role.MODERATOR, area=team.area))
            session.commit()
            yield client, session, team
            session.rollback()
            db.engine.dispose()


def _p95_ms(client: Client, query: str) -> float:
    """Return the 95th percentile of how long this page takes, after a first look that warms up."""
    took = []
    for _ in range(ASKED + 3):
        began = time.perf_counter()
        answer = client.get(f"/staff/cases{query}")
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.status
    kept = sorted(took[3:])
    return kept[int(len(kept) * 0.95) - 1]
