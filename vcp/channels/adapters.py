"""From a channel to the adapter that speaks for it, and to what it takes."""

from vcp.channels.models import Channel
from vcp.channels.queries import OWN
from vcp.channels.sign_ins import ChannelSignIn
from vcp.channels.spending import meter
from vcp.kernel import vault
from vcp.kernel.errors import Unavailable
from vcp.kernel.settings import Settings
from vcp.networks import bluesky_record, own
from vcp.networks.base import Limits, Network
from vcp.networks.own import SiteWriter
from vcp.networks.registry import KEEPS_SIGN_IN, METERED, connect
from vcp.networks.sign_in import SessionStore

#: For a channel whose server has not said. Source: Mastodon 4, its own defaults.
UNPROBED = Limits(
    characters=500,
    url_length=23,
    media_count=4,
    media_bytes=8 * 1024 * 1024,
    media_types=("image/jpeg", "image/png"),
    alt_characters=1500,
    supports_edit=True,
    supports_content_warning=True,
    probed_at=None,
    supports_visibility=True,
    supports_language=True,
)


def adapter_for(
    channel: Channel, settings: Settings, site_writer: SiteWriter | None = None
) -> Network:
    """Return the adapter of a channel; opens the vault, so only publisher and ingest call it.

    Raises: vcp.kernel.errors.Unavailable when there are no credentials or they don't open.
    """
    if channel.network == OWN:
        return connect(
            OWN, base_url=settings.base_url, credentials={}, account_id=OWN, writer=site_writer
        )
    if channel.sealed_credentials is None:
        raise Unavailable("This channel has no credentials. Connect its account again.")
    credentials = vault.open_sealed(
        settings.instance, channel.vault_name, channel.sealed_credentials
    )
    return connect(
        channel.network,
        base_url=channel.base_url,
        credentials=credentials,
        account_id=channel.account_id,
        sign_in_store=_store_of(channel, settings, credentials),
        meter=meter(channel.id, settings) if channel.network in METERED else None,
    )


def _store_of(
    channel: Channel, settings: Settings, credentials: dict[str, str]
) -> SessionStore | None:
    if channel.network not in KEEPS_SIGN_IN:
        return None
    return ChannelSignIn(channel, settings, credentials)


def limits_of(channel: Channel) -> Limits:
    """Return what the channel takes, as its server last said."""
    if channel.network == OWN:
        return own.LIMITS
    if channel.limits is None:
        return bluesky_record.LIMITS if channel.network == "bluesky" else UNPROBED
    kept = dict(channel.limits)
    kept["media_types"] = tuple(kept.get("media_types", ()))
    return Limits(**(kept | {"probed_at": channel.limits_probed_at}))
