"""Alarms about our accounts, read: for their pages, the banner and `vcp alarms`."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from vcp.channels.models import Channel
from vcp.channels.queries import near
from vcp.kernel.errors import NotFound, NotShown
from vcp.kernel.pages import Page, paginate
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.posts import watching
from vcp.posts.states import AlarmState
from vcp.posts.watch_models import AccountAlarm, AccountWatch, Disavowal

NO_SUCH = "There is no such alarm about an account of your areas."
EXPORT_BATCH = 500


def visible(person: Person) -> Select[AccountAlarm]:
    """Return the alarms about accounts of the person's areas, and of those around them."""
    paths = allowed_paths(person, Permission.SEE_ALARMS)
    channels = select(Channel.id).where(near(Channel.area_path, paths))
    return select(AccountAlarm).where(AccountAlarm.channel_id.in_(channels))


def listed(session: Session, person: Person, *, closed: bool, number: int) -> Page[AccountAlarm]:
    """Return one page of alarms, the newest first: open ones, or those that were closed."""
    is_open = AccountAlarm.state == AlarmState.OPEN
    rows = visible(person).where(~is_open if closed else is_open)
    return paginate(session, rows.order_by(AccountAlarm.raised_at.desc()), number)


def one(session: Session, person: Person, alarm_id: int) -> AccountAlarm:
    """Return one alarm.

    Raises: NotFound; NotShown, which says the same, when its account belongs to another area.
    """
    found = session.scalar(visible(person).where(AccountAlarm.id == alarm_id))
    if found is None and session.get(AccountAlarm, alarm_id) is not None:
        raise NotShown(NO_SUCH, attempted="see", subject_kind="alarm", subject_id=alarm_id)
    if found is None:
        raise NotFound(NO_SUCH)
    return found


def open_count(person: Person) -> Select[int]:
    """Return the question how many open alarms concern this person, for the menu."""
    rows = visible(person).where(AccountAlarm.state == AlarmState.OPEN)
    return rows.with_only_columns(func.count())


def open_everywhere(session: Session) -> int:
    """Return how many alarms are open in the whole force."""
    is_open = AccountAlarm.state == AlarmState.OPEN
    return session.scalar(select(func.count()).where(is_open)) or 0


def others_open(session: Session, alarm: AccountAlarm) -> Sequence[AccountAlarm]:
    """Return the other open alarms about the same account, oldest first."""
    return session.scalars(
        select(AccountAlarm)
        .where(
            AccountAlarm.channel_id == alarm.channel_id,
            AccountAlarm.state == AlarmState.OPEN,
            AccountAlarm.id != alarm.id,
        )
        .order_by(AccountAlarm.id)
    ).all()


def unwatched(session: Session, person: Person) -> Sequence[tuple[Channel, AccountWatch | None]]:
    """Return the accounts of the person's areas that nobody has looked at for too long."""
    paths = allowed_paths(person, Permission.SEE_ALARMS)
    shown = set(session.scalars(select(Channel.id).where(near(Channel.area_path, paths))))
    return [(channel, watch) for channel, watch in watching.blind(session) if channel.id in shown]


def in_public(session: Session, *, channel_ids: Sequence[int] | None = None) -> list[Disavowal]:
    """Return what was said in public about our accounts and not taken back, the newest first."""
    rows = select(Disavowal).where(Disavowal.withdrawn_at.is_(None))
    if channel_ids is not None:
        rows = rows.where(Disavowal.channel_id.in_(channel_ids))
    return list(session.scalars(rows.order_by(Disavowal.published_at.desc(), Disavowal.id.desc())))


def disavowed_post(
    session: Session, channel_ids: Sequence[int], remote_id: str
) -> Disavowal | None:
    """Return what was said in public about this post at a network, if it stands."""
    return session.scalar(
        select(Disavowal)
        .join(AccountAlarm, AccountAlarm.disavowal_id == Disavowal.id)
        .where(
            AccountAlarm.channel_id.in_(channel_ids),
            AccountAlarm.remote_id == remote_id,
            AccountAlarm.state == AlarmState.DISAVOWED,
            Disavowal.withdrawn_at.is_(None),
        )
        .limit(1)
    )


def export(session: Session) -> Iterator[dict[str, Any]]:
    """Give every alarm as documented in docs/operating.md, oldest first."""
    rows = session.scalars(select(AccountAlarm).order_by(AccountAlarm.id))
    for alarm in rows.yield_per(EXPORT_BATCH):
        yield as_json(alarm)


def as_json(alarm: AccountAlarm) -> dict[str, Any]:
    """Return one alarm as plain JSON values; what was seen isn't in it."""
    return {
        "id": alarm.id,
        "kind": alarm.kind.value,
        "channel_id": alarm.channel_id,
        "network": alarm.channel.network,
        "account": alarm.channel.handle,
        "remote_id": alarm.remote_id or None,
        "url": alarm.url,
        "delivery_id": str(alarm.delivery_id) if alarm.delivery_id else None,
        "state": alarm.state.value,
        "times": alarm.times,
        "happened_at": alarm.happened_at.isoformat(),
        "raised_at": alarm.raised_at.isoformat(),
        "acknowledged_at": _iso(alarm.acknowledged_at),
        "closed_at": _iso(alarm.closed_at),
        "disavowal_id": alarm.disavowal_id,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
