"""Valkey is emptied, away, or forgets: ordinary jobs wait, and no post is lost or doubled."""

import json
import subprocess
import time
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select

from tests.faults import invariants
from tests.faults.approving import supervisor_at_work
from tests.faults.rig import Rig, approve_posts, notices, running_rig, submit_posts
from tests.faults.valkeys import running_valkey
from vcp.kernel.db import session as current_session
from vcp.kernel.settings import Settings
from vcp.residents.models import StalePage

NETWORKS = ("mastodon", "bluesky", "x")
RECOVERED_WITHIN_S = 60
PUBLISHED_WITHIN_S = 90
SENT_WITHIN_S = 300
#: Quick sizes run beside other tests, so that they measure nothing.
QUICK_WITHIN_S = 240
MANY_FLUSHES = 10
DOCTOR_WITHIN_S = 180
MANY_APPROVALS = 200
#: Far more than 8 MB.
JUNK = 12 * 1024


def stale_pages(rig: Rig) -> int:
    """Return how many public pages wait for being made anew."""
    with rig.app.app_context():
        return current_session().scalar(select(func.count()).select_from(StalePage)) or 0


@pytest.mark.parametrize(
    "posts, flushes",
    [(15, 3), pytest.param(500, 10, marks=pytest.mark.faults_long)],
    ids=["quick", "full"],
)
@pytest.mark.timeout(900)
def test_an_emptied_queue_loses_no_post_and_no_page(
    app: Flask, settings: Settings, tmp_path: Path, posts: int, flushes: int
) -> None:
    """P07: redis_flush_storm."""
    with running_rig(app, settings, tmp_path, channels=9, seed=7, networks=NETWORKS) as rig:
        valkey = running_valkey(settings)
        try:
            for process in ("publisher", "clock", "worker"):
                rig.start(process)
                if process != "worker":
                    rig.wait_until_at_work(process)
            queue = Redis.from_url(settings.redis)
            texts = notices(posts)
            for number in range(flushes):
                approve_posts(rig, texts[number::flushes])
                queue.flushall()
            within_s = RECOVERED_WITHIN_S if flushes >= MANY_FLUSHES else QUICK_WITHIN_S
            seconds = rig.wait_until_settled(within_s)
            seconds += rig.wait_until(lambda: stale_pages(rig) == 0, within_s)
            figures = invariants.check(rig, deliveries=2 * posts)
        finally:
            rig.stop_all()
            valkey.kill()
            valkey.wait()
    print(f"\n{flushes} flushes: whole {seconds:.0f} s after the last; {figures}")  # noqa: T201
    assert seconds <= within_s


@pytest.mark.parametrize(
    "posts", [8, pytest.param(200, marks=pytest.mark.faults_long)], ids=["quick", "full"]
)
@pytest.mark.timeout(600)
def test_approvals_go_out_while_the_queue_is_away(
    app: Flask, settings: Settings, tmp_path: Path, posts: int
) -> None:
    """P08: approve_with_redis_down, by the form that a supervisor sends."""
    with running_rig(app, settings, tmp_path, channels=9, seed=8, networks=NETWORKS) as rig:
        ids = submit_posts(rig, notices(posts))
        rig.start("publisher")
        rig.start("clock")
        with supervisor_at_work(rig) as approve:
            assert {approve(post_id) for post_id in ids} == {302}
        is_many = posts >= MANY_APPROVALS
        seconds = rig.wait_until_settled(PUBLISHED_WITHIN_S if is_many else QUICK_WITHIN_S)
        figures = invariants.check(rig, deliveries=2 * posts)
    print(f"\n{posts} approvals: out {seconds:.0f} s after the last; {figures}")  # noqa: T201


@pytest.mark.parametrize(
    "posts", [15, pytest.param(500, marks=pytest.mark.faults_long)], ids=["quick", "full"]
)
@pytest.mark.timeout(900)
def test_a_queue_that_forgets_loses_no_post_and_is_reported(
    app: Flask, settings: Settings, tmp_path: Path, posts: int
) -> None:
    """P09: redis_evicting, 8 MB of memory that is full all the while."""
    with running_rig(app, settings, tmp_path, channels=9, seed=9, networks=NETWORKS) as rig:
        wrong = ["--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru"]
        valkey = running_valkey(settings, *wrong)
        try:
            queue = Redis.from_url(settings.redis)
            for process in ("publisher", "clock", "worker"):
                rig.start(process)
            texts = notices(posts)
            for first in range(3):
                fill(queue)
                approve_posts(rig, texts[first::3])
            evicted = queue.info("stats")["evicted_keys"]
            seconds = rig.wait_until_settled(SENT_WITHIN_S)
            rig.wait_until(lambda: stale_pages(rig) == 0, SENT_WITHIN_S)
            figures = invariants.check(rig, deliveries=2 * posts)
            told = doctor(rig)
        finally:
            rig.stop_all()
            valkey.kill()
            valkey.wait()
    print(f"\n{evicted} evicted, out after {seconds:.0f} s; {figures}")  # noqa: T201
    assert evicted > 0
    assert told["valkey keeps jobs"]["well"] is False
    assert "noeviction" in str(told["valkey keeps jobs"]["advice"])


def fill(queue: Redis) -> None:
    """Put more into the queue's memory than it holds."""
    with queue.pipeline(transaction=False) as line:
        for number in range(JUNK):
            line.set(f"junk:{time.monotonic_ns()}:{number}", "x" * 1024)
        line.execute()


def doctor(rig: Rig) -> dict[str, dict[str, object]]:
    """Return what `vcp doctor` says, by the name of each check."""
    said = rig.settings.instance / "doctor.log"
    said.unlink(missing_ok=True)
    try:
        rig.run(["doctor", "--json"]).wait(DOCTOR_WITHIN_S)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(said.read_text()) from error
    rows = [json.loads(line) for line in said.read_text().splitlines() if line.startswith("{")]
    return {row["check"]: row for row in rows}
