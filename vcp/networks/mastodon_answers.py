"""What Mastodon-shaped JSON says, read without trusting its form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from vcp.networks.base import AccountInfo, Ballot, Limits, RemotePost, Unavailable
from vcp.networks.media import MediaItem
from vcp.networks.readback import plain_text, profile_links

_IMAGES = ("image/jpeg", "image/png", "image/webp", "image/gif")
#: What a server that doesn't say is taken to allow. Source: Mastodon 4, which says it.
_CHARACTERS = 500
_URL_LENGTH = 23
_MEDIA_COUNT = 4
_MEDIA_BYTES = 8 * 1024 * 1024
_ALT_CHARACTERS = 1500
_CHOICE_CHARACTERS = 50


def remote_id_of(answer: Any) -> str | None:
    """The id in an answer, as an opaque string; None when it has none."""
    found = answer.get("id") if isinstance(answer, dict) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) and found else None


@dataclass(frozen=True)
class ShownPost:
    """One entry of an account's list."""

    post: RemotePost
    is_boost: bool


def shown_post(status: Any) -> ShownPost:
    """An entry of an account's list.

    Raises: ValueError, TypeError, AttributeError or LookupError when it isn't one.
    """
    remote_id = remote_id_of(status)
    if remote_id is None:
        raise ValueError("A post without an id.")
    created_at = datetime.fromisoformat(status["created_at"])
    url = status.get("url")
    post = RemotePost(
        remote_id=remote_id,
        url=url if isinstance(url, str) else None,
        text=plain_text(status["content"] or ""),
        created_at=created_at if created_at.tzinfo else created_at.replace(tzinfo=UTC),
        content_warning=status.get("spoiler_text") or None,
        media_count=len(status.get("media_attachments") or ()),
        in_reply_to=remote_id_of({"id": status.get("in_reply_to_id")}),
    )
    return ShownPost(post, is_boost=status.get("reblog") is not None)


_VIDEO = "video/mp4"


def shows_other_images(status: Any, media: Sequence[MediaItem]) -> bool:
    """True when a post's images aren't these, by their number and their alt texts."""
    shown = status.get("media_attachments") if isinstance(status, dict) else None
    if not isinstance(shown, list):
        return False
    if len(shown) != len(media):
        return True
    said = [row.get("description") if isinstance(row, dict) else None for row in shown]
    return any(
        isinstance(text, str) and text.strip() != item.alt_text.strip()
        for text, item in zip(said, media, strict=True)
    )


def account_info(answer: Any, host: str) -> AccountInfo:
    """The account of a token; its handle always has the server's name behind it.

    Raises: Unavailable when the answer isn't an account.
    """
    remote_id = remote_id_of(answer)
    name = answer.get("acct") or answer.get("username") if remote_id else None
    if remote_id is None or not isinstance(name, str):
        raise Unavailable(f"{host} gave an answer that isn't an account. Check the address.")
    url = str(answer.get("url") or "")
    fields = [str(row.get("value", "")) for row in answer.get("fields") or [] if row]
    return AccountInfo(
        remote_id=remote_id,
        handle=name if "@" in name else f"{name}@{urlsplit(url).netloc or host}",
        display_name=str(answer.get("display_name") or name),
        url=url,
        profile_links=profile_links(*fields, str(answer.get("note") or "")),
    )


def limits_from(answer: Any, probed_at: datetime) -> Limits:
    """What an instance document allows; what it doesn't say is taken as Mastodon's own.

    Raises: Unavailable when the answer isn't an instance document.
    """
    if not isinstance(answer, dict) or not ("configuration" in answer or "version" in answer):
        raise Unavailable(
            "This server doesn't describe itself as Mastodon does. Check the address."
        )
    configuration = _part(answer, "configuration")
    statuses, media = _part(configuration, "statuses"), _part(configuration, "media_attachments")
    polls = _part(configuration, "polls")
    offered = media.get("supported_mime_types")
    types = tuple(kind for kind in _IMAGES if isinstance(offered, list) and kind in offered)
    has_film = isinstance(offered, list) and _VIDEO in offered
    characters = _number(answer, "max_toot_chars", _CHARACTERS)
    return Limits(
        characters=_number(statuses, "max_characters", characters),
        url_length=_number(statuses, "characters_reserved_per_url", _URL_LENGTH),
        media_count=_number(statuses, "max_media_attachments", _MEDIA_COUNT),
        media_bytes=_number(media, "image_size_limit", _MEDIA_BYTES),
        media_types=types or _IMAGES[:2],
        alt_characters=_number(media, "description_limit", _ALT_CHARACTERS),
        # No server says so; one that can't edit is found out by `correct`, which says what to do.
        supports_edit=True,
        supports_content_warning=True,
        probed_at=probed_at,
        # Some servers take a poll and lose it: only one that speaks of polls has them.
        poll_choices=_number(polls, "max_options", 0),
        poll_choice_characters=_number(polls, "max_characters_per_option", _CHOICE_CHARACTERS),
        supports_visibility=True,
        supports_language=True,
        video_bytes=_number(media, "video_size_limit", 0) if has_film else 0,
    )


def ballot_of(poll: Ballot) -> dict[str, Any]:
    """A poll as the API takes it in JSON."""
    return {"options": list(poll.choices), "expires_in": poll.minutes * 60, "multiple": False}


def _part(answer: dict[str, Any], name: str) -> dict[str, Any]:
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def _number(part: dict[str, Any], name: str, otherwise: int) -> int:
    found = part.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        return otherwise
    return found
