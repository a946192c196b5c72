"""Which server addresses a channel may have; pure, so that forms can use it too."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from vcp.networks.base import Reason, Rejected

#: How the address of a post ends where networks agree on one, as people copy it.
_POST_PATHS = {
    "bluesky": re.compile(r"/profile/[^/]+/post/([\w.:~-]{1,512})"),
    "x": re.compile(r"/(?:i/web|[^/]+)/status/(\d{1,20})(?:/.*)?"),
}
_LAST_PART = re.compile(r"/(?:.*/)?([^/\s]{1,200})")


def check_base_url(address: str) -> str:
    """The address of a server as scheme, host and port only; https is filled in when it's missing.

    Plain http is taken for this machine alone, since a token would otherwise travel in the open.

    Raises: Rejected(ADDRESS), whose message says what to type instead.
    """
    typed = address.strip()
    if typed and "://" not in typed:
        typed = f"https://{typed}"
    try:
        parts = urlsplit(typed)
        port = parts.port
        # As it goes over the wire, so that the address asked can be compared with this one.
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        raise _refused(
            "This isn't a web address. Type it like https://mastodon.example."
        ) from error
    if parts.scheme not in ("http", "https") or not host or _has_blank(typed):
        raise _refused("This isn't a web address. Type it like https://mastodon.example.")
    if parts.username is not None or parts.password is not None:
        raise _refused("Leave the user name and password out of the server's address.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _refused("Type only the server's address, without anything after the name.")
    if parts.scheme == "http" and not is_loopback(host):
        raise _refused("The server's address has to begin with https://.")
    return _rebuilt(parts, host, port)


def remote_id_at(address: str, network: str, account_id: str | None) -> str | None:
    """The id that a network gives to the post at this address; None for what leads to no post.

    An account of Bluesky is part of the id; elsewhere the last part of the address is the id.
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    found = _POST_PATHS.get(network, _LAST_PART).fullmatch(parts.path.rstrip("/"))
    if found is None or parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    if network == "bluesky":
        return f"at://{account_id}/app.bsky.feed.post/{found[1]}"
    return found[1]


def is_loopback(host: str) -> bool:
    """True for this machine itself: localhost, 127.0.0.0/8 and ::1."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _has_blank(typed: str) -> bool:
    return any(character.isspace() or not character.isprintable() for character in typed)


def _rebuilt(parts: SplitResult, host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")


def _refused(message: str) -> Rejected:
    return Rejected(message, reason=Reason.ADDRESS)
