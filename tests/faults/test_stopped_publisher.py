"""A publisher that sleeps past its lease, in mid-call, and wakes when another has done its work."""

import signal
import time
import uuid
from pathlib import Path

import psutil
import pytest
from flask import Flask
from sqlalchemy import select

from tests.faults import invariants
from tests.faults.fakenet_faults import WRITES
from tests.faults.rig import Rig, approve_posts, running_rig
from tests.faults.troubles import is_locked
from vcp.channels.models import Channel
from vcp.kernel.crashing import CrashOrder
from vcp.kernel.db import session as current_session
from vcp.kernel.settings import Settings
from vcp.posts.claiming import LEASE_S
from vcp.posts.models import Attempt, Delivery

STOPS_WITHIN_S = 180
SETTLED_WITHIN_S = 240
LONG = pytest.mark.faults_long
#: Where one sleeps, and what its attempt may have come to when it wakes up.
SLEEPS = {
    "claimed": ("not_sent",),
    "sending": ("not_sent",),
    # The call's whole time may have passed by then, on a busy machine.
    "sent": ("late", "ambiguous"),
    "answered": ("late",),
}


def put_to_sleep(rig: Rig, point: str, channel: Channel) -> str:
    """Have a publisher send a post and stop at the point; return the post's words.

    One that is stopped while another of its threads writes to SQLite keeps everybody from
    writing until it wakes up, which is no matter of fences: it is woken, and another stopped.
    """
    about = WRITES["mastodon"] if point in ("sending", "sent") else str(channel.id)
    marker = CrashOrder(point, about, is_stop=True, folder=rig.settings.instance).marker
    ends_at = time.monotonic() + STOPS_WITHIN_S
    while True:
        text = f"Notice {uuid.uuid4().hex} from your team."
        rig.start("publisher", name=point, VCP_CRASH_AT=f"stop:{point}@{about}")
        rig.wait_until_at_work(point)
        time.sleep(1)  # its first turns write
        approve_posts(rig, [text], [channel], with_own=False)
        process = psutil.Process(rig.running[point].pid)
        while not marker.exists() or process.status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < ends_at, f"it didn't stop at {point}"
            time.sleep(0.02)
        if not is_locked(rig):
            return text
        rig.stop(point)  # which ends what is under way
        marker.unlink()


def outcomes(rig: Rig, text: str) -> list[str | None]:
    """Return what the attempts at this post came to, in their order."""
    with rig.app.app_context():
        rows = current_session().scalars(
            select(Attempt.outcome)
            .join(Delivery, Attempt.delivery_id == Delivery.id)
            .where(Delivery.payload.contains(text))
            .order_by(Attempt.number)
        )
        return list(rows)


@pytest.mark.parametrize("keys", ["ignored", pytest.param("honoured", marks=LONG)])
@pytest.mark.parametrize(
    "point",
    ["sending", "sent", pytest.param("claimed", marks=LONG), pytest.param("answered", marks=LONG)],
)
@pytest.mark.timeout(900)
def test_a_publisher_that_slept_only_confirms(
    app: Flask, settings: Settings, tmp_path: Path, point: str, keys: str
) -> None:
    """P06: stopped_publisher_fenced, asleep before, at and after the bytes of a post leave."""
    with running_rig(app, settings, tmp_path, channels=1, seed=6, settle_after_s=1) as rig:
        rig.configure_network(keys=keys)
        text = put_to_sleep(rig, point, rig.channels[1])
        time.sleep(LEASE_S + 1)
        rig.start("publisher")
        rig.wait_until_settled(SETTLED_WITHIN_S)
        rig.running[point].send_signal(signal.SIGCONT)
        rig.wait_until(lambda: outcomes(rig, text)[0], SETTLED_WITHIN_S)
        rig.stop_all()
        written, all_of_them = invariants.writes(rig, "mastodon"), len(rig.deliveries())
        figures = invariants.check(rig, deliveries=all_of_them)
        first = outcomes(rig, text)[0]
    print(f"\nkeys {keys}, {point}: {written} writes; {first}; {figures}")  # noqa: T201
    assert written == all_of_them, "each post was asked for once"
    assert first in SLEEPS[point]
