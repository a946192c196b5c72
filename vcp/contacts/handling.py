"""Handling what waits, each arrival in a unit of work of its own; run by ingest, or the clock."""

import logging
from collections.abc import Callable
from datetime import timedelta

from vcp.contacts import arriving, intake, queries
from vcp.kernel import clock
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Unavailable
from vcp.kernel.heartbeat import alive
from vcp.triage.findings import Priority

logger = logging.getLogger(__name__)

#: Begun together: one write instead of many.
BATCH = 20
#: Looked through for what is urgent.
LOOK_AHEAD = 1000
#: The clock takes over what has waited this long while no ingest is at work.
LEFT_OVER_AFTER = timedelta(seconds=10)


def handle_waiting(is_over: Callable[[], bool] = lambda: False) -> int:
    """Handle everything that waits until `is_over`, what looks worst first; return how many."""
    handled, ranks = 0, dict[int, Priority]()
    while not is_over():
        wanted = _worst(ranks)
        with transaction() as current:
            begun = arriving.take_up(current, wanted)
        if not wanted:
            return handled
        handled += sum(_handled(arrival_id) for arrival_id in begun)
    return handled


def _worst(ranks: dict[int, Priority]) -> list[int]:
    """Return a batch of what waits; in a flood each is glanced at, once, to find the worst."""
    waiting = queries.waiting(session(), LOOK_AHEAD)
    if len(waiting) > BATCH:
        for row in queries.arrivals(session(), [one for one in waiting if one not in ranks]):
            ranks[row.id] = intake.glance(row.kind, row.payload)
    session().rollback()  # nothing stays open while the batch is handled
    return sorted(waiting, key=lambda one: (ranks.get(one, Priority.P1), one))[:BATCH]


def handle_left_over() -> int:
    """Handle what waits when no ingest is at work; the clock's repair."""
    if alive(session(), "ingest") or not queries.waiting_since(
        session(), clock.now() - LEFT_OVER_AFTER
    ):
        return 0
    return handle_waiting()


def _handled(arrival_id: int) -> bool:
    try:
        with transaction() as current:
            return intake.handle(current, arrival_id)
    except Unavailable:
        raise  # the store's trouble, not the message's
    except Exception:  # one message must not stop those behind it; it is tried again
        logger.exception("Handling an arrival failed", extra={"arrival": arrival_id})
        return False
