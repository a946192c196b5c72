"""Claiming deliveries: whose turn it is, committed before the first byte leaves.

Source of the rules: docs/adr/0003-the-database-is-the-queue.md. A delivery leaves only while
everything that allowed it still holds; what stops it is a condition here, not a state.
"""

import logging
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, Select, bindparam, func, select, update
from sqlalchemy.orm import Session, joinedload

from vcp.kernel import clock
from vcp.kernel.context import Machine
from vcp.kernel.crashing import crash_point
from vcp.kernel.events import raise_event
from vcp.kernel.settings import Settings
from vcp.networks.base import Outgoing
from vcp.networks.registry import METERED
from vcp.posts import budgets, paying
from vcp.posts.events import PostChanged
from vcp.posts.following import reply_target
from vcp.posts.freezing import outgoing
from vcp.posts.models import Attempt, Delivery, DeliveryKind, Post
from vcp.posts.sendable import (
    CHANNELS_DUE,
    FREE_CHANNELS,
    LEAST_TRIED_OF_EACH,
    OLDEST_OF_EACH,
)
from vcp.posts.states import DELIVERY, POST, DeliveryState

logger = logging.getLogger(__name__)

PUBLISHER = Machine("publisher")
LEASE_S = 15
LEASE = timedelta(seconds=LEASE_S)
#: Built once, as the statements of `sendable`.
_WITH_POST = (
    select(Delivery)
    .where(Delivery.id.in_(bindparam("ids", expanding=True)))
    .options(
        joinedload(Delivery.post).load_only(
            Post.answers_id, Post.state, Post.created_at, Post.version
        ),
        joinedload(Delivery.post).lazyload(Post.persona),
        joinedload(Delivery.post).lazyload(Post.author),
        joinedload(Delivery.post).lazyload(Post.revision),
    )
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Claimed:
    """A delivery that this process, and no other, may send now."""

    delivery_id: uuid.UUID
    attempt_id: uuid.UUID
    attempt: int
    started_at: datetime
    channel_id: int
    kind: DeliveryKind
    key: str
    outgoing: Outgoing
    #: For a correction: the post at the network that it changes.
    target_id: str | None
    #: Whoever begins later may not be the only one: the lease, or the last moment, has passed.
    send_before: datetime


def channels_due(session: Session) -> list[int]:
    """Return the channels that have something to send now, our own feed first."""
    rows = session.execute(CHANNELS_DUE, {"now": clock.now()})
    return [channel_id for channel_id, network in sorted(rows, key=lambda row: row[1] != "own")]


def claim_next(session: Session, channel_id: int, owner: str, settings: Settings) -> Claimed | None:
    """Claim the channel's oldest due delivery; None when there is none, or another sends.

    None as well when it would go over a budget: its breaker has then paused what it belongs to.

    The caller commits before anything is sent: a crash after this leaves a lease that runs out.
    """
    return next(iter(claim_many(session, [channel_id], owner, settings)), None)


def claim_many(
    session: Session, channel_ids: Collection[int], owner: str, settings: Settings
) -> list[Claimed]:
    """Claim the oldest due delivery of each of these channels, as `claim_next` does, in one go.

    Channels where another publisher claims at this moment are passed by.
    """
    # Nobody else claims on these until this unit ends; what is asked next sees what others claimed.
    free = session.execute(FREE_CHANNELS, {"channel_ids": sorted(channel_ids)}).all()
    now = clock.now()
    failing = [one.id for one in free if one.is_failing]
    well = [one.id for one in free if not one.is_failing]
    first = _first(session, OLDEST_OF_EACH, well, now)
    first |= _first(session, LEAST_TRIED_OF_EACH, failing, now)
    metered = {one.id for one in free if one.network in METERED}
    attempts = [
        Attempt(id=uuid.uuid4(), delivery_id=row_id, owner=owner, started_at=now)
        for row_id in _affordable(session, first, metered, settings)
    ]
    return _begun(session, _won(session, attempts), settings) if attempts else []


def _first(
    session: Session, question: Select[int, uuid.UUID], channel_ids: list[int], now: datetime
) -> dict[int, uuid.UUID]:
    if not channel_ids:
        return {}
    rows = session.execute(question, {"channel_ids": channel_ids, "now": now})
    return {one.channel_id: one.delivery_id for one in rows if one.delivery_id is not None}


def _affordable(
    session: Session, first: dict[int, uuid.UUID], metered: set[int], settings: Settings
) -> list[uuid.UUID]:
    """Return which of these, by channel, no budget stops: of posts, or of what they cost."""
    within = budgets.within(session, first.values(), settings)
    return [
        row_id
        for channel_id, row_id in first.items()
        if row_id in within
        and (
            channel_id not in metered
            or paying.may_claim(session, channel_id, row_id, settings, by=PUBLISHER)
        )
    ]


def _won(session: Session, attempts: list[Attempt]) -> list[Attempt]:
    """Claim the deliveries of these attempts; return those that nobody else held or changed."""
    first = attempts[0]
    values = {
        "attempt": Delivery.attempt + 1,
        "owner": first.owner,
        "lease_until": first.started_at + LEASE,
        "sent_at": first.started_at,
        "reads": 0,
        "problem": None,
        "version": Delivery.version + 1,
    }
    wanted = {one.delivery_id: {"attempt": str(one.id)} for one in attempts}
    won = DELIVERY.claim_all(
        session, Delivery, wanted, "claim", by=PUBLISHER, values=values, only_free=True
    )
    return [attempt for attempt in attempts if attempt.delivery_id in won]


def _begun(session: Session, attempts: list[Attempt], settings: Settings) -> list[Claimed]:
    """Store the attempts, and return what they send; what isn't as approved ends here."""
    deliveries = loaded(session, [attempt.delivery_id for attempt in attempts])
    begun = []
    for attempt in attempts:
        delivery = deliveries[attempt.delivery_id]
        attempt.number = delivery.attempt
        session.add(attempt)
        try:
            attempt.reply_to = reply_target(session, delivery)
            words = outgoing(delivery, settings, attempt.reply_to)
        except ValueError as error:
            _refuse_to_send(session, delivery, attempt, str(error))
            continue
        paying.count(session, attempt, delivery, settings)
        begun.append(
            Claimed(
                delivery_id=delivery.id,
                attempt_id=attempt.id,
                attempt=delivery.attempt,
                started_at=attempt.started_at,
                channel_id=delivery.channel_id,
                kind=delivery.kind,
                key=str(delivery.id),
                outgoing=words,
                target_id=_target_id(session, delivery),
                send_before=min(
                    attempt.started_at + timedelta(seconds=LEASE_S), delivery.not_after
                ),
            )
        )
    start_posts(session, [deliveries[claimed.delivery_id] for claimed in begun])
    for claimed in begun:
        crash_point("claiming", claimed.channel_id)
    return begun


def loaded(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Delivery]:
    """Read these deliveries at once, of their posts only what a send and its answer need."""
    rows = session.scalars(_WITH_POST, {"ids": list(ids)}).all()
    return {delivery.id: delivery for delivery in rows}


def _refuse_to_send(session: Session, delivery: Delivery, attempt: Attempt, why: str) -> None:
    """End a delivery whose bytes are not those that were approved: it must never leave."""
    logger.error("Delivery %s is not what was approved", delivery.id)
    attempt.finished_at, attempt.outcome, attempt.detail = clock.now(), "refused", why
    delivery.problem = f"It was stopped: {why}. Nothing was sent; tell an administrator."
    DELIVERY.apply(session, delivery, "fail", by=PUBLISHER, detail=why)
    raise_event(session, PostChanged(delivery.post_id))


def start_posts(session: Session, deliveries: list[Delivery]) -> None:
    """Release the posts with their first claim, so that a dead clock delays nothing."""
    started = POST.claim_all(
        session,
        Post,
        {delivery.post_id: {} for delivery in deliveries},
        "start",
        by=PUBLISHER,
        values={
            "released_at": clock.now(),
            "public_revision_id": _revision_of({delivery.id for delivery in deliveries}),
            "version": Post.version + 1,
        },
    )
    for post_id in started:
        raise_event(session, PostChanged(post_id))


def _revision_of(delivery_ids: Collection[uuid.UUID]) -> ScalarSelect[int]:
    """The approved words of a post, by whichever of these deliveries is its."""
    mine = select(func.max(Delivery.revision_id)).where(
        Delivery.post_id == Post.id, Delivery.id.in_(delivery_ids)
    )
    return mine.correlate(Post).scalar_subquery()


def _target_id(session: Session, delivery: Delivery) -> str | None:
    if delivery.kind is DeliveryKind.PUBLISH:
        return None
    return session.scalar(
        select(Delivery.remote_id).where(
            Delivery.post_id == delivery.post_id,
            Delivery.channel_id == delivery.channel_id,
            Delivery.kind == DeliveryKind.PUBLISH,
            Delivery.part == delivery.part,
        )
    )


def took_turn(session: Session, delivery: Delivery, now: datetime) -> bool:
    """Take a delivery's turn of being looked at; false when another publisher took it first."""
    held = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.next_at == delivery.next_at)
        .values(next_at=now + LEASE)
        .execution_options(synchronize_session=False)
    )
    return bool(held.rowcount == 1)  # type: ignore[attr-defined]  # CursorResult, typed as Result


def renew_leases(session: Session, owner: str, sending: Collection[uuid.UUID]) -> None:
    """Keep what this process is sending right now, and nothing else, from being taken for lost."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.state == DeliveryState.SENDING,
            Delivery.owner == owner,
            Delivery.id.in_(sending),
        )
        .values(lease_until=clock.now() + LEASE)
        .execution_options(synchronize_session=False)
    )
