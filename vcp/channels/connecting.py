"""Connecting an account: the web process seals what it gets, the publisher finishes.

    register (web, no unit open) -> start_oauth (web) -> the person says yes at the network
    -> receive_code (web) -> work_waiting (publisher): exchange, verify, pin, probe

Where keys are pasted instead, they come with `receive_keys` (web) and go the same way. The web
process can seal but not open, so it never holds a token that it didn't just receive.
"""

import base64
import hashlib
import logging
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from vcp.channels import adapters, queries, service
from vcp.channels.models import Channel, Connection
from vcp.channels.states import CONNECTION, USABLE, ChannelState, ConnectionState
from vcp.kernel import clock, vault
from vcp.kernel.audit import record
from vcp.kernel.context import Actor, Machine
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, Unavailable
from vcp.kernel.heartbeat import take_lease
from vcp.kernel.permissions import Permission, Person, check
from vcp.kernel.settings import Settings
from vcp.networks.base import AccountInfo, Limits, NetworkError, Unauthorised
from vcp.networks.mastodon_sign_in import (
    AppCredentials,
    Granted,
    authorise_url,
    exchange_code,
    register_app,
)
from vcp.networks.registry import CAN_BE_RENAMED, PASTED_KEYS, connect
from vcp.networks.wire import Timeouts

logger = logging.getLogger(__name__)

#: A person who was sent to the network comes back within this time, or starts again.
VALID_FOR = timedelta(minutes=15)
#: Longer than the three calls that finish a connection may take together.
LEASE_S = 90
RECHECK_EVERY = timedelta(hours=24)
#: A page waits for this one.
WEB_TIMEOUTS = Timeouts(connect_s=5, read_s=8, total_s=12)
TIMEOUTS = Timeouts(connect_s=5, read_s=15, total_s=25)
PUBLISHER = Machine("publisher")
START_AGAIN = "Start connecting the account again."


@dataclass(frozen=True)
class Started:
    """A try at connecting, and where the person's browser goes to say yes."""

    connection: Connection
    url: str


def register(base_url: str, redirect_uri: str) -> AppCredentials:
    """Introduce us to a server; the caller has no unit open, and nothing is stored on failure.

    Raises: Invalid, saying what is wrong with the address or the server.
    """
    try:
        return register_app(service.server_address(base_url), redirect_uri, timeouts=WEB_TIMEOUTS)
    except NetworkError as error:
        raise Invalid(str(error), "base_url") from error


def start_oauth(
    current: Session,
    channel_id: int,
    registration: AppCredentials,
    *,
    by: Person,
    settings: Settings,
) -> Started:
    """Begin connecting a channel's account; earlier tries of this channel end.

    Raises: NotAllowed; Conflict for a channel that is gone or lies at another server.
    """
    channel = queries.by_id(current, channel_id)
    _check_may_connect(channel, by)
    if registration.base_url != channel.base_url:
        raise Conflict(f"This channel is at {channel.base_url}, which can't be changed.")
    _end_others(current, channel, by=by)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    connection = _new_connection(channel, by)
    connection.oauth_state_sha256 = _sha256(state)
    connection.sealed = vault.seal(
        settings.instance,
        channel.vault_name,
        {
            "client_id": registration.client_id,
            "client_secret": registration.client_secret,
            "redirect_uri": registration.redirect_uri,
            "code_verifier": verifier,
        },
    )
    CONNECTION.started(current, connection, by=by, channel=channel.id)
    url = authorise_url(registration, state, code_challenge=_challenge(verifier))
    return Started(connection, url)


def receive_code(
    current: Session, *, state: str, code: str, issuer: str, by: Person, settings: Settings
) -> Connection:
    """Seal the code that the person brought back; the publisher takes it from here.

    Raises: NotAllowed for a state that isn't this person's; Conflict when it was used or is too
    old; Invalid without a code.
    """
    connection = queries.connection_of_state(current, _sha256(state)) if state else None
    if connection is None or connection.started_by_id != by.id:
        raise NotAllowed(
            f"This sign-in was not started by you here, so nothing was connected. {START_AGAIN}",
            attempted="connect",
            subject_kind="connection",
            subject_id=connection.id if connection else "unknown",
        )
    channel = connection.channel
    _check_may_connect(channel, by)
    if issuer and issuer.rstrip("/") != channel.base_url:
        raise NotAllowed(
            f"The answer came from another server than the one asked. {START_AGAIN}",
            attempted="connect",
            subject_kind="connection",
            subject_id=connection.id,
        )
    is_late = connection.started_at < clock.now() - VALID_FOR
    if connection.state != ConnectionState.WAITING or connection.is_ready or is_late:
        raise Conflict(f"This sign-in was used already or is too old. {START_AGAIN}")
    if not code:
        raise Invalid(f"The server sent no code back. {START_AGAIN}")
    connection.sealed_code = vault.seal(settings.instance, channel.vault_name, {"code": code})
    connection.is_ready = True
    record(current, by, "bring_code", "connection", connection.id, channel=channel.id)
    return connection


def receive_keys(
    current: Session, channel_id: int, keys: Mapping[str, str], *, by: Person, settings: Settings
) -> Connection:
    """Seal the keys that a person pasted; the publisher takes it from here.

    Raises: NotAllowed; Invalid, naming the field, for a key that is missing; Conflict for a channel
    that is gone, or whose network is signed in to.
    """
    channel = queries.by_id(current, channel_id)
    _check_may_connect(channel, by)
    names = PASTED_KEYS.get(channel.network)
    if names is None:
        raise Conflict("This account is connected by signing in at its server.")
    for key in names:
        if not keys.get(key, "").strip():
            raise Invalid("Paste this key too.", key)
    _end_others(current, channel, by=by)
    connection = _new_connection(channel, by)
    connection.sealed_code = vault.seal(
        settings.instance, channel.vault_name, {key: keys[key].strip() for key in names}
    )
    connection.is_ready = True
    CONNECTION.started(current, connection, by=by, channel=channel.id)
    return connection


def verify(
    network: str, base_url: str, credentials: Mapping[str, str]
) -> tuple[AccountInfo, Limits]:
    """Ask a network whose token or keys these are and what it takes; no unit may be open.

    Raises: Invalid with what the server said.
    """
    try:
        return _account_and_limits(network, service.server_address(base_url), credentials)
    except NetworkError as error:
        raise Invalid(f"{error} Nothing was connected.", "base_url") from error


def store_credentials(
    current: Session,
    channel: Channel,
    credentials: Mapping[str, str],
    found: tuple[AccountInfo, Limits],
    *,
    by: Person,
    settings: Settings,
) -> None:
    """Seal what was given by command and pin the account that it was verified as.

    Raises: Conflict when it is another account than the channel's, or connected already.
    """
    _check_may_connect(channel, by)
    connection = _new_connection(channel, by)
    CONNECTION.started(current, connection, by=by, channel=channel.id)
    sealed = vault.seal(settings.instance, channel.vault_name, dict(credentials))
    if not service.store_verified(current, connection, *found, sealed, by=by):
        raise Conflict(connection.message or "This account can't be connected.")


def work_waiting(settings: Settings) -> int:
    """Finish the connections whose code has come; returns how many were worked on.

    Each asks the network up to three things, outside any unit, 75 s at most in all: the publisher
    runs this in a thread of its own.
    """
    _end_stale()
    ready = queries.ready_connections(session())
    return sum(_finish(settings, connection_id) for connection_id in ready)


def recheck_old(settings: Settings) -> int:
    """Ask again, once a day, whose account each channel is and what its server takes.

    A token that is refused, or answers for another account, blocks the channel; so does a new name,
    where a stolen sign-in could give it one.
    """
    due = queries.to_recheck(session(), clock.now() - RECHECK_EVERY)
    return sum(_recheck(settings, channel_id) for channel_id in due)


def _finish(settings: Settings, connection_id: int) -> bool:
    # Of several publishers one goes on: a code works once.
    with transaction() as current:
        owner = uuid.uuid4().hex
        if not take_lease(current, f"connection:{connection_id}", owner, LEASE_S):
            return False
        connection = queries.connection(current, connection_id)
        if connection.state != ConnectionState.WAITING or connection.sealed_code is None:
            return False
        channel = connection.channel
        name, network, base_url = channel.vault_name, channel.network, channel.base_url
        registration, code = connection.sealed, connection.sealed_code
    ends_at = None
    try:
        credentials = vault.open_sealed(settings.instance, name, code)
        if registration is not None:
            opened = vault.open_sealed(settings.instance, name, registration) | credentials
            granted = _exchange(base_url, opened)
            credentials, ends_at = {"access_token": granted.token}, _end_of(granted)
        account, limits = _account_and_limits(network, base_url, credentials)
    except (NetworkError, Unavailable) as error:
        logger.warning("Connecting an account failed", extra={"connection": connection_id})
        with transaction() as current:
            connection = queries.connection(current, connection_id)
            if connection.state == ConnectionState.WAITING:
                service.fail(current, connection, f"{error} {START_AGAIN}", by=PUBLISHER)
        return True
    sealed = vault.seal(settings.instance, name, credentials)
    with transaction() as current:
        connection = queries.connection(current, connection_id)
        if connection.state == ConnectionState.WAITING:
            service.store_verified(
                current, connection, account, limits, sealed, by=PUBLISHER, ends_at=ends_at
            )
    return True


def _recheck(settings: Settings, channel_id: int) -> bool:
    problem = None
    try:
        with transaction() as current:
            channel = queries.by_id(current, channel_id)
            pinned, known_as = channel.account_id, channel.handle
            can_be_renamed = channel.network in CAN_BE_RENAMED
            adapter = adapters.adapter_for(channel, settings)
        account, limits = adapter.account(), adapter.limits()
        if account.remote_id != pinned:
            problem = f"The sign-in now belongs to {account.handle} ({account.remote_id})."
        elif can_be_renamed and known_as not in (None, account.handle):
            problem = (
                f"The account calls itself {account.handle} now. It was {known_as} when it was "
                "confirmed. If that is the force's doing, connect it again; if not, change its "
                "password at the network first."
            )
    except Unauthorised as error:
        problem = str(error)
    except (NetworkError, Unavailable) as error:
        logger.info("A channel couldn't be checked: %s", error, extra={"channel": channel_id})
        return False
    with transaction() as current:
        if problem is not None:
            service.block(current, channel_id, problem, by=PUBLISHER)
        elif queries.by_id(current, channel_id).state in USABLE:
            service.note_account(current, channel_id, account, limits)
    return True


def _end_stale() -> None:
    before = clock.now() - VALID_FOR - timedelta(seconds=LEASE_S)
    if not queries.stale_connections(session(), before):
        return
    with transaction() as current:
        for connection in queries.stale_connections(current, before):
            message = f"Nobody came back from the network in time. {START_AGAIN}"
            service.fail(current, connection, message, by=PUBLISHER)


def _end_others(current: Session, channel: Channel, *, by: Actor) -> None:
    latest = queries.latest_connection(current, channel)
    if latest is not None and latest.state == ConnectionState.WAITING:
        service.fail(current, latest, "Another try was started after this one.", by=by)


def _check_may_connect(channel: Channel, by: Person) -> None:
    check(
        by,
        Permission.CONNECT_CHANNELS,
        channel.area_path,
        subject_kind="channel",
        subject_id=channel.id,
    )
    if channel.network == queries.OWN or channel.state == ChannelState.DISCONNECTED:
        raise Conflict("This channel can't be connected. Propose a new one.")


def _new_connection(channel: Channel, by: Person) -> Connection:
    return Connection(channel=channel, started_by_id=by.id, started_at=clock.now())


def _end_of(granted: Granted) -> datetime | None:
    return clock.now() + timedelta(seconds=granted.lasts_s) if granted.lasts_s else None


def _exchange(base_url: str, opened: dict[str, str]) -> Granted:
    registration = AppCredentials(
        base_url=base_url,
        client_id=opened["client_id"],
        client_secret=opened["client_secret"],
        redirect_uri=opened["redirect_uri"],
    )
    return exchange_code(
        registration, opened["code"], code_verifier=opened["code_verifier"], timeouts=TIMEOUTS
    )


def _account_and_limits(
    network: str, base_url: str, credentials: Mapping[str, str]
) -> tuple[AccountInfo, Limits]:
    adapter = connect(network, base_url=base_url, credentials=credentials, account_id=None)
    return adapter.account(), adapter.limits()


def _challenge(verifier: str) -> str:
    """Return the S256 challenge. Source: RFC 7636, section 4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
