"""Handling what waits, each arrival in a unit of work of its own; run by ingest, or the clock."""

import logging
from collections.abc import Callable
from datetime import timedelta

from vcp.contacts import arriving, intake, queries
from vcp.kernel import clock
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Unavailable
from vcp.kernel.heartbeat import alive

logger = logging.getLogger(__name__)

#: Begun together: one write instead of many.
BATCH = 20
#: The clock takes over what has waited this long while no ingest is at work.
LEFT_OVER_AFTER = timedelta(seconds=10)


def handle_waiting(is_over: Callable[[], bool] = lambda: False) -> int:
    """Handle everything that waits until `is_over`; return how many were."""
    handled = 0
    while not is_over():
        with transaction() as current:
            begun = arriving.begin(current, queries.waiting(current, BATCH))
        if not begun:
            return handled
        handled += sum(_handled(arrival_id) for arrival_id in begun)
    return handled


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
