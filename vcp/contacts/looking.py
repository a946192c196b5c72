"""Looking again at messages: authors edit and delete, and networks tell nobody."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from vcp.contacts.arriving import store_change
from vcp.contacts.models import Message
from vcp.contacts.states import ContactState
from vcp.kernel import clock
from vcp.networks.base import UNREADABLE, Inbound

#: How long after a message came it is looked at again, while its contact isn't closed.
LOOKS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=3),
    timedelta(hours=24),
)
#: After the network failed to answer.
AGAIN_AFTER = timedelta(minutes=1)
#: How many messages of a channel are looked at in one turn: its rate limit is for what is new.
AT_ONCE = 2


def first_look(remote_id: str, received_at: datetime) -> datetime | None:
    """Return when to look at a new message again; None when the network can't be asked for it."""
    return None if remote_id.startswith(UNREADABLE) else received_at + LOOKS[0]


def due(session: Session, channel_id: int) -> list[tuple[int, str]]:
    """Return the messages to look at now, each with its id at the network.

    Those of contacts that were closed since are given up.
    """
    rows = session.scalars(
        select(Message)
        .where(Message.channel_id == channel_id, Message.look_again_at <= clock.now())
        .order_by(Message.look_again_at)
        .limit(AT_ONCE)
        .options(joinedload(Message.contact))
    ).all()
    for message in rows:
        if message.contact.state is ContactState.CLOSED:
            message.look_again_at = None
    return [(one.id, one.remote_id) for one in rows if one.look_again_at is not None]


def record_look(session: Session, message_id: int, found: Inbound | None) -> None:
    """Store what a look saw, and say when to look next."""
    message = session.get_one(Message, message_id)
    store_change(session, message, found)
    message.look_again_at = None if found is None else _next(message.received_at)


def put_off(session: Session, message_id: int) -> None:
    """Leave a message that couldn't be read to the next time that it is due."""
    message = session.get_one(Message, message_id)
    message.look_again_at = _next(message.received_at)


def postpone(session: Session, message_id: int) -> None:
    """Try a message again in a minute, so that one that can't be read holds up no other."""
    session.get_one(Message, message_id).look_again_at = clock.now() + AGAIN_AFTER


def _next(received_at: datetime) -> datetime | None:
    now = clock.now()
    return next((received_at + after for after in LOOKS if received_at + after > now), None)
