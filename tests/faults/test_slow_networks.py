"""A network that swallows packets, or answers a byte at a time, holds up nobody but itself."""

import threading
import time
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from flask import Flask

from tests.faults.fakenet import FakeNet
from tests.faults.rig import Rig, approve_posts, running_rig
from tests.networks.conftest import net
from tests.networks.contract import outgoing
from vcp.kernel.db import session as current_session
from vcp.kernel.settings import Settings
from vcp.networks.base import NetworkError
from vcp.networks.mastodon import MastodonNetwork
from vcp.networks.wire import Timeouts
from vcp.posts.models import Attempt, Delivery
from vcp.posts.states import DeliveryState

__all__ = ["net"]

STATUSES = "^/api/v1/statuses$"
LATE_S = 10.0
#: The adapters' limit for one call, and what it takes to notice.
LONGEST_CALL_S = 45.0 + 2.0
GROWTH_MIB = 50


def wait_for_others(rig: Rig, stuck_id: int, within_s: float) -> list[float]:
    """Wait until all other channels are done; return how late each copy was."""
    until = time.monotonic() + within_s
    while True:
        with rig.app.app_context():
            rows = current_session().query(Delivery).filter(Delivery.channel_id != stuck_id).all()
            late = [
                (row.published_at - row.due_at).total_seconds() for row in rows if row.published_at
            ]
        if len(late) == len(rows):
            return sorted(late)
        assert time.monotonic() < until, f"{len(rows) - len(late)} others wait"
        time.sleep(0.3)


def finished_attempts(rig: Rig, stuck_id: int) -> list[tuple[datetime, datetime]]:
    with rig.app.app_context():
        rows = current_session().query(Attempt).join(Delivery, Attempt.delivery_id == Delivery.id)
        mine = rows.filter(Delivery.channel_id == stuck_id, Attempt.finished_at.is_not(None))
        return [(row.started_at, row.finished_at) for row in mine if row.finished_at]


@pytest.mark.parametrize(
    "channels, is_whole, late_s",
    # In the quick run other tests share the machine.
    [(6, False, 3 * LATE_S), pytest.param(21, True, LATE_S, marks=pytest.mark.faults_long)],
    ids=["quick", "full"],
)
@pytest.mark.timeout(300)
def test_a_black_hole_delays_nobody_else(
    app: Flask, settings: Settings, tmp_path: Path, channels: int, is_whole: bool, late_s: float
) -> None:
    """P15: one channel's server swallows everything; the others' p99 is within 10 s."""
    with running_rig(app, settings, tmp_path, channels=channels, seed=15) as rig:
        hole = {"fault": "black_hole", "path": ".", "token": "token-account0", "count": 1000}
        rig.configure_network(plan=[hole | {"method": "POST", "seconds": 60}])
        stuck = rig.channels[1].id
        rig.start("publisher")
        rig.wait_until_at_work("publisher")
        approve_posts(rig, [f"Notice number {number}." for number in range(3 * channels)])
        late = wait_for_others(rig, stuck, 60)
        p99 = late[int(len(late) * 0.99) - 1]
        if is_whole:
            until = time.monotonic() + 2 * LONGEST_CALL_S
            while not finished_attempts(rig, stuck):
                assert time.monotonic() < until
                time.sleep(0.5)
        calls = [(end - start).total_seconds() for start, end in finished_attempts(rig, stuck)]
        with app.app_context():
            out = current_session().query(Delivery).filter_by(channel_id=stuck)
            assert out.filter_by(state=DeliveryState.PUBLISHED).count() == 0
        rig.running["publisher"].kill()  # a polite stop would wait for the black hole
        rig.running.pop("publisher").wait()
    assert p99 <= late_s
    assert all(seconds <= LONGEST_CALL_S for seconds in calls)
    print(f"\nothers' p99 {p99:.1f} s; calls into the hole: {calls}")  # noqa: T201 - the figures


def calls_under_way() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("call to ")]


@pytest.mark.parametrize("fault", ["drip", "huge", "black_hole"])
@pytest.mark.parametrize(
    "total_s", [3.0, pytest.param(45.0, marks=pytest.mark.faults_long)], ids=["quick", "full"]
)
@pytest.mark.timeout(120)
def test_a_call_ends_in_time_however_slowly_it_is_answered(
    net: FakeNet, fault: str, total_s: float
) -> None:
    """P16: a byte each tenth of a second, 32 MB, or nothing: over in time, memory kept, no thread
    left.
    """
    net.configure({"plan": [{"fault": fault, "path": STATUSES, "seconds": 60, "count": 5}]})
    timeouts = Timeouts(connect_s=1, read_s=min(total_s, 20.0), total_s=total_s)
    network = MastodonNetwork(net.base_url, "token-officer", "id-officer", timeouts)
    memory = psutil.Process().memory_info().rss
    began = time.monotonic()
    with pytest.raises(NetworkError):
        network.publish(outgoing("Slowly"), "key")
    took = time.monotonic() - began
    grown = (psutil.Process().memory_info().rss - memory) / 2**20
    assert took <= total_s + 2
    assert grown <= GROWTH_MIB
    until = time.monotonic() + 10
    while calls_under_way():
        assert time.monotonic() < until, calls_under_way()
        time.sleep(0.05)
