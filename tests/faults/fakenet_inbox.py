"""What others say to fakenet's accounts, and the pages of notifications that tell of it.

Pages overlap and shrink on demand, and `since_id` is passed over, as on some real servers.
"""

import html
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.faults.fakenet_clock import now
from tests.faults.fakenet_faults import Behaviour


@dataclass
class Said:
    """Somebody's words to one account, and the notification of them."""

    id: str
    notification_id: str
    to: str
    author: str
    text: str
    at: datetime
    visibility: str = "public"
    in_reply_to_id: str | None = None
    content_warning: str = ""
    language: str | None = "en"
    descriptions: list[str] = field(default_factory=list)
    edited_at: datetime | None = None
    is_deleted: bool = False
    #: Instead of the status that would be made of the rest: anything, for hostile servers.
    raw: Any = None


class Inbox:
    """Everything that was said, newest last; safe to use from several threads."""

    def __init__(self, new_id: Callable[[], str], behaviour: Behaviour, seed: int) -> None:
        self._new_id = new_id
        self._behaviour = behaviour
        self._lock = threading.Lock()
        self._chance = random.Random(seed)
        self.said: list[Said] = []

    def say(self, to: str, items: list[dict[str, Any]]) -> list[str]:
        """Each item has `text` and may have other fields of Said; returns the ids."""
        with self._lock:
            new = [
                Said(
                    id=item.pop("id", None) or self._new_id(),
                    notification_id=self._new_id(),
                    to=to,
                    author=item.pop("author", "robin@towns.example"),
                    at=now() - timedelta(seconds=item.pop("age_s", 0)),
                    **item,
                )
                for item in items
            ]
            self.said.extend(new)
            return [one.id for one in new]

    def count(self, to: str) -> int:
        with self._lock:
            return sum(one.to == to for one in self.said)

    def edit(self, said_id: str, text: str) -> None:
        with self._lock:
            one = self._find(said_id)
            one.text, one.edited_at = text, now()

    def unsay(self, said_id: str) -> None:
        with self._lock:
            self._find(said_id).is_deleted = True

    def status(self, said_id: str, to: str) -> dict[str, Any] | None:
        with self._lock:
            for one in self.said:
                if one.id == said_id and one.to == to and not one.is_deleted:
                    return self._status(one)
        return None

    def page(self, to: str, query: dict[str, str]) -> list[Any]:
        """One page of the account's notifications, newest first."""
        with self._lock:
            own = [one for one in reversed(self.said) if one.to == to and not one.is_deleted]
            start = self._start(own, query.get("max_id"))
            size = min(int(query.get("limit", 40)), self._behaviour.page_size)
            page = own[start : start + size]
            return [self._notification(one) for one in page if not self._is_left_out(one)]

    def _start(self, own: list[Said], max_id: str | None) -> int:
        if max_id is None or not self._behaviour.is_paging:
            return 0
        places = [place for place, one in enumerate(own) if one.notification_id == max_id]
        if not places:
            return len(own)
        return max(0, places[0] + 1 - self._behaviour.overlap)

    def _is_left_out(self, one: Said) -> bool:
        is_young = now() - one.at < timedelta(seconds=self._behaviour.shrinks_for_s)
        return is_young and self._chance.random() < self._behaviour.shrink

    def _find(self, said_id: str) -> Said:
        return next(one for one in self.said if one.id == said_id)

    def _notification(self, one: Said) -> dict[str, Any]:
        return {
            "id": one.notification_id,
            "type": "mention",
            "created_at": self._told(one.at),
            "account": _account(one.author),
            "status": self._status(one) if one.raw is None else one.raw,
        }

    def _status(self, one: Said) -> dict[str, Any]:
        name = one.author.partition("@")[0]
        return {
            "id": one.id,
            "created_at": self._told(one.at),
            "edited_at": self._told(one.edited_at) if one.edited_at else None,
            "in_reply_to_id": one.in_reply_to_id,
            "visibility": one.visibility,
            "language": one.language,
            "spoiler_text": one.content_warning,
            "content": _html(one.to, one.text),
            "url": f"https://towns.example/@{name}/{one.id}",
            "account": _account(one.author),
            "mentions": [{"acct": one.to, "id": f"id-{one.to}"}],
            "media_attachments": [
                {"type": "image", "url": "https://towns.example/1.png", "description": text}
                for text in one.descriptions
            ],
            "reblog": None,
        }

    def _told(self, at: datetime) -> str:
        shown = at + timedelta(seconds=self._behaviour.clock_skew_s)
        return shown.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _account(author: str) -> dict[str, Any]:
    name = author.partition("@")[0]
    return {
        "id": f"id-{author}",
        "username": name,
        "acct": author,
        "display_name": name.title(),
        "url": f"https://towns.example/@{name}",
    }


def _html(to: str, text: str) -> str:
    shown = html.escape(text, quote=False).replace("\n", "<br />")
    mention = (
        f'<span class="h-card"><a href="#" class="u-url mention">@<span>{to}</span></a></span>'
    )
    return f"<p>{mention} {shown}</p>"
