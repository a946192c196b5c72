"""Handling what waits, each arrival in a unit of work of its own; run by ingest, or the clock."""

import heapq
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from vcp.contacts import arriving, intake, queries, screening
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
#: Stored before a text is glanced at, so that one which ends the process does so once.
GLANCING = "?"
#: What this process began and hasn't handled: the tries to take off when the store next takes a
#: write, and with each whether it failed. A process that is killed leaves them counted.
_owed: dict[int, int] = {}
#: The clock takes over what has waited this long while no ingest is at work.
LEFT_OVER_AFTER = timedelta(seconds=10)


def handle_waiting(is_over: Callable[[], bool] = lambda: False) -> int:
    """Handle everything that waits until `is_over`, what looks worst first; return how many."""
    screening.get_ready()
    handled, line = 0, _Line()
    while not is_over():
        # What was begun looked worst, and a flood that goes on would leave it to the end.
        again = queries.lapsed(session())
        handled += _begun(again)
        line.look()
        wanted = line.next_batch() or queries.waiting(session(), 1)
        if not wanted and not again:
            return handled
        handled += _begun(wanted, line.take_glances())
    return handled


def _begun(wanted: list[int], glances: Mapping[int, str] | None = None) -> int:
    session().rollback()  # nothing stays open while the batch is handled
    owed = dict(_owed)
    if not wanted and not owed and not glances:
        return 0
    with transaction() as current:
        arriving.give_back(current, owed)
        arriving.note_glances(current, glances or {})
        begun = arriving.take_up(current, wanted)
    for arrival_id in owed:
        _owed.pop(arrival_id, None)
    _owed.update(dict.fromkeys(begun, 0))
    return sum(_handled(arrival_id) for arrival_id in begun)


class _Line:
    """What waits and nobody has begun; each is glanced at once, to find the worst."""

    def __init__(self) -> None:
        self._heap: list[tuple[Priority, int]] = []
        self._known: set[int] = set()
        self._newest = 0
        #: What was seen and isn't stored yet.
        self._glances: dict[int, str] = {}

    def look(self) -> None:
        """Put what has come into its place."""
        # Ids are given before they are stored, so one that is lower may be seen later.
        floor = max(0, self._newest - OVERLAP)
        stored = queries.fresh(session(), floor, self._known, LOOK_AT)
        seen = self._glance([one for one, glance in stored.items() if glance is None])
        for arrival_id, glance in (stored | seen).items():
            # What ended a process while it was glanced at is not glanced at again.
            rank = Priority.P1 if glance in (None, GLANCING) else Priority(glance)
            heapq.heappush(self._heap, (rank, arrival_id))
            self._newest = max(self._newest, arrival_id)
        self._known = {one for one in self._known | stored.keys() if one > floor - OVERLAP}

    def _glance(self, arrival_ids: list[int]) -> dict[int, str | None]:
        if not arrival_ids:
            return {}
        with transaction() as current:
            arriving.note_glances(current, dict.fromkeys(arrival_ids, GLANCING))
        rows = queries.arrivals(session(), arrival_ids)
        seen = {row.id: intake.glance(row.kind, row.payload).value for row in rows}
        self._glances |= seen
        return dict(seen)

    def take_glances(self) -> dict[int, str]:
        """Return what was seen since this was called last, to be stored."""
        taken, self._glances = self._glances, {}
        return taken

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
            is_done = intake.handle(current, arrival_id)
    except Unavailable:
        raise  # the store's trouble, not the message's
    except Exception:  # one message must not stop those behind it; it is tried again
        logger.exception("Handling an arrival failed", extra={"arrival": arrival_id})
        _owed[arrival_id] = 1
        return False
    _owed.pop(arrival_id, None)
    return is_done
