"""The publisher is asked to stop in the middle of its work: it finishes what it has begun."""

import random
import time
from pathlib import Path

import pytest
from flask import Flask

from tests.faults import invariants
from tests.faults.rig import STOP_WITHIN_S, Rig, approve_posts, running_rig
from vcp.kernel.audit import AuditEvent
from vcp.kernel.db import session as current_session
from vcp.kernel.settings import Settings

SETTLED_WITHIN_S = 90


def stop_politely(rig: Rig) -> float:
    """Send SIGTERM; return the seconds until it is gone, by itself and without a fault."""
    asked = rig.running.pop("publisher")
    began = time.monotonic()
    asked.terminate()
    assert asked.wait(STOP_WITHIN_S) == 0
    return time.monotonic() - began


@pytest.mark.parametrize(
    "posts, stops",
    [(40, 2), pytest.param(400, 20, marks=pytest.mark.faults_long)],
    ids=["quick", "full"],
)
@pytest.mark.timeout(900)
def test_no_polite_stop_leaves_an_unknown_outcome(
    app: Flask, settings: Settings, tmp_path: Path, posts: int, stops: int
) -> None:
    """P33: SIGTERM again and again under load; nothing unknown, gone within 60 s."""
    chance = random.Random(stops)
    with running_rig(app, settings, tmp_path, channels=10, seed=stops) as rig:
        rig.configure_network(latency_ms=[200, 1500])
        approve_posts(rig, [f"Notice number {number}." for number in range(posts)])
        took = []
        for _ in range(stops):
            rig.start("publisher")
            rig.wait_until_at_work("publisher")
            time.sleep(chance.uniform(0.2, 1.5))
            took.append(stop_politely(rig))
        rig.start("publisher")
        rig.wait_until_settled(SETTLED_WITHIN_S)
        figures = invariants.check(rig, deliveries=2 * posts)
        with app.app_context():
            lost = current_session().query(AuditEvent).filter_by(verb="lose").count()
    assert lost == 0, f"{lost} unknown outcomes"
    assert figures["attempts"] == 2 * posts, "something was sent twice"
    print(f"\n{stops} stops: the longest took {max(took):.1f} s; {figures}")  # noqa: T201 - the figures
