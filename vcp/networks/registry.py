"""Which adapter speaks to a network; each is loaded when it's first asked for, not before.

The libraries behind them are heavy, and the processes that answer pages never need them.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from vcp.networks.base import Network, Reason, Rejected, Unauthorised
from vcp.networks.own import OwnFeed, SiteWriter
from vcp.networks.sign_in import SessionStore

#: Networks that a channel may be on, with the module of each adapter and its class.
_REMOTE = {
    "mastodon": ("vcp.networks.mastodon", "MastodonNetwork"),
    "bluesky": ("vcp.networks.bluesky", "BlueskyNetwork"),
    "x": ("vcp.networks.x", "XNetwork"),
}
#: Every network's short name and what people call it.
NETWORKS: Mapping[str, str] = {
    "own": "Public site",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "x": "X",
}
#: Where most accounts of a network are.
ADDRESSES: Mapping[str, str] = {"bluesky": "https://bsky.social", "x": "https://api.x.com"}
#: What a person pastes to connect an account, by the names that credentials are kept under; a
#: network that isn't here is connected by signing in at its server.
PASTED_KEYS: Mapping[str, tuple[str, ...]] = {
    "bluesky": ("identifier", "app_password"),
    "x": ("consumer_key", "consumer_secret", "access_token", "access_token_secret"),
}
#: Networks whose sign-in is a pair of tokens that has to be kept between calls.
KEEPS_SIGN_IN = frozenset({"bluesky"})
#: Networks where a sign-in like ours can change the name that people know the account by.
CAN_BE_RENAMED = frozenset({"bluesky"})
#: Seconds after a send of unknown outcome at which such a network is read; after the last reading
#: a person decides, and nothing is ever sent again by itself.
READ_AT_S: Mapping[str, tuple[int, ...]] = {"x": (60, 180, 420)}
#: Networks that charge for each post that is made or read.
METERED = frozenset({"x"})
#: Seconds between two readings of what others say, where each costs money or is rationed.
LISTENS_EVERY_S: Mapping[str, int] = {"x": 60}
#: Seconds between two looks at what an account shows, where each is rationed or costs money.
WATCHES_EVERY_S: Mapping[str, int] = {"x": 120}
#: Days that such a look goes back when it's for changes of what was there before; others go back
#: further. X lets nobody edit after an hour, and charges for a post once a day.
LOOKS_BACK_DAYS: Mapping[str, int] = {"x": 1}
#: Networks where whoever writes a post says when it was written.
DATES_ARE_CLAIMED = frozenset({"bluesky"})


class _RemoteFactory(Protocol):
    def __call__(
        self,
        base_url: str,
        sign_in: str | Mapping[str, str],
        account_id: str | None,
        *,
        sessions: SessionStore | None = ...,
        meter: Callable[[int], None] | None = ...,
    ) -> Network: ...


def connect(
    network: str,
    *,
    base_url: str,
    credentials: Mapping[str, str],
    account_id: str | None,
    writer: SiteWriter | None = None,
    sign_in_store: SessionStore | None = None,
    meter: Callable[[int], None] | None = None,
) -> Network:
    """The adapter of one channel; asks nothing of the network yet.

    `credentials` of a Mastodon channel holds "access_token", others what `PASTED_KEYS` names; the
    own feed has none and needs the site's `writer`. Without a `sign_in_store`, a network that keeps
    its sign-in begins anew with each adapter. `meter` is told how many posts were read where that
    costs money.

    Raises: Rejected(UNSUPPORTED) for a network that there is no adapter for; Rejected(ADDRESS) for
    an address that can't be one; Unauthorised without a token or a key; ValueError for the own feed
    without a writer.
    """
    if network == "own":
        if writer is None:
            raise ValueError("The own feed needs the site's writer.")
        return OwnFeed(writer, base_url)
    if network not in _REMOTE:
        raise Rejected(f"There is no network called {network}.", reason=Reason.UNSUPPORTED)
    sign_in = credentials if network in PASTED_KEYS else credentials.get("access_token", "")
    if not sign_in:
        raise Unauthorised("This channel has no access token. Connect it again.")
    module, name = _REMOTE[network]
    factory = cast("_RemoteFactory", getattr(importlib.import_module(module), name))
    if network in KEEPS_SIGN_IN:
        return factory(base_url, sign_in, account_id, sessions=sign_in_store)
    if network in METERED:
        return factory(base_url, sign_in, account_id, meter=meter)
    return factory(base_url, sign_in, account_id)
