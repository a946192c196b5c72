"""A clock that was set back: what is under way goes on by the new time.

A row that changed in the future is the sign of it. Left alone, its lease or its next reading
would wait for as long as the clock went back, and then look for its copy in the wrong hours.
"""

from datetime import datetime, timedelta

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from vcp.channels.models import Channel, Condition
from vcp.channels.resting import LONGEST_REST_S
from vcp.kernel import clock
from vcp.networks.base import MAX_RETRY_AFTER_S
from vcp.posts.claiming import LEASE
from vcp.posts.models import Delivery
from vcp.posts.states import DeliveryState
from vcp.posts.stopping import LOOK_AGAIN_S

#: Two machines' clocks may differ by so much without either having been set.
NOTICED_FROM = timedelta(seconds=60)
UNDER_WAY = (DeliveryState.SENDING, DeliveryState.OUTCOME_UNKNOWN, DeliveryState.RETRY_WAIT)


def follow(session: Session) -> int:
    """Give what is under way the times of the new clock; return how many rows needed it."""
    now = clock.now()
    sending = Delivery.state == DeliveryState.SENDING
    done = session.execute(
        update(Delivery)
        .where(Delivery.state.in_(UNDER_WAY), Delivery.state_changed_at > now + NOTICED_FROM)
        .values(
            state_changed_at=now,
            # Who still sends renews its lease meanwhile.
            lease_until=case((sending, now + LEASE), else_=Delivery.lease_until),
            next_at=case((sending, Delivery.next_at), else_=now),
            version=Delivery.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    followed = int(done.rowcount)  # type: ignore[attr-defined]  # CursorResult, typed as Result
    followed += _follow_takedowns(session, now)
    _follow_channels(session, now)
    session.expire_all()
    return followed


def _follow_channels(session: Session, now: datetime) -> None:
    """End the waits and rests of channels that are longer than any is."""
    for column, longest_s in (
        (Channel.wait_until, MAX_RETRY_AFTER_S),
        (Condition.rests_until, LONGEST_REST_S),
    ):
        session.execute(
            update(column.class_)
            .where(column > now + timedelta(seconds=longest_s) + NOTICED_FROM)
            .values({column: now})
            .execution_options(synchronize_session=False)
        )


def _follow_takedowns(session: Session, now: datetime) -> int:
    """Have what must come down looked at now, where its next look is further off than any is."""
    wanted_at = Delivery.withdraw_wanted_at
    done = session.execute(
        update(Delivery)
        .where(
            wanted_at.is_not(None),
            Delivery.state.not_in(UNDER_WAY),
            Delivery.next_at > now + timedelta(seconds=max(LOOK_AGAIN_S)) + NOTICED_FROM,
        )
        .values(next_at=now, withdraw_wanted_at=case((wanted_at > now, now), else_=wanted_at))
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # CursorResult, typed as Result
