"""The database dies under everybody's hands, or its writers do: nothing lost, nothing doubled."""

import random
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from tests.faults import invariants
from tests.faults.rig import approve_posts, notices, running_rig
from tests.faults.troubles import Servers, keep_what_is_committed, only_on, restart_postgresql
from vcp.kernel.settings import Settings

NETWORKS = ("mastodon", "bluesky", "x")
SETTLED_WITHIN_S = 240
DIES_WITHIN_S = 60
#: Crash points that lie inside a unit that writes.
IN_A_WRITE = ("claiming", "recording")


@pytest.mark.parametrize(
    "posts, restarts",
    [(15, 2), pytest.param(500, 10, marks=pytest.mark.faults_long)],
    ids=["quick", "full"],
)
@pytest.mark.timeout(900)
def test_a_database_that_dies_again_and_again_loses_nothing(
    app: Flask, settings: Settings, tmp_path: Path, servers: Servers, posts: int, restarts: int
) -> None:
    """P10: postgres_immediate_restart."""
    only_on("postgresql", settings.database)
    chance = random.Random(posts)
    with running_rig(app, settings, tmp_path, channels=9, seed=10, networks=NETWORKS) as rig:
        keep_what_is_committed(rig)
        rig.configure_network(latency_ms=[50, 200])
        approve_posts(rig, notices(posts))
        rig.start("publisher")
        rig.start("clock")
        rig.wait_until_at_work("publisher")
        for _ in range(restarts):
            time.sleep(chance.uniform(0.2, 1.5))
            restart_postgresql(rig, servers)
        seconds = rig.wait_until_settled(SETTLED_WITHIN_S, but_dear=True)
        rig.settle()
        figures = invariants.check(rig, deliveries=2 * posts, may_ask_a_person=["x"])
    print(f"\n{restarts} restarts: settled {seconds:.0f} s after; {figures}")  # noqa: T201


@pytest.mark.parametrize(
    "kills", [6, pytest.param(100, marks=pytest.mark.faults_long)], ids=["quick", "full"]
)
@pytest.mark.timeout(900)
def test_kills_while_sqlite_is_written_leave_it_whole(
    app: Flask, settings: Settings, tmp_path: Path, kills: int
) -> None:
    """P11: sqlite_kill_in_write, each kill between the first and the last byte of a unit."""
    only_on("sqlite", settings.database)
    with running_rig(
        app, settings, tmp_path, channels=3, seed=11, networks=NETWORKS, settle_after_s=1
    ) as rig:
        approve_posts(rig, notices(kills))
        for number in range(kills):
            point = IN_A_WRITE[number % len(IN_A_WRITE)]
            for marker in settings.instance.glob("crashed-*"):
                marker.unlink()
            rig.start("publisher", VCP_CRASH_AT=point)
            assert rig.running.pop("publisher").wait(DIES_WITHIN_S) == -signal.SIGKILL
            rig.move_clock(2)
        path = make_url(settings.database).database
        assert path is not None
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        rig.settle()
        figures = invariants.check(rig, deliveries=2 * kills, may_ask_a_person=["x"])
    print(f"\n{kills} kills in a write: {figures}")  # noqa: T201
