"""Channels, read."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from vcp.areas.queries import prefixes
from vcp.channels.models import Channel, Connection
from vcp.channels.states import USABLE, ChannelState, ConnectionState
from vcp.kernel.errors import NotAllowed, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths, may

OWN = "own"


def by_id(session: Session, channel_id: int) -> Channel:
    """Return the channel.

    Raises: NotFound.
    """
    channel = session.get(Channel, channel_id)
    if channel is None:
        raise NotFound("There is no such channel. Choose one from the list of channels.")
    return channel


def by_name(session: Session, name: str) -> Channel:
    """Return the channel of this name that is not given up.

    Raises: NotFound.
    """
    channel = session.scalar(
        select(Channel).where(Channel.name == name, Channel.state != ChannelState.DISCONNECTED)
    )
    if channel is None:
        raise NotFound(f"There is no channel “{name}”. `vcp channels list` shows them.")
    return channel


def everything(session: Session) -> list[Channel]:
    """Return all channels, for commands of whoever runs the machine."""
    return list(session.scalars(select(Channel).order_by(Channel.id)))


def own_feed(session: Session) -> Channel | None:
    """Return the force's own public site; None before there is a force."""
    return session.scalar(select(Channel).where(Channel.network == OWN))


def visible_rows(person: Person) -> Select[Any]:
    """Select the channels of the person's areas, and those of the wider areas around them."""
    return (
        select(Channel)
        .options(joinedload(Channel.area))
        .where(near(Channel.area_path, allowed_paths(person, Permission.SEE_CHANNELS)))
        .order_by(Channel.state == ChannelState.DISCONNECTED, Channel.area_path, Channel.name)
    )


def visible(session: Session, person: Person) -> list[Channel]:
    """Return the channels that this person may see."""
    return list(session.scalars(visible_rows(person)))


def visible_to(session: Session, channel_id: int, person: Person) -> Channel:
    """Return one channel for a person who may see it.

    Raises: NotFound; NotAllowed when it belongs to areas that aren't theirs.
    """
    channel = by_id(session, channel_id)
    if not is_near(channel.area_path, allowed_paths(person, Permission.SEE_CHANNELS)):
        raise NotAllowed(
            "This channel belongs to another area. If you need it, ask an administrator.",
            attempted=Permission.SEE_CHANNELS.value,
            subject_kind="channel",
            subject_id=channel_id,
        )
    return channel


def is_near(area_path: str, paths: list[str]) -> bool:
    """Say whether an area lies in one of these areas, or around one of them."""
    return any(area_path.startswith(path) or path.startswith(area_path) for path in paths)


def near(column: InstrumentedAttribute[str], paths: list[str]) -> ColumnElement[bool]:
    """Return the same as a condition on a row's area."""
    around = {prefix for path in paths for prefix in prefixes(path)}
    inside = (column.startswith(path, autoescape=True) for path in paths)
    return or_(column.in_(around), *inside)


def usable(session: Session, area_path: str) -> list[Channel]:
    """Return the channels that somebody of this area may be given leave for; the own feed first."""
    rows = session.scalars(
        select(Channel)
        .where(Channel.state.in_(USABLE), near(Channel.area_path, [area_path]))
        .order_by(Channel.network != OWN, Channel.name)
    )
    return list(rows)


def to_confirm(session: Session, person: Person) -> list[Channel]:
    """Return the channels that wait for this person's yes, oldest first."""
    rows = session.scalars(
        select(Channel)
        .where(Channel.state == ChannelState.PROPOSED, Channel.account_id.is_not(None))
        .order_by(Channel.id)
    )
    return [
        channel
        for channel in rows
        if may(person, Permission.CONFIRM_CHANNELS, channel.area_path)
        and person.id not in connected_by(session, channel)
    ]


def connected_by(session: Session, channel: Channel) -> set[int | None]:
    """Return who proposed the channel and who connected its account: none of them confirms it."""
    started = session.scalars(
        select(Connection.started_by_id).where(
            Connection.channel_id == channel.id, Connection.state == ConnectionState.VERIFIED
        )
    )
    return {channel.proposed_by_id, *started}


def connection(session: Session, connection_id: int) -> Connection:
    """Return one try at connecting.

    Raises: NotFound.
    """
    found = session.get(Connection, connection_id)
    if found is None:
        raise NotFound("There is no such try at connecting an account. Start again.")
    return found


def connection_of_state(session: Session, state_sha256: str) -> Connection | None:
    """Return the try that this OAuth state belongs to."""
    return session.scalar(select(Connection).where(Connection.oauth_state_sha256 == state_sha256))


def latest_connection(session: Session, channel: Channel) -> Connection | None:
    """Return the newest try at connecting this channel's account."""
    return session.scalar(
        select(Connection)
        .where(Connection.channel_id == channel.id)
        .order_by(Connection.id.desc())
        .limit(1)
    )


def ready_connections(session: Session) -> list[int]:
    """Return the tries whose code has come and that nobody has finished, oldest first."""
    return list(
        session.scalars(
            select(Connection.id)
            .where(Connection.state == ConnectionState.WAITING, Connection.is_ready.is_(True))
            .order_by(Connection.id)
        )
    )


def stale_connections(session: Session, before: datetime) -> list[Connection]:
    """Return the tries that were started before this moment and never came to an end."""
    return list(
        session.scalars(
            select(Connection).where(
                Connection.state == ConnectionState.WAITING, Connection.started_at < before
            )
        )
    )


def account_taken(session: Session, channel: Channel, account_id: str) -> Channel | None:
    """Return another channel that this account is connected as."""
    return session.scalar(
        select(Channel).where(
            Channel.id != channel.id,
            Channel.network == channel.network,
            Channel.base_url == channel.base_url,
            Channel.account_id == account_id,
            Channel.state != ChannelState.DISCONNECTED,
        )
    )


def to_recheck(session: Session, before: datetime) -> list[int]:
    """Return connected accounts whose limits and owner were last asked before this moment."""
    return list(
        session.scalars(
            select(Channel.id)
            .where(
                Channel.network != OWN,
                Channel.state.in_(USABLE),
                Channel.limits_probed_at < before,
            )
            .order_by(Channel.limits_probed_at)
        )
    )
