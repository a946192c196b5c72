"""Alarms about our accounts: raised once a thing, taken up by a person, closed with what it was."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check
from vcp.posts import alarm_mails, alarm_queries
from vcp.posts.events import DisavowalChanged
from vcp.posts.states import ALARM, AlarmState
from vcp.posts.watch_models import AccountAlarm, AlarmKind, Disavowal

BY = Machine("ingest")
#: These can happen to the same thing again after somebody has closed the alarm.
REPEATS = frozenset({AlarmKind.EDITED, AlarmKind.RENAMED, AlarmKind.PROFILE})
#: No second mail about an account for so long: a hijacker may post a thousand times.
MAIL_AGAIN_AFTER = timedelta(minutes=10)
LONGEST_TEXT = 10_000
LONGEST_REASON = 500


@dataclass(frozen=True)
class Seen:
    """What was seen on an account, as evidence."""

    text: str
    at: datetime
    remote_id: str = ""
    url: str | None = None
    delivery_id: uuid.UUID | None = None


def raise_alarm(
    session: Session, channel: Channel, kind: AlarmKind, seen: Seen
) -> AccountAlarm | None:
    """Open an alarm and tell those concerned; None when there is one about this already."""
    earlier = session.scalar(
        select(AccountAlarm)
        .where(
            AccountAlarm.channel_id == channel.id,
            AccountAlarm.kind == kind,
            AccountAlarm.remote_id == seen.remote_id,
        )
        .order_by(AccountAlarm.id.desc())
        .limit(1)
    )
    if earlier is not None and kind not in REPEATS:
        return None
    if earlier is not None and earlier.state is AlarmState.OPEN:
        earlier.last_text = seen.text[:LONGEST_TEXT]
        earlier.times += 1
        return None
    alarm = AccountAlarm(
        channel=channel,
        kind=kind,
        remote_id=seen.remote_id,
        url=seen.url,
        seen_text=seen.text[:LONGEST_TEXT],
        happened_at=seen.at,
        raised_at=clock.now(),
        delivery_id=seen.delivery_id,
    )
    ALARM.started(session, alarm, by=BY, kind=kind.value, channel=channel.id, url=seen.url)
    if not _was_told_lately(session, channel):
        alarm.told_at = alarm.raised_at
        alarm_mails.raised(session, alarm)
    return alarm


def _was_told_lately(session: Session, channel: Channel) -> bool:
    since = clock.now() - MAIL_AGAIN_AFTER
    told = select(func.count()).where(
        AccountAlarm.channel_id == channel.id, AccountAlarm.told_at > since
    )
    return bool(session.scalar(told))


def acknowledge(session: Session, alarm_id: int, *, by: Person) -> AccountAlarm:
    """Say that this person looks into it; a second one changes nothing.

    Raises: NotFound; NotAllowed; Conflict when it is closed.
    """
    alarm = _workable(session, alarm_id, by)
    if alarm.state is not AlarmState.OPEN:
        raise Conflict(f"This alarm is {alarm.state.value} already.")
    if alarm.acknowledged_at is None:
        alarm.acknowledged_at, alarm.acknowledged_by_id = clock.now(), by.id
        record(session, by, "acknowledge", "alarm", alarm.id)
    return alarm


def call_ours(session: Session, alarm_id: int, reason: str, *, by: Person) -> AccountAlarm:
    """Close it: one of us did it there by hand; `reason` says who and why.

    Raises: NotFound; NotAllowed; Invalid without a reason; Conflict when it is closed.
    """
    alarm = _workable(session, alarm_id, by)
    return _close(session, alarm, "call_ours", _reason(reason, "Say who did it, and why."), by)


def explain(session: Session, alarm_id: int, reason: str, *, by: Person) -> AccountAlarm:
    """Close it with what it really was; what was said about it in public is taken back.

    Raises: NotFound; NotAllowed; Invalid without a reason; Conflict when it is closed.
    """
    alarm = _workable(session, alarm_id, by)
    reason = _reason(reason, "Say what it was, so that colleagues understand it later.")
    if alarm.state is AlarmState.DISAVOWED:
        _check(by, Permission.DISAVOW, alarm)
    disavowal = alarm.disavowal
    _close(session, alarm, "explain", reason, by)
    if disavowal is not None and disavowal.withdrawn_at is None:
        _take_back(session, disavowal, by)
    return alarm


def reopen(session: Session, alarm_id: int, *, by: Person) -> AccountAlarm:
    """Open it again: it wasn't what it was closed as.

    Raises: NotFound; NotAllowed; Conflict unless it was closed as ours or explained.
    """
    alarm = _workable(session, alarm_id, by)
    try:
        with session.begin_nested():
            ALARM.apply(session, alarm, "reopen", by=by)
    except IntegrityError as error:
        raise Conflict("There is a newer alarm about the same thing. Work on that one.") from error
    alarm.closed_at = alarm.closed_by_id = None
    return alarm


def _close(
    session: Session, alarm: AccountAlarm, verb: str, reason: str, by: Person
) -> AccountAlarm:
    ALARM.apply(session, alarm, verb, by=by, reason=reason)
    alarm.reason, alarm.closed_at, alarm.closed_by_id = reason, clock.now(), by.id
    return alarm


def _take_back(session: Session, disavowal: Disavowal, by: Person) -> None:
    """Withdraw a public statement once nothing stands behind it any more."""
    left = select(func.count()).where(
        AccountAlarm.disavowal_id == disavowal.id, AccountAlarm.state == AlarmState.DISAVOWED
    )
    session.flush()
    if session.scalar(left):
        return
    disavowal.withdrawn_at, disavowal.withdrawn_by_id = clock.now(), by.id
    record(session, by, "withdraw", "disavowal", disavowal.id)
    raise_event(session, DisavowalChanged(disavowal.id))


def _workable(session: Session, alarm_id: int, by: Person) -> AccountAlarm:
    alarm = alarm_queries.one(session, by, alarm_id)
    _check(by, Permission.WORK_ALARMS, alarm)
    return alarm


def _check(by: Person, permission: Permission, alarm: AccountAlarm) -> None:
    path = alarm.channel.area_path
    check(by, permission, path, subject_kind="alarm", subject_id=alarm.id)


def _reason(typed: str, otherwise: str) -> str:
    reason = " ".join(typed.split())
    if not reason:
        raise Invalid(otherwise, "reason")
    return reason[:LONGEST_REASON]
