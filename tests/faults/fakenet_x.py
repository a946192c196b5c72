"""X's part of fakenet: enough of its API v2 to post, read back, hear others and be refused.

Every request has to be signed as OAuth 1.0a asks for, for the address that it came to; the token
"token-NAME" belongs to the account NAME, and every secret is "secret". Unlike the playground that
X gives away, it refuses the same words twice, weighs texts, and has ids of 19 digits that grow with
time. What a run would have cost is counted.
"""

import base64
import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.faults.fakenet_api import Call, Reply, as_reply
from tests.faults.fakenet_clock import now
from tests.faults.fakenet_faults import Behaviour
from tests.faults.fakenet_inbox import Said
from tests.faults.fakenet_ledger import FakePost, Media
from tests.faults.fakenet_x_ledger import Upload, XInbox, XLedger
from tests.faults.fakenet_x_shapes import (
    LINK,
    PROBLEM,
    Problem,
    body_of,
    invalid,
    is_poll,
    is_signed,
    plain,
    shown,
    token_of,
    user,
    weight,
)

#: Dollars. Source: X's pay-per-use price list of 2026.
PRICES = {"create": 0.015, "create_with_link": 0.200, "read": 0.001}
_MAX_WEIGHT = 280
_UPLOADS = {
    "tweet_image": ("image/jpeg", "image/png", "image/webp"),
    "tweet_video": ("video/mp4",),
    "subtitles": ("text/vtt",),
}
#: What X takes in a post: `additionalProperties` is false in its document.
_POST = {"text": str, "reply": dict, "media": dict, "poll": dict, "reply_settings": str}
_REPLY_SETTINGS = frozenset(("following", "mentionedUsers", "subscribers", "verified"))
_LIST_FIELDS = frozenset(
    ("max_results", "pagination_token", "start_time", "since_id", "exclude", "expansions")
) | {"tweet.fields", "user.fields", "media.fields"}


class XApi:
    """X as one server; `answer` does what a request asks and gives the reply."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.ledger = XLedger(None, 1)
        self.inbox = XInbox(self.ledger, behaviour)
        self.cost_usd = 0.0
        self._uploads: dict[str, Upload] = {}
        self._lock = threading.RLock()
        upload = "^/2/media/upload"
        self._routes: list[tuple[str, str, Callable[..., Reply]]] = [
            ("GET", "^/2/users/me$", self._me),
            ("GET", r"^/2/users/(\d+)/tweets$", self._timeline),
            ("GET", r"^/2/users/(\d+)/mentions$", self._mentions),
            ("POST", "^/2/tweets$", self._create),
            ("GET", r"^/2/tweets/(\d{1,19})$", self._show),
            ("DELETE", r"^/2/tweets/(\d{1,19})$", self._delete),
            ("POST", f"{upload}/initialize$", self._initialize),
            ("POST", rf"{upload}/(\d+)/append$", self._append),
            ("POST", rf"{upload}/(\d+)/finalize$", self._finalize),
            ("GET", f"{upload}$", self._upload_status),
            ("POST", "^/2/media/metadata$", self._describe),
            ("POST", "^/2/media/subtitles$", self._subtitle),
        ]

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return self.ledger.as_json() | {"cost_usd": round(self.cost_usd, 6)}

    def answer(self, call: Call, fault: str | None = None) -> Reply:
        for method, pattern, action in self._routes:
            found = re.search(pattern, call.path)
            if found and method == call.method:
                try:
                    account = self._account(call)
                    with self._lock:
                        if action == self._create:
                            return self._create(call, account, fault=fault)
                        return action(call, account, *found.groups())
                except Problem as problem:
                    return as_reply(problem.body, problem.status)
        return as_reply(plain(404, "Not Found"), 404)

    # --- who asks ---

    def _account(self, call: Call) -> str:
        header = call.headers.get("authorization", "")
        if not header.startswith("OAuth "):
            raise Problem(
                403,
                {
                    "errors": [
                        {
                            "title": "Unsupported Authentication",
                            "status": 403,
                            "type": f"{PROBLEM}unsupported-authentication",
                        }
                    ]
                },
            )
        account = self.ledger.account_of(token_of(header))
        if account is None or not is_signed(call, header):
            raise Problem(401, plain(401, "Unauthorized"))
        return account

    def _me(self, call: Call, account: str) -> Reply:
        del call
        link = f"https://force.example/officers/{account}"
        urls = {"url": {"urls": [{"url": "https://t.co/a", "expanded_url": link}]}}
        return as_reply({"data": user(account) | {"entities": urls}})

    # --- posts ---

    def _create(self, call: Call, account: str, *, fault: str | None = None) -> Reply:
        wanted = body_of(call)
        wrong = [
            name for name, value in wanted.items() if not isinstance(value, _POST.get(name, ()))
        ]
        media_ids = wanted.get("media", {}).get("media_ids", [])
        text = wanted.get("text", "")
        if wrong or not (text or media_ids) or len(media_ids) > 4:
            raise invalid("text", f"unexpected: {wrong}")
        poll = wanted.get("poll")
        if poll is not None and (media_ids or not is_poll(poll)):
            raise invalid("poll", "not a poll that X takes")
        if wanted.get("reply_settings", "following") not in _REPLY_SETTINGS:
            raise invalid("reply_settings", "not one that X knows")
        for media_id in media_ids:
            media = self.ledger.media.get(media_id)
            if media is None or media.account != account or media.attached:
                raise invalid("media.media_ids", "Your media IDs are invalid.")
        if weight(text) > _MAX_WEIGHT:
            raise Problem(403, plain(403, "Your Tweet text is too long, it needs to be shorter."))
        if self.behaviour.refuses_duplicates and self._is_duplicate(account, text):
            detail = "You are not allowed to create a Tweet with duplicate content."
            raise Problem(403, plain(403, detail))
        self.cost_usd += PRICES["create_with_link" if LINK.search(text) else "create"]
        post = self.ledger.create(
            account,
            {
                "text": text,
                "content_warning": "",
                "language": None,
                "media_ids": media_ids,
                "visibility": "public",
                "key": None,
                "in_reply_to": wanted.get("reply", {}).get("in_reply_to_tweet_id"),
                "poll": poll,
                "reply_settings": wanted.get("reply_settings"),
                "fault": fault,
            },
            self.behaviour.lag_s,
        )
        return as_reply({"data": {"id": post.id, "text": shown(post.text)[0]}}, 201)

    def _is_duplicate(self, account: str, text: str) -> bool:
        return any(
            post.account == account and post.text == text and post.deleted_at is None
            for post in self.ledger.posts
        )

    def _delete(self, call: Call, account: str, post_id: str) -> Reply:
        del call
        post = self.ledger.find(account, post_id)
        if post is None:
            raise Problem(404, plain(404, "Could not find tweet."))
        self.ledger.delete(post)
        return as_reply({"data": {"deleted": True}})

    def _show(self, call: Call, account: str, post_id: str) -> Reply:
        post = self.ledger.find(account, post_id)
        said = [one for one in self.inbox.said if one.to == account and not one.is_deleted]
        row = self._row(post) if post else None
        for one in said:
            if post_id in (one.id, self.inbox.edits.get(one.id)):
                row = self._said_row(one, post_id)
        if row is None:
            error = {
                "value": post_id,
                "detail": f"Could not find tweet with id: [{post_id}].",
                "title": "Not Found Error",
                "resource_type": "tweet",
                "parameter": "id",
                "resource_id": post_id,
                "type": f"{PROBLEM}resource-not-found",
            }
            return as_reply({"errors": [error]})
        self.cost_usd += PRICES["read"]
        return as_reply({"data": row} | self._includes(call, said))

    def _timeline(self, call: Call, account: str, user_id: str) -> Reply:
        if user_id != user(account)["id"]:
            error = {
                "title": "Authorization Error",
                "resource_type": "user",
                "parameter": "id",
                "type": f"{PROBLEM}not-authorized-for-resource",
                "value": user_id,
            }
            return as_reply({"errors": [error]})
        posts = list(self.ledger.timeline(account, None))
        return self._listed(call, [(post.accepted_at, self._row(post)) for post in posts], [])

    def _mentions(self, call: Call, account: str, user_id: str) -> Reply:
        if user_id != user(account)["id"]:
            raise invalid("id", "not the authenticating user")
        said = [
            one for one in reversed(self.inbox.said) if one.to == account and not one.is_deleted
        ]
        rows = [
            (one.edited_at or one.at, self._said_row(one, self.inbox.edits.get(one.id, one.id)))
            for one in said
        ]
        return self._listed(call, rows, said)

    def _listed(
        self, call: Call, rows: list[tuple[datetime, dict[str, Any]]], said: Sequence[Said]
    ) -> Reply:
        query = call.query
        unknown = query.keys() - _LIST_FIELDS
        size = int(query.get("max_results", 10))
        if unknown or not 5 <= size <= 100:
            raise invalid("query", f"unexpected: {sorted(unknown)}, {size}")
        start = datetime.fromisoformat(query.get("start_time", "2010-11-06T00:00:00Z"))
        if start > now() - timedelta(seconds=10):
            raise invalid("start_time", "'start_time' must be before the time of the request")
        since_id = int(query.get("since_id", 0))
        rows = [one for one in rows if one[0] >= start and int(one[1]["id"]) > since_id]
        size = min(size, self.behaviour.page_size)
        first = int(query.get("pagination_token", 0))
        page = [row for _, row in rows[first : first + size]]
        self.cost_usd += PRICES["read"] * len(page)
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
        if first + size < len(rows):
            meta["next_token"] = str(first + size)
        # Without any post there is no `data` at all.
        return as_reply(
            ({"data": page} if page else {}) | {"meta": meta} | self._includes(call, said)
        )

    def _includes(self, call: Call, said: Sequence[Said]) -> dict[str, Any]:
        wanted = call.query.get("expansions", "").split(",")
        if "author_id" not in wanted:
            return {}
        users = {one.author: user(one.author) for one in said}
        media = [
            {
                "media_key": f"3_{one.id}{place}",
                "type": "photo",
                "alt_text": text,
                "url": "https://pbs.twimg.com/media/1.png",
            }
            for one in said
            for place, text in enumerate(one.descriptions)
        ]
        return {"includes": {"users": list(users.values()), "media": media}}

    def _row(self, post: FakePost) -> dict[str, Any]:
        text, urls = shown(post.text)
        keys = [f"3_{media_id}" for media_id in post.media_ids]
        if keys:
            text = f"{text} https://t.co/media{post.id[-6:]}".strip()
            urls += [
                {
                    "url": f"https://t.co/media{post.id[-6:]}",
                    "media_key": key,
                    "expanded_url": f"https://x.com/{post.account}/status/{post.id}/photo/1",
                }
                for key in keys
            ]
        row: dict[str, Any] = {
            "id": post.id,
            "text": text,
            "created_at": self._told(post.accepted_at),
            "edit_history_tweet_ids": [post.id],
        }
        row |= {"entities": {"urls": urls}} if urls else {}
        row |= {"attachments": {"media_keys": keys}} if keys else {}
        if post.in_reply_to:
            row["referenced_tweets"] = [{"type": "replied_to", "id": post.in_reply_to}]
        return row

    def _said_row(self, one: Said, as_id: str) -> dict[str, Any]:
        edit = self.inbox.edits.get(one.id)
        is_first = edit is not None and as_id == one.id
        words = self.inbox.first_words[one.id] if is_first else one.text
        text, urls = shown(f"@{one.to} {words}")
        keys = [f"3_{one.id}{place}" for place, _ in enumerate(one.descriptions)]
        row: dict[str, Any] = {
            "id": as_id,
            "author_id": user(one.author)["id"],
            "text": text,
            "lang": one.language or "und",
            "created_at": self._told(one.at if is_first else one.edited_at or one.at),
            "edit_history_tweet_ids": [one.id, *([edit] if edit else [])],
        }
        row |= {"entities": {"urls": urls}} if urls else {}
        row |= {"attachments": {"media_keys": keys}} if keys else {}
        if one.in_reply_to_id:
            row["referenced_tweets"] = [{"type": "replied_to", "id": one.in_reply_to_id}]
        return row if one.raw is None else dict(one.raw)

    def _told(self, at: datetime) -> str:
        shown = at + timedelta(seconds=self.behaviour.clock_skew_s)
        return shown.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # --- media ---

    def _initialize(self, call: Call, account: str) -> Reply:
        wanted = body_of(call)
        types = _UPLOADS.get(wanted.get("media_category", ""), ())
        if wanted.get("media_type") not in types or not 0 < wanted.get("total_bytes", 0) < 2**23:
            raise invalid("media_type", "not what X takes")
        media_id = self.ledger.new_id()
        upload = Upload(account, wanted["media_type"], wanted["total_bytes"], {})
        self._uploads[media_id] = upload
        return as_reply({"data": {"id": media_id, "expires_after_secs": 86400}})

    def _append(self, call: Call, account: str, media_id: str) -> Reply:
        wanted = body_of(call)
        upload = self._upload(account, media_id)
        upload.parts[wanted["segment_index"]] = base64.b64decode(wanted["media"])
        return as_reply({"data": {"expires_at": 0}})

    def _finalize(self, call: Call, account: str, media_id: str) -> Reply:
        del call
        upload = self._upload(account, media_id)
        content = b"".join(part for _, part in sorted(upload.parts.items()))
        if len(content) != upload.total:
            raise invalid("media", "Segments do not add up to provided total file size.")
        ready_at = now() + timedelta(seconds=self.behaviour.media_ready_s)
        self.ledger.media[media_id] = Media(
            id=media_id,
            account=account,
            digest=hashlib.sha256(content).hexdigest(),
            size=len(content),
            media_type=upload.media_type,
            description="",
            ready_at=ready_at,
        )
        return self._status(media_id)

    def _upload_status(self, call: Call, account: str) -> Reply:
        self._upload(account, call.query.get("media_id", ""))
        return self._status(call.query["media_id"])

    def _status(self, media_id: str) -> Reply:
        data: dict[str, Any] = {"id": media_id, "media_key": f"3_{media_id}"}
        if self.ledger.media[media_id].ready_at > now():
            data["processing_info"] = {"state": "in_progress", "check_after_secs": 0}
        elif self.behaviour.media_ready_s:
            data["processing_info"] = {"state": "succeeded"}
        return as_reply({"data": data})

    def _describe(self, call: Call, account: str) -> Reply:
        wanted = body_of(call)
        self._upload(account, wanted["id"])
        text = wanted["metadata"]["alt_text"]["text"]
        if len(text) > 1000:
            raise invalid("metadata.alt_text.text", "too long")
        self.ledger.media[wanted["id"]].description = text
        return as_reply({"data": {"id": wanted["id"]}})

    def _subtitle(self, call: Call, account: str) -> Reply:
        wanted = body_of(call)
        said = wanted["subtitles"]
        if wanted["media_category"] != "TweetVideo" or len(said["language_code"]) != 2:
            raise invalid("media_category", "not what X takes")
        for media_id, kind in ((wanted["id"], "video/mp4"), (said["id"], "text/vtt")):
            if self._upload(account, media_id).media_type != kind:
                raise invalid("id", f"no {kind}")
        video = self.ledger.media[wanted["id"]]
        video.captions = self.ledger.media[said["id"]].digest
        return as_reply({"data": {"id": wanted["id"]}})

    def _upload(self, account: str, media_id: str) -> Upload:
        upload = self._uploads.get(media_id)
        if upload is None or upload.account != account:
            raise invalid("id", "no such upload")
        return upload
