"""Stopping: cancelling what has not left, and taking down what has. Takedown always wins."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.context import Actor
from vcp.kernel.crashing import crash_point
from vcp.kernel.events import raise_event
from vcp.networks.base import Network, NetworkError
from vcp.posts.events import PostChanged
from vcp.posts.models import Delivery, DeliveryKind, Post
from vcp.posts.publishing import LEASE_S, PUBLISHER
from vcp.posts.states import DELIVERY, DeliveryState

#: A server may bring a post back after saying that it is gone, so it is looked at again.
LOOK_AGAIN_S = 30
CHECKS_NEEDED = 2
TRY_AGAIN_S = 10
BATCH = 100


@dataclass(frozen=True)
class Takedown:
    """A copy that this process takes down, or looks for again, now."""

    delivery_id: uuid.UUID
    channel_id: int
    remote_id: str


def cancel_waiting(session: Session, post: Post, *, by: Actor) -> int:
    """Cancel every delivery of the post that has certainly not left; return how many."""
    stoppable = DELIVERY.moves["cancel"][0]
    rows = session.scalars(
        select(Delivery).where(Delivery.post_id == post.id, Delivery.state.in_(stoppable))
    ).all()
    for delivery in rows:
        delivery.next_at = None
        DELIVERY.apply(session, delivery, "cancel", by=by)
    return len(rows)


def want_withdrawn(session: Session, post: Post, *, by: Actor) -> None:
    """Cancel what waits, and have every copy that is out, or may be, taken down."""
    cancel_waiting(session, post, by=by)
    now = clock.now()
    ended = (DeliveryState.CANCELLED, DeliveryState.EXPIRED, DeliveryState.FAILED)
    rows = session.scalars(
        select(Delivery).where(Delivery.post_id == post.id, Delivery.state.not_in(ended))
    ).all()
    for delivery in rows:
        delivery.withdraw_wanted_at = now
        if delivery.kind is DeliveryKind.PUBLISH and delivery.state is DeliveryState.PUBLISHED:
            delivery.next_at = now


def take_down_due(session: Session) -> list[Takedown]:
    """Take the copies that must come down, or be looked at once more, now."""
    now = clock.now()
    rows = session.scalars(
        select(Delivery)
        .where(
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.withdraw_wanted_at.is_not(None),
            Delivery.remote_id.is_not(None),
            Delivery.next_at <= now,
            or_(
                Delivery.state == DeliveryState.PUBLISHED,
                Delivery.state == DeliveryState.WITHDRAWN,
            ),
        )
        .limit(BATCH)
    ).all()
    taken = []
    for delivery in rows:
        held = session.execute(
            update(Delivery)
            .where(Delivery.id == delivery.id, Delivery.next_at == delivery.next_at)
            .values(next_at=now + timedelta(seconds=LEASE_S))
            .execution_options(synchronize_session=False)
        )
        if held.rowcount == 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
            taken.append(Takedown(delivery.id, delivery.channel_id, str(delivery.remote_id)))
    return taken


def take_down(takedown: Takedown, network: Network) -> str | None:
    """Delete it and look whether it is gone; no transaction is open. None: it is gone."""
    crash_point("taking_down", takedown.channel_id)
    try:
        network.withdraw(takedown.remote_id)
        crash_point("taken_down", takedown.channel_id)
        return "the server still shows it." if network.exists(takedown.remote_id) else None
    except NetworkError as error:
        return str(error)


def record_takedown(session: Session, takedown: Takedown, trouble: str | None) -> None:
    """Write what was seen; until it is gone the page says that the server still shows it."""
    delivery = session.get_one(Delivery, takedown.delivery_id)
    now = clock.now()
    if trouble is not None:
        delivery.problem = f"It was asked to be taken down, but: {trouble}"
        delivery.withdraw_checks = 0
        delivery.next_at = now + timedelta(seconds=TRY_AGAIN_S)
        return
    delivery.problem = None
    delivery.withdraw_checks += 1
    done = delivery.withdraw_checks >= CHECKS_NEEDED
    delivery.next_at = None if done else now + timedelta(seconds=LOOK_AGAIN_S)
    if delivery.state is DeliveryState.PUBLISHED:
        DELIVERY.apply(session, delivery, "withdraw", by=PUBLISHER)
        raise_event(session, PostChanged(delivery.post_id))
