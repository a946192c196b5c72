"""The shapes of X's requests and answers, for its part of fakenet."""

import hashlib
import html
import json
import re
from typing import Any
from urllib.parse import urlencode

from oauthlib.common import Request  # type: ignore[import-untyped]  # ships no types
from oauthlib.oauth1.rfc5849 import signature  # type: ignore[import-untyped]  # ships no types

from tests.faults.fakenet_api import Call

#: The second half of every key, of apps and of accounts.
SECRET = "secret"
PROBLEM = "https://api.twitter.com/2/problems/"
LINK = re.compile(r"https?://[^\s<>\"]*[\w/=&-]")
_HEADER = re.compile(r'(\w+)="([^"]*)"')


class Problem(Exception):
    """An answer that is an error, in one of X's shapes."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def token_of(header: str) -> str:
    """The account's key in a signed request's header."""
    found: dict[str, str] = dict(_HEADER.findall(header))
    return found.get("oauth_token", "")


def user_id(name: str) -> str:
    """The number of an account, the same in every run."""
    return str(10**18 + int(hashlib.sha256(name.encode()).hexdigest()[:12], 16))


def user(name: str) -> dict[str, Any]:
    plain = name.partition("@")[0]
    return {"id": user_id(name), "username": plain, "name": plain.title()}


def is_signed(call: Call, header: str) -> bool:
    """Recomputes the signature, for the address that the request came to."""
    query = f"?{urlencode(call.query)}" if call.query else ""
    request = Request(f"{call.base_url}{call.path}{query}", http_method=call.method)
    found = signature.collect_parameters(
        uri_query=urlencode(call.query), headers={"Authorization": header}, with_realm=False
    )
    given = dict(
        signature.collect_parameters(
            headers={"Authorization": header}, exclude_oauth_signature=False
        )
    )
    request.params = found
    request.signature = given.get("oauth_signature", "")
    return bool(signature.verify_hmac_sha1(request, SECRET, SECRET))


def shown(text: str) -> tuple[str, list[dict[str, Any]]]:
    """What X makes of a text: short links, and signs of mark-up escaped."""
    urls: list[dict[str, Any]] = []

    def short(found: re.Match[str]) -> str:
        made = f"https://t.co/{hashlib.sha256(found[0].encode()).hexdigest()[:10]}"
        urls.append({"url": made, "expanded_url": found[0], "display_url": found[0][8:30] + "…"})
        return made

    return html.escape(LINK.sub(short, text), quote=False), urls


def weight(text: str) -> int:
    text = LINK.sub("x" * 23, text)
    return sum(1 if ord(one) <= 4351 or 8192 <= ord(one) <= 8247 else 2 for one in text)


def plain(status: int, detail: str) -> dict[str, Any]:
    title = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}[status]
    return {"title": title, "detail": detail, "status": status, "type": "about:blank"}


def invalid(parameter: str, message: str) -> Problem:
    return Problem(
        400,
        {
            "errors": [{"parameters": {parameter: [""]}, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{PROBLEM}invalid-request",
        },
    )


def is_poll(poll: dict[str, Any]) -> bool:
    """Whether X would ask it."""
    options, minutes = poll.get("options", []), poll.get("duration_minutes", 0)
    return (
        2 <= len(options) <= 4
        and all(0 < len(option) <= 25 for option in options)
        and 5 <= minutes <= 10080
    )


def body_of(call: Call) -> dict[str, Any]:
    """What a request says.

    Raises: Problem when that is no object.
    """
    found = json.loads(call.body or b"null")
    if not isinstance(found, dict):
        raise invalid("body", "not an object")
    return found
