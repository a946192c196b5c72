"""How long a server takes to show a new post, and what follows from that for settling.

Sending again what a server shows later than `settle_after_s` would double it. So the seconds are
raised to what was measured, never lowered; a server that is slower than they may be is a person's.
"""

import math

from sqlalchemy.orm import Session

from vcp.channels import conditions, queries
from vcp.channels.models import SettlePolicy
from vcp.channels.service import LONGEST_SETTLE_S
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Actor

#: What is waited for is this much longer than the longest lag seen, and so many seconds more.
MARGIN = 1.5
MARGIN_S = 2


def note_lag(session: Session, channel_id: int, seconds: float, *, by: Actor) -> None:
    """Note that a new post was seen so many seconds after its acceptance, or not by then."""
    condition = conditions.of(session, channel_id)
    condition.lag_ms = max(condition.lag_ms or 0, round(seconds * 1000))
    condition.lag_samples += 1
    condition.lag_at = clock.now()
    channel = queries.by_id(session, channel_id)
    needed_s = needed_settle_s(condition.lag_ms / 1000)
    if channel.settle_policy is not SettlePolicy.READ or needed_s <= channel.settle_after_s:
        return
    if needed_s <= LONGEST_SETTLE_S:
        channel.settle_after_s = needed_s
    else:
        channel.settle_after_s = LONGEST_SETTLE_S
        channel.settle_policy = SettlePolicy.PERSON
    record(
        session,
        by,
        "raise_settling",
        "channel",
        channel_id,
        lag=f"{condition.lag_ms / 1000:.1f}",
        settle=channel.settle_policy.value,
        settle_after=str(channel.settle_after_s),
    )


def needed_settle_s(lag_s: float) -> int:
    """Return after how many seconds "not there" may count, with a server this late."""
    return math.ceil(lag_s * MARGIN) + MARGIN_S
