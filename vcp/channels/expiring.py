"""Sign-ins that a network ends by itself: noted where it says when, and warned of beforehand.

A Bluesky app password and X's keys have no end, and their servers name none. A server with
Mastodon's API may give a token that has.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.channels import alerts, service
from vcp.channels.models import Channel, Condition
from vcp.channels.states import CHANNEL, USABLE
from vcp.kernel import clock
from vcp.kernel.context import Machine

#: People are told so many days before, once each.
WARN_DAYS = (14, 7, 1)
CLOCK = Machine("clock")


def warn_due(session: Session) -> int:
    """Warn of the sign-ins that end within days; return of how many channels it was."""
    now = clock.now()
    rows = session.execute(
        select(Channel, Condition)
        .join(Condition, Condition.channel_id == Channel.id)
        .where(
            Channel.state.in_(USABLE),
            Condition.sign_in_ends_at <= now + timedelta(days=max(WARN_DAYS)),
        )
    ).all()
    return sum(_warn(session, channel, condition, now) for channel, condition in rows)


def _warn(session: Session, channel: Channel, condition: Condition, now: datetime) -> bool:
    ends_at = condition.sign_in_ends_at
    if ends_at is None:
        return False
    reached = [days for days in WARN_DAYS if ends_at - now <= timedelta(days=days)]
    days = min(reached)
    if condition.warned_days is not None and condition.warned_days <= days:
        return False
    condition.warned_days = days
    alerts.sign_in_ends(session, channel, ends_at, days)
    if CHANNEL.allows(channel.state, "warn"):
        problem = f"The network ends our sign-in at {ends_at:%d %B %Y, %H:%M} UTC."
        service.warn(session, channel.id, problem, by=CLOCK)
    return True
