"""Settling what is not certain: reading the network, waking what waits, ending what is too late.

A row leaves `outcome_unknown` only by being found at the network, by being absent twice with
`settle_after_s` between, or by a named person. Networks of `READ_AT_S` are read at set times, and
then a person decides: nothing is sent there again by itself, unless the force set the channel to
`one_retry`; then the same words go once more, and the delivery is marked.
"""

import logging
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.channels import service as channels
from vcp.channels.models import Channel, SettlePolicy
from vcp.channels.states import USABLE
from vcp.kernel import clock
from vcp.kernel.crashing import crash_point
from vcp.kernel.events import raise_event
from vcp.kernel.settings import Settings
from vcp.networks.base import (
    Network,
    NetworkError,
    Outgoing,
    RateLimited,
    Receipt,
    Unauthorised,
)
from vcp.networks.registry import READ_AT_S
from vcp.posts import notices, telling_apart
from vcp.posts.claiming import PUBLISHER, took_turn
from vcp.posts.events import PostChanged
from vcp.posts.following import end_broken, reply_target
from vcp.posts.freezing import outgoing
from vcp.posts.models import Attempt, Delivery, DeliveryKind
from vcp.posts.publishing import first_reading, make_wait, settle_as_published
from vcp.posts.sendable import is_replaced
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


def lose_expired(session: Session, ours: Collection[uuid.UUID] = ()) -> int:
    """Take what was being sent by a process that died as unknown, never as unsent.

    `ours` is what this process sends right now: it lives, however late it renews its leases.
    """
    now = clock.now()
    lost = session.scalars(
        select(Delivery)
        .where(
            Delivery.state == DeliveryState.SENDING,
            Delivery.lease_until < now,
            Delivery.id.not_in(ours),
        )
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
    """End what has not left by its last moment: a late warning can be worse than none.

    So ends the rest of a thread that stopped.
    """
    waiting = DELIVERY.moves["expire"][0]
    rows = list(
        session.scalars(
            select(Delivery)
            .where(Delivery.state.in_(waiting), Delivery.not_after <= clock.now())
            .limit(BATCH)
        )
    )
    for delivery in rows:
        delivery.problem = "Its last moment passed before it could be sent, so it was not sent."
        DELIVERY.apply(session, delivery, "expire", by=PUBLISHER)
        raise_event(session, PostChanged(delivery.post_id))
    session.flush()
    rows += end_broken(session)
    for post in {delivery.post for delivery in rows}:
        notices.expired(session, post, {d.channel.name for d in rows if d.post is post})
        if post.state is PostState.SCHEDULED and all(
            delivery.state in {DeliveryState.EXPIRED, DeliveryState.CANCELLED}
            for delivery in post.deliveries
        ):
            POST.apply(session, post, "expire", by=PUBLISHER)
    return len(rows)


def end_replaced(session: Session) -> int:
    """End corrections that wait while newer words were approved: they would undo those."""
    rows = session.scalars(
        select(Delivery)
        .where(
            Delivery.kind == DeliveryKind.CORRECT,
            Delivery.state.in_(DELIVERY.moves["cancel"][0]),
            is_replaced(),
        )
        .limit(BATCH)
    ).all()
    for delivery in rows:
        delivery.next_at = None
        delivery.problem = "Newer words replaced these before they were sent."
        DELIVERY.apply(session, delivery, "cancel", by=PUBLISHER, detail=delivery.problem)
        raise_event(session, PostChanged(delivery.post_id))
    return len(rows)


def take_reading(session: Session, settings: Settings) -> list[Reading]:
    """Take the unknown deliveries that are due to be read; another process then leaves them."""
    now = clock.now()
    rows = session.scalars(
        select(Delivery)
        .join(Channel)
        .where(
            Delivery.state == DeliveryState.OUTCOME_UNKNOWN,
            Delivery.next_at <= now,
            or_(Channel.wait_until.is_(None), Channel.wait_until <= now),
        )
        .order_by(Delivery.next_at)
        .limit(BATCH)
    ).all()
    readings = []
    for delivery in rows:
        if took_turn(session, delivery, now):
            session.refresh(delivery)
            try:
                readings.append(reading_of(session, delivery, settings))
            except ValueError as error:
                delivery.problem = f"{error}. Look whether it is at the network."
                DELIVERY.apply(session, delivery, "ask", by=PUBLISHER, detail=str(error))
    return readings


def reading_of(session: Session, delivery: Delivery, settings: Settings) -> Reading:
    """Return what to look for at the network to find this delivery.

    Raises: ValueError when the stored bytes are not those that were approved.
    """
    # Back to the first attempt: a copy of any of them settles it.
    first_at = session.scalar(
        select(func.min(Attempt.started_at)).where(Attempt.delivery_id == delivery.id)
    )
    # A clock that was set back since makes the row's last change the earlier moment.
    begun_at = min(first_at or delivery.created_at, delivery.state_changed_at)
    return reading_from(session, delivery, begun_at, settings)


def reading_from(
    session: Session, delivery: Delivery, start: datetime, settings: Settings
) -> Reading:
    """Return what is looked for at the network, back to this moment.

    Raises: ValueError when the stored bytes are not those that were approved.
    """
    since = start - timedelta(seconds=CLOCKS_DIFFER_S)
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
        outgoing(delivery, settings, reply_target(session, delivery)),
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
    crash_point("settling", reading.channel_id)
    if isinstance(found, Receipt) and telling_apart.is_likelier_anothers(session, delivery, found):
        delivery.next_at = clock.now() + timedelta(seconds=_read_again_s(delivery))
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
    if isinstance(error, RateLimited):
        make_wait(session, delivery.channel_id, error.retry_after_s)
        delivery.next_at = clock.now() + timedelta(seconds=error.retry_after_s)
        return
    if isinstance(error, Unauthorised):
        channels.block(session, delivery.channel_id, str(error), by=PUBLISHER)
    if clock.now() - delivery.state_changed_at > timedelta(seconds=PERSON_AFTER_S):
        DELIVERY.apply(session, delivery, "ask", by=PUBLISHER, detail=str(error))
    else:
        is_dear = isinstance(error, Unauthorised)
        wait_s = DEAR_READ_AGAIN_S if is_dear else _read_again_s(delivery)
        delivery.next_at = clock.now() + timedelta(seconds=wait_s)


def _read_again_s(delivery: Delivery) -> int:
    """Return how soon it is read again; what must come down is read often, whatever it costs."""
    is_wanted = delivery.withdraw_wanted_at is None
    is_dear = is_wanted and delivery.channel.network in READ_AT_S
    return DEAR_READ_AGAIN_S if is_dear else READ_AGAIN_S


def _absent(session: Session, delivery: Delivery) -> None:
    now = clock.now()
    certain_at = delivery.state_changed_at + timedelta(seconds=delivery.channel.settle_after_s)
    delivery.reads += 1
    if delivery.kind is DeliveryKind.CORRECT:
        # Changing a post to the same words twice does no harm.
        _queue_again(session, delivery)
    elif delivery.withdraw_wanted_at is not None:
        _absent_and_unwanted(session, delivery, certain_at)
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
    elif _may_resend(delivery):
        delivery.resent_at = clock.now()
        _queue_again(session, delivery, is_resend=True)
    else:
        delivery.problem = f"It was looked for {len(times)} times and not found. Please look."
        DELIVERY.apply(session, delivery, "ask", by=PUBLISHER)


def _absent_and_unwanted(session: Session, delivery: Delivery, certain_at: datetime) -> None:
    """Cancel what was withdrawn and isn't there; `vcp.posts.reappearing` goes on looking for it."""
    now = clock.now()
    delivery.next_at = now + timedelta(seconds=READ_AGAIN_S)
    if delivery.reads < READS_NEEDED or now < certain_at:
        return
    shows_late = delivery.channel.settle_policy is SettlePolicy.PERSON
    if shows_late or delivery.channel.network in READ_AT_S:
        delivery.problem = "It was withdrawn, and not found at the network. Please look there, too."
        DELIVERY.apply(session, delivery, "ask", by=PUBLISHER)
        return
    DELIVERY.apply(session, delivery, "confirm_absent", by=PUBLISHER, reads=delivery.reads)
    DELIVERY.apply(session, delivery, "cancel", by=PUBLISHER)


def _may_resend(delivery: Delivery) -> bool:
    """Say whether the force has these words sent once more, and they weren't yet."""
    return delivery.channel.settle_policy is SettlePolicy.ONE_RETRY and delivery.resent_at is None


def _queue_again(session: Session, delivery: Delivery, *, is_resend: bool = False) -> None:
    delivery.next_at = None
    DELIVERY.apply(
        session,
        delivery,
        "confirm_absent",
        by=PUBLISHER,
        reads=delivery.reads,
        is_resend=is_resend,
    )
    if delivery.withdraw_wanted_at is not None:
        DELIVERY.apply(session, delivery, "cancel", by=PUBLISHER)


def needing_person(session: Session) -> int:
    """Return how many deliveries wait for a person's word."""
    return (
        session.scalar(select(func.count()).where(Delivery.state == DeliveryState.NEEDS_PERSON))
        or 0
    )
