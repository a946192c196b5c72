"""Threads: each part answers the one before it, and stops where that one stopped."""

from datetime import timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from vcp.kernel.context import Machine
from vcp.kernel.events import raise_event
from vcp.posts.events import PostChanged
from vcp.posts.models import Delivery, DeliveryKind
from vcp.posts.states import DELIVERY, DeliveryState

PUBLISHER = Machine("publisher")
#: A thread that was begun in time may end this much later: half a thread misleads.
LATER_PARTS = timedelta(hours=6)
BATCH = 500
_ENDED = (DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.CANCELLED)
_BEFORE = aliased(Delivery)
#: Parts that wait, each with the part before it, which ended; asked every second.
_BROKEN = (
    select(Delivery, _BEFORE)
    .join(
        _BEFORE,
        and_(
            _BEFORE.revision_id == Delivery.revision_id,
            _BEFORE.channel_id == Delivery.channel_id,
            _BEFORE.kind == Delivery.kind,
            _BEFORE.part == Delivery.part - 1,
        ),
    )
    .where(
        Delivery.part > 1,
        Delivery.kind == DeliveryKind.PUBLISH,
        Delivery.state.in_(DELIVERY.moves["cancel"][0]),
        _BEFORE.state.in_(_ENDED),
    )
    .limit(BATCH)
)


def reply_target(session: Session, delivery: Delivery) -> str | None:
    """Return the network's id of the part that this one answers; None for a first part."""
    return _remote_id(session, delivery, delivery.part - 1) if delivery.part > 1 else None


def first_id(session: Session, delivery: Delivery) -> str | None:
    """Return the network's id of the thread's first part; None while it isn't known."""
    return delivery.remote_id if delivery.part == 1 else _remote_id(session, delivery, 1)


def _remote_id(session: Session, delivery: Delivery, part: int) -> str | None:
    return session.scalar(
        select(Delivery.remote_id).where(
            Delivery.post_id == delivery.post_id,
            Delivery.channel_id == delivery.channel_id,
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.part == part,
            Delivery.remote_id.is_not(None),
        )
    )


def end_broken(session: Session) -> list[Delivery]:
    """End the parts whose thread ended before them, and return them: they would answer nothing."""
    ended: list[Delivery] = []
    while found := session.execute(_BROKEN).all():
        for delivery, before in found:
            delivery.next_at = None
            delivery.problem = f"Part {before.part} did not go out, so this part was not sent."
            verb = "expire" if before.state is DeliveryState.EXPIRED else "cancel"
            DELIVERY.apply(session, delivery, verb, by=PUBLISHER, detail=delivery.problem)
            raise_event(session, PostChanged(delivery.post_id))
            ended.append(delivery)
        session.flush()
    return ended
