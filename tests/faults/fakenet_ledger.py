"""What fakenet has accepted: accounts, posts and media in memory, each change in a journal."""

import hashlib
import json
import random
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.faults.fakenet_clock import now

#: A bearer token of this form belongs to the account named behind it.
TOKEN_PREFIX = "token-"


@dataclass
class Media:
    id: str
    account: str
    digest: str
    size: int
    media_type: str
    description: str
    ready_at: datetime
    attached: bool = False
    #: Digest of a video's captions.
    captions: str = ""


@dataclass
class FakePost:
    id: str
    account: str
    key: str | None
    text: str
    content_warning: str
    language: str | None
    visibility: str
    media_ids: list[str]
    accepted_at: datetime
    visible_at: datetime
    fault: str | None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    alt_texts: list[str] = field(default_factory=list)
    in_reply_to: str | None = None
    #: As it was asked for: {"options": […], …}.
    poll: dict[str, Any] | None = None
    #: Whether its images are covered.
    sensitive: bool = False
    reply_settings: str | None = None

    def is_visible(self, at: datetime) -> bool:
        return self.visible_at <= at and self.deleted_at is None


class Ledger:
    """Thread-safe; ids are opaque on purpose: neither numbers nor in the order of time."""

    def __init__(self, journal: Path | None, seed: int) -> None:
        self.lock = threading.RLock()
        self.chance = random.Random(seed)
        self.posts: list[FakePost] = []
        self.media: dict[str, Media] = {}
        self.apps: dict[str, dict[str, str]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.revoked: set[str] = set()
        self.requests: list[dict[str, Any]] = []
        self._keys: dict[tuple[str, str], FakePost] = {}
        self._journal = journal.open("a", encoding="utf-8") if journal else None

    def close(self) -> None:
        if self._journal:
            self._journal.close()

    def new_id(self) -> str:
        with self.lock:
            return f"{self.chance.getrandbits(80):020X}"

    def account_of(self, token: str) -> str | None:
        if token in self.revoked or not token.startswith(TOKEN_PREFIX):
            return None
        return token.removeprefix(TOKEN_PREFIX) or None

    def with_key(self, account: str, key: str | None) -> FakePost | None:
        with self.lock:
            return self._keys.get((account, key)) if key else None

    def create(self, account: str, wanted: dict[str, Any], lag_s: tuple[float, float]) -> FakePost:
        """Accepts a post now; others see it after a lag drawn from `lag_s`."""
        with self.lock:
            at = now()
            post = FakePost(
                id=self.new_id(),
                account=account,
                accepted_at=at,
                visible_at=at + timedelta(seconds=self.chance.uniform(*lag_s)),
                **wanted,
            )
            self._attach(post)
            self.posts.append(post)
            if post.key and (account, post.key) not in self._keys:
                self._keys[account, post.key] = post
            self._write("create", post)
            return post

    def edit(self, post: FakePost, wanted: dict[str, Any]) -> None:
        with self.lock:
            post.text = wanted["text"]
            post.content_warning = wanted["content_warning"]
            post.language = wanted["language"] or post.language
            post.media_ids = wanted["media_ids"]
            post.edited_at = now()
            self._attach(post)
            self._write("edit", post)

    def delete(self, post: FakePost) -> None:
        with self.lock:
            post.deleted_at = now()
            self._write("delete", post)

    def find(self, account: str, post_id: str) -> FakePost | None:
        """The post if this account may see it now."""
        at = now()
        with self.lock:
            for post in self.posts:
                if post.id == post_id and post.account == account and post.is_visible(at):
                    return post
        return None

    def timeline(self, account: str, max_id: str | None) -> Iterator[FakePost]:
        """The account's visible posts, newest first, from behind `max_id`."""
        at = now()
        with self.lock:
            own = [post for post in reversed(self.posts) if post.account == account]
        if max_id is not None:
            places = [place for place, post in enumerate(own) if post.id == max_id]
            own = own[places[0] + 1 :] if places else []
        return (post for post in own if post.is_visible(at))

    def upload(self, account: str, body: bytes, about: dict[str, str], ready_s: float) -> Media:
        with self.lock:
            media = Media(
                id=self.new_id(),
                account=account,
                digest=hashlib.sha256(body).hexdigest(),
                size=len(body),
                media_type=about["media_type"],
                description=about["description"],
                ready_at=now() + timedelta(seconds=ready_s),
            )
            self.media[media.id] = media
            return media

    def note_request(self, **about: Any) -> dict[str, Any]:
        entry = {"at": now().isoformat(), **about}
        with self.lock:
            self.requests.append(entry)
        return entry

    def as_json(self) -> dict[str, Any]:
        with self.lock:
            return {
                "posts": [_plain(post) for post in self.posts],
                "media": [_plain(media) for media in self.media.values()],
                "requests": list(self.requests),
            }

    def _attach(self, post: FakePost) -> None:
        pictures = [self.media[media_id] for media_id in post.media_ids]
        for picture in pictures:
            picture.attached = True
        post.alt_texts = [picture.description for picture in pictures]

    def _write(self, event: str, post: FakePost) -> None:
        if self._journal:
            entry = {"event": event, "token": TOKEN_PREFIX + post.account, **_plain(post)}
            self._journal.write(json.dumps(entry) + "\n")
            self._journal.flush()


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(row).items()
    }
