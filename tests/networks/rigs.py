"""Each adapter with its counterpart, in the form that the contract asks for."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from tests.factories.inbound import said
from tests.faults.proxy import LossyProxy
from tests.networks.contract import RETRY_AFTER_S, Fault, Kept
from vcp.kernel import clock
from vcp.networks.base import (
    InboundMedia,
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
    is_public_only = False
    are_edits_dated = True

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
    is_public_only = False
    are_edits_dated = True

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
                post.outgoing.in_reply_to,
            )
            for post in self._fake.posts
        ]

    def say(self, text: str, **more: Any) -> str:
        alt_text, reply = more.get("alt_text"), more.get("in_reply_to")
        item = said(
            text,
            visibility=more.get("visibility", "public"),
            in_reply_to_id=reply,
            content_warning=more.get("content_warning") or None,
            media=() if alt_text is None else (InboundMedia("image", alt_text, ""),),
        )
        self._fake.say(item)
        return item.remote_id

    def edit(self, remote_id: str, text: str) -> None:
        before = next(one for one in self._fake.said if one.remote_id == remote_id)
        self._fake.say(replace(before, text=text, edited_at=clock.now()))

    def unsay(self, remote_id: str) -> None:
        self._fake.unsay(remote_id)

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
    is_public_only = False
    are_edits_dated = True

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
                post["in_reply_to"],
            )
            for post in self.posts()
        ]

    def say(self, text: str, **more: Any) -> str:
        alt_text, reply = more.pop("alt_text", None), more.pop("in_reply_to", None)
        item = {"text": text, "in_reply_to_id": reply, **more}
        item["descriptions"] = [] if alt_text is None else [alt_text]
        (said_id,) = self._tell("say", {"to": self._account, "items": [item]})
        return str(said_id)

    def edit(self, remote_id: str, text: str) -> None:
        self._tell("edit", {"id": remote_id, "text": text})

    def unsay(self, remote_id: str) -> None:
        self._tell("unsay", {"id": remote_id})

    def _tell(self, what: str, about: dict[str, Any]) -> Any:
        answer = requests.post(f"{self.base_url}/_fakenet/{what}", json=about, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

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
        what = {"method": "GET", "path": "/(statuses|notifications)$"} if reading else {}
        self.configure(plan=[rules[fault] | what])


class MockRig:
    """Mastodon's adapter against mastodon_mock, through a proxy that can lose answers."""

    can_replace_images = False
    is_public_only = False
    are_edits_dated = True

    def __init__(self, base_url: str, tokens: dict[str, str], proxy: LossyProxy) -> None:
        self._base_url = base_url
        self._token = token = tokens["officer"]
        self._other_token = tokens["other"]
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
                row["in_reply_to_id"],
            )
            for row in reversed(rows)
        ]

    def say(self, text: str, **more: Any) -> str:
        form = {
            "status": f"@officer {text}",
            "visibility": more.get("visibility", "public"),
            "in_reply_to_id": more.get("in_reply_to"),
            "spoiler_text": more.get("content_warning", ""),
            "language": "en",
        }
        if more.get("alt_text") is not None:
            form["media_ids[]"] = self._upload(more["alt_text"])
        return str(self._ask("POST", "/api/v1/statuses", data=form)["id"])

    def edit(self, remote_id: str, text: str) -> None:
        form = {"status": f"@officer {text}"}
        self._ask("PUT", f"/api/v1/statuses/{remote_id}", data=form)

    def unsay(self, remote_id: str) -> None:
        self._ask("DELETE", f"/api/v1/statuses/{remote_id}")

    def _upload(self, alt_text: str) -> str:
        picture = io.BytesIO()
        Image.new("RGB", (8, 6), "navy").save(picture, "PNG")
        files = {"file": ("a.png", picture.getvalue(), "image/png")}
        return str(
            self._ask("POST", "/api/v2/media", files=files, data={"description": alt_text})["id"]
        )

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        """As somebody else on the same server."""
        headers = {"Authorization": f"Bearer {self._other_token}"}
        answer = requests.request(
            method, f"{self._base_url}{path}", headers=headers, timeout=10, **more
        )
        assert answer.ok, answer.text
        return answer.json()

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
        match = {"methods": ["GET"], "path_regex": "/(statuses|notifications)$"}
        if not reading:
            match = {"methods": ["POST"], "path": "/api/v1/statuses"}
        rule = {"match": match, "effect": effects[fault], "count": 1}
        requests.post(f"{self._base_url}/api/v1/_mock/faults", json=rule, timeout=10)

    def _get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        return requests.get(f"{self._base_url}{path}", headers=headers, timeout=10).json()
