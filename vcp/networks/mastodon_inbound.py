"""What others say to an account, out of Mastodon-shaped JSON that may be anything at all.

Nothing here raises for what a server or an author sends: an entry that can't be read is given with
what could, so that one hostile message never stops those behind it.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from vcp.networks.base import UNREADABLE, Inbound, InboundMedia
from vcp.networks.mastodon_answers import remote_id_of
from vcp.networks.readback import LONGEST_HTML, plain_text_of_others

#: Longer ones are no ids of any server; they are kept as their hash, and never asked for again.
_LONGEST_ID = 300
_LONGEST_NAME = 300
_LONGEST_URL = 500
_LONGEST_LANGUAGE = 35
#: More than any server takes; what is behind it stays in `raw`.
_LONGEST_TEXT = LONGEST_HTML
_LONGEST_ALT = 5_000
_MOST_MEDIA = 20
_MEDIA_KINDS = frozenset(("image", "gifv", "video", "audio"))
_VISIBILITIES = frozenset(("public", "unlisted", "private", "direct"))


@dataclass(frozen=True)
class Noticed:
    """One entry of an account's notifications; `item` is None when it is nothing said to us."""

    id: str | None
    at: datetime | None
    item: Inbound | None


def noticed(entry: Any, host: str, own_id: str) -> Noticed:
    """What a notification says; likes, boosts, follows and our own words are nothing said to us."""
    part = entry if isinstance(entry, dict) else {}
    at = moment(part.get("created_at"))
    status = part.get("status")
    said = part.get("type") == "mention" and status is not None
    if isinstance(entry, dict) and not said:
        return Noticed(remote_id_of(entry), at, None)
    item = inbound(status if isinstance(entry, dict) else entry, host, at)
    return Noticed(remote_id_of(entry), at, None if item.author_id == own_id else item)


def inbound(status: Any, host: str, noticed_at: datetime | None) -> Inbound:
    """A status, with what could be read of it; `host` is that of the account's own server."""
    raw = json.dumps(status)
    part = _part(status)
    account = _part(part.get("account"))
    html = _text(part.get("content"), _LONGEST_TEXT)
    visibility = part.get("visibility")
    return Inbound(
        remote_id=_id(status) or UNREADABLE + hashlib.sha256(raw.encode()).hexdigest(),
        author_id=_id(account) or "",
        handle=_handle(account, host),
        display_name=_line(account.get("display_name"), _LONGEST_NAME),
        profile_url=_url(account.get("url")),
        text=plain_text_of_others(html),
        html=html,
        language=_line(part.get("language"), _LONGEST_LANGUAGE) or None,
        content_warning=_text(part.get("spoiler_text"), _LONGEST_TEXT).strip() or None,
        # What can't be told is treated as said to us alone: nobody else is shown it then.
        visibility=visibility
        if isinstance(visibility, str) and visibility in _VISIBILITIES
        else "direct",
        url=_url(part.get("url")),
        in_reply_to_id=_asked(part.get("in_reply_to_id")),
        posted_at=moment(part.get("created_at")),
        noticed_at=noticed_at,
        edited_at=moment(part.get("edited_at")),
        media=_media(part.get("media_attachments")),
        raw=raw,
    )


def moment(said: Any) -> datetime | None:
    """A moment as servers write them, in UTC; None when it isn't one."""
    if not isinstance(said, str):
        return None
    try:
        found = datetime.fromisoformat(said)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def safe_text(text: str) -> str:
    """The text without what no database takes: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _part(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(part: Any) -> str | None:
    found = remote_id_of(part)
    if found is None or len(found) > _LONGEST_ID or found != safe_text(found):
        return None
    return found


def _asked(value: Any) -> str | None:
    return _id({"id": value})


def _text(value: Any, longest: int) -> str:
    return safe_text(value)[:longest] if isinstance(value, str) else ""


def _line(value: Any, longest: int) -> str:
    return " ".join(_text(value, 10 * longest).split())[:longest]


def _url(value: Any) -> str | None:
    """Keep an absolute http(s) address; anything else could do harm as a link."""
    found = _text(value, _LONGEST_URL + 1).strip()
    if len(found) > _LONGEST_URL:
        return None
    try:
        parts = urlsplit(found)
    except ValueError:
        return None
    return found if parts.scheme in ("http", "https") and parts.netloc else None


def _handle(account: dict[str, Any], host: str) -> str:
    """Complete a local account's name with its server, as "ann" is "ann@social.example"."""
    name = _line(account.get("acct"), _LONGEST_NAME) or _line(
        account.get("username"), _LONGEST_NAME
    )
    name = name.removeprefix("@")
    if name and "@" not in name:
        name = f"{name}@{host}"
    return name.lower()[:_LONGEST_NAME] or f"unknown@{host}"


def _media(value: Any) -> tuple[InboundMedia, ...]:
    rows = value if isinstance(value, list) else []
    return tuple(_one_media(_part(row)) for row in rows[:_MOST_MEDIA])


def _one_media(row: dict[str, Any]) -> InboundMedia:
    kind = row.get("type")
    return InboundMedia(
        kind=kind if isinstance(kind, str) and kind in _MEDIA_KINDS else "unknown",
        description=_text(row.get("description"), _LONGEST_ALT),
        url=_url(row.get("url")) or "",
    )
