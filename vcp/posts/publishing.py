"""Publishing one delivery: claim and commit, send with no transaction open, record.

Source of the rules: docs/adr/0003-the-database-is-the-queue.md. A delivery leaves only while
everything that allowed it still holds; what stops it is a condition here, not a state.
"""

import logging
import random
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.channels import service as channels
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.context import Machine
from vcp.kernel.crashing import crash_point
from vcp.kernel.events import raise_event
from vcp.kernel.settings import Settings
from vcp.networks.base import (
    FailureClass,
    Network,
    NetworkError,
    NotSent,
    OutcomeUnknown,
    Outgoing,
    RateLimited,
    Reason,
    Receipt,
    Rejected,
    Unauthorised,
)
from vcp.networks.registry import READ_AT_S
from vcp.networks.wire import STALLED_S
from vcp.posts import answering
from vcp.posts.events import PostChanged
from vcp.posts.freezing import outgoing
from vcp.posts.models import Attempt, Delivery, DeliveryKind, Post
from vcp.posts.sendable import CHANNELS_DUE, NEXT_DUE
from vcp.posts.states import DELIVERY, POST, DeliveryState

logger = logging.getLogger(__name__)

PUBLISHER = Machine("publisher")
LEASE_S = 15
#: Seconds before the next try after a send that certainly didn't happen.
RETRY_DELAYS_S = (2, 5, 15, 30, 60, 120, 300)


@dataclass(frozen=True)
class Claimed:
    """A delivery that this process, and no other, may send now."""

    delivery_id: uuid.UUID
    attempt_id: uuid.UUID
    attempt: int
    channel_id: int
    kind: DeliveryKind
    key: str
    outgoing: Outgoing
    #: For a correction: the post at the network that it changes.
    target_id: str | None
    #: Monotonic seconds.
    claimed_at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Outcome:
    """What a send came to: a receipt, or the network's error."""

    receipt: Receipt | None = None
    error: NetworkError | None = None


def channels_due(session: Session) -> list[int]:
    """Return the channels that have something to send now, our own feed first."""
    rows = session.execute(CHANNELS_DUE, {"now": clock.now()})
    return [channel_id for channel_id, network in sorted(rows, key=lambda row: row[1] != "own")]


def claim_next(session: Session, channel_id: int, owner: str, settings: Settings) -> Claimed | None:
    """Claim the channel's oldest due delivery; None when there is none, or another sends.

    The caller commits before anything is sent: a crash after this leaves a lease that runs out.
    """
    now = clock.now()
    row_id = session.scalar(NEXT_DUE, {"channel_id": channel_id, "now": now})
    if row_id is None:
        return None
    attempt = Attempt(id=uuid.uuid4(), delivery_id=row_id, owner=owner, started_at=now)
    if not _won(session, attempt):
        return None
    delivery = session.get_one(Delivery, row_id)
    attempt.number = delivery.attempt
    session.add(attempt)
    try:
        words = outgoing(delivery, settings)
    except ValueError as error:
        _refuse_to_send(session, delivery, attempt, str(error))
        return None
    _start_post(session, delivery)
    crash_point("claiming", channel_id)
    return Claimed(
        delivery_id=delivery.id,
        attempt_id=attempt.id,
        attempt=delivery.attempt,
        channel_id=channel_id,
        kind=delivery.kind,
        key=str(delivery.id),
        outgoing=words,
        target_id=_target_id(session, delivery),
    )


def _won(session: Session, attempt: Attempt) -> bool:
    """Claim the delivery for this attempt; false when another publisher was first."""
    values = {
        "attempt": Delivery.attempt + 1,
        "owner": attempt.owner,
        "lease_until": attempt.started_at + timedelta(seconds=LEASE_S),
        "sent_at": attempt.started_at,
        "reads": 0,
        "problem": None,
        "version": Delivery.version + 1,
    }
    try:
        # The unique index on (channel) where sending catches two claims that both found the
        # channel free, which PostgreSQL allows.
        with session.begin_nested():
            return DELIVERY.claim(
                session,
                Delivery,
                attempt.delivery_id,
                "claim",
                by=PUBLISHER,
                values=values,
                attempt=str(attempt.id),
            )
    except IntegrityError:
        return False


def _refuse_to_send(session: Session, delivery: Delivery, attempt: Attempt, why: str) -> None:
    """End a delivery whose bytes are not those that were approved: it must never leave."""
    logger.error("Delivery %s is not what was approved", delivery.id)
    attempt.finished_at, attempt.outcome, attempt.detail = clock.now(), "refused", why
    delivery.problem = f"It was stopped: {why}. Nothing was sent; tell an administrator."
    DELIVERY.apply(session, delivery, "fail", by=PUBLISHER, detail=why)
    raise_event(session, PostChanged(delivery.post_id))


def _start_post(session: Session, delivery: Delivery) -> None:
    """Release the post with its first claim, so that a dead clock delays nothing."""
    started = POST.claim(
        session,
        Post,
        delivery.post_id,
        "start",
        by=PUBLISHER,
        values={
            "released_at": clock.now(),
            "public_revision_id": delivery.revision_id,
            "version": Post.version + 1,
        },
    )
    if started:
        raise_event(session, PostChanged(delivery.post_id))


def _target_id(session: Session, delivery: Delivery) -> str | None:
    if delivery.kind is DeliveryKind.PUBLISH:
        return None
    return session.scalar(
        select(Delivery.remote_id).where(
            Delivery.post_id == delivery.post_id,
            Delivery.channel_id == delivery.channel_id,
            Delivery.kind == DeliveryKind.PUBLISH,
        )
    )


def send(claimed: Claimed, network: Network) -> Outcome:
    """Send it; no transaction is open. Every failure comes back as one of the network errors."""
    crash_point("claimed", claimed.channel_id)
    if time.monotonic() - claimed.claimed_at > STALLED_S:
        return Outcome(error=NotSent("This process was asleep. Nothing was sent."))
    try:
        if claimed.kind is DeliveryKind.CORRECT:
            receipt = network.correct(claimed.target_id or "", claimed.outgoing, claimed.key)
        else:
            receipt = network.publish(claimed.outgoing, claimed.key)
    except NetworkError as error:
        return Outcome(error=error)
    crash_point("answered", claimed.channel_id)
    return Outcome(receipt=receipt)


def renew_leases(session: Session, owner: str, sending: Collection[uuid.UUID]) -> None:
    """Keep what this process is sending right now, and nothing else, from being taken for lost."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.state == DeliveryState.SENDING,
            Delivery.owner == owner,
            Delivery.id.in_(sending),
        )
        .values(lease_until=clock.now() + timedelta(seconds=LEASE_S))
        .execution_options(synchronize_session=False)
    )


def record(session: Session, claimed: Claimed, outcome: Outcome) -> None:
    """Write down what a send came to; an answer to an older attempt may only confirm."""
    delivery = session.get_one(Delivery, claimed.delivery_id)
    attempt = session.get_one(Attempt, claimed.attempt_id)
    attempt.finished_at = clock.now()
    attempt.outcome = _named(outcome)
    attempt.detail = str(outcome.error) if outcome.error else None
    if delivery.state is DeliveryState.SENDING and delivery.attempt == claimed.attempt:
        _record_in_time(session, delivery, outcome)
    elif outcome.receipt is not None:
        _record_late(session, delivery, attempt, outcome.receipt)
    crash_point("recording", claimed.channel_id)


def _named(outcome: Outcome) -> str:
    if outcome.error is None:
        return "published"
    return "unauthorised" if isinstance(outcome.error, Unauthorised) else outcome.error.failure


def _record_in_time(session: Session, delivery: Delivery, outcome: Outcome) -> None:
    if outcome.receipt is not None:
        settle_as_published(session, delivery, outcome.receipt, "publish")
        return
    error = outcome.error
    now = clock.now()
    delivery.problem = str(error)
    if isinstance(error, OutcomeUnknown):
        delivery.next_at = first_reading(delivery.channel, now)
        DELIVERY.apply(session, delivery, "lose", by=PUBLISHER, detail=str(error))
    elif isinstance(error, Rejected) and error.reason is Reason.ALREADY_POSTED:
        _already_there(session, delivery, error)
    elif isinstance(error, Unauthorised):
        DELIVERY.apply(session, delivery, "block", by=PUBLISHER, detail=str(error))
        channels.block(session, delivery.channel_id, str(error), by=PUBLISHER)
    elif isinstance(error, Rejected):
        DELIVERY.apply(session, delivery, "fail", by=PUBLISHER, detail=str(error))
        raise_event(session, PostChanged(delivery.post_id))
    else:
        wait_s: float = RETRY_DELAYS_S[min(delivery.attempt, len(RETRY_DELAYS_S)) - 1]
        wait_s *= random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing
        if isinstance(error, RateLimited):
            wait_s = error.retry_after_s
            delivery.channel.wait_until = now + timedelta(seconds=wait_s)
        delivery.next_at = now + timedelta(seconds=wait_s)
        DELIVERY.apply(session, delivery, "retry", by=PUBLISHER, detail=str(error))


def first_reading(channel: Channel, now: datetime) -> datetime:
    """Return when to look for a post of unknown outcome: at once, unless reading is dear."""
    return now + timedelta(seconds=next(iter(READ_AT_S.get(channel.network, ())), 0))


def _already_there(session: Session, delivery: Delivery, error: Rejected) -> None:
    """Look for the copy that a network says it has; ask a person when none of ours can be it.

    The words are never changed to get them past the network.
    """
    delivery.next_at = first_reading(delivery.channel, clock.now())
    DELIVERY.apply(session, delivery, "lose", by=PUBLISHER, detail=str(error))
    earlier = session.scalar(
        select(func.count()).where(
            Attempt.delivery_id == delivery.id,
            Attempt.number < delivery.attempt,
            or_(Attempt.outcome.is_(None), Attempt.outcome == FailureClass.AMBIGUOUS),
        )
    )
    if not earlier:
        delivery.problem = (
            f"{error} Nothing of ours is known to be there. If an older post says the same, give "
            "this one up and write it in other words."
        )
        DELIVERY.apply(session, delivery, "ask", by=PUBLISHER, detail=str(error))


def settle_as_published(session: Session, delivery: Delivery, receipt: Receipt, verb: str) -> None:
    """Note where the network keeps it; the public pages then link there."""
    delivery.remote_id, delivery.remote_url = receipt.remote_id, receipt.url
    delivery.published_at = receipt.at
    delivery.problem = None
    delivery.next_at = clock.now() if delivery.withdraw_wanted_at else None
    DELIVERY.apply(session, delivery, verb, by=PUBLISHER, remote_id=receipt.remote_id)
    answering.note_published(session, delivery)
    raise_event(session, PostChanged(delivery.post_id))


def _record_late(session: Session, delivery: Delivery, attempt: Attempt, receipt: Receipt) -> None:
    """Take a late answer as proof that the post exists; it never undoes anything."""
    attempt.outcome = "late"
    attempt.detail = f"answered late: {receipt.remote_id}"
    if delivery.state is DeliveryState.OUTCOME_UNKNOWN:
        settle_as_published(session, delivery, receipt, "confirm")
    elif delivery.state is DeliveryState.NEEDS_PERSON:
        settle_as_published(session, delivery, receipt, "say_published")
    elif delivery.state is DeliveryState.QUEUED:
        DELIVERY.apply(session, delivery, "claim", by=PUBLISHER, late=True)
        settle_as_published(session, delivery, receipt, "publish")
    elif delivery.remote_id != receipt.remote_id:
        logger.error(
            "Delivery %s has a second copy at the network: %s", delivery.id, receipt.remote_id
        )
