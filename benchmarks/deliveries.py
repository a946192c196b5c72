"""A thousand deliveries due at once over fifty channels, and how late a steady stream is."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psutil
from sqlalchemy import update

from benchmarks.product import rigs
from benchmarks.row import Row, at_most
from tests.faults.rig import Rig, approve_posts
from vcp.kernel import clock
from vcp.kernel.db import session, transaction
from vcp.posts.models import Delivery, DeliveryKind
from vcp.posts.states import DeliveryState

CHANNELS = 50
DELIVERIES = 1000
ANSWER_S = 0.2
#: With one write in flight a channel, nobody can be faster than this.
FLOOR_S = DELIVERIES / CHANNELS * ANSWER_S
BUDGET_RATIO = 1.5
STREAM = 100
STREAM_S = 60
LATENESS_S = 1.5
GIVE_UP_S = 120
#: Stands in for a delivery that never was published: no run with one looks fast.
GIVEN_UP = datetime.max.replace(tzinfo=UTC)


def measure() -> Iterator[Row]:
    """Measure the burst and the stream on each database."""
    for store, rig in rigs(CHANNELS):
        rig.configure_network(latency_ms=[ANSWER_S * 1000, ANSWER_S * 1000])
        seconds, memory = _burst(rig)
        yield at_most(
            f"{DELIVERIES} deliveries due at once, {store}",
            seconds,
            "s",
            BUDGET_RATIO,
            of=FLOOR_S,
            conditions=f"{CHANNELS} channels answering in {ANSWER_S * 1000:.0f} ms",
        )
        yield at_most(
            f"publisher's memory after it, {store}",
            memory,
            "MiB",
            250,
            conditions="proportional set size; the whole stack's budget is 450 MiB",
        )
        yield at_most(
            f"lateness at {STREAM} posts a minute, p99, {store}",
            _stream(rig),
            "s",
            LATENESS_S,
            conditions=f"{STREAM_S} s, two copies each",
        )


def _burst(rig: Rig) -> tuple[float, float]:
    """Return the seconds from the due moment to the last publication, and the memory then."""
    approve_posts(rig, [f"Notice number {number}." for number in range(DELIVERIES)])
    due_at = _hold_back(rig)
    rig.start("publisher")
    rig.wait_until_at_work("publisher")
    assert clock.now() < due_at, "the publisher took too long to start"
    rig.wait_until_settled(GIVE_UP_S + (due_at - clock.now()).total_seconds())
    memory = psutil.Process(rig.running["publisher"].pid).memory_full_info().pss
    with rig.app.app_context():
        rows = session().query(Delivery).filter(Delivery.channel_id != rig.channels[0].id)
        last = max(delivery.published_at or GIVEN_UP for delivery in rows)
    return (last - due_at).total_seconds(), memory / 2**20


def _hold_back(rig: Rig) -> datetime:
    """Make everything due at one moment in the near future; our own feed's copies much later."""
    due_at = clock.now() + timedelta(seconds=20)
    own = rig.channels[0].id
    with rig.app.app_context(), transaction() as current:
        current.execute(update(Delivery).values(due_at=due_at))
        # Their page is written by the publisher too; the row is about the networks.
        current.execute(
            update(Delivery)
            .where(Delivery.channel_id == own)
            .values(due_at=due_at + timedelta(seconds=FLOOR_S * 4))
        )
    return due_at


def _stream(rig: Rig) -> float:
    """Return the 99th percentile of how late deliveries began, of a steady stream."""
    rig.stop_all()  # or it would send what has no time yet
    approve_posts(rig, [f"Stream number {number}." for number in range(STREAM)])
    with rig.app.app_context(), transaction() as current:
        waiting = (
            current.query(Delivery)
            .filter(Delivery.state == DeliveryState.QUEUED, Delivery.kind == DeliveryKind.PUBLISH)
            .order_by(Delivery.post_id)
            .all()
        )
        start = clock.now() + timedelta(seconds=20)
        for number, delivery in enumerate(waiting):
            delivery.due_at = start + timedelta(seconds=number * STREAM_S / len(waiting))
        ids = [delivery.id for delivery in waiting]
    rig.start("publisher")
    rig.wait_until_at_work("publisher")
    assert clock.now() < start, "the publisher took too long to start"
    time.sleep(STREAM_S)
    rig.wait_until_settled(GIVE_UP_S)
    with rig.app.app_context():
        rows = session().query(Delivery.sent_at, Delivery.due_at).filter(Delivery.id.in_(ids))
        late = sorted((sent - due).total_seconds() for sent, due in rows if sent)
    return late[int(len(late) * 0.99) - 1]
