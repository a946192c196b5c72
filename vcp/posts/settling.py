"""Settling what is not certain: reading the network, waking what waits, ending what is too late.

A row leaves `outcome_unknown` only by being found at the network, by being absent twice with
`settle_after_s` between, or by a named person. Networks of `READ_AT_S` are read at set times, and
then a person decides: nothing is sent there again by itself.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.channels.models import Channel, SettlePolicy
from vcp.channels.states import USABLE
from vcp.kernel import clock
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check
from vcp.kernel.settings import Settings
from vcp.networks.base import Network, NetworkError, Outgoing, Receipt
from vcp.networks.registry import READ_AT_S
from vcp.posts import answering, notices
from vcp.posts.delivery_queries import one
from vcp.posts.events import PostChanged
from vcp.posts.freezing import outgoing
from vcp.posts.models import Attempt, Delivery, DeliveryKind, Post
from vcp.posts.publishing import LEASE_S, PUBLISHER, first_reading, settle_as_published
from vcp.posts.states import DELIVERY, POST, DeliveryState, PostState

logger = logging.getLogger(__name__)

#: How far before the send a copy at the network may be dated: clocks differ, and may be set back
#: while the outcome is unknown, which lasts ten minutes at most before a person is asked.
CLOCKS_DIFFER_S = 900
#: Between two tries at reading a network that doesn't answer.
READ_AGAIN_S = 5
#: The same where reading is limited or costs money.
DEAR_READ_AGAIN_S = 60
#: After this long without a certain answer a person decides.
PERSON_AFTER_S = 600
READS_NEEDED = 2
BATCH = 500


@dataclass(frozen=True)
class Reading:
    """A delivery whose network this process reads now."""

    delivery_id: uuid.UUID
    attempt: int
    channel_id: int
    outgoing: Outgoing
    since: datetime
    #: Ids at the network that belong to other deliveries.
    taken: frozenset[str]


def lose_expired(session: Session) -> int:
    """Take what was being sent by a process that died as unknown, never as unsent."""
    now = clock.now()
    lost = session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.lease_until < now)
        .limit(BATCH)
    ).all()
    return sum(
        DELIVERY.claim(
            session,
            Delivery,
            delivery.id,
            "lose",
            by=PUBLISHER,
            where=[Delivery.lease_until < now],
            values={
                "next_at": first_reading(delivery.channel, now),
                "problem": "The sending process stopped before the network's answer was stored.",
                "version": Delivery.version + 1,
            },
        )
        for delivery in lost
    )


def wake(session: Session) -> int:
    """Queue again what waited for its time, or for its channel to be connected again."""
    now = clock.now()
    waited = session.scalars(
        select(Delivery.id)
        .where(Delivery.state == DeliveryState.RETRY_WAIT, Delivery.next_at <= now)
        .limit(BATCH)
    ).all()
    blocked = session.scalars(
        select(Delivery.id)
        .join(Channel)
        .where(Delivery.state == DeliveryState.BLOCKED_AUTH, Channel.state.in_(USABLE))
        .limit(BATCH)
    ).all()
    values = {"next_at": None, "version": Delivery.version + 1}
    woken = [
        DELIVERY.claim(session, Delivery, row_id, verb, by=PUBLISHER, values=values)
        for verb, ids in (("requeue", waited), ("unblock", blocked))
        for row_id in ids
    ]
    return sum(woken)


def expire(session: Session) -> int:
    """End what has not left by its last moment: a late warning can be worse than none."""
    waiting = DELIVERY.moves["expire"][0]
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.state.in_(waiting), Delivery.not_after <= clock.now())
        .limit(BATCH)
    ).all()
    for delivery in rows:
        delivery.problem = "Its last moment passed before it could be sent, so it was not sent."
        DELIVERY.apply(session, delivery, "expire", by=PUBLISHER)
        raise_event(session, PostChanged(delivery.post_id))
    for post in {delivery.post for delivery in rows}:
        notices.expired(session, post, {d.channel.name for d in rows if d.post is post})
        if post.state is PostState.SCHEDULED and all(
            delivery.state is DeliveryState.EXPIRED for delivery in post.deliveries
        ):
            POST.apply(session, post, "expire", by=PUBLISHER)
    return len(rows)


def take_reading(session: Session, settings: Settings) -> list[Reading]:
    """Take the unknown deliveries that are due to be read; another process then leaves them."""
    now = clock.now()
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.OUTCOME_UNKNOWN, Delivery.next_at <= now)
        .order_by(Delivery.next_at)
        .limit(BATCH)
    ).all()
    readings = []
    for delivery in rows:
        held = session.execute(
            update(Delivery)
            .where(Delivery.id == delivery.id, Delivery.next_at == delivery.next_at)
            .values(next_at=now + timedelta(seconds=LEASE_S))
            .execution_options(synchronize_session=False)
        )
        if held.rowcount == 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
            session.refresh(delivery)
            try:
                readings.append(_reading(session, delivery, settings))
            except ValueError as error:
                delivery.problem = f"{error}. Look whether it is at the network."
                DELIVERY.apply(session, delivery, "ask", by=PUBLISHER, detail=str(error))
    return readings


def _reading(session: Session, delivery: Delivery, settings: Settings) -> Reading:
    # Back to the first attempt: a copy of any of them settles it.
    first_at = session.scalar(
        select(func.min(Attempt.started_at)).where(Attempt.delivery_id == delivery.id)
    )
    # A clock that was set back since makes the row's last change the earlier moment.
    begun_at = min(first_at or delivery.created_at, delivery.state_changed_at)
    since = begun_at - timedelta(seconds=CLOCKS_DIFFER_S)
    taken = session.scalars(
        select(Delivery.remote_id).where(
            Delivery.channel_id == delivery.channel_id,
            Delivery.id != delivery.id,
            Delivery.remote_id.is_not(None),
            Delivery.published_at >= since - timedelta(seconds=CLOCKS_DIFFER_S),
        )
    )
    return Reading(
        delivery.id,
        delivery.attempt,
        delivery.channel_id,
        outgoing(delivery, settings),
        since,
        frozenset(str(remote_id) for remote_id in taken),
    )


def read(reading: Reading, network: Network) -> Receipt | NetworkError | None:
    """Look for it at the network; no transaction is open. None: it isn't there."""
    try:
        return network.find(reading.outgoing, since=reading.since, taken=reading.taken)
    except NetworkError as error:
        return error


def record_reading(
    session: Session, reading: Reading, found: Receipt | NetworkError | None
) -> None:
    """Settle by what was read, or say when to read again."""
    delivery = session.get_one(Delivery, reading.delivery_id)
    if delivery.state is not DeliveryState.OUTCOME_UNKNOWN or delivery.attempt != reading.attempt:
        return
    if isinstance(found, Receipt):
        try:
            with session.begin_nested():
                settle_as_published(session, delivery, found, "confirm")
        except IntegrityError:
            # Another delivery with the same words took that copy meanwhile: look again.
            session.refresh(delivery)
            delivery.next_at = clock.now()
        return
    if isinstance(found, NetworkError):
        _not_readable(session, delivery, found)
    else:
        _absent(session, delivery)


def _not_readable(session: Session, delivery: Delivery, error: NetworkError) -> None:
    delivery.problem = f"Whether it was posted is unknown, and the network can't be read: {error}"
    if clock.now() - delivery.state_changed_at > timedelta(seconds=PERSON_AFTER_S):
        DELIVERY.apply(session, delivery, "ask", by=PUBLISHER, detail=str(error))
    else:
        is_dear = delivery.channel.network in READ_AT_S
        wait_s = DEAR_READ_AGAIN_S if is_dear else READ_AGAIN_S
        delivery.next_at = clock.now() + timedelta(seconds=wait_s)


def _absent(session: Session, delivery: Delivery) -> None:
    now = clock.now()
    certain_at = delivery.state_changed_at + timedelta(seconds=delivery.channel.settle_after_s)
    delivery.reads += 1
    if delivery.kind is DeliveryKind.CORRECT:
        # Changing a post to the same words twice does no harm.
        _queue_again(session, delivery)
    elif delivery.channel.network in READ_AT_S:
        _absent_where_reading_is_dear(session, delivery)
    elif delivery.reads < READS_NEEDED or now < certain_at:
        delivery.next_at = max(certain_at, now)
    elif delivery.channel.settle_policy is SettlePolicy.PERSON:
        delivery.problem = "It was not found at the network, which shows posts late. Please look."
        DELIVERY.apply(session, delivery, "ask", by=PUBLISHER)
    else:
        _queue_again(session, delivery)


def _absent_where_reading_is_dear(session: Session, delivery: Delivery) -> None:
    times = READ_AT_S[delivery.channel.network]
    if delivery.reads < len(times):
        at = delivery.state_changed_at + timedelta(seconds=times[delivery.reads])
        delivery.next_at = max(at, clock.now())
    else:
        delivery.problem = f"It was looked for {len(times)} times and not found. Please look."
        DELIVERY.apply(session, delivery, "ask", by=PUBLISHER)


def _queue_again(session: Session, delivery: Delivery) -> None:
    delivery.next_at = None
    DELIVERY.apply(session, delivery, "confirm_absent", by=PUBLISHER, reads=delivery.reads)
    if delivery.withdraw_wanted_at is not None:
        DELIVERY.apply(session, delivery, "cancel", by=PUBLISHER)


def needing_person(session: Session) -> int:
    """Return how many deliveries wait for a person's word."""
    return (
        session.scalar(select(func.count()).where(Delivery.state == DeliveryState.NEEDS_PERSON))
        or 0
    )


def say_published(session: Session, delivery_id: uuid.UUID, url: str, *, by: Person) -> Delivery:
    """Record a person's word that it is there, with the address where they saw it.

    Raises: Invalid without an address; Conflict when nobody is asked any more.
    """
    delivery = _asked(session, delivery_id, by)
    if not url.startswith(("https://", "http://")):
        raise Invalid("Paste the address of the post as you see it at the network.", "url")
    delivery.remote_url = url
    delivery.remote_id = url.rstrip("/").rsplit("/", maxsplit=1)[-1]
    delivery.published_at, delivery.problem = clock.now(), None
    delivery.next_at = clock.now() if delivery.withdraw_wanted_at else None
    try:
        with session.begin_nested():
            DELIVERY.apply(session, delivery, "say_published", by=by, url=url)
    except IntegrityError as error:
        raise Conflict("That address already belongs to another post of this channel.") from error
    answering.note_published(session, delivery)
    raise_event(session, PostChanged(delivery.post_id))
    return delivery


def send_again(session: Session, delivery_id: uuid.UUID, *, by: Person) -> Delivery:
    """Queue it once more on a person's word that it is not there.

    Raises: Conflict when it must come down, is too late, or nobody is asked any more.
    """
    delivery = _asked(session, delivery_id, by)
    if delivery.withdraw_wanted_at is not None:
        raise Conflict("This post was withdrawn, so it must not be sent again.")
    if delivery.not_after <= clock.now():
        raise Conflict("Its last moment has passed. Write a new post if it is still needed.")
    delivery.problem = delivery.next_at = None
    DELIVERY.apply(session, delivery, "send_again", by=by)
    return delivery


def give_up(session: Session, delivery_id: uuid.UUID, reason: str, *, by: Person) -> Delivery:
    """End it unsent on a person's word, with a reason.

    Raises: Invalid without a reason; Conflict when nobody is asked any more.
    """
    delivery = _asked(session, delivery_id, by)
    if not reason:
        raise Invalid("Say why it should not be sent again.", "reason")
    delivery.problem, delivery.next_at = f"Given up: {reason}", None
    DELIVERY.apply(session, delivery, "give_up", by=by, reason=reason)
    raise_event(session, PostChanged(delivery.post_id))
    return delivery


def _asked(session: Session, delivery_id: uuid.UUID, by: Person) -> Delivery:
    delivery = one(session, by, delivery_id)
    post: Post = delivery.post
    check(
        by,
        Permission.SETTLE_DELIVERIES,
        post.area_path,
        subject_kind="delivery",
        subject_id=delivery.id,
    )
    return delivery
