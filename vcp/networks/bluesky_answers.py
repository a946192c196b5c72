"""What a Bluesky server's answers mean; branches on the error's name, as its API asks."""

import base64
import binascii
import json
import re
from typing import Any
from urllib.parse import urlsplit

import requests

from vcp.networks.answers import Step, failure
from vcp.networks.base import (
    AccountInfo,
    NetworkError,
    Reason,
    Rejected,
    Unauthorised,
    Unavailable,
)
from vcp.networks.wire import Exchange, Wire

_EXPIRED = frozenset(("ExpiredToken", "InvalidToken"))
_SIGN_IN = frozenset(
    (
        "AccountDeactivated",
        "AccountNotFound",
        "AccountSuspended",
        "AccountTakedown",
        "AuthFactorTokenRequired",
        "AuthMissing",
        "AuthRequired",
        "AuthenticationRequired",
    )
)
_NOT_FOUND = frozenset(("NotFound", "RecordNotFound", "RepoNotFound"))
_ABOUT_ABSENCE = re.compile(r"could not (?:locate|find)|not found|unable to resolve", re.IGNORECASE)
_ABOUT_LENGTH = re.compile(r"(?:grapheme|string) too (?:big|long)|too long", re.IGNORECASE)
_ABOUT_MEDIA = re.compile(r"blob|image|mime|PayloadTooLarge", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"')]+")
_REFUSALS = {
    Reason.NOT_FOUND: "{0} doesn't have what was asked for.{1}",
    Reason.TOO_LONG: "{0} takes 300 characters and 3,000 bytes. Shorten the text.",
    Reason.MEDIA: "{0} refused the image.{1}",
    Reason.INVALID: "{0} refused this.{1}",
}
#: The scope of a session that began with the account's own password.
_WHOLE_ACCOUNT = "com.atproto.access"


class TokenExpired(Unauthorised):
    """The access token is used up; a renewed one may still be taken."""


class OtherContent(Rejected):
    """The record isn't what the request said that it has to be; nothing was changed."""


def problem(wire: Wire, step: Step) -> NetworkError:
    """Our error for the wire's last exchange, which didn't end as it should."""
    status = wire.exchange.status or 0
    if requests.codes.bad_request <= status < requests.codes.server_error:
        found = _by_name(wire.exchange, wire.host)
        if found is not None:
            return found
    return failure(wire, step, api="Bluesky")


def error_of(exchange: Exchange) -> tuple[str, str]:
    """The error's name and the server's own short words; both empty when it gives none."""
    answer = exchange.json()
    if not isinstance(answer, dict):
        return "", ""
    name, said = answer.get("error"), answer.get("message")
    words = " ".join(said.split())[:200] if isinstance(said, str) else ""
    return name if isinstance(name, str) else "", words


def _by_name(exchange: Exchange, host: str) -> NetworkError | None:
    name, said = error_of(exchange)
    words = f' It says: "{said}".' if said else ""
    if name in _EXPIRED:
        return TokenExpired(f"{host} no longer accepts our sign-in.{words} Connect again.")
    if name in _SIGN_IN:
        return Unauthorised(
            f"{host} doesn't accept our sign-in.{words} Connect the channel again, with a new app "
            "password."
        )
    if name == "InvalidSwap":
        return OtherContent(
            f"{host} has other content there.{words}", reason=Reason.FORBIDDEN, detail=said
        )
    reason = _reason(name, said) if name else None
    if reason is None:
        return None
    return Rejected(_REFUSALS[reason].format(host, words), reason=reason, detail=said)


def _reason(name: str, said: str) -> Reason | None:
    is_plain = name == "InvalidRequest"
    if name in _NOT_FOUND or (is_plain and _ABOUT_ABSENCE.search(said)):
        return Reason.NOT_FOUND
    if is_plain and _ABOUT_LENGTH.search(said):
        return Reason.TOO_LONG
    if _ABOUT_MEDIA.search(f"{name} {said}"):
        return Reason.MEDIA
    return Reason.INVALID if is_plain else None


def is_whole_account(access_token: str) -> bool:
    """True when a session began with the account's own password and not with an app password."""
    parts = access_token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - a JSON Web Token has three
        return False
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error):
        return False
    return isinstance(claims, dict) and claims.get("scope") == _WHOLE_ACCOUNT


def account_info(session: Any, profile: Any, host: str) -> AccountInfo:
    """The account of a session, with what its profile record says.

    Raises: Unavailable when the answer isn't a session.
    """
    did = session.get("did") if isinstance(session, dict) else None
    handle = session.get("handle") if isinstance(session, dict) else None
    if not isinstance(did, str) or not isinstance(handle, str) or not did or not handle:
        raise Unavailable(f"{host} gave an answer that isn't an account. Check the address.")
    shown = profile if isinstance(profile, dict) else {}
    about = shown.get("description")
    links = _LINK.findall(about) if isinstance(about, str) else []
    name = shown.get("displayName")
    return AccountInfo(
        remote_id=did,
        handle=handle.lower(),
        display_name=name if isinstance(name, str) and name else handle,
        url=f"https://bsky.app/profile/{did}",
        profile_links=tuple(dict.fromkeys(link for link in links if urlsplit(link).hostname)),
    )
