"""Stopping: cancelling what has not left, and taking down what has. Takedown always wins."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from vcp.channels.states import ChannelState
from vcp.kernel import clock, mail
from vcp.kernel.context import Actor
from vcp.kernel.crashing import crash_point
from vcp.kernel.errors import Conflict
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check
from vcp.networks.base import FailureClass, Network, NetworkError
from vcp.posts import in_force
from vcp.posts.claiming import PUBLISHER, took_turn
from vcp.posts.delivery_queries import one
from vcp.posts.events import PostChanged
from vcp.posts.models import Attempt, Delivery, DeliveryKind, Post
from vcp.posts.states import DELIVERY, DeliveryState
from vcp.users import queries as users

#: A server may bring a post back after saying that it is gone, or not know yet what it will show,
#: so it is looked at again: seconds between the looks that found nothing. They end after 5 minutes.
LOOK_AGAIN_S = (10, 20, 30, 240)
TRY_AGAIN_S = 10
#: The same once a person has been asked.
TRY_SELDOM_S = 60
#: Seconds from the withdrawal after which a person is asked about what a server still shows.
ASK_AFTER_S = 40
#: The same from when a copy was found late: it is tried at once.
ASK_LATE_AFTER_S = 20
BATCH = 100


@dataclass(frozen=True)
class Takedown:
    """A copy that this process takes down, or looks for again, now."""

    delivery_id: uuid.UUID
    channel_id: int
    remote_id: str
    #: It was gone before: it is looked at first, and taken down only if it came back.
    was_gone: bool = False


@dataclass(frozen=True)
class Seen:
    """What a server showed after it was asked; no trouble: it is gone."""

    trouble: str | None = None
    #: It was shown again after it had been gone.
    came_back: bool = False


def hold(session: Session, post: Post) -> None:
    """Keep the publisher off this post until this unit ends, and read how far it has come.

    A publisher that is storing is waited for; one that looks for work passes these by. Without
    it the two could meet, and stopping would be refused because sending was first. Asked before
    anything of the post is changed, so that everybody locks in the same order.
    """
    session.scalars(
        select(Delivery)
        .where(Delivery.post_id == post.id)
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
        .execution_options(populate_existing=True)
    ).all()
    session.refresh(post)


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
    """Cancel what waits, and have every copy that is out, or may be, taken down.

    What ended after a try is watched for: a server may show that try late.
    """
    cancel_waiting(session, post, by=by)
    now = clock.now()
    never_left = and_(
        Delivery.state.in_((DeliveryState.CANCELLED, DeliveryState.EXPIRED)), Delivery.attempt == 0
    )
    only_refused = and_(Delivery.state == DeliveryState.FAILED, ~_may_have_left())
    rows = session.scalars(
        select(Delivery).where(Delivery.post_id == post.id, ~never_left, ~only_refused)
    ).all()
    for delivery in rows:
        delivery.withdraw_wanted_at = now
        # Of what is being sent, the answer is awaited first.
        if delivery.kind is DeliveryKind.PUBLISH and delivery.state is not DeliveryState.SENDING:
            delivery.next_at = now


def _may_have_left() -> ColumnElement[bool]:
    """One of its tries may have made a post, as far as its answer, or the lack of it, tells."""
    unsure = exists().where(
        Attempt.delivery_id == Delivery.id,
        or_(Attempt.outcome.is_(None), Attempt.outcome == FailureClass.AMBIGUOUS),
    )
    return unsure.correlate(Delivery)


def take_down_due(session: Session) -> list[Takedown]:
    """Take the copies that must come down, or be looked at once more, now."""
    now = clock.now()
    rows = session.scalars(
        select(Delivery)
        .where(_to_take_down(), Delivery.next_at <= now)
        # The last part of a thread first, so that none is left answering nothing.
        .order_by(Delivery.post_id, Delivery.part.desc())
        .limit(BATCH)
    ).all()
    taken = []
    for delivery in rows:
        if took_turn(session, delivery, now):
            was_gone = delivery.withdraw_checks > 0
            remote_id = str(delivery.remote_id)
            taken.append(Takedown(delivery.id, delivery.channel_id, remote_id, was_gone))
    return taken


def _to_take_down() -> ColumnElement[bool]:
    return and_(
        Delivery.kind == DeliveryKind.PUBLISH,
        Delivery.withdraw_wanted_at.is_not(None),
        Delivery.remote_id.is_not(None),
        Delivery.state.in_(
            (DeliveryState.PUBLISHED, DeliveryState.WITHDRAWN, DeliveryState.NEEDS_PERSON)
        ),
    )


def take_down(takedown: Takedown, network: Network) -> Seen:
    """Delete it and look whether it is gone; no transaction is open."""
    crash_point("taking_down", takedown.channel_id)
    try:
        if takedown.was_gone and not network.exists(takedown.remote_id):
            return Seen()
        network.withdraw(takedown.remote_id)
        crash_point("taken_down", takedown.channel_id)
        is_there = network.exists(takedown.remote_id)
    except NetworkError as error:
        return Seen(str(error), came_back=takedown.was_gone)
    return Seen("the server still shows it." if is_there else None, came_back=takedown.was_gone)


def record_takedown(session: Session, takedown: Takedown, seen: Seen) -> None:
    """Write what was seen; until it is gone the page says that the server still shows it."""
    delivery = session.get_one(Delivery, takedown.delivery_id)
    now = clock.now()
    if seen.came_back or seen.trouble is not None:
        delivery.withdraw_checks = 0
    if seen.trouble is not None:
        delivery.problem = f"It was asked to be taken down, but: {seen.trouble}"
        is_asked = delivery.state is DeliveryState.NEEDS_PERSON
        wait_s = TRY_SELDOM_S if is_asked else TRY_AGAIN_S
        delivery.next_at = now + timedelta(seconds=wait_s)
        return
    delivery.problem = None
    delivery.withdraw_checks += 1
    looked = delivery.withdraw_checks
    is_done = looked > len(LOOK_AGAIN_S)
    wait_s = 0 if is_done else LOOK_AGAIN_S[looked - 1]
    delivery.next_at = None if is_done else now + timedelta(seconds=wait_s)
    if delivery.state is not DeliveryState.WITHDRAWN:
        DELIVERY.apply(session, delivery, "withdraw", by=PUBLISHER)
        raise_event(session, PostChanged(delivery.post_id))


def ask_about_shown(session: Session) -> int:
    """Ask people about copies that a server doesn't take down; the tries go on meanwhile."""
    now = clock.now()
    rows = session.scalars(
        select(Delivery)
        .where(
            _to_take_down(),
            Delivery.state != DeliveryState.NEEDS_PERSON,
            Delivery.withdraw_checks == 0,
            Delivery.withdraw_wanted_at <= now - timedelta(seconds=ASK_AFTER_S),
            or_(
                Delivery.problem.is_not(None),
                Delivery.state_changed_at <= now - timedelta(seconds=ASK_LATE_AFTER_S),
            ),
        )
        .limit(BATCH)
    ).all()
    for delivery in rows:
        delivery.problem = delivery.problem or "It was asked to be taken down; no answer came yet."
        DELIVERY.apply(session, delivery, "stay", by=PUBLISHER, detail=delivery.problem)
        raise_event(session, PostChanged(delivery.post_id))
        _tell(session, delivery)
    return len(rows)


def say_gone(session: Session, delivery_id: uuid.UUID, *, by: Person) -> Delivery:
    """Take a person's word that they removed it at the network; it is looked at once more.

    Raises: NotFound; NotAllowed; Conflict when nobody asks about a copy that is still shown.
    """
    delivery = one(session, by, delivery_id)
    check(
        by,
        Permission.SETTLE_DELIVERIES,
        delivery.post.area_path,
        subject_kind="delivery",
        subject_id=delivery.id,
    )
    if delivery.withdraw_wanted_at is None or delivery.remote_id is None:
        raise Conflict("This delivery isn't one that a server still shows. Look at it again.")
    delivery.problem, delivery.withdraw_checks = None, 1
    # An account that was given up can't be asked any more: this word is the last.
    is_given_up = delivery.channel.state is ChannelState.DISCONNECTED
    again_at = clock.now() + timedelta(seconds=LOOK_AGAIN_S[0])
    delivery.next_at = None if is_given_up else again_at
    DELIVERY.apply(session, delivery, "withdraw", by=by, removed="by hand")
    raise_event(session, PostChanged(delivery.post_id))
    return delivery


def _tell(session: Session, delivery: Delivery) -> None:
    path = delivery.post.area_path
    for person in users.with_permission(session, Permission.WITHDRAW_POSTS, path):
        mail.write(
            session,
            person.email,
            f"Still shown: a withdrawn post on {delivery.channel.name}",
            "A post was withdrawn, but its server still shows it, or doesn't answer. We go on "
            "trying. Sign in to the account and remove it by hand.\n\n"
            f"Which one, and what we know: "
            f"{in_force.page(f'/staff/deliveries/{delivery.id}')}\n",
            urgent=True,
        )
