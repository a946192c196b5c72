"""Each adapter with its counterpart, in the form that the contract asks for."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from tests.faults.proxy import LossyProxy
from tests.networks.contract import RETRY_AFTER_S, Fault, Kept
from vcp.networks.base import (
    Network,
    NetworkError,
    OutcomeUnknown,
    Outgoing,
    RateLimited,
    Unauthorised,
    Unavailable,
)
from vcp.networks.fake import FakeNetwork
from vcp.networks.mastodon import MastodonNetwork
from vcp.networks.own import OwnFeed
from vcp.networks.wire import Timeouts

#: Long enough for a busy machine; no test here waits for one of them.
TIMEOUTS = Timeouts(connect_s=5, read_s=10, total_s=30)


class FolderWriter:
    """A site writer that keeps one JSON file a post."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, outgoing: Outgoing, key: str) -> str:
        kept = {
            "text": outgoing.text,
            "language": outgoing.language,
            "visibility": outgoing.visibility,
            "content_warning": outgoing.content_warning or "",
            "alt_texts": [item.alt_text for item in outgoing.media],
            "key": key,
        }
        self._path(outgoing.reference).write_text(json.dumps(kept))
        return f"http://127.0.0.1:8000/posts/{outgoing.reference}"

    def remove(self, reference: str) -> None:
        self._path(reference).unlink(missing_ok=True)

    def holds(self, reference: str, key: str | None) -> bool:
        path = self._path(reference)
        return path.exists() and key in (None, json.loads(path.read_text())["key"])

    def _path(self, reference: str) -> Path:
        return self.folder / f"{reference}.json"


class OwnRig:
    can_replace_images = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.network: Network = OwnFeed(FolderWriter(folder), "http://127.0.0.1:8000")

    def kept(self) -> Sequence[Kept]:
        posts = []
        paths = self.folder.glob("post-*.json")
        for path in sorted(paths, key=lambda path: int(path.stem.removeprefix("post-"))):
            row = json.loads(path.read_text())
            del row["key"]
            posts.append(Kept(path.stem, **(row | {"alt_texts": tuple(row["alt_texts"])})))
        return posts


class FakeRig:
    can_replace_images = True

    def __init__(self, *, is_idempotent: bool) -> None:
        self._fake = FakeNetwork(is_idempotent=is_idempotent)

    @property
    def network(self) -> Network:
        return self._fake

    def kept(self) -> Sequence[Kept]:
        return [
            Kept(
                post.remote_id,
                post.outgoing.text,
                post.outgoing.language,
                post.outgoing.visibility.value,
                post.outgoing.content_warning or "",
                tuple(item.alt_text for item in post.outgoing.media),
            )
            for post in self._fake.posts
        ]

    def break_next(self, fault: Fault, *, reading: bool = False) -> None:
        errors: dict[Fault, NetworkError] = {
            Fault.UNAUTHORISED: Unauthorised("Connect again."),
            Fault.RATE_LIMITED: RateLimited("Too many.", retry_after_s=RETRY_AFTER_S),
            Fault.LOST_ANSWER: OutcomeUnknown("No answer."),
            Fault.GARBLED: Unavailable("Garbled.") if reading else OutcomeUnknown("Garbled."),
        }
        is_accepted = fault is Fault.LOST_ANSWER
        self._fake.fail_next(errors[fault], after_accepting=is_accepted, reading=reading)


class FakenetRig:
    """Mastodon's adapter against fakenet, as one of its accounts."""

    can_replace_images = True

    def __init__(self, base_url: str, account: str) -> None:
        self.base_url = base_url
        self._account = account
        self.network: Network = MastodonNetwork(
            base_url, f"token-{account}", f"id-{account}", TIMEOUTS
        )

    def ledger(self) -> dict[str, Any]:
        answer = requests.get(f"{self.base_url}/_fakenet/ledger", timeout=10)
        return dict(answer.json())

    def configure(self, **values: Any) -> None:
        answer = requests.post(f"{self.base_url}/_fakenet/config", json=values, timeout=10)
        assert answer.ok, answer.text

    def posts(self) -> list[dict[str, Any]]:
        own = [post for post in self.ledger()["posts"] if post["account"] == self._account]
        return [post for post in own if not post["deleted_at"]]

    def kept(self) -> Sequence[Kept]:
        return [
            Kept(
                post["id"],
                post["text"],
                post["language"],
                post["visibility"],
                post["content_warning"],
                tuple(post["alt_texts"]),
            )
            for post in self.posts()
        ]

    def break_next(self, fault: Fault, *, reading: bool = False) -> None:
        rules: dict[Fault, dict[str, Any]] = {
            Fault.UNAUTHORISED: {"fault": "status", "status": 401},
            Fault.RATE_LIMITED: {
                "fault": "status",
                "status": 429,
                "headers": {"Retry-After": str(RETRY_AFTER_S)},
            },
            Fault.LOST_ANSWER: {"fault": "accept_drop"},
            Fault.GARBLED: {"fault": "garbled"},
        }
        what = {"method": "GET", "path": "/statuses$"} if reading else {}
        self.configure(plan=[rules[fault] | what])


class MockRig:
    """Mastodon's adapter against mastodon_mock, through a proxy that can lose answers."""

    can_replace_images = False

    def __init__(self, base_url: str, token: str, proxy: LossyProxy) -> None:
        self._base_url = base_url
        self._token = token
        self._proxy = proxy
        self.network: Network = MastodonNetwork(
            f"http://127.0.0.1:{proxy.port}", token, None, TIMEOUTS
        )

    def kept(self) -> Sequence[Kept]:
        me = self._get("/api/v1/accounts/verify_credentials")
        rows = self._get(f"/api/v1/accounts/{me['id']}/statuses")
        return [
            Kept(
                row["id"],
                self._get(f"/api/v1/statuses/{row['id']}/source")["text"],
                row["language"],
                row["visibility"],
                row["spoiler_text"],
                tuple(media["description"] for media in row["media_attachments"]),
            )
            for row in reversed(rows)
        ]

    def break_next(self, fault: Fault, *, reading: bool = False) -> None:
        if fault is Fault.LOST_ANSWER:
            self._proxy.lose_answer(b"POST /api/v1/statuses ")
            return
        effects: dict[Fault, dict[str, Any]] = {
            Fault.UNAUTHORISED: {"type": "status", "status": 401},
            Fault.RATE_LIMITED: {
                "type": "ratelimit",
                "headers": {"Retry-After": str(RETRY_AFTER_S)},
            },
            Fault.GARBLED: {"type": "malformed"},
        }
        match = {"methods": ["GET"], "path_regex": "/accounts/.*/statuses$"}
        if not reading:
            match = {"methods": ["POST"], "path": "/api/v1/statuses"}
        rule = {"match": match, "effect": effects[fault], "count": 1}
        requests.post(f"{self._base_url}/api/v1/_mock/faults", json=rule, timeout=10)

    def _get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        return requests.get(f"{self._base_url}{path}", headers=headers, timeout=10).json()
