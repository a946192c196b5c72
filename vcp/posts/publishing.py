"""Sending one delivery with no transaction open, and recording what it came to.

Source of the rules: docs/adr/0003-the-database-is-the-queue.md. A delivery leaves only while
everything that allowed it still holds; what stops it is a condition here, not a state.
"""

import logging
import random
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from vcp.channels import resting
from vcp.channels import service as channels
from vcp.channels.models import Channel
from vcp.channels.queries import OWN
from vcp.kernel import clock
from vcp.kernel.crashing import crash_point
from vcp.kernel.db import at_end, store_together
from vcp.kernel.events import raise_event
from vcp.networks.base import (
    FailureClass,
    Network,
    NetworkError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Reason,
    Receipt,
    Rejected,
    Unauthorised,
)
from vcp.networks.registry import READ_AT_S
from vcp.posts import answering, telling_apart
from vcp.posts.claiming import PUBLISHER, Claimed, loaded
from vcp.posts.events import PostChanged
from vcp.posts.models import Attempt, Delivery, DeliveryKind
from vcp.posts.states import DELIVERY, DeliveryState

logger = logging.getLogger(__name__)

#: Seconds before the next try after a send that certainly didn't happen.
RETRY_DELAYS_S = (2, 5, 15, 30, 60, 120, 300)
#: Where an earlier attempt's answer may find a delivery that goes on, and the moves that lead from
#: there to its being sent: what is known to be there must not be tried again.
_TO_SENDING: Mapping[DeliveryState, tuple[str, ...]] = {
    DeliveryState.SENDING: (),
    DeliveryState.QUEUED: ("claim",),
    DeliveryState.RETRY_WAIT: ("requeue", "claim"),
    DeliveryState.BLOCKED_AUTH: ("unblock", "claim"),
}

#: Sent again it would only name the same copy again, so a person looks.
IN_DOUBT = (
    "The network answers that this is a post which counts for another one with the same words "
    "already. Look whether both are there."
)

#: An attempt that a database put back from a backup doesn't know has no row, and needs none.
_END_ATTEMPT = (
    update(Attempt.__table__)  # type: ignore[arg-type]  # a Table
    .where(Attempt.id == bindparam("its_id"))
    .values(
        finished_at=bindparam("ended_at"), outcome=bindparam("became"), detail=bindparam("because")
    )
)


class _Ended(NamedTuple):
    """What became of an attempt."""

    id: uuid.UUID
    at: datetime
    outcome: str
    detail: str | None


@dataclass(frozen=True)
class Outcome:
    """What a send came to: a receipt, or the network's error."""

    receipt: Receipt | None = None
    error: NetworkError | None = None


def send(claimed: Claimed, network: Network) -> Outcome:
    """Send it; no transaction is open. Every failure comes back as one of the network errors."""
    crash_point("claimed", claimed.channel_id)
    if clock.now() >= claimed.send_before:
        # This process stood still since its claim: another may have sent it by now.
        return Outcome(error=NotSent("The claim had run out before anything was sent."))
    try:
        if claimed.kind is DeliveryKind.CORRECT:
            receipt = network.correct(claimed.target_id or "", claimed.outgoing, claimed.key)
        else:
            receipt = network.publish(claimed.outgoing, claimed.key)
    except NetworkError as error:
        return Outcome(error=error)
    crash_point("answered", claimed.channel_id)
    return Outcome(receipt=receipt)


def record_many(session: Session, answers: Collection[tuple[Claimed, Outcome]]) -> None:
    """Write down what several sends came to, as `record` does, in one go."""
    if not answers:
        return
    deliveries = loaded(session, [claimed.delivery_id for claimed, _ in answers])
    with session.no_autoflush:
        for claimed, outcome in answers:
            _record(session, claimed, outcome)
        _note_channels(session, answers)
        store_together(session, deliveries.values())
    session.flush()


def record(session: Session, claimed: Claimed, outcome: Outcome) -> None:
    """Write down what a send came to; an answer to an older attempt may only confirm.

    Of many at once it isn't asked whose copy the network names, which is hardly ever in doubt: when
    it is, their unit fails, and each is recorded alone.
    """
    delivery = session.get_one(Delivery, claimed.delivery_id)
    receipt = outcome.receipt
    if receipt is not None and not telling_apart.is_ours(session, delivery, receipt):
        outcome = Outcome(error=OutcomeUnknown(IN_DOUBT))
    _record(session, claimed, outcome)
    _note_channels(session, [(claimed, outcome)])
    if outcome.receipt is not receipt and delivery.state is DeliveryState.OUTCOME_UNKNOWN:
        delivery.next_at = clock.now() if delivery.withdraw_wanted_at else None
        DELIVERY.apply(session, delivery, "ask", by=PUBLISHER, detail=IN_DOUBT)


def _record(session: Session, claimed: Claimed, outcome: Outcome) -> None:
    delivery = session.get_one(Delivery, claimed.delivery_id)
    is_late = delivery.state is not DeliveryState.SENDING or delivery.attempt != claimed.attempt
    at_end(session, _end_attempts, _ended(claimed, outcome, is_late=is_late))
    if not is_late:
        _record_in_time(session, delivery, outcome)
    elif outcome.receipt is not None:
        _record_late(session, delivery, outcome.receipt)
    crash_point("recording", claimed.channel_id)


def _ended(claimed: Claimed, outcome: Outcome, *, is_late: bool) -> _Ended:
    if is_late and outcome.receipt is not None:
        said = f"answered late: {outcome.receipt.remote_id}"
        return _Ended(claimed.attempt_id, clock.now(), "late", said)
    detail = str(outcome.error) if outcome.error else None
    return _Ended(claimed.attempt_id, clock.now(), _named(outcome), detail)


def _end_attempts(session: Session, ended: Collection[_Ended]) -> None:
    session.execute(
        _END_ATTEMPT,
        [
            {"its_id": one.id, "ended_at": one.at, "became": one.outcome, "because": one.detail}
            for one in ended
        ],
    )


def _named(outcome: Outcome) -> str:
    if outcome.error is None:
        return "published"
    return "unauthorised" if isinstance(outcome.error, Unauthorised) else outcome.error.failure


def _note_channels(session: Session, answers: Collection[tuple[Claimed, Outcome]]) -> None:
    """Have channels rest, wait or go on, by how their networks answered."""
    well = []
    for claimed, outcome in answers:
        if session.get_one(Channel, claimed.channel_id).network == OWN:
            continue  # our own folder is no network that has to be spared
        error = outcome.error
        if isinstance(error, RateLimited):
            make_wait(session, claimed.channel_id, error.retry_after_s)
        elif error is not None and error.failure is not FailureClass.REFUSED:
            resting.note_failure(session, claimed.channel_id, str(error), by=PUBLISHER)
        else:
            # A refusal is an answer too: the network works, whatever it thinks of these words.
            well.append(claimed.channel_id)
        if outcome.receipt is not None and outcome.receipt.wait_s is not None:
            make_wait(session, claimed.channel_id, outcome.receipt.wait_s)
    resting.note_success(session, well, by=PUBLISHER)


def make_wait(session: Session, channel_id: int, seconds: float) -> None:
    """Send nothing on the channel before the network takes more; never shortens a wait."""
    until = clock.now() + timedelta(seconds=seconds)
    session.execute(
        update(Channel)
        .where(
            Channel.id == channel_id,
            or_(Channel.wait_until.is_(None), Channel.wait_until < until),
        )
        .values(wait_until=until)
    )


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
        delivery.next_at = now + timedelta(seconds=wait_s)
        DELIVERY.apply(session, delivery, "retry", by=PUBLISHER, detail=str(error))
    if delivery.withdraw_wanted_at is not None:
        _not_wanted_any_more(session, delivery)


def _not_wanted_any_more(session: Session, delivery: Delivery) -> None:
    """End what was withdrawn while it was being sent, and see at once what became of it."""
    delivery.next_at = clock.now()
    if DELIVERY.allows(delivery.state, "cancel"):
        DELIVERY.apply(session, delivery, "cancel", by=PUBLISHER)


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


def _record_late(session: Session, delivery: Delivery, receipt: Receipt) -> None:
    """Take a late answer as proof that the post exists; it never undoes anything."""
    if delivery.state is DeliveryState.OUTCOME_UNKNOWN:
        settle_as_published(session, delivery, receipt, "confirm")
    elif delivery.state is DeliveryState.NEEDS_PERSON:
        settle_as_published(session, delivery, receipt, "say_published")
    elif delivery.kind is DeliveryKind.PUBLISH and DELIVERY.allows(delivery.state, "appear"):
        # Nobody waits for it any more: it must not stay.
        delivery.withdraw_wanted_at = delivery.withdraw_wanted_at or clock.now()
        settle_as_published(session, delivery, receipt, "appear")
    elif delivery.state in _TO_SENDING:
        # Stored as one change: another delivery may be in flight on this channel meanwhile.
        with session.no_autoflush:
            for verb in _TO_SENDING[delivery.state]:
                DELIVERY.apply(session, delivery, verb, by=PUBLISHER, late=True)
            settle_as_published(session, delivery, receipt, "publish")
    elif delivery.remote_id != receipt.remote_id:
        logger.error(
            "Delivery %s has a second copy at the network: %s", delivery.id, receipt.remote_id
        )
