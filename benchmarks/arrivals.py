"""From a message that was read to its case in the queue, in a flood."""

import time
from collections.abc import Iterator

from sqlalchemy import select

from benchmarks.product import rigs
from benchmarks.row import Row, at_most
from moderation.models import Case
from tests.faults.mentions import Spoken, speak, wait_until_heard
from tests.faults.rig import Rig
from vcp.contacts.models import Message
from vcp.kernel.db import session

CHANNELS = 10
MESSAGES = 5000
URGENT_EVERY = 100
SECONDS = 60
P95_S = 2.0
GIVE_UP_S = 300


def measure() -> Iterator[Row]:
    """Measure a flood on each database."""
    for store, rig in rigs(CHANNELS):
        yield from _measured(rig, store)


def _measured(rig: Rig, store: str) -> Iterator[Row]:
    spoken = Spoken()
    rig.start("ingest")
    rig.wait_until_at_work("ingest")
    behind_s = _flood(rig, spoken)
    late, in_time = _waits(rig, spoken)
    conditions = f"{MESSAGES} in {SECONDS} s on {CHANNELS} accounts, {len(late)} of them urgent"
    yield at_most(
        f"urgent message read to its case, p95, {store}",
        late[int(len(late) * 0.95)],
        "s",
        P95_S,
        conditions=conditions,
    )
    yield at_most(
        f"urgent messages with no case, {store}",
        len(spoken.urgent) - in_time,
        "messages",
        0,
        conditions=conditions,
    )
    yield at_most(
        f"until the last of the flood is handled, {store}",
        behind_s,
        "s",
        SECONDS,
        conditions="from the last that was said",
    )


def _flood(rig: Rig, spoken: Spoken) -> float:
    """Have residents speak for a minute; return the seconds until the last is handled."""
    started = time.monotonic()
    each = MESSAGES // SECONDS
    for second in range(SECONDS):
        first = second * each
        number = MESSAGES - first if second == SECONDS - 1 else each
        speak(rig, spoken, number, urgent_every=URGENT_EVERY, first=first)
        time.sleep(max(0.0, started + second + 1 - time.monotonic()))
    return wait_until_heard(rig, MESSAGES, GIVE_UP_S)


def _waits(rig: Rig, spoken: Spoken) -> tuple[list[float], int]:
    """Return the seconds from read to case of each urgent one, sorted, and how many have one."""
    with rig.app.app_context():
        rows = session().execute(
            select(Message.remote_id, Message.received_at, Case.state_changed_at).join(
                Case, Case.contact_id == Message.contact_id
            )
        )
        found = {row[0]: (row[2] - row[1]).total_seconds() for row in rows}
    late = sorted(seconds for one, seconds in found.items() if one in spoken.urgent)
    return late, len(late)
