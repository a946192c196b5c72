"""Channels: proposing, confirming, blocking, disconnecting; writes, never commits."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vcp.areas import queries as areas
from vcp.areas.events import AreaChanged
from vcp.areas.models import Area
from vcp.channels import alerts, conditions, queries
from vcp.channels.events import ChannelChanged
from vcp.channels.models import Channel, Connection, SettlePolicy
from vcp.channels.queries import OWN
from vcp.channels.states import CHANNEL, CONNECTION, USABLE, ChannelState
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Actor, Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check, may
from vcp.networks.addresses import check_base_url
from vcp.networks.base import AccountInfo, Limits, Rejected
from vcp.networks.registry import NETWORKS, READ_AT_S

LONGEST_NAME = 120
#: Shorter than servers lag; longer than an outcome may stay unknown.
SHORTEST_SETTLE_S, LONGEST_SETTLE_S = 1, 45


@dataclass(frozen=True)
class About:
    """What a person says about a channel: what for, when it is read, and how it behaves."""

    purpose: str = ""
    hours: str = ""
    is_shared: bool = False
    settle_policy: SettlePolicy = SettlePolicy.READ
    settle_after_s: int = 20


def ensure_own_feed(session: Session) -> Channel | None:
    """Return the own feed, making it when the force has none yet; None before there is a force."""
    found = queries.own_feed(session)
    force = areas.force(session)
    if found is not None or force is None:
        return found
    setup = Machine("setup")
    channel = Channel(
        network=OWN,
        name="Public site",
        purpose="The force's own pages and feeds; every post goes here first.",
        account_id=OWN,
        area_id=force.id,
        area_path=force.path,
        connected_at=clock.now(),
    )
    CHANNEL.started(session, channel, by=setup, network=OWN)
    CHANNEL.apply(session, channel, "confirm", by=setup)
    raise_event(session, ChannelChanged(channel.id))
    return channel


def own_feed_of_a_new_force(session: Session, event: AreaChanged) -> None:
    """Have the own feed there from the moment that there is a force; listens to areas."""
    del event
    ensure_own_feed(session)


def own_feed(session: Session) -> Channel:
    """Return the own feed.

    Raises: Conflict before there is a force to have one.
    """
    found = ensure_own_feed(session)
    if found is None:
        raise Conflict("There is no force yet. An administrator adds the areas first.")
    return found


def propose(
    session: Session,
    network: str,
    name: str,
    area_id: int,
    base_url: str,
    *,
    by: Person,
    about: About | None = None,
) -> Channel:
    """Put a channel on the list; it carries nothing before its account is verified and confirmed.

    Raises: Invalid for an unknown network or area, a name that is taken, or an address that can't
    be one; NotAllowed.
    """
    about = about or About()
    area = _area(session, area_id)
    check(by, Permission.CONNECT_CHANNELS, area.path, subject_kind="area", subject_id=area.id)
    if network == OWN or network not in NETWORKS:
        names = [name for key, name in NETWORKS.items() if key != OWN]
        raise Invalid(f"There is no such network. Choose {' or '.join(names)}.", "network")
    about = replace(about, settle_policy=_policy(network, about.settle_policy))
    channel = Channel(
        network=network,
        name=_name(session, name),
        base_url=server_address(base_url),
        area_id=area.id,
        area_path=area.path,
        proposed_by_id=by.id,
        **_checked(about),
    )
    CHANNEL.started(session, channel, by=by, network=network, name=channel.name)
    return channel


def edit(session: Session, channel_id: int, name: str, about: About, *, by: Person) -> Channel:
    """Change what is said about a channel, never its account.

    Raises: Invalid; NotAllowed; Conflict for a channel that is gone.
    """
    channel = queries.by_id(session, channel_id)
    _check(by, Permission.CONNECT_CHANNELS, channel)
    if channel.state == ChannelState.DISCONNECTED:
        raise Conflict("This channel is disconnected, so there is nothing to change.")
    wanted = {"name": _name(session, name, channel), **_checked(about)}
    wanted["settle_policy"] = _policy(channel.network, about.settle_policy)
    if channel.network == OWN:
        wanted |= {"is_shared": False, "settle_policy": SettlePolicy.READ}
    changed = {key: value for key, value in wanted.items() if getattr(channel, key) != value}
    if changed:
        for key, value in changed.items():
            setattr(channel, key, value)
        record(session, by, "edit", "channel", channel.id, changed=sorted(changed))
        raise_event(session, ChannelChanged(channel.id))
    return channel


def confirm(
    session: Session, channel_id: int, *, by: Person, account_id: str | None = None
) -> Channel:
    """Say, as a second person, that the account found is the force's own: the channel goes live.

    `account_id` is the account that the person was shown.

    Raises: NotAllowed for whoever proposed or connected it; Conflict when no account was found
    yet, another one than shown, or it is confirmed already.
    """
    channel = queries.by_id(session, channel_id)
    _check(by, Permission.CONFIRM_CHANNELS, channel)
    if by.id in queries.connected_by(session, channel):
        raise NotAllowed(
            "You proposed or connected this channel, so another supervisor confirms it.",
            attempted="confirm",
            subject_kind="channel",
            subject_id=channel.id,
        )
    if channel.account_id is None or channel.sealed_credentials is None:
        raise Conflict("No account has been found yet. Connect the account first.")
    if account_id is not None and account_id != channel.account_id:
        raise Conflict("The account changed since you looked. Look at it again, then decide.")
    return _confirm(session, channel, by=by)


def confirm_for_trial(session: Session, channel: Channel) -> Channel:
    """Confirm without a second person; commands do so in demo and test mode only."""
    return _confirm(session, channel, by=Machine("trial"))


def _confirm(session: Session, channel: Channel, *, by: Actor) -> Channel:
    CHANNEL.apply(session, channel, "confirm", by=by, account=channel.handle)
    channel.confirmed_by_id = getattr(by, "id", None)
    channel.connected_at = clock.now()
    raise_event(session, ChannelChanged(channel.id))
    return channel


def store_verified(
    session: Session,
    connection: Connection,
    account: AccountInfo,
    limits: Limits,
    sealed: bytes,
    *,
    by: Actor,
    ends_at: datetime | None = None,
) -> bool:
    """Keep the account that a try at connecting found; false when it is not the right one.

    The account's id is pinned by the first; a later one with another id changes nothing.
    `ends_at` is when the network ends this sign-in by itself, where it says so.
    """
    channel = connection.channel
    wrong = _wrong_account(session, channel, account)
    if wrong is not None:
        CONNECTION.apply(session, connection, "fail", by=by, found=account.remote_id)
        connection.message = wrong
        connection.sealed = connection.sealed_code = None
        return False
    CONNECTION.apply(session, connection, "verify", by=by, account=account.handle)
    connection.message = None
    connection.sealed = connection.sealed_code = None
    channel.account_id = account.remote_id
    channel.sealed_credentials = sealed
    channel.problem = None
    condition = conditions.of(session, channel.id)
    condition.sign_in_ends_at, condition.warned_days = ends_at, None
    # Whoever connects it again has mended it: it is tried at once.
    condition.failures, condition.rests_until, condition.rests_since = 0, None, None
    note_account(session, channel.id, account, limits)
    if CHANNEL.allows(channel.state, "reconnect"):
        CHANNEL.apply(session, channel, "reconnect", by=by, account=account.handle)
    raise_event(session, ChannelChanged(channel.id))
    return True


def fail(session: Session, connection: Connection, message: str, *, by: Actor) -> None:
    """End a try at connecting; the channel stays as it was."""
    CONNECTION.apply(session, connection, "fail", by=by, problem=message)
    connection.message = message
    connection.sealed = connection.sealed_code = None


def note_account(session: Session, channel_id: int, account: AccountInfo, limits: Limits) -> None:
    """Keep how the account presents itself now, and what its server takes."""
    channel = queries.by_id(session, channel_id)
    channel.handle = account.handle
    channel.profile_url = account.url or None
    channel.profile_links = list(account.profile_links)
    note_limits(session, channel_id, limits)


def note_limits(session: Session, channel_id: int, limits: Limits) -> None:
    """Keep what the server says that it takes, and when it said so."""
    channel = queries.by_id(session, channel_id)
    kept = asdict(limits) | {"media_types": list(limits.media_types), "probed_at": None}
    if channel.limits != kept:
        channel.limits = kept
    channel.limits_probed_at = limits.probed_at or clock.now()


def warn(session: Session, channel_id: int, problem: str, *, by: Actor) -> None:
    """Say that the channel's sign-in is about to end; it is still written to."""
    channel = queries.by_id(session, channel_id)
    CHANNEL.apply(session, channel, "warn", by=by, problem=problem)
    channel.problem = problem
    raise_event(session, ChannelChanged(channel.id))


def block(session: Session, channel_id: int, problem: str, *, by: Actor) -> bool:
    """Stop writing to a channel that refuses our sign-in; one mail to those who can mend it.

    False, and no further mail, when it is stopped already.
    """
    channel = queries.by_id(session, channel_id)
    if channel.state not in USABLE:
        return False
    CHANNEL.apply(session, channel, "block", by=by, problem=problem)
    channel.problem = problem
    alerts.blocked(session, channel, problem)
    raise_event(session, ChannelChanged(channel.id))
    return True


def disconnect(session: Session, channel_id: int, reason: str, *, by: Person) -> Channel:
    """Give a channel up for good: its credentials are forgotten, what it carried stays listed.

    Raises: Invalid without a reason; Conflict for the own feed; NotAllowed.
    """
    channel = queries.by_id(session, channel_id)
    if not may(by, Permission.CONFIRM_CHANNELS, channel.area_path):
        _check(by, Permission.CONNECT_CHANNELS, channel)
    if channel.network == OWN:
        raise Conflict("The force's own feed is always there and can't be disconnected.")
    if not reason.strip():
        raise Invalid("Say why the channel is given up.", "reason")
    CHANNEL.apply(session, channel, "disconnect", by=by, reason=reason.strip())
    channel.sealed_credentials = None
    channel.problem = None
    raise_event(session, ChannelChanged(channel.id))
    return channel


def server_address(typed: str) -> str:
    """Return a server's address as it is kept.

    Raises: Invalid, saying what to type instead.
    """
    try:
        return check_base_url(typed)
    except Rejected as refused:
        raise Invalid(str(refused), "base_url") from refused


def _policy(network: str, wanted: SettlePolicy) -> SettlePolicy:
    """Return how unknown outcomes are settled: what a network can't do becomes a person's job."""
    if network in READ_AT_S:
        return wanted if wanted is SettlePolicy.ONE_RETRY else SettlePolicy.PERSON
    return SettlePolicy.PERSON if wanted is SettlePolicy.ONE_RETRY else wanted


def _wrong_account(session: Session, channel: Channel, account: AccountInfo) -> str | None:
    if channel.state == ChannelState.DISCONNECTED:
        return "The channel was disconnected in the meantime, so nothing was connected."
    if channel.account_id is not None and channel.account_id != account.remote_id:
        return (
            f"This is another account. The channel belongs to {channel.handle} (account "
            f"{channel.account_id}), but you signed in as {account.handle} (account "
            f"{account.remote_id}). Sign in there as {channel.handle} and connect again, or "
            "propose a new channel for the other account."
        )
    taken = queries.account_taken(session, channel, account.remote_id)
    if taken is not None:
        return f"{account.handle} is connected already, as the channel “{taken.name}”."
    return None


def _check(person: Person, permission: Permission, channel: Channel) -> None:
    check(person, permission, channel.area_path, subject_kind="channel", subject_id=channel.id)


def _area(session: Session, area_id: int) -> Area:
    area = session.get(Area, area_id)
    if area is None or not areas.is_in_force(area, clock.now().date()):
        raise Invalid("Choose an area from the list.", "area_id")
    return area


def _name(session: Session, typed: str, channel: Channel | None = None) -> str:
    name = " ".join(typed.split())
    if not name:
        raise Invalid("Give the channel a name, such as “Mastodon, whole force”.", "name")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"The name may have {LONGEST_NAME} characters. Shorten it.", "name")
    taken = session.scalar(
        select(Channel.id).where(
            func.lower(Channel.name) == name.lower(),
            Channel.state != ChannelState.DISCONNECTED,
            Channel.id != (channel.id if channel else -1),
        )
    )
    if taken is not None:
        raise Invalid("Another channel has this name. Choose one that tells them apart.", "name")
    return name


def _checked(about: About) -> dict[str, object]:
    if not SHORTEST_SETTLE_S <= about.settle_after_s <= LONGEST_SETTLE_S:
        raise Invalid(
            f"Choose between {SHORTEST_SETTLE_S} and {LONGEST_SETTLE_S} seconds.", "settle_after_s"
        )
    if len(about.hours) > 200:  # noqa: PLR2004 - the column's width
        raise Invalid("The hours may have 200 characters. Shorten them.", "hours")
    return asdict(about)
