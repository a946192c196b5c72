"""Channels for tests, in the state asked for, without the ceremony."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import count

from sqlalchemy.orm import Session

from vcp.areas.models import Area
from vcp.channels import service
from vcp.channels.models import Channel, SettlePolicy
from vcp.channels.states import ChannelState
from vcp.kernel import clock, vault
from vcp.kernel.settings import Settings
from vcp.users.models import User

_numbers = count(1)
LIMITS = {
    "characters": 500,
    "url_length": 23,
    "media_count": 4,
    "media_bytes": 16 * 1024 * 1024,
    "media_types": ["image/jpeg", "image/png", "image/webp"],
    "alt_characters": 1500,
    "supports_edit": True,
    "supports_content_warning": True,
    "probed_at": None,
}


def make_own_feed(session: Session) -> Channel:
    """The force's own feed; there has to be a force."""
    return service.own_feed(session)


def make_channel(
    session: Session,
    *,
    area: Area,
    name: str | None = None,
    base_url: str = "http://127.0.0.1:8900",
    state: ChannelState = ChannelState.CONNECTED,
    is_shared: bool = False,
    proposed_by: User | None = None,
    settle_policy: SettlePolicy = SettlePolicy.READ,
    settle_after_s: int = 20,
    settings: Settings | None = None,
    token: str = "",
    account_id: str | None = "",
    network: str = "mastodon",
    credentials: Mapping[str, str] | None = None,
) -> Channel:
    """A Mastodon channel; with `settings` and `token`, or other credentials, those open."""
    number = next(_numbers)
    channel = Channel(
        network=network,
        name=name or f"{network.title()} {number}",
        base_url=base_url,
        account_id=f"account-{number}" if account_id == "" else account_id,
        handle=f"account{number}@127.0.0.1:8900",
        profile_url=f"{base_url}/@account{number}",
        profile_links=[],
        area_id=area.id,
        area_path=area.path,
        is_shared=is_shared,
        state=state,
        state_changed_at=clock.now(),
        limits=dict(LIMITS),
        limits_probed_at=clock.now(),
        proposed_by_id=proposed_by.id if proposed_by else None,
        settle_policy=settle_policy,
        settle_after_s=settle_after_s,
        connected_at=clock.now() - timedelta(days=1),
    )
    session.add(channel)
    session.flush()
    if settings is not None:
        channel.sealed_credentials = vault.seal(
            settings.instance, channel.vault_name, dict(credentials or {"access_token": token})
        )
        session.flush()
    return channel
