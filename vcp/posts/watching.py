"""Watching our accounts: whose turn it is, how far back, and since when one isn't watched.

One process looks at an account at a time. A look is whole when every page was compared; what breaks
off, by a fault or a kill, is done again from the same place, and no alarm is raised twice.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from vcp.channels import service as channels
from vcp.channels.models import Channel
from vcp.channels.queries import OWN
from vcp.channels.states import ChannelState
from vcp.kernel import clock
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict
from vcp.networks.base import NetworkError, RateLimited, Unauthorised
from vcp.networks.registry import LOOKS_BACK_DAYS, WATCHES_EVERY_S
from vcp.posts.watch_models import AccountWatch, WatchedPost

WATCHER = Machine("ingest")
#: From the beginning of one look to the next.
EVERY_S = 60
#: Looks for changes of what was there before, and at the profile: seldom enough for any limit.
THOROUGH_EVERY_S = 170
#: How far those go back.
LOOK_BACK_DAYS = 30
#: A post of ours that was listed counts as gone when the network said so twice, so far apart.
GONE_AFTER = timedelta(seconds=30)
#: Meanwhile the account is looked at more often.
IN_DOUBT_FOR = timedelta(minutes=5)
#: Read again before the last whole look: servers show posts late.
OVERLAP = timedelta(minutes=10)
#: An account in trouble is tried again after this long, unless the network asks for more.
TROUBLE_S = 30
#: One that refuses our sign-in waits for a person.
REFUSED_S = 900
#: A look whose process died is taken over after this long.
LEASE_S = 30
#: Without a whole look for this long an account counts as not watched.
BLIND_AFTER = timedelta(minutes=5)
#: A blocked channel isn't written to, but whoever has its account may do so.
WATCHED = (ChannelState.CONNECTED, ChannelState.EXPIRING, ChannelState.BLOCKED)
_IS_WATCHED = (
    Channel.network != OWN,
    Channel.state.in_(WATCHED),
    Channel.connected_at.is_not(None),
    Channel.sealed_credentials.is_not(None),
)


@dataclass(frozen=True)
class Turn:
    """An account that this process, and no other, looks at now."""

    channel_id: int
    network: str
    owner: str
    started_at: datetime
    #: Everything before this was compared.
    since: datetime
    #: True when edits, deletions and the profile are looked for, too.
    is_thorough: bool
    #: True for the first look at this account.
    is_first: bool


def due_channels(session: Session) -> list[int]:
    """Return the accounts whose turn it is."""
    now = clock.now()
    rows = session.scalars(
        select(Channel.id)
        .outerjoin(AccountWatch, AccountWatch.channel_id == Channel.id)
        .where(
            *_IS_WATCHED,
            or_(AccountWatch.next_at.is_(None), AccountWatch.next_at <= now),
            or_(AccountWatch.lease_until.is_(None), AccountWatch.lease_until < now),
        )
        .order_by(Channel.id)
    )
    return list(rows)


def take(session: Session, channel_id: int, owner: str) -> Turn | None:
    """Take the account's turn; None when another process has it."""
    now = clock.now()
    watch = _watch(session, channel_id)
    taken = session.execute(
        update(AccountWatch)
        .where(
            AccountWatch.channel_id == channel_id,
            or_(AccountWatch.lease_until.is_(None), AccountWatch.lease_until < now),
        )
        .values(owner=owner, lease_until=now + timedelta(seconds=LEASE_S))
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
        return None
    every = timedelta(seconds=THOROUGH_EVERY_S)
    is_thorough = watch.thorough_at is None or watch.thorough_at <= now - every
    network = watch.channel.network
    back = timedelta(days=LOOKS_BACK_DAYS.get(network, LOOK_BACK_DAYS))
    since = (watch.read_to or watch.baseline_at) - OVERLAP
    return Turn(
        channel_id=channel_id,
        network=network,
        owner=owner,
        started_at=now,
        since=min(since, now - back) if is_thorough else since,
        is_thorough=is_thorough,
        is_first=watch.read_to is None,
    )


def renew(session: Session, owner: str, channel_ids: Collection[int]) -> None:
    """Keep the turns that this process has."""
    session.execute(
        update(AccountWatch)
        .where(AccountWatch.channel_id.in_(channel_ids), AccountWatch.owner == owner)
        .values(lease_until=clock.now() + timedelta(seconds=LEASE_S))
        .execution_options(synchronize_session=False)
    )


def give_up_turns(session: Session, owners: Collection[str]) -> None:
    """Free what processes had that aren't there any more."""
    session.execute(
        update(AccountWatch)
        .where(AccountWatch.owner.in_(owners))
        .values(owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def owners(session: Session) -> set[str]:
    """Return which processes have a turn."""
    rows = select(AccountWatch.owner).where(AccountWatch.owner.is_not(None))
    return {str(owner) for owner in session.scalars(rows)}


def held(session: Session, turn: Turn) -> AccountWatch:
    """Return the account's row for as long as this process has its turn.

    Raises: Conflict when another took it over meanwhile.
    """
    watch = session.scalar(
        select(AccountWatch)
        .where(AccountWatch.channel_id == turn.channel_id)
        .with_for_update(of=AccountWatch)
    )
    if watch is None or watch.owner != turn.owner:
        raise Conflict("Another process looks at this account now.")
    return watch


def finish(session: Session, turn: Turn) -> None:
    """End a whole look: the next goes back to where this one began."""
    watch = held(session, turn)
    every_s = WATCHES_EVERY_S.get(turn.network, EVERY_S)
    watch.read_to = turn.started_at
    watch.last_read_at = clock.now()
    if turn.is_thorough:
        watch.thorough_at = turn.started_at
    is_in_doubt = session.scalar(
        select(WatchedPost.id)
        .where(WatchedPost.channel_id == turn.channel_id, WatchedPost.missing_at.is_not(None))
        .where(WatchedPost.missing_at > clock.now() - IN_DOUBT_FOR)
        .limit(1)
    )
    wait = timedelta(seconds=every_s)
    watch.next_at = turn.started_at + (min(wait, GONE_AFTER) if is_in_doubt else wait)
    watch.problem = None
    watch.owner = watch.lease_until = None


def record_trouble(session: Session, turn: Turn, error: Exception) -> None:
    """End a look that broke off; the position stays where it was."""
    wait_s: float = TROUBLE_S
    if isinstance(error, Unauthorised):
        channels.block(session, turn.channel_id, str(error), by=WATCHER)
        wait_s = REFUSED_S
    elif isinstance(error, RateLimited):
        wait_s = error.retry_after_s
    said = str(error) if isinstance(error, NetworkError) else f"Looking at it failed: {error}"
    session.execute(
        update(AccountWatch)
        .where(AccountWatch.channel_id == turn.channel_id, AccountWatch.owner == turn.owner)
        .values(
            next_at=clock.now() + timedelta(seconds=wait_s),
            problem=said,
            owner=None,
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
    )


def blind(session: Session) -> Sequence[tuple[Channel, AccountWatch | None]]:
    """Return the accounts that nobody has looked at for too long, with what is known of why."""
    before = clock.now() - BLIND_AFTER
    rows = session.execute(
        select(Channel, AccountWatch)
        .outerjoin(AccountWatch, AccountWatch.channel_id == Channel.id)
        .where(
            *_IS_WATCHED,
            Channel.connected_at < before,
            or_(AccountWatch.last_read_at.is_(None), AccountWatch.last_read_at < before),
        )
        .order_by(Channel.name)
    )
    return [(channel, watch) for channel, watch in rows]


def _watch(session: Session, channel_id: int) -> AccountWatch:
    found = session.get(AccountWatch, channel_id)
    if found is not None:
        return found
    connected_at = session.get_one(Channel, channel_id).connected_at or clock.now()
    try:
        # Two processes may meet an account for the first time together.
        with session.begin_nested():
            session.add(AccountWatch(channel_id=channel_id, baseline_at=connected_at))
    except IntegrityError:
        session.expire_all()
    return session.get_one(AccountWatch, channel_id)
