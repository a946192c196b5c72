"""Posts of ours that an account doesn't list any more: asked for by id, twice, before it's said."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.posts.alarms import Seen, raise_alarm
from vcp.posts.models import Delivery, DeliveryKind
from vcp.posts.states import DeliveryState
from vcp.posts.watch_models import AlarmKind, WatchedPost
from vcp.posts.watching import GONE_AFTER, IN_DOUBT_FOR, Turn, held

#: The same for a post that was never listed: its server may be slow in showing it at all.
NEVER_SEEN_GONE_AFTER = timedelta(seconds=180)
#: What was just sent isn't asked for yet.
JUST_SENT = timedelta(seconds=45)
#: One that is there without being listed is asked for again after this long.
ASK_AGAIN_AFTER = timedelta(minutes=30)
MOST_ASKED = 20


@dataclass(frozen=True)
class Absent:
    """A post of ours that wasn't among what the account shows."""

    delivery_id: uuid.UUID
    remote_id: str


def absent(session: Session, turn: Turn, seen: Collection[str], floor: datetime) -> list[Absent]:
    """Return our posts that may be gone: those in doubt, then those since `floor` not seen now.

    Raises: Conflict when another process looks at the account by now.
    """
    held(session, turn)
    now = clock.now()
    in_doubt = and_(
        WatchedPost.missing_at.is_not(None), WatchedPost.missing_at > now - IN_DOUBT_FOR
    )
    asked_lately = WatchedPost.asked_at > now - ASK_AGAIN_AFTER
    rows = session.execute(
        select(Delivery.id, Delivery.remote_id)
        .outerjoin(WatchedPost, WatchedPost.delivery_id == Delivery.id)
        .where(
            *_should_be_there(turn.channel_id),
            or_(in_doubt, Delivery.published_at >= floor),
            or_(in_doubt, WatchedPost.asked_at.is_(None), ~asked_lately),
        )
        .order_by(WatchedPost.missing_at.is_(None), Delivery.published_at.desc())
    )
    missing = [Absent(row_id, str(remote)) for row_id, remote in rows if remote not in seen]
    return missing[:MOST_ASKED]


def record_answer(session: Session, turn: Turn, one: Absent, *, is_there: bool) -> None:
    """Note what the network said when asked for it; twice gone raises the alarm.

    Raises: Conflict when another process looks at the account by now.
    """
    watch = held(session, turn)
    delivery = session.scalar(
        select(Delivery).where(Delivery.id == one.delivery_id, *_should_be_there(turn.channel_id))
    )
    if delivery is None or delivery.remote_id != one.remote_id:
        return  # we took it down meanwhile
    row = _row(session, turn.channel_id, one)
    row.asked_at = now = clock.now()
    if is_there:
        row.missing_at = None
        return
    row.missing_at = row.missing_at or now
    if row.missing_at <= now - (GONE_AFTER if row.seen_at else NEVER_SEEN_GONE_AFTER):
        seen = Seen(
            remote_id=one.remote_id,
            url=delivery.remote_url,
            text=row.text,
            at=row.missing_at,
            delivery_id=delivery.id,
        )
        raise_alarm(session, watch.channel, AlarmKind.DELETED, seen)


def _should_be_there(channel_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Delivery.channel_id == channel_id,
        Delivery.kind == DeliveryKind.PUBLISH,
        Delivery.state == DeliveryState.PUBLISHED,
        Delivery.withdraw_wanted_at.is_(None),
        Delivery.remote_id.is_not(None),
        Delivery.state_changed_at < clock.now() - JUST_SENT,
    )


def _row(session: Session, channel_id: int, one: Absent) -> WatchedPost:
    found = session.scalar(select(WatchedPost).where(WatchedPost.delivery_id == one.delivery_id))
    if found is None:
        found = WatchedPost(
            channel_id=channel_id,
            remote_id=one.remote_id,
            delivery_id=one.delivery_id,
            text="",
            edit_mark="",
        )
        session.add(found)
    return found
