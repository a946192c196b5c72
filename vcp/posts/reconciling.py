"""After a database was put back: every account is read past the gap before anything is sent there.

What may have left in the gap looks unsent in the old database. Found at the network, it is
published; absent, it may go; where neither can be known, a person is asked. A channel sends
nothing (`vcp.posts.sendable`) before all of its deliveries have been looked for.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from vcp.channels import service as channels
from vcp.channels.models import Channel, SettlePolicy
from vcp.channels.queries import OWN
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Actor
from vcp.kernel.events import raise_event
from vcp.kernel.settings import Settings
from vcp.networks.base import NetworkError, RateLimited, Receipt, Unauthorised
from vcp.networks.registry import READ_AT_S
from vcp.posts.claiming import LEASE_S, PUBLISHER, start_posts
from vcp.posts.events import PostChanged
from vcp.posts.gap_models import GapCheck, LedgerGap
from vcp.posts.high_water import Mark
from vcp.posts.models import Attempt, Delivery, DeliveryKind
from vcp.posts.publishing import make_wait, settle_as_published
from vcp.posts.settling import (
    DEAR_READ_AGAIN_S,
    PERSON_AFTER_S,
    READ_AGAIN_S,
    Reading,
    reading_from,
)
from vcp.posts.states import DELIVERY, DeliveryState

logger = logging.getLogger(__name__)

#: What a delivery that left in the gap may look like in the old database, and the moves that lead
#: from there to where it can be claimed. What was being sent, or is unknown, is read for anyway.
UNSENT: Mapping[DeliveryState, tuple[str, ...]] = {
    DeliveryState.QUEUED: (),
    DeliveryState.RETRY_WAIT: ("requeue",),
    DeliveryState.BLOCKED_AUTH: ("unblock",),
}


@dataclass(frozen=True)
class Looked:
    """A delivery that is looked for, and since when nothing is known of it."""

    reading: Reading
    noticed_at: datetime


def has(session: Session, mark: Mark) -> bool:
    """Say whether the database has the attempt that this machine remembers."""
    wanted = select(Attempt.id).where(Attempt.id == mark.attempt_id)
    return session.scalar(wanted) is not None


def notice(session: Session, mark: Mark) -> LedgerGap | None:
    """Open a gap for an attempt that the database lacks, once."""
    known = select(LedgerGap.id).where(LedgerGap.missing_attempt == str(mark.attempt_id))
    if session.scalar(known) is not None:
        return None
    try:
        with session.begin_nested():
            return open_gap(session, by=PUBLISHER, missing_attempt=str(mark.attempt_id))
    except IntegrityError:  # another publisher noticed it too
        return None


def open_gap(
    session: Session,
    *,
    by: Actor,
    missing_attempt: str | None = None,
    since: datetime | None = None,
) -> LedgerGap:
    """Have all that may have left since then looked for first; None: since the newest attempt."""
    now = clock.now()
    newest = session.scalar(select(func.max(Attempt.started_at)))
    oldest = session.scalar(select(func.min(Delivery.created_at)))
    gap = LedgerGap(
        missing_attempt=missing_attempt, since=since or newest or oldest or now, noticed_at=now
    )
    session.add(gap)
    session.flush()
    unsent = session.scalars(
        select(Delivery)
        .join(Channel)
        .where(
            Delivery.state.in_(UNSENT),
            Delivery.kind == DeliveryKind.PUBLISH,
            # Our own page is written to the same place again: nothing can be there twice.
            Channel.network != OWN,
        )
    ).all()
    for delivery in unsent:
        check = session.get(GapCheck, delivery.id) or GapCheck(delivery_id=delivery.id)
        check.gap_id, check.channel_id, check.next_at = gap.id, delivery.channel_id, now
        check.checked_at = check.result = None
        session.add(check)
    record(session, by, "open", "gap", gap.id, since=gap.since.isoformat(), deliveries=len(unsent))
    logger.warning(
        "The database lacks what was sent after %s; %s deliveries are looked for first",
        gap.since,
        len(unsent),
    )
    _end_if_done(session, gap)
    return gap


def unread(session: Session) -> int:
    """Return how many deliveries are still to be looked for."""
    waiting = select(func.count()).select_from(GapCheck).where(GapCheck.checked_at.is_(None))
    return session.scalar(waiting) or 0


def channels_unread(session: Session) -> list[int]:
    """Return the channels on which something is to be looked for now."""
    now = clock.now()
    rows = session.scalars(
        select(GapCheck.channel_id)
        .join(Channel, Channel.id == GapCheck.channel_id)
        .where(
            GapCheck.checked_at.is_(None),
            GapCheck.next_at <= now,
            or_(Channel.wait_until.is_(None), Channel.wait_until <= now),
        )
        .distinct()
    )
    return list(rows)


def take_check(session: Session, channel_id: int, settings: Settings) -> Looked | None:
    """Take the channel's next delivery to look for, the one that was due first."""
    now = clock.now()
    check = session.scalar(
        select(GapCheck)
        .join(Delivery, Delivery.id == GapCheck.delivery_id)
        .where(
            GapCheck.channel_id == channel_id,
            GapCheck.checked_at.is_(None),
            GapCheck.next_at <= now,
            ~_part_before_is_open(),
        )
        .order_by(Delivery.due_at, Delivery.created_at, Delivery.id)
        .limit(1)
    )
    if check is None:
        return None
    held = session.execute(
        update(GapCheck)
        .where(GapCheck.delivery_id == check.delivery_id, GapCheck.next_at == check.next_at)
        .values(next_at=now + timedelta(seconds=LEASE_S))
        .execution_options(synchronize_session=False)
    )
    if held.rowcount != 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
        return None
    session.refresh(check)
    delivery = session.get_one(Delivery, check.delivery_id)
    gap = session.get_one(LedgerGap, check.gap_id)
    start = min(gap.since, delivery.sent_at or gap.since)
    try:
        reading = reading_from(session, delivery, start, settings)
    except ValueError:
        _not_to_be_looked_for(session, check, delivery)
        return None
    return Looked(reading, gap.noticed_at)


def _part_before_is_open() -> ColumnElement[bool]:
    """What it would answer may still be found: only then can it be told whether this one left."""
    before, check = aliased(Delivery), aliased(GapCheck)
    found = (
        exists()
        .where(
            *_comes_before(before),
            before.remote_id.is_(None),
            or_(
                before.state.in_((DeliveryState.SENDING, DeliveryState.OUTCOME_UNKNOWN)),
                exists().where(check.delivery_id == before.id, check.checked_at.is_(None)),
            ),
        )
        .correlate(Delivery)
    )
    return and_(Delivery.part > 1, found)


def _comes_before(before: type[Delivery]) -> tuple[ColumnElement[bool], ...]:
    return (
        before.revision_id == Delivery.revision_id,
        before.channel_id == Delivery.channel_id,
        before.kind == Delivery.kind,
        before.part == Delivery.part - 1,
    )


def _not_to_be_looked_for(session: Session, check: GapCheck, delivery: Delivery) -> None:
    """Ask about what follows a part that a person is asked about; anything else can go on.

    What follows a part that isn't there can't be there, and the claim refuses bytes that are not
    those that were approved.
    """
    before = aliased(Delivery)
    asked = select(before.id).where(before.state == DeliveryState.NEEDS_PERSON)
    mine = asked.join(Delivery, and_(*_comes_before(before))).where(Delivery.id == delivery.id)
    if session.scalar(mine) is not None:
        _ask(session, check, delivery, "Whether the part before it is there isn't known")
    else:
        _close(session, check, "moot")


def record_check(session: Session, looked: Looked, found: Receipt | NetworkError | None) -> None:
    """Settle by what was seen, or say when to look again."""
    check = session.get_one(GapCheck, looked.reading.delivery_id)
    delivery = session.get_one(Delivery, check.delivery_id)
    if check.checked_at is not None:
        return
    if delivery.state not in UNSENT:
        _close(session, check, "moot")
    elif isinstance(found, Receipt):
        _found(session, check, delivery, found)
    elif isinstance(found, NetworkError):
        _not_readable(session, check, delivery, looked, found)
    else:
        _absent(session, check, delivery, looked)


def _found(session: Session, check: GapCheck, delivery: Delivery, receipt: Receipt) -> None:
    try:
        with session.begin_nested():
            _claim(session, delivery, receipt.remote_id)
            start_posts(session, [delivery])
            settle_as_published(session, delivery, receipt, "publish")
    except IntegrityError:
        # Another with the same words took that copy, or something is being sent: look again.
        session.refresh(delivery)
        check.next_at = clock.now() + timedelta(seconds=READ_AGAIN_S)
        return
    _close(session, check, "found")


def _absent(session: Session, check: GapCheck, delivery: Delivery, looked: Looked) -> None:
    channel = delivery.channel
    times = READ_AT_S.get(channel.network, (channel.settle_after_s,))
    certain_at = looked.noticed_at + timedelta(seconds=times[-1])
    if clock.now() < certain_at:
        check.next_at = certain_at
    elif channel.settle_policy is SettlePolicy.PERSON and channel.network not in READ_AT_S:
        _ask(session, check, delivery, "This server shows posts late")
    else:
        _close(session, check, "absent")


def _not_readable(
    session: Session, check: GapCheck, delivery: Delivery, looked: Looked, error: NetworkError
) -> None:
    now = clock.now()
    wait_s: float = DEAR_READ_AGAIN_S if delivery.channel.network in READ_AT_S else READ_AGAIN_S
    if isinstance(error, RateLimited):
        wait_s = error.retry_after_s
        make_wait(session, delivery.channel_id, wait_s)
    elif now - looked.noticed_at > timedelta(seconds=PERSON_AFTER_S):
        _ask(session, check, delivery, f"The network can't be read ({error})")
        return
    elif isinstance(error, Unauthorised):
        channels.block(session, delivery.channel_id, str(error), by=PUBLISHER)
    # The others of this channel can't be looked for either.
    session.execute(
        update(GapCheck)
        .where(GapCheck.channel_id == check.channel_id, GapCheck.checked_at.is_(None))
        .values(next_at=now + timedelta(seconds=wait_s))
        .execution_options(synchronize_session=False)
    )


def _ask(session: Session, check: GapCheck, delivery: Delivery, why: str) -> None:
    """Give it to a person, by the way that everything unknown takes."""
    delivery.problem = (
        f"The database was put back from a backup, so this may have been sent before. {why}, so "
        "please look."
    )
    try:
        with session.begin_nested():
            _claim(session, delivery, None)
            DELIVERY.apply(session, delivery, "lose", by=PUBLISHER, detail=delivery.problem)
            DELIVERY.apply(session, delivery, "ask", by=PUBLISHER)
    except IntegrityError:  # something is being sent there
        session.refresh(delivery)
        check.next_at = clock.now() + timedelta(seconds=READ_AGAIN_S)
        return
    raise_event(session, PostChanged(delivery.post_id))
    _close(session, check, "asked")


def _claim(session: Session, delivery: Delivery, remote_id: str | None) -> None:
    """Move it as a sending would, though nothing is sent: its trail then has no leap."""
    for verb in (*UNSENT[delivery.state], "claim"):
        DELIVERY.apply(session, delivery, verb, by=PUBLISHER, is_gap=True, remote_id=remote_id)


def _close(session: Session, check: GapCheck, result: str) -> None:
    check.checked_at, check.result = clock.now(), result
    session.flush()
    _end_if_done(session, session.get_one(LedgerGap, check.gap_id))


def _end_if_done(session: Session, gap: LedgerGap) -> None:
    rows = session.execute(
        select(GapCheck.result, func.count())
        .where(GapCheck.gap_id == gap.id)
        .group_by(GapCheck.result)
    ).all()
    results = {str(result): count for result, count in rows if result is not None}
    if gap.ended_at is None and len(results) == len(rows):
        gap.ended_at = clock.now()
        outcome = ", ".join(f"{count} {result}" for result, count in sorted(results.items()))
        record(session, PUBLISHER, "end", "gap", gap.id, outcome=outcome)
