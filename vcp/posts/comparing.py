"""Comparing what an account shows with the ledger: what isn't in it raises an alarm.

Nothing is foreign while a delivery that may have made it isn't settled. The ids at the network
decide; words only where an answer was lost.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.networks.base import OwnPost
from vcp.networks.registry import DATES_ARE_CLAIMED
from vcp.posts.alarms import Seen, raise_alarm
from vcp.posts.likeness import is_like, is_like_words
from vcp.posts.models import Attempt, Delivery, DeliveryKind
from vcp.posts.states import FINAL, DeliveryState
from vcp.posts.watch_models import AccountAlarm, AccountWatch, AlarmKind, WatchedPost
from vcp.posts.watching import Turn, held

#: How long after a send began its post may still turn up, and how far clocks differ.
LATE = timedelta(hours=1)
CLOCKS_DIFFER = timedelta(minutes=2)
#: A post that we took down may be shown for a while yet.
TAKEN_DOWN_FOR = timedelta(minutes=10)
#: Networks that show words to the letter.
EXACT = frozenset({"bluesky"})
#: Outcomes of sends that may have made a post, beside those that have none yet.
_PERHAPS_MADE = ("published", "late", "ambiguous")


def compare(session: Session, turn: Turn, items: Sequence[OwnPost]) -> None:
    """Compare one page with the ledger; alarms go into this unit of work.

    Raises: Conflict when another process looks at the account by now.
    """
    watch = held(session, turn)
    ours = _ours(session, turn.channel_id, items)
    known = _known(session, turn.channel_id, items)
    told = _told(session, turn.channel_id, items)
    for item in items:
        delivery, row = ours.get(item.remote_id), known.get(item.remote_id)
        if delivery is not None:
            _own(session, watch.channel, item, delivery, row)
        elif (before := _edited_from(ours, item)) is not None:
            raise_alarm(session, watch.channel, AlarmKind.EDITED, _seen(item, before))
        elif item.remote_id in told:
            continue
        elif not _was_there_before(watch, turn, item, row):
            _unknown(session, watch.channel, item)
        elif row is None and turn.is_first and turn.network in DATES_ARE_CLAIMED:
            session.add(_as_seen(turn.channel_id, item, None))
    if turn.is_first and turn.network in DATES_ARE_CLAIMED:
        _lower_floor(watch, items)


def _ours(session: Session, channel_id: int, items: Sequence[OwnPost]) -> Mapping[str, Delivery]:
    """Return our deliveries by the ids of what they made."""
    ids = {one for item in items for one in (item.remote_id, *item.earlier_ids)}
    # A record's key is ours before we know that the record is there; a person may have pasted it.
    keys = {one.rpartition("/")[2]: one for one in ids}
    rows = session.scalars(
        select(Delivery).where(
            Delivery.channel_id == channel_id,
            Delivery.kind == DeliveryKind.PUBLISH,
            or_(Delivery.remote_id.in_(ids | keys.keys()), Delivery.record_key.in_(keys)),
        )
    )
    found: dict[str, Delivery] = {}
    for row in rows:
        names = (row.remote_id or "", row.record_key)
        found |= {keys.get(name, name): row for name in names}
    return found


def _known(
    session: Session, channel_id: int, items: Sequence[OwnPost]
) -> Mapping[str, WatchedPost]:
    rows = session.scalars(
        select(WatchedPost).where(
            WatchedPost.channel_id == channel_id,
            WatchedPost.remote_id.in_([item.remote_id for item in items]),
        )
    )
    return {row.remote_id: row for row in rows}


def _told(session: Session, channel_id: int, items: Sequence[OwnPost]) -> set[str]:
    """Return the ids that there was an alarm about already, since they aren't in the ledger."""
    rows = session.scalars(
        select(AccountAlarm.remote_id).where(
            AccountAlarm.channel_id == channel_id,
            AccountAlarm.kind.in_((AlarmKind.POSTED, AlarmKind.BOOSTED, AlarmKind.STRAY)),
            AccountAlarm.remote_id.in_([item.remote_id for item in items]),
        )
    )
    return set(rows)


def _edited_from(ours: Mapping[str, Delivery], item: OwnPost) -> Delivery | None:
    """Return the post of ours that became this one, where an edit makes another id."""
    return next((ours[one] for one in item.earlier_ids if one in ours), None)


def _own(
    session: Session, channel: Channel, item: OwnPost, delivery: Delivery, row: WatchedPost | None
) -> None:
    """Compare a post of ours with what we sent, or with what it looked like before."""
    if delivery.state in FINAL and delivery.state is not DeliveryState.PUBLISHED:
        if delivery.state_changed_at < clock.now() - TAKEN_DOWN_FOR:
            is_ours = is_like_words(item.text, delivery)
            kind = AlarmKind.STRAY if is_ours else AlarmKind.POSTED
            raise_alarm(session, channel, kind, _seen(item, delivery))
        return
    corrections = _corrections(session, delivery)
    if any(one.state not in FINAL for one in corrections):
        return  # what it will look like isn't settled
    sends = sum(one.attempt for one in corrections)
    is_as_sent = any(is_like_words(item.text, one) for one in (delivery, *corrections))
    if row is None or row.seen_at is None:
        was_changed = item.is_edited and not sends
        must_agree = item.is_edited or channel.network in EXACT
        is_well = not was_changed and (is_as_sent or not must_agree)
    else:
        row.missing_at = None
        if item.edit_mark == row.edit_mark and item.text == row.text:
            return
        # A server may come to write the same words in another way; then nothing else changes.
        is_rewritten = item.edit_mark == row.edit_mark and is_as_sent
        is_well = is_rewritten or (sends > row.corrections and is_as_sent)
    _keep(session, channel.id, item, delivery, row, sends)
    if not is_well:
        raise_alarm(session, channel, AlarmKind.EDITED, _seen(item, delivery))


def _corrections(session: Session, delivery: Delivery) -> Sequence[Delivery]:
    """Return the corrections of this post on this channel that were sent or are about to be."""
    return session.scalars(
        select(Delivery).where(
            Delivery.post_id == delivery.post_id,
            Delivery.channel_id == delivery.channel_id,
            Delivery.kind == DeliveryKind.CORRECT,
            Delivery.attempt > 0,
        )
    ).all()


def _keep(
    session: Session,
    channel_id: int,
    item: OwnPost,
    delivery: Delivery,
    row: WatchedPost | None,
    sends: int,
) -> None:
    """Remember what it looks like, so that only what comes after is a change."""
    if row is None:
        row = _as_seen(channel_id, item, delivery)
        session.add(row)
    row.text, row.edit_mark, row.corrections = item.text, item.edit_mark, sends
    row.seen_at, row.missing_at = row.seen_at or clock.now(), None


def _as_seen(channel_id: int, item: OwnPost, delivery: Delivery | None) -> WatchedPost:
    return WatchedPost(
        channel_id=channel_id,
        remote_id=item.remote_id,
        delivery_id=delivery.id if delivery else None,
        text=item.text,
        edit_mark=item.edit_mark,
        seen_at=clock.now(),
    )


def _was_there_before(
    watch: AccountWatch, turn: Turn, item: OwnPost, row: WatchedPost | None
) -> bool:
    """Say whether it was on the account before that was ours."""
    if item.created_at >= watch.baseline_at:
        return False
    if turn.network not in DATES_ARE_CLAIMED or turn.is_first or row is not None:
        return True
    # Whoever writes there dates it: an old date alone proves nothing, but under the keys that were
    # read first lies what is older still. What is passed on is only dated.
    return item.is_boost or (watch.baseline_floor or "") > item.remote_id


def _lower_floor(watch: AccountWatch, items: Sequence[OwnPost]) -> None:
    ids = [item.remote_id for item in items if not item.is_boost]
    if watch.baseline_floor is not None:
        ids.append(watch.baseline_floor)
    watch.baseline_floor = min(ids, default=None)


def _unknown(session: Session, channel: Channel, item: OwnPost) -> None:
    """Raise the alarm about what no delivery is known to have made, unless one still may have."""
    if item.is_boost:
        raise_alarm(session, channel, AlarmKind.BOOSTED, _seen(item, None))
        return
    sent = _sent_about_then(session, channel.id, item)
    if any(delivery.state not in FINAL for delivery in sent):
        return
    copied = next((one for one in sent if _may_have_made_more(session, one)), None)
    kind = AlarmKind.STRAY if copied is not None else AlarmKind.POSTED
    raise_alarm(session, channel, kind, _seen(item, copied))


def _sent_about_then(session: Session, channel_id: int, item: OwnPost) -> list[Delivery]:
    """Return what was being sent when this turned up, and says the same."""
    rows = session.scalars(
        select(Delivery)
        .join(Attempt, Attempt.delivery_id == Delivery.id)
        .where(
            Delivery.channel_id == channel_id,
            Delivery.kind == DeliveryKind.PUBLISH,
            Attempt.started_at >= item.created_at - LATE,
            Attempt.started_at <= item.created_at + CLOCKS_DIFFER,
        )
        .distinct()
    )
    return [delivery for delivery in rows if is_like(item, delivery)]


def _may_have_made_more(session: Session, delivery: Delivery) -> bool:
    """Say whether more of its sends may have made a post than posts are known to come of them."""
    sends = session.scalar(
        select(func.count()).where(
            Attempt.delivery_id == delivery.id,
            or_(Attempt.outcome.is_(None), Attempt.outcome.in_(_PERHAPS_MADE)),
        )
    )
    strays = session.scalar(
        select(func.count()).where(
            AccountAlarm.delivery_id == delivery.id, AccountAlarm.kind == AlarmKind.STRAY
        )
    )
    explained = (strays or 0) + (delivery.remote_id is not None)
    return (sends or 0) > explained


def _seen(item: OwnPost, delivery: Delivery | None) -> Seen:
    return Seen(
        remote_id=item.remote_id,
        url=item.url,
        text=item.text,
        at=item.created_at if not item.is_edited else clock.now(),
        delivery_id=delivery.id if delivery else None,
    )
