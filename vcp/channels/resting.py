"""The circuit breaker of each channel: after failures in a row it rests, then one send tries it.

A rest delays and never loses: what waits stays queued, until its last moment passes. Since one
write is in flight a channel, the first send after a rest is the trial, and nothing follows it
before it has ended.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.channels import conditions
from vcp.channels.models import Condition
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Actor

#: So many failures in a row open the breaker.
FAILURES = 5
FIRST_REST_S = 10
LONGEST_REST_S = 300


def note_failure(session: Session, channel_id: int, problem: str, *, by: Actor) -> None:
    """Count a send that got no answer, or no connection; rest when there were too many."""
    condition = conditions.of(session, channel_id)
    condition.failures += 1
    if condition.failures < FAILURES:
        return
    now = clock.now()
    condition.rests_until = now + timedelta(seconds=rest_s(condition.failures))
    if condition.rests_since is None:
        condition.rests_since = now
        record(session, by, "rest", "channel", channel_id, problem=problem)


def note_success(session: Session, channel_ids: Collection[int], *, by: Actor) -> None:
    """Forget the failures of these channels: their networks answer again."""
    # The rows are rarely there, and this runs after each send.
    failed = (
        select(Condition)
        .where(Condition.channel_id.in_(channel_ids), Condition.failures > 0)
        .order_by(Condition.channel_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for condition in session.scalars(failed):
        condition.failures, condition.rests_until = 0, None
        if condition.rests_since is not None:
            condition.rests_since = None
            record(session, by, "resume", "channel", condition.channel_id)


def rest_s(failures: int) -> int:
    """Seconds of rest after so many failures in a row: twice as long each time, then the longest.

    >>> [rest_s(number) for number in range(5, 12)]
    [10, 20, 40, 80, 160, 300, 300]
    """
    doublings = min(failures - FAILURES, LONGEST_REST_S.bit_length())
    return min(FIRST_REST_S << doublings, LONGEST_REST_S)
