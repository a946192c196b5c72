"""Bluesky's adapter with each of its counterparts, in the form that the contract asks for."""

import json
from collections.abc import Sequence
from typing import Any

import requests

from tests.faults.proxy import LossyProxy
from tests.networks.contract import RETRY_AFTER_S, Fault, Kept
from tests.networks.rigs import TIMEOUTS
from vcp.networks.base import Network
from vcp.networks.bluesky import BlueskyNetwork
from vcp.networks.bluesky_session import SessionStore
from vcp.networks.lengths import WARNING_MARK

POSTS = "app.bsky.feed.post"
PUT = "com.atproto.repo.putRecord"
_PAGE = b"<!DOCTYPE html><title>Hello</title>"


def kept_of(row: dict[str, Any]) -> Kept:
    """A record of the list of an account, in the contract's form."""
    record = row["value"]
    text, warning = record["text"], ""
    if text.startswith(WARNING_MARK):
        warning, text = text.removeprefix(WARNING_MARK).split("\n\n", 1)
    images = record.get("embed", {}).get("images", [])
    return Kept(
        row["uri"],
        text,
        (record.get("langs") or [None])[0],
        "public",
        warning,
        tuple(image["alt"] for image in images),
        record.get("reply", {}).get("parent", {}).get("uri"),
    )


def xrpc(base_url: str, method: str, token: str | None = None, **about: Any) -> Any:
    """The answer to one request made beside the adapter; with `json` or `data` it is a POST."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    verb = "POST" if {"json", "data"} & about.keys() else "GET"
    address = f"{base_url}/xrpc/{method}"
    answer = requests.request(verb, address, headers=headers, timeout=20, **about)
    assert answer.ok, answer.text
    return answer.json() if answer.content else {}


class PdsRig:
    """Against Bluesky's own server, through a proxy that can lose and give answers."""

    can_replace_images = True
    is_public_only = True

    def __init__(self, base_url: str, name: str, proxy: LossyProxy) -> None:
        self.base_url = base_url
        self.handle = f"{name}.test"
        about = {
            "handle": self.handle,
            "email": f"{name}@force.example",
            "password": "own-password",
        }
        made = xrpc(base_url, "com.atproto.server.createAccount", json=about)
        self.did = str(made["did"])
        self.own_token = str(made["accessJwt"])
        self.app_password = str(
            xrpc(
                base_url,
                "com.atproto.server.createAppPassword",
                self.own_token,
                json={"name": "vcp"},
            )["password"]
        )
        self._proxy = proxy
        self.network: Network = self.adapter()

    def adapter(self, sessions: SessionStore | None = None) -> BlueskyNetwork:
        credentials = {"identifier": self.handle, "app_password": self.app_password}
        address = f"http://127.0.0.1:{self._proxy.port}"
        return BlueskyNetwork(address, credentials, self.did, sessions, TIMEOUTS)

    def records(self) -> list[dict[str, Any]]:
        answer = xrpc(
            self.base_url,
            "com.atproto.repo.listRecords",
            params={"repo": self.did, "collection": POSTS, "reverse": "true", "limit": 100},
        )
        return list(answer["records"])

    def kept(self) -> Sequence[Kept]:
        # Keys begin with the moment, so that their order is that of the posts.
        return [kept_of(row) for row in sorted(self.records(), key=lambda row: str(row["uri"]))]

    def break_next(self, fault: Fault, *, reading: bool = False) -> None:
        method = "GET /xrpc/com.atproto.repo.getRecord" if reading else f"POST /xrpc/{PUT} "
        if fault is Fault.LOST_ANSWER:
            self._proxy.lose_answer(method.encode())
            return
        answers = {
            Fault.UNAUTHORISED: _answer(401, error="AuthenticationRequired", message="Revoked"),
            Fault.RATE_LIMITED: _answer(429, error="RateLimitExceeded", message="Too many"),
            Fault.GARBLED: b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(_PAGE), _PAGE),
        }
        self._proxy.answer_next(method.encode(), answers[fault])


def _answer(status: int, **said: str) -> bytes:
    body = json.dumps(said).encode()
    return (
        b"HTTP/1.1 %d No\r\nContent-Type: application/json\r\nRetry-After: %d\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (status, RETRY_AFTER_S, len(body), body)
    )
