"""What others say to a Bluesky account, out of JSON that may be anything at all.

Nothing raises for what an author sends: an entry that can't be read is given with what could.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from vcp.networks.answers import Step
from vcp.networks.base import (
    UNREADABLE,
    Inbound,
    InboundMedia,
    InboundPage,
    Reason,
    Rejected,
    Unavailable,
)
from vcp.networks.bluesky_answers import error_of, problem
from vcp.networks.bluesky_call import Call
from vcp.networks.bluesky_record import address_of
from vcp.networks.mastodon_inbound import moment, safe_text

#: Read again before the moment asked for: what was said is shown late at times.
OVERLAP = timedelta(minutes=2)
_PAGE_SIZE = 100
_LONGEST_ID = 300
_LONGEST_NAME = 300
_LONGEST_TEXT = 50_000
_LONGEST_ALT = 5_000
_MOST_MEDIA = 20
_SAID_TO_US = frozenset(("mention", "reply"))
_HANDLE_LOST = "handle.invalid"


def mentions(call: Call, own_did: str, since: datetime, before: str | None) -> InboundPage:
    """One page of mentions and replies, newest first.

    Raises: Unavailable where the server can't read what others say, which isn't silence.
    """
    answer = _viewed(
        call,
        "app.bsky.notification.listNotifications",
        limit=_PAGE_SIZE,
        reasons=sorted(_SAID_TO_US),
        cursor=before,
    )
    entries = answer.get("notifications")
    if not isinstance(entries, list):
        raise problem(call.wire, Step.READ)
    said = [entry for entry in entries if _is_said_to_us(entry, own_did)]
    moments = [moment(_part(entry).get("indexedAt")) for entry in entries]
    is_old = bool(entries) and all(at is not None and at < since - OVERLAP for at in moments)
    cursor = answer.get("cursor")
    has_more = isinstance(cursor, str) and cursor not in ("", before) and entries and not is_old
    return InboundPage(tuple(map(inbound, said)), cursor if has_more else None)


def message(call: Call, remote_id: str) -> Inbound | None:
    """The post as it is shown now; None when it isn't, whoever took it away."""
    if remote_id.startswith(UNREADABLE):
        raise Rejected("This message has no id that can be asked for.", reason=Reason.INVALID)
    answer = _viewed(call, "app.bsky.feed.getPosts", uris=str(address_of(remote_id)))
    posts = answer.get("posts")
    if not isinstance(posts, list):
        raise problem(call.wire, Step.READ)
    return inbound(posts[0]) if posts else None


def inbound(entry: Any) -> Inbound:
    """A notification or a shown post, with what could be read of it."""
    raw = json.dumps(entry)
    part = _part(entry)
    author, record = _part(part.get("author")), _part(part.get("record"))
    reply = _part(_part(record.get("reply")).get("parent"))
    did = _id(author.get("did"))
    languages = record.get("langs")
    language = languages[0] if isinstance(languages, list) and languages else None
    uri = _id(part.get("uri"))
    return Inbound(
        remote_id=uri or UNREADABLE + hashlib.sha256(raw.encode()).hexdigest(),
        author_id=did or "",
        handle=_handle(author, did),
        display_name=_line(author.get("displayName"), _LONGEST_NAME),
        profile_url=f"https://bsky.app/profile/{did}" if did else None,
        text=_text(record.get("text"), _LONGEST_TEXT),
        html="",
        language=_line(language, 35) or None,
        content_warning=_labels(record) or None,
        visibility="public",
        url=_url(uri),
        in_reply_to_id=_id(reply.get("uri")),
        posted_at=moment(record.get("createdAt")),
        noticed_at=moment(part.get("indexedAt")),
        edited_at=None,
        media=_media(_part(record.get("embed"))),
        raw=raw,
    )


def _viewed(call: Call, method: str, **params: Any) -> dict[str, Any]:
    try:
        return call.get(method, **params)
    except (Rejected, Unavailable) as error:
        name, said = error_of(call.wire.exchange)
        if name == "UpstreamFailure" or "No service configured" in said:
            raise Unavailable(
                f"{call.wire.host} keeps posts but can't show what others say: it has no view of "
                "the network at present. What is said to this account isn't heard here."
            ) from error
        raise


def _is_said_to_us(entry: Any, own_did: str) -> bool:
    """Say so also for what can't be read: it is kept, and a person looks."""
    if not isinstance(entry, dict):
        return True
    is_own = _part(entry.get("author")).get("did") == own_did
    return entry.get("reason") in _SAID_TO_US and not is_own


def _handle(author: dict[str, Any], did: str | None) -> str:
    handle = _line(author.get("handle"), _LONGEST_NAME).lower()
    # A name that its server no longer vouches for must not be shown as somebody's.
    return handle if handle and handle != _HANDLE_LOST else did or "unknown"


def _labels(record: dict[str, Any]) -> str:
    values = _part(record.get("labels")).get("values")
    rows = values if isinstance(values, list) else []
    return ", ".join(filter(None, (_line(_part(row).get("val"), 128) for row in rows[:10])))


def _media(embed: dict[str, Any]) -> tuple[InboundMedia, ...]:
    inner = _part(embed.get("media")) or embed
    rows = inner.get("images")
    images = [_part(row) for row in rows[:_MOST_MEDIA]] if isinstance(rows, list) else []
    if inner.get("$type") == "app.bsky.embed.video":
        return (InboundMedia("video", _text(inner.get("alt"), _LONGEST_ALT), ""),)
    return tuple(InboundMedia("image", _text(row.get("alt"), _LONGEST_ALT), "") for row in images)


def _url(uri: str | None) -> str | None:
    try:
        return address_of(uri or "").url
    except Rejected:
        return None


def _id(value: Any) -> str | None:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        return None
    return value if value == safe_text(value) else None


def _part(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any, longest: int) -> str:
    return safe_text(value)[:longest] if isinstance(value, str) else ""


def _line(value: Any, longest: int) -> str:
    return " ".join(_text(value, 10 * longest).split())[:longest]
