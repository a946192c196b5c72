"""Storing what came, whole and once, before anything looks at it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import case, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.contacts import queries
from vcp.contacts.models import Arrival, ArrivalKind, Message
from vcp.contacts.payloads import Asked, fingerprint, from_asked, from_inbound, to_inbound
from vcp.kernel import clock
from vcp.networks.base import Inbound

#: Longer than handling a batch takes; whoever began it and died is waited for this long.
LEASE_S = 5
#: What failed more often than this is tried once in so long; `vcp doctor` says that it waits.
SELDOM_AFTER, SELDOM_S = 3, 60


def store(session: Session, channel_id: int, items: Sequence[Inbound]) -> int:
    """Store what a network told, each once, in the order in which it was said; return how many.

    What is stored already and was edited since is stored as an edit.
    """
    known = queries.stored(session, channel_id, [item.remote_id for item in items])
    new = 0
    for item in reversed(items):
        if item.remote_id not in known:
            new += _add(session, channel_id, ArrivalKind.MESSAGE, item.remote_id, "", item)
            known[item.remote_id] = 0
        elif item.edited_at is not None and known[item.remote_id]:
            first = session.get_one(Arrival, known[item.remote_id])
            new += _edited(session, first, item)
    return new


def store_change(session: Session, message: Message, found: Inbound | None) -> int:
    """Store what a second look at a message saw, if it saw something new: 1, else 0."""
    first = session.get_one(Arrival, message.arrival_id)
    if found is not None:
        return _edited(session, first, found)
    return _add(
        session,
        first.channel_id,
        ArrivalKind.DELETION,
        first.remote_id,
        "",
        to_inbound(first.payload),
    )


def store_asked(
    session: Session, channel_id: int, kind: ArrivalKind, action_id: str, asked: Asked
) -> bool:
    """Store what a resident typed into a form; false when this very form was sent before.

    `action_id` is the one-time id of the form that was shown; the channel is the own feed.
    """
    return bool(_insert(session, channel_id, kind, action_id, "", from_asked(asked)))


def take_up(session: Session, arrival_ids: Iterable[int]) -> list[int]:
    """Count a try for each of these and keep others away for a while; return those that are ours.

    The caller commits before it handles them: what ends the process is known by its tries then.
    """
    now = clock.now()
    soon, later = now + timedelta(seconds=LEASE_S), now + timedelta(seconds=SELDOM_S)
    begun = []
    for arrival_id in arrival_ids:
        done = session.execute(
            update(Arrival)
            .where(
                Arrival.id == arrival_id,
                Arrival.handled_at.is_(None),
                Arrival.lease_until.is_(None) | (Arrival.lease_until < now),
            )
            .values(
                tries=Arrival.tries + 1,
                lease_until=case((Arrival.failures >= SELDOM_AFTER, later), else_=soon),
            )
            .execution_options(synchronize_session=False)
        )
        if done.rowcount == 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
            begun.append(arrival_id)
    return begun


def give_back(session: Session, arrival_ids: Mapping[int, int]) -> None:
    """Take the try off what was begun by a process that lives, and add these failures to it."""
    for arrival_id, failures in arrival_ids.items():
        session.execute(
            update(Arrival)
            .where(Arrival.id == arrival_id, Arrival.handled_at.is_(None), Arrival.tries > 0)
            .values(tries=Arrival.tries - 1, failures=Arrival.failures + failures)
            .execution_options(synchronize_session=False)
        )


def note_glances(session: Session, glances: Mapping[int, str]) -> None:
    """Store how urgent arrivals look, or that looking at them begins."""
    for glance in sorted(set(glances.values())):
        session.execute(
            update(Arrival)
            .where(Arrival.id.in_([key for key, one in glances.items() if one == glance]))
            .values(glance=glance)
            .execution_options(synchronize_session=False)
        )


def _edited(session: Session, first: Arrival, item: Inbound) -> int:
    """Store an edit, unless these very words are stored already."""
    marks = fingerprint(item)
    newest = session.scalar(
        select(Arrival)
        .where(
            Arrival.channel_id == first.channel_id,
            Arrival.remote_id == first.remote_id,
            Arrival.kind == ArrivalKind.EDIT,
        )
        .order_by(Arrival.id.desc())
        .limit(1)
    )
    if marks == (newest.fingerprint if newest else fingerprint(to_inbound(first.payload))):
        return 0
    return _add(session, first.channel_id, ArrivalKind.EDIT, first.remote_id, marks, item)


def _add(
    session: Session, channel_id: int, kind: ArrivalKind, remote_id: str, marks: str, item: Inbound
) -> int:
    return _insert(session, channel_id, kind, remote_id, marks, from_inbound(item))


def _insert(
    session: Session, channel_id: int, kind: ArrivalKind, remote_id: str, marks: str, payload: str
) -> int:
    row = Arrival(
        channel_id=channel_id,
        kind=kind,
        remote_id=remote_id,
        fingerprint=marks,
        payload=payload,
        received_at=clock.now(),
    )
    try:
        # It may be there already: a form sent twice, or another process in this very moment.
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return 0
    return 1
