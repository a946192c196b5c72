"""The calendar with five hundred posts in the month, beside the same page with fifty."""

import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from benchmarks.row import Row, at_most
from tests.client import Client
from tests.databases import Postgresql, postgresql_missing
from tests.factories.bulk import make_scheduled_posts
from tests.factories.posts import make_team
from tests.factories.schedule import make_quiet_hours, make_series
from tests.factories.users import sign_in
from vcp.app import create_app
from vcp.kernel import clock, schema
from vcp.kernel.db import db
from vcp.kernel.settings import Mode, Settings

FEW, MANY = 50, 500
ASKED = 60
LIMIT_MS = 100
VIEWS = ("month", "week", "day")


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
    with tempfile.TemporaryDirectory(prefix="vcp-bench-") as folder:
        instance = Path(folder) / "instance"
        app = create_app(Settings(mode=Mode.TEST, instance=instance, database_url=url))
        with app.app_context():
            schema.upgrade(db.engine)
            session, today = db.session, clock.now().date()
            team = make_team(session)
            make_series(session, team, starts_on=today + timedelta(days=1))
            make_quiet_hours(session, team)
            client = Client(app, session)
            sign_in(client, team.supervisor)
            fill = (session, team.persona, team.officer, team.own_feed)
            make_scheduled_posts(*fill, FEW, today)
            few = {view: _p95_ms(client, view) for view in VIEWS}
            make_scheduled_posts(*fill, MANY - FEW, today)
            for view in VIEWS:
                yield at_most(
                    f"calendar of {MANY} posts, {view}, p95, {store}",
                    _p95_ms(client, view),
                    "ms",
                    LIMIT_MS,
                    conditions=f"{few[view]:.0f} ms with {FEW}; {ASKED} requests, without a socket",
                )
            session.rollback()
            db.engine.dispose()


def _p95_ms(client: Client, view: str) -> float:
    """Return the 95th percentile of how long this page takes, after a first look that warms up."""
    took = []
    for _ in range(ASKED + 3):
        began = time.perf_counter()
        answer = client.get(f"/staff/calendar?view={view}")
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.status
    kept = sorted(took[3:])
    return kept[int(len(kept) * 0.95) - 1]
