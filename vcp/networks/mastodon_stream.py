"""Hints that something was said, from a Mastodon server's stream; never the record of it."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests

from vcp.networks.addresses import check_base_url, is_loopback
from vcp.networks.base import Rejected, Unavailable
from vcp.networks.wire import USER_AGENT

_PATH = "/api/v1/streaming/user/notification"
_CONNECT_S = 5.0
#: Servers send a sign of life every 15 to 30 seconds.
_SILENT_S = 90.0
#: Longer lines are the words themselves, which are read elsewhere.
_LONGEST_LINE = 4096
#: Servers tell a stream's address for browsers, which dial it by another name of the scheme.
_SCHEMES = {"wss": "https", "ws": "http", "https": "https", "http": "http"}


def follow(
    base_url: str,
    token: str,
    instance: Any,
    heard: Callable[[], None],
    is_over: Callable[[], bool],
) -> bool:
    """Calls `heard` for each hint until `is_over`; false when the server offers us no stream.

    Raises: Unavailable when a stream that was there broke off.
    """
    address = stream_address(base_url, instance)
    if address is None:
        return False
    headers = {"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT}
    with requests.Session() as asking:
        asking.trust_env = not is_loopback(urlsplit(address).hostname or "")
        try:
            answer = asking.get(
                address + _PATH,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(_CONNECT_S, _SILENT_S),
            )
            if answer.status_code != requests.codes.ok:
                return _refused(answer.status_code)
            heard()  # what was said before the stream stood
            for line in _lines(answer):
                if is_over():
                    return True
                if line.startswith(b"event:"):
                    heard()
        except requests.RequestException as error:
            raise Unavailable("The stream broke off.") from error
    raise Unavailable("The stream ended.")


def stream_address(base_url: str, instance: Any) -> str | None:
    """Where the server streams, by its own word and only over the scheme that it says.

    A name that isn't the server's own gets no token of ours.
    """
    said = _said(instance)
    if said is None:
        return None
    try:
        parts = urlsplit(said)
        scheme = _SCHEMES.get(parts.scheme)
        if scheme is None:
            return None
        address = check_base_url(f"{scheme}://{parts.netloc}")
    except (ValueError, Rejected):
        return None
    host, own = urlsplit(address).hostname or "", urlsplit(base_url).hostname or ""
    return address if host == own or host.endswith(f".{own}") else None


def _said(instance: Any) -> str | None:
    part = instance if isinstance(instance, dict) else {}
    for path in (("configuration", "urls", "streaming"), ("urls", "streaming_api")):
        found: Any = part
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, str) and found:
            return found
    return None


def _refused(status: int) -> bool:
    is_passing = status >= requests.codes.server_error or status == requests.codes.too_many_requests
    if is_passing:
        raise Unavailable(f"The stream can't be had now ({status}).")
    return False


def _lines(answer: requests.Response) -> Iterator[bytes]:
    """The stream's lines, each cut where it gets long, so that no server fills our memory."""
    line = bytearray()
    # Byte by byte: larger pieces are waited for until they are full, and a hint is small.
    for byte in answer.iter_content(chunk_size=1):
        if byte == b"\n":
            yield bytes(line)
            line.clear()
        elif len(line) < _LONGEST_LINE:
            line += byte
