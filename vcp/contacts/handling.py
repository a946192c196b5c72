"""Handling what waits, each arrival in a unit of work of its own; run by ingest, or the clock."""

import heapq
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

#: Begun together: one write instead of many, and short enough for what comes meanwhile.
BATCH = 5
#: Glanced at between two batches: more than come meanwhile in the worst of times.
LOOK_AT = 60
#: So many ids may be seen in another order than they were given.
OVERLAP = 1000
#: The clock takes over what has waited this long while no ingest is at work.
LEFT_OVER_AFTER = timedelta(seconds=10)


def handle_waiting(is_over: Callable[[], bool] = lambda: False) -> int:
    """Handle everything that waits until `is_over`, what looks worst first; return how many."""
    handled, line = 0, _Line()
    while not is_over():
        # What was begun looked worst, and a flood that goes on would leave it to the end.
        again = queries.lapsed(session())
        handled += _begun(again)
        line.look()
        wanted = line.next_batch() or queries.waiting(session(), 1)
        if not wanted and not again:
            return handled
        handled += _begun(wanted)
    return handled


def _begun(wanted: list[int]) -> int:
    session().rollback()  # nothing stays open while the batch is handled
    if not wanted:
        return 0
    with transaction() as current:
        begun = arriving.take_up(current, wanted)
    return sum(_handled(arrival_id) for arrival_id in begun)


class _Line:
    """What waits and nobody has begun; in a flood each is glanced at once, to find the worst."""

    def __init__(self) -> None:
        self._heap: list[tuple[Priority, int]] = []
        self._known: set[int] = set()
        self._newest = 0

    def look(self) -> None:
        """Put what has come into its place."""
        # Ids are given before they are stored, so one that is lower may be seen later.
        floor = max(0, self._newest - OVERLAP)
        ids = queries.fresh(session(), floor, self._known, LOOK_AT)
        is_flood = len(ids) + len(self._heap) > BATCH
        rows = queries.arrivals(session(), ids) if is_flood else ()
        ranks = {row.id: intake.glance(row.kind, row.payload) for row in rows}
        for arrival_id in ids:
            heapq.heappush(self._heap, (ranks.get(arrival_id, Priority.P1), arrival_id))
            self._newest = max(self._newest, arrival_id)
        self._known = {one for one in self._known | set(ids) if one > floor - OVERLAP}

    def next_batch(self) -> list[int]:
        """Return those that should be handled now."""
        number = min(BATCH, len(self._heap))
        return [heapq.heappop(self._heap)[1] for _ in range(number)]


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
