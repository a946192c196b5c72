"""Bluesky's adapter with each of its counterparts, in the form that the contract asks for."""

import json
from collections.abc import Sequence
from typing import Any

import requests

from tests.faults.fakenet_atproto import POSTS, did_of, handle_of
from tests.faults.proxy import LossyProxy
from tests.networks.contract import RETRY_AFTER_S, Fault, Kept
from tests.networks.rigs import TIMEOUTS
from vcp.networks.base import Network
from vcp.networks.bluesky import BlueskyNetwork
from vcp.networks.lengths import WARNING_MARK
from vcp.networks.sign_in import SessionStore
from vcp.networks.wire import Timeouts

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


class FakenetBlueskyRig:
    """Against fakenet, as one of its accounts."""

    can_replace_images = True
    is_public_only = True
    are_edits_dated = False

    def __init__(self, base_url: str, name: str) -> None:
        self.base_url = base_url
        self.name = name
        self.did = did_of(name)
        self.handle = handle_of(name)
        self.network: Network = self.adapter()

    def adapter(
        self, sessions: SessionStore | None = None, timeouts: Timeouts = TIMEOUTS
    ) -> BlueskyNetwork:
        credentials = {"identifier": self.name, "app_password": f"app-{self.name}"}
        return BlueskyNetwork(self.base_url, credentials, self.did, sessions, timeouts)

    def tell(self, what: str, **about: Any) -> Any:
        answer = requests.post(f"{self.base_url}/_fakenet/{what}", json=about, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def ledger(self) -> dict[str, Any]:
        """What fakenet says of this account alone."""
        whole = requests.get(f"{self.base_url}/_fakenet/ledger", timeout=10).json()["atproto"]
        own = f"at://{self.did}/{POSTS}/"
        return {
            "records": [row for row in whole["records"] if row["uri"].startswith(own)],
            "commits": [row for row in whole["commits"] if row["uri"].startswith(own)],
            "sessions": [row for row in whole["sessions"] if row.split()[1] == self.name],
            "families_lost": [name for name in whole["families_lost"] if name == self.name],
        }

    def kept(self) -> Sequence[Kept]:
        return [kept_of(row) for row in self.ledger()["records"]]

    def say(self, text: str, **more: Any) -> str:
        item = {"text": text, "in_reply_to": more.get("in_reply_to")}
        item |= {"alt_text": more.get("alt_text"), "label": more.get("content_warning")}
        (uri,) = self.tell("say", network="atproto", to=self.name, items=[item])
        return str(uri)

    def edit(self, remote_id: str, text: str) -> None:
        self.tell("edit", network="atproto", id=remote_id, text=text)

    def unsay(self, remote_id: str) -> None:
        self.tell("unsay", network="atproto", id=remote_id)

    def break_next(self, fault: Fault, *, reading: bool = False) -> None:
        limited = {"Retry-After": str(RETRY_AFTER_S)}
        rules: dict[Fault, dict[str, Any]] = {
            Fault.UNAUTHORISED: _status(401, "AuthenticationRequired"),
            Fault.RATE_LIMITED: _status(429, "RateLimitExceeded") | {"headers": limited},
            Fault.LOST_ANSWER: {"fault": "accept_drop"},
            Fault.GARBLED: {"fault": "garbled"},
        }
        what = {"path": f"/{PUT}$"}
        if reading:
            what = {
                "method": "GET",
                "path": "/com.atproto.repo.(getRecord|listRecords)$|listNotifications$",
            }
        self.tell("config", plan=[rules[fault] | what])


def _status(status: int, name: str) -> dict[str, Any]:
    body = json.dumps({"error": name, "message": "As planned"})
    return {"fault": "status", "status": status, "body": body}


class PdsRig:
    """Against Bluesky's own server, through a proxy that can lose and give answers."""

    can_replace_images = True
    is_public_only = True
    are_edits_dated = False

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
        method = "GET /xrpc/com.atproto.repo." if reading else f"POST /xrpc/{PUT} "
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
