"""P34: a database is put back from a backup; what was sent since is found and not sent again."""

import time
from pathlib import Path

import pytest
from flask import Flask

from tests.faults import backups, invariants
from tests.faults.rig import Rig, approve_posts, running_rig
from vcp.kernel.db import session as current_session
from vcp.kernel.settings import Settings
from vcp.posts.gap_models import GapCheck, LedgerGap

SETTLED_WITHIN_S = 240


def sent(rig: Rig) -> int:
    return len(rig.network_ledger()["posts"])


def send_some(rig: Rig, number: int) -> None:
    """Run the publisher until the network has at least so many, then kill it at its work."""
    rig.start("publisher")
    ends_at = time.monotonic() + 180
    while sent(rig) < number:
        assert time.monotonic() < ends_at, f"{sent(rig)} of {number} arrived"
        time.sleep(0.02)
    rig.kill("publisher")


def results(rig: Rig) -> list[str]:
    with rig.app.app_context():
        assert all(gap.ended_at for gap in current_session().query(LedgerGap))
        return sorted(check.result or "" for check in current_session().query(GapCheck))


def texts(start: int, number: int) -> list[str]:
    """Some are the same as others on the same channel."""
    return [f"Notice number {(start + index) // 2 * 2}." for index in range(number)]


@pytest.mark.parametrize(
    "posts", [12, pytest.param(100, marks=pytest.mark.faults_long)], ids=["quick", "full"]
)
@pytest.mark.timeout(900)
def test_what_was_sent_after_the_backup_is_found_and_the_rest_is_sent(
    app: Flask, settings: Settings, tmp_path: Path, posts: int
) -> None:
    with running_rig(app, settings, tmp_path, channels=3, seed=posts) as rig:
        with app.app_context():
            for channel in rig.channels[1:]:
                row = current_session().get_one(type(channel), channel.id)
                row.settle_after_s = 3
            current_session().commit()
        rig.configure_network(keys="ignored", latency_ms=[20, 60])
        approve_posts(rig, texts(0, posts))
        send_some(rig, posts // 3)
        copy = backups.take(app)
        before = sent(rig)
        send_some(rig, before + posts // 3)
        backups.put_back(app, copy)
        approve_posts(rig, texts(posts, 4))
        rig.start("publisher")
        rig.wait_until_settled(SETTLED_WITHIN_S)
        figures = invariants.check(rig, deliveries=2 * (posts + 4))
        looked_for = results(rig)
        verbs = [event.verb for event in rig.events() if event.subject_kind == "gap"]
    assert verbs == ["open", "end"]
    assert "found" in looked_for
    assert set(looked_for) <= {"found", "absent"}
    print(f"\nafter a restore: {figures}, looked for {len(looked_for)}")  # noqa: T201 - the figures
