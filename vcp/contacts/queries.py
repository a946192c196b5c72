"""Arrivals, messages and contacts, read."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, lazyload, load_only, selectinload

from vcp.contacts.models import Arrival, ArrivalKind, ChangeKind, Contact, Message, Reader
from vcp.kernel import clock
from vcp.triage.findings import Priority

#: Signs from one handle within this time are read together. Source: the force's triage policy.
READ_TOGETHER = timedelta(hours=24)
#: Of a person who writes all day, the gravest of so many tell enough.
_MOST_EARLIER = 200
_EXPORT_AT_ONCE = 500


def waiting(session: Session, limit: int) -> list[int]:
    """Return arrivals that nobody has begun, or whose beginner is gone, oldest first.

    One that was begun before comes alone: of a batch that ended a process, only the one that did
    it is tried too often.
    """
    rows = session.execute(
        select(Arrival.id, Arrival.tries).where(_is_waiting()).order_by(Arrival.id).limit(limit)
    ).all()
    if rows and rows[0].tries:
        return [rows[0].id]
    return [row.id for row in rows if not row.tries]


def lapsed(session: Session) -> list[int]:
    """Return the one arrival that should be begun again, now that whoever began it is gone.

    It comes alone: of a batch that ended a process, only the one that did it is tried too often.
    """
    rows = session.scalars(
        select(Arrival.id)
        .where(Arrival.handled_at.is_(None), Arrival.lease_until < clock.now())
        .order_by(Arrival.tries, Arrival.id)
        .limit(1)
    )
    return list(rows)


def fresh(
    session: Session, after: int, known: Collection[int], limit: int
) -> dict[int, str | None]:
    """Return arrivals above this id that nobody has begun, but for those known, oldest first.

    With each the glance that was stored of it.
    """
    rows = session.execute(
        select(Arrival.id, Arrival.glance)
        .where(Arrival.handled_at.is_(None), Arrival.tries == 0, Arrival.id > after)
        .order_by(Arrival.id)
        .limit(len(known) + limit)
    )
    new = [(row.id, row.glance) for row in rows if row.id not in known]
    return dict(new[:limit])


def arrivals(session: Session, arrival_ids: Collection[int]) -> Sequence[Arrival]:
    """Return these arrivals, as they came."""
    return session.scalars(
        select(Arrival).where(Arrival.id.in_(arrival_ids)).options(lazyload(Arrival.channel))
    ).all()


def waiting_since(session: Session, before: datetime) -> int:
    """Return how many arrivals came before this moment and were not handled."""
    count = select(func.count()).where(Arrival.handled_at.is_(None), Arrival.received_at < before)
    return session.scalar(count) or 0


def _is_waiting() -> ColumnElement[bool]:
    is_free = or_(Arrival.lease_until.is_(None), Arrival.lease_until < clock.now())
    return Arrival.handled_at.is_(None) & is_free


def stored(session: Session, channel_id: int, remote_ids: Iterable[str]) -> dict[str, int]:
    """Return which of these messages of a network are stored, each with its arrival."""
    rows = session.scalars(
        select(Arrival)
        .where(
            Arrival.channel_id == channel_id,
            Arrival.kind == ArrivalKind.MESSAGE,
            Arrival.remote_id.in_(set(remote_ids)),
        )
        .options(load_only(Arrival.remote_id), lazyload(Arrival.channel))
    )
    return {row.remote_id: row.id for row in rows}


def message_of(session: Session, channel_id: int, remote_id: str) -> Message | None:
    """Return the message with this id at the network; None before it was handled."""
    return session.scalar(
        select(Message).where(Message.channel_id == channel_id, Message.remote_id == remote_id)
    )


def earlier_priorities(
    session: Session, channel_id: int, handle: str, before: datetime
) -> tuple[Priority, ...]:
    """Return the priorities of what this handle said in the 24 hours before this moment."""
    rows = session.scalars(
        select(Message.priority)
        .where(
            Message.channel_id == channel_id,
            Message.handle == handle,
            Message.posted_at >= before - READ_TOGETHER,
            Message.posted_at <= before,
        )
        .order_by(Message.priority)
        .limit(_MOST_EARLIER)
    )
    return tuple(Priority(one) for one in rows)


def readers(session: Session) -> Sequence[Reader]:
    """Return how far each channel has been read."""
    return session.scalars(select(Reader)).all()


def export(session: Session, *, with_text: bool = False) -> Iterator[dict[str, Any]]:
    """Yield every contact, oldest first, as documented in docs/operating.md."""
    last = 0
    while True:
        rows = session.scalars(
            select(Contact)
            .where(Contact.id > last)
            .order_by(Contact.id)
            .limit(_EXPORT_AT_ONCE)
            .options(selectinload(Contact.messages))
        ).all()
        if not rows:
            return
        for contact in rows:
            yield _as_row(contact, with_text=with_text)
        last = rows[-1].id
        session.expunge_all()


def _as_row(contact: Contact, *, with_text: bool) -> dict[str, Any]:
    return {
        "id": contact.id,
        "kind": contact.kind.value,
        "channel_id": contact.channel_id,
        "handle": contact.handle,
        "thread_key": contact.thread_key,
        "persona_id": contact.persona_id,
        "area_path": contact.area_path,
        "is_private": contact.is_private,
        "lane": contact.lane.value,
        "category": contact.category,
        "priority": contact.priority,
        "state": contact.state.value,
        "disposition": contact.disposition.value if contact.disposition else None,
        "first_at": _told(contact.first_at),
        "last_at": _told(contact.last_at),
        "due_at": _told(contact.due_at),
        "seen_at": _told(contact.seen_at),
        "answered_at": _told(contact.answered_at),
        "messages": [_message_row(one, with_text=with_text) for one in contact.messages],
    }


def _message_row(message: Message, *, with_text: bool) -> dict[str, Any]:
    kinds = [change.kind for change in message.changes]
    row = {
        "id": message.id,
        "remote_id": message.remote_id,
        "in_reply_to_id": message.in_reply_to_id,
        "visibility": message.visibility,
        "category": message.category,
        "priority": message.priority,
        "posted_at": _told(message.posted_at),
        "received_at": _told(message.received_at),
        "edits": kinds.count(ChangeKind.EDITED),
        "is_deleted": ChangeKind.DELETED in kinds,
    }
    return row | ({"text": message.text} if with_text else {})


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
