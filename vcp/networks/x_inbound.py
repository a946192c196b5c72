"""What others say to an account, out of X's JSON that may be anything at all.

As with other networks, an entry that can't be read is given with what could.
"""

import hashlib
import html
import json
from collections.abc import Mapping
from typing import Any

from vcp.networks.base import UNREADABLE, Inbound, InboundMedia
from vcp.networks.mastodon_inbound import moment, safe_text
from vcp.networks.x_answers import address_of, id_of, text_of

_LONGEST_TEXT = 50_000
_LONGEST_NAME = 300
_LONGEST_URL = 500
_MEDIA_KINDS = {"photo": "image", "animated_gif": "gifv", "video": "video"}
#: Codes of X for "no language", "not told" and the like.
_NO_LANGUAGE = ("und", "zxx", "q")


def inbound(row: Any, includes: Any) -> Inbound:
    """A post of somebody else, with what could be read of it."""
    part = _part(row)
    author_id = _text(part.get("author_id"), _LONGEST_NAME)
    author = _by_id(includes, "users", "id").get(author_id, {})
    raw = json.dumps(row)
    text = _words(part)
    remote_id = first_id_of(part)
    versions = _versions(part)
    posted_at = moment(part.get("created_at"))
    name = _text(author.get("username"), _LONGEST_NAME)
    language = _text(part.get("lang"), 35)
    return Inbound(
        remote_id=remote_id or UNREADABLE + hashlib.sha256(raw.encode()).hexdigest(),
        author_id=author_id,
        handle=name.lower() or f"unknown-{author_id}",
        display_name=" ".join(_text(author.get("name"), _LONGEST_NAME).split()),
        profile_url=f"https://x.com/{name}" if name.isascii() and name.isidentifier() else None,
        text=text,
        html=html.escape(text),
        language=None if not language or language.startswith(_NO_LANGUAGE) else language,
        content_warning=None,
        # X gives an account's mentions to anybody; there is no other kind in this list.
        visibility="public",
        url=address_of(remote_id) if remote_id else None,
        in_reply_to_id=_answered(part),
        posted_at=posted_at,
        noticed_at=posted_at,
        edited_at=posted_at if len(versions) > 1 else None,
        media=_media(part, includes),
        raw=safe_text(raw),
    )


def first_id_of(row: Any) -> str | None:
    """The id under which words were first said: every edit at X has an id of its own."""
    part = _part(row)
    return next(iter(_versions(part)), None) or id_of(part)


def latest_id_of(row: Any) -> str | None:
    """The id of the words as they are now."""
    part = _part(row)
    return next(reversed(_versions(part)), None) or id_of(part)


def _versions(part: dict[str, Any]) -> list[str]:
    found = part.get("edit_history_tweet_ids")
    ids = [id_of({"id": one}) for one in found] if isinstance(found, list) else []
    return [one for one in ids if one is not None]


def _words(part: dict[str, Any]) -> str:
    try:
        return safe_text(text_of(part))[:_LONGEST_TEXT]
    except (ValueError, TypeError, LookupError, AttributeError):
        return _text(part.get("text"), _LONGEST_TEXT)


def _answered(part: dict[str, Any]) -> str | None:
    rows = part.get("referenced_tweets")
    for row in rows if isinstance(rows, list) else []:
        if _part(row).get("type") == "replied_to":
            return id_of(row)
    return None


def _media(part: dict[str, Any], includes: Any) -> tuple[InboundMedia, ...]:
    keys = _part(part.get("attachments")).get("media_keys")
    known = _by_id(includes, "media", "media_key")
    rows = [known.get(str(key), {}) for key in keys] if isinstance(keys, list) else []
    return tuple(
        InboundMedia(
            kind=_MEDIA_KINDS.get(str(row.get("type")), "unknown"),
            description=_text(row.get("alt_text"), 5_000),
            url=_address(row.get("url")),
        )
        for row in rows
    )


def _by_id(includes: Any, name: str, key: str) -> Mapping[str, dict[str, Any]]:
    rows = _part(includes).get(name)
    return {
        str(_part(row).get(key)): _part(row) for row in (rows if isinstance(rows, list) else [])
    }


def _address(value: Any) -> str:
    found = _text(value, _LONGEST_URL)
    return found if found.startswith(("https://", "http://")) else ""


def _text(value: Any, longest: int) -> str:
    return safe_text(value)[:longest] if isinstance(value, str) else ""


def _part(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
