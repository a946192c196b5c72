"""Reading a channel: one process at a time, from where the last whole reading began.

A reading is whole when every page back to there was stored; only then does the position move. What
breaks off, by a fault or a kill, is read again from the same place, and nothing is stored twice.
"""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.channels import service as channels
from vcp.channels.models import Channel
from vcp.channels.queries import OWN
from vcp.channels.states import USABLE
from vcp.contacts.models import Reader
from vcp.contacts.threads import INGEST
from vcp.kernel import clock
from vcp.networks.base import NetworkError, RateLimited, Rejected, Unauthorised
from vcp.networks.registry import LISTENS_EVERY_S

#: From the beginning of one reading to the next, and at the least from its end.
EVERY_S = 5
REST_S = 1
#: The same when the network hinted that there is something: its rate limit is for all of us.
HINTED_EVERY_S = 3
#: A channel in trouble is tried again after this long, unless the network asks for more.
TROUBLE_S = 10
#: What only a person can change isn't asked for more often than this.
REFUSED_S = 60
#: A reading whose process died is taken over after this long.
LEASE_S = 10
#: A reading that is not thorough stops where all is known; every so often one doesn't. That one
#: costs more the more was said, so a busy channel has it less often.
THOROUGH_AFTER, THOROUGH_AFTER_EACH_PAGE = timedelta(seconds=12), timedelta(seconds=3)
THOROUGH_AT_LEAST = timedelta(seconds=60)
_IS_READ = (
    Channel.network != OWN,
    Channel.state.in_(USABLE),
    Channel.sealed_credentials.is_not(None),
)


@dataclass(frozen=True)
class Turn:
    """A channel that this process, and no other, reads now."""

    channel_id: int
    owner: str
    started_at: datetime
    #: Everything before this was stored; for a channel never read, when it was connected.
    since: datetime
    #: True when the reading before broke off, so that this one must go all the way.
    was_cut: bool


def connected_channels(session: Session) -> list[int]:
    """Return the accounts that are read."""
    return list(session.scalars(select(Channel.id).where(*_IS_READ)))


def next_thorough(pages: int) -> timedelta:
    """Return when to read thoroughly again after a reading of so many pages."""
    return min(THOROUGH_AFTER + pages * THOROUGH_AFTER_EACH_PAGE, THOROUGH_AT_LEAST)


def due_channels(session: Session, hinted: Collection[int] = ()) -> list[int]:
    """Return the connected accounts whose turn it is; `hinted` are read a little earlier."""
    now = clock.now()
    is_due = or_(Reader.channel_id.is_(None), Reader.next_at.is_(None), Reader.next_at <= now)
    soon = Reader.last_read_at <= now - timedelta(seconds=HINTED_EVERY_S)
    is_hinted = Channel.id.in_(hinted) & Reader.problem.is_(None) & soon
    rows = session.scalars(
        select(Channel.id)
        .outerjoin(Reader, Reader.channel_id == Channel.id)
        .where(
            *_IS_READ,
            or_(is_due, is_hinted),
            or_(Reader.lease_until.is_(None), Reader.lease_until < now),
        )
        .order_by(Channel.id)
    )
    return list(rows)


def take(session: Session, channel_id: int, owner: str) -> Turn | None:
    """Take the channel's turn; None when another process has it."""
    now = clock.now()
    reader = _reader(session, channel_id)
    was_cut = reader.owner is not None or reader.problem is not None
    since = reader.read_to or reader.channel.connected_at or now
    taken = session.execute(
        update(Reader)
        .where(
            Reader.channel_id == channel_id,
            or_(Reader.lease_until.is_(None), Reader.lease_until < now),
        )
        .values(owner=owner, lease_until=now + timedelta(seconds=LEASE_S))
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
        return None
    return Turn(channel_id, owner, now, since, was_cut)


def renew(session: Session, owner: str, channel_ids: Collection[int]) -> None:
    """Keep the turns that this process has."""
    session.execute(
        update(Reader)
        .where(Reader.channel_id.in_(channel_ids), Reader.owner == owner)
        .values(lease_until=clock.now() + timedelta(seconds=LEASE_S))
        .execution_options(synchronize_session=False)
    )


def finish(session: Session, turn: Turn) -> None:
    """End a whole reading: the next goes back to where this one began."""
    now = clock.now()
    network = session.get_one(Channel, turn.channel_id).network
    every_s = LISTENS_EVERY_S.get(network, EVERY_S)
    next_at = max(turn.started_at + timedelta(seconds=every_s), now + timedelta(seconds=REST_S))
    _end(
        session,
        turn,
        read_to=turn.started_at,
        last_read_at=now,
        next_at=next_at,
        problem=None,
    )


def record_trouble(session: Session, turn: Turn, error: Exception) -> None:
    """End a reading that broke off; the position stays where it was."""
    if isinstance(error, Unauthorised):
        channels.block(session, turn.channel_id, str(error), by=INGEST)
    wait_s: float = TROUBLE_S
    if isinstance(error, RateLimited):
        wait_s = error.retry_after_s
    elif isinstance(error, Rejected):
        wait_s = REFUSED_S
    said = str(error) if isinstance(error, NetworkError) else f"Reading it failed: {error}"
    _end(session, turn, next_at=clock.now() + timedelta(seconds=wait_s), problem=said)


def give_up_turns(session: Session, owners: Collection[str]) -> None:
    """Free the turns of processes that are known to be dead."""
    session.execute(
        update(Reader)
        .where(Reader.owner.in_(owners))
        .values(lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _end(session: Session, turn: Turn, **values: object) -> None:
    session.execute(
        update(Reader)
        .where(Reader.channel_id == turn.channel_id, Reader.owner == turn.owner)
        .values(owner=None, lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )


def _reader(session: Session, channel_id: int) -> Reader:
    found = session.get(Reader, channel_id)
    if found is not None:
        return found
    with contextlib.suppress(IntegrityError), session.begin_nested():  # another may be first
        session.add(Reader(channel_id=channel_id))
    return session.get_one(Reader, channel_id)
