"""Connecting an account in the browser by OAuth's code flow; needs no network library.

    register_app() once a server -> authorise_url() for the person -> exchange_code() for the token

The code and the app's secret are credentials: the caller seals them.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from vcp.networks.addresses import check_base_url
from vcp.networks.answers import Step, failure, no_api
from vcp.networks.base import NetworkError, NotSent, Reason, Rejected, Unavailable
from vcp.networks.wire import Timeouts, Wire

#: What we need: who we are, our own posts, and what is said to us; writing posts and their images.
#: Nothing else: no follows, no other people's timelines, no profile.
SCOPES = (
    "read:accounts",
    "read:statuses",
    "read:notifications",
    "write:statuses",
    "write:media",
)
_CLIENT_NAME = "Virtual Community Policing"
#: A token that lasts for longer has no end that anybody needs to be warned of.
_LONGEST_S = 10 * 365 * 86400


@dataclass(frozen=True)
class Granted:
    """A token, and for how many seconds it works; None: the server names no end."""

    token: str = field(repr=False)
    lasts_s: float | None


@dataclass(frozen=True)
class AppCredentials:
    """Our registration with one server; `client_secret` never leaves the vault in the open.

    `scopes` matter for authorise_url() only; the code stands for them afterwards.
    """

    base_url: str
    client_id: str
    client_secret: str
    redirect_uri: str
    scopes: tuple[str, ...] = SCOPES


def register_app(
    base_url: str, redirect_uri: str, *, timeouts: Timeouts | None = None
) -> AppCredentials:
    """Registers with a server, which any visitor may; checks its address first.

    Raises: Rejected(ADDRESS) for an address that can't be one; NetworkError with a message for the
    person otherwise.
    """
    checked = check_base_url(base_url)
    scopes = _offered_scopes(checked, timeouts)
    form = {
        "client_name": _CLIENT_NAME,
        "redirect_uris": redirect_uri,
        "scopes": " ".join(scopes),
    }
    try:
        answer = _ask(checked, "POST", "/api/v1/apps", form, timeouts)
    except Rejected as refused:
        if refused.reason in (Reason.NOT_FOUND, Reason.UNSUPPORTED):
            raise no_api(checked) from refused
        raise
    return AppCredentials(
        base_url=checked,
        client_id=_text(answer, "client_id"),
        client_secret=_text(answer, "client_secret"),
        redirect_uri=redirect_uri,
        scopes=scopes,
    )


def authorise_url(app: AppCredentials, state: str, *, code_challenge: str | None = None) -> str:
    """Where the person is sent to say yes; `state` comes back with the code and must be compared.

    The page asks to sign in again, so that a personal account isn't connected by oversight. A
    challenge (S256) is sent to every server: one that doesn't know it has to pass over it.

    Raises: ValueError for a state too short to be a secret.
    """
    if len(state) < 16:  # noqa: PLR2004 - 128 bits in hex is 32, in base64 22; shorter is a slip
        raise ValueError("The state of a sign-in must be a random secret.")
    asked = {
        "client_id": app.client_id,
        "response_type": "code",
        "redirect_uri": app.redirect_uri,
        "scope": " ".join(app.scopes),
        "force_login": "true",
        "state": state,
    }
    if code_challenge is not None:
        asked |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    return f"{app.base_url}/oauth/authorize?{urlencode(asked)}"


def exchange_code(
    app: AppCredentials,
    code: str,
    *,
    code_verifier: str | None = None,
    timeouts: Timeouts | None = None,
) -> Granted:
    """What the code that came back is worth; a code works once.

    Raises: Rejected(INVALID) when the server doesn't take the code; Rejected(FORBIDDEN) when it
    gives fewer rights than asked for; NetworkError otherwise.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code.strip(),
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": app.redirect_uri,
    }
    if code_verifier is not None:
        form["code_verifier"] = code_verifier
    try:
        answer = _ask(app.base_url, "POST", "/oauth/token", form, timeouts)
    except Rejected as refused:
        raise Rejected(
            "The server didn't take the sign-in code. Start connecting the account again.",
            reason=Reason.INVALID,
            detail=refused.detail,
        ) from refused
    missing = _missing_scopes(answer.get("scope"))
    if missing:
        raise Rejected(
            f"The server gave fewer rights than needed ({', '.join(missing)} missing).",
            reason=Reason.FORBIDDEN,
        )
    return Granted(_text(answer, "access_token"), _lasts_s(answer.get("expires_in")))


def _lasts_s(told: Any) -> float | None:
    """Seconds; what isn't a number of them is no end. Source: RFC 6749, section 5.1."""
    try:
        seconds = float(told)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < _LONGEST_S else None


def _missing_scopes(granted: Any) -> list[str]:
    """A server that doesn't say what it granted is believed; a wide right includes its parts."""
    if not isinstance(granted, str) or not granted.strip():
        return []
    given = set(granted.split())
    return [scope for scope in SCOPES if not {scope, scope.split(":")[0]} & given]


def _offered_scopes(base_url: str, timeouts: Timeouts | None) -> tuple[str, ...]:
    """Our scopes, or the wide one around each that a server says it doesn't know apart.

    Source: RFC 8414, "scopes_supported"; servers that don't publish it take the narrow ones.
    """
    try:
        answer = _ask(base_url, "GET", "/.well-known/oauth-authorization-server", None, timeouts)
    except NotSent:
        raise
    except NetworkError:
        return SCOPES
    offered = answer.get("scopes_supported")
    if not isinstance(offered, list):
        return SCOPES
    wanted = (
        scope.split(":")[0] if scope not in offered and scope.split(":")[0] in offered else scope
        for scope in SCOPES
    )
    return tuple(dict.fromkeys(wanted))


def _ask(
    base_url: str, method: str, path: str, form: dict[str, str] | None, timeouts: Timeouts | None
) -> dict[str, Any]:
    wire = Wire(base_url, timeouts)
    try:
        wire.run(lambda: wire.request(method, f"{base_url}{path}", data=form))
    except (requests.RequestException, TimeoutError) as error:
        raise failure(wire, Step.READ) from error
    finally:
        wire.close()
    answer = wire.exchange.json()
    is_success = wire.exchange.status in (requests.codes.ok, requests.codes.created)
    if not is_success or not isinstance(answer, dict):
        raise failure(wire, Step.READ)
    return answer


def _text(answer: dict[str, Any], name: str) -> str:
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise Unavailable(
            "The server's answer lacks what a Mastodon server gives. Check the address."
        )
    return found
