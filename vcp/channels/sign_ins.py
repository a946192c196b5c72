"""Where the sign-in of a channel is kept between calls: sealed, in the channel's own row.

Of all threads, processes and machines one at a time renews it. That turn is a lease and not a row
lock, since no unit may be open while a network is waited for.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from vcp.channels.models import Channel
from vcp.kernel import vault
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import VcpError
from vcp.kernel.heartbeat import end_lease, take_lease
from vcp.kernel.settings import Settings
from vcp.networks.base import NotSent
from vcp.networks.sign_in import Tokens

#: Longer than a renewal and a sign-in after it may take together.
LEASE_S = 60.0
#: Waited for somebody else's renewal; within what a call may take in all.
WAIT_S = 20.0
_LOOK_AGAIN_S = 0.1
_KEPT = "session_"


class ChannelSignIn:
    """The tokens of one channel, for everybody who speaks for it; no unit may be open."""

    def __init__(self, channel: Channel, settings: Settings, credentials: dict[str, str]) -> None:
        self._channel_id = channel.id
        self._vault_name = channel.vault_name
        self._settings = settings
        self._given = _given(credentials)

    def load(self) -> Tokens | None:
        """Return the pair that was stored last."""
        with _in_trouble_nothing_is_sent():
            opened = self._opened(session())
            session().rollback()  # nothing stays open while the network is waited for
        found = {name.removeprefix(_KEPT): opened.get(name) for name in _NAMES}
        if not all(found.values()):
            return None
        return Tokens(**{name: str(value) for name, value in found.items()})

    def save(self, tokens: Tokens | None) -> None:
        """Store a pair, or forget it; when the channel was connected anew meanwhile, do nothing."""
        with _in_trouble_nothing_is_sent(), transaction() as unit:
            opened = self._opened(unit, is_changing=True)
            if _given(opened) != self._given:
                return
            kept = asdict(tokens) if tokens else {}
            secrets = self._given | {f"{_KEPT}{name}": value for name, value in kept.items()}
            sealed = vault.seal(self._settings.instance, self._vault_name, secrets)
            # Not by the row's version: a person who edits the channel just now isn't disturbed.
            unit.execute(
                update(Channel)
                .where(Channel.id == self._channel_id)
                .values(sealed_credentials=sealed)
                .execution_options(synchronize_session=False)
            )

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else signs in or renews.

        Raises: NotSent when that takes too long.
        """
        name, owner = f"sign-in:{self._channel_id}", uuid.uuid4().hex
        ends_at = time.monotonic() + WAIT_S
        while not _take(name, owner):
            if time.monotonic() > ends_at:
                raise NotSent("Somebody else is still signing in. It will be tried again.")
            threading.Event().wait(_LOOK_AGAIN_S)
        try:
            yield
        finally:
            # What can't be given back ends by itself.
            with suppress(VcpError, DBAPIError), transaction() as unit:
                end_lease(unit, name, owner)

    def _opened(self, current: Session, *, is_changing: bool = False) -> dict[str, str]:
        wanted = select(Channel.sealed_credentials).where(Channel.id == self._channel_id)
        sealed = current.scalar(wanted.with_for_update() if is_changing else wanted)
        if sealed is None:
            return {}
        return vault.open_sealed(self._settings.instance, self._vault_name, sealed)


_NAMES = tuple(f"{_KEPT}{name}" for name in Tokens.__dataclass_fields__)


def _given(credentials: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in credentials.items() if not name.startswith(_KEPT)}


@contextmanager
def _in_trouble_nothing_is_sent() -> Iterator[None]:
    try:
        yield
    except (VcpError, DBAPIError) as error:
        raise NotSent(f"{error} Nothing was sent; it will be tried again.") from error


def _take(name: str, owner: str) -> bool:
    with _in_trouble_nothing_is_sent(), transaction() as unit:
        return take_lease(unit, name, owner, LEASE_S)
