"""A post of ours as the record that Bluesky keeps, and whether a record is that post.

Key, moment and content are frozen with the approval, so that the same record is put by every
attempt, and any record under that key can be compared with what was approved.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vcp.networks.base import (
    Limits,
    Outgoing,
    Reason,
    Rejected,
    Visibility,
    count_characters,
)
from vcp.networks.lengths import with_warning
from vcp.networks.media import Card, MediaItem

POSTS = "app.bsky.feed.post"
LIMITS = Limits(
    characters=300,
    url_length=None,
    media_count=4,
    media_bytes=2_000_000,
    media_types=("image/jpeg", "image/png", "image/webp"),
    # The network sets none; its own app takes this many.
    alt_characters=2000,
    # A record can be replaced, but what people read was indexed when it was first seen.
    supports_edit=False,
    # As the first line, since there is no field for one.
    supports_content_warning=True,
    probed_at=None,
    counting="graphemes",
    supports_language=True,
    # What a server takes in one piece unless it is set up for more.
    video_bytes=5 * 1024 * 1024,
    video_seconds=180,
)
_CARD = ("uri", "title", "description")
_KEY = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_ADDRESS = re.compile(
    r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/([a-z][A-Za-z0-9.-]+)/([\w.:~-]{1,512})"
)
#: A raw block's content id: version 1, raw, SHA-256 of 32 bytes.
_RAW_CID = bytes((0x01, 0x55, 0x12, 0x20))


@dataclass(frozen=True)
class Address:
    """Where a record lies."""

    did: str
    collection: str
    key: str

    def __str__(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.key}"

    @property
    def url(self) -> str:
        """Where people read it."""
        return f"https://bsky.app/profile/{self.did}/post/{self.key}"


def address_of(remote_id: str) -> Address:
    """Read a remote id.

    Raises: Rejected(NOT_FOUND) for what can't be the id of a record.
    """
    found = _ADDRESS.fullmatch(remote_id)
    if found is None:
        raise Rejected("This isn't the id of a Bluesky post.", reason=Reason.NOT_FOUND)
    return Address(*found.groups())


def check(outgoing: Outgoing) -> None:
    """Refuse what Bluesky can't carry as it was approved, before anything is sent.

    Raises: Rejected, which says what to do.
    """
    if outgoing.visibility is Visibility.DIRECT:
        raise Rejected(
            "Everything on Bluesky is public, so an answer for one person can't be sent there. "
            "Answer another way, or write one that everybody may read.",
            reason=Reason.UNSUPPORTED,
        )
    if not _KEY.fullmatch(outgoing.record_key):
        raise Rejected("This delivery has no record key for Bluesky.", reason=Reason.INVALID)
    if count_characters(outgoing.text, LIMITS, outgoing.content_warning) > LIMITS.characters:
        raise Rejected(
            "Bluesky takes 300 characters and 3,000 bytes. Shorten the text.",
            reason=Reason.TOO_LONG,
        )
    if outgoing.poll:
        raise Rejected("Bluesky has no polls. List the choices in the text.", reason=Reason.INVALID)
    if len(outgoing.media) > LIMITS.media_count:
        raise Rejected("Bluesky takes four images. Remove some.", reason=Reason.MEDIA)


def text_of(outgoing: Outgoing) -> str:
    """The words as people will read them."""
    return with_warning(outgoing.text, outgoing.content_warning)


def record(
    outgoing: Outgoing,
    facets: list[dict[str, Any]],
    images: list[dict[str, Any]],
    reply: dict[str, Any] | None,
    thumb: Any = None,
    video: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The record of a post."""
    made: dict[str, Any] = {
        "$type": POSTS,
        "text": text_of(outgoing),
        "createdAt": moment(outgoing.created_at),
    }
    if outgoing.language:
        made["langs"] = [outgoing.language]
    if facets:
        made["facets"] = facets
    if images or video:
        made["embed"] = video or {"$type": "app.bsky.embed.images", "images": images}
        if _covers(outgoing):
            # The only label of the kind: the pictures are covered until somebody asks for them.
            made["labels"] = {
                "$type": "com.atproto.label.defs#selfLabels",
                "values": [{"val": "graphic-media"}],
            }
    elif outgoing.card:
        external = dict(zip(_CARD, _said_by(outgoing.card), strict=True))
        if thumb is not None:
            external["thumb"] = thumb
        made["embed"] = {"$type": "app.bsky.embed.external", "external": external}
    if reply:
        made["reply"] = reply
    return made


def image(item: MediaItem, blob: Any) -> dict[str, Any]:
    """One image of a record; `blob` is the server's own word for what was uploaded.

    Raises: Rejected(MEDIA) when the server took it for something else than this image.
    """
    media_type = blob.get("mimeType") if isinstance(blob, dict) else None
    is_image = isinstance(media_type, str) and media_type.startswith("image/")
    if not is_image or _link(blob) != content_id(item.digest):
        raise Rejected(
            "The server took one of the images for something else. Save it as JPEG or PNG and add "
            "it again.",
            reason=Reason.MEDIA,
        )
    return {
        "image": blob,
        "alt": item.alt_text,
        "aspectRatio": {"width": item.width, "height": item.height},
    }


def is_same(kept: Any, outgoing: Outgoing) -> bool:
    """True when a record is this post: words, moment, language, images and what it answers.

    A card's picture may be missing: the post goes out without one that the server won't take.
    Which names in it were found to be accounts may differ: that was asked anew by each attempt.
    """
    part = kept if isinstance(kept, dict) else {}
    return (
        part.get("text") == text_of(outgoing)
        and part.get("createdAt") == moment(outgoing.created_at)
        and (part.get("langs") or []) == ([outgoing.language] if outgoing.language else [])
        and _images(part) == [(content_id(item.digest), item.alt_text) for item in outgoing.media]
        and _card(part) == (_said_by(outgoing.card) if outgoing.card and not outgoing.media else ())
        and _parent(part) == outgoing.in_reply_to
        and bool(part.get("labels")) == _covers(outgoing)
    )


def reply_to(parent: dict[str, Any]) -> dict[str, Any]:
    """What makes a record an answer to another, as `getRecord` gave that one.

    Raises: Rejected(NOT_FOUND) when the answer wasn't a record.
    """
    uri, cid, value = parent.get("uri"), parent.get("cid"), parent.get("value")
    if not isinstance(uri, str) or not isinstance(cid, str) or not isinstance(value, dict):
        raise Rejected("What this answers can't be read any more.", reason=Reason.NOT_FOUND)
    own = {"uri": uri, "cid": cid}
    above = value.get("reply")
    root = above.get("root") if isinstance(above, dict) else None
    return {"root": root if isinstance(root, dict) else own, "parent": own}


def moment(at: datetime) -> str:
    """A moment as records write it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def content_id(digest: str) -> str:
    """The id that a file has on the network; `digest` is its SHA-256 in hex.

    Source: the CID specification, version 1 in base 32.
    """
    code = base64.b32encode(_RAW_CID + bytes.fromhex(digest)).decode().lower().rstrip("=")
    return f"b{code}"


def _covers(outgoing: Outgoing) -> bool:
    return bool(outgoing.media) and bool(outgoing.content_warning or outgoing.covers_images)


def _images(part: dict[str, Any]) -> list[tuple[str, str]]:
    embed = part.get("embed")
    rows = embed.get("images") if isinstance(embed, dict) else None
    if isinstance(embed, dict) and "video" in embed:
        return [(_link(embed["video"]), str(embed.get("alt", "")))]
    found = rows if isinstance(rows, list) else []
    return [
        (_link(row.get("image")), str(row.get("alt", ""))) for row in found if isinstance(row, dict)
    ]


def _said_by(card: Card) -> tuple[str, ...]:
    return card.uri, card.title, card.description


def _card(part: dict[str, Any]) -> tuple[str, ...]:
    embed = part.get("embed")
    external = embed.get("external") if isinstance(embed, dict) else None
    if not isinstance(external, dict):
        return ()
    return tuple(str(external.get(name, "")) for name in _CARD)


def _link(blob: Any) -> str:
    ref = blob.get("ref") if isinstance(blob, dict) else None
    return str(ref.get("$link", "")) if isinstance(ref, dict) else ""


def _parent(part: dict[str, Any]) -> str | None:
    reply = part.get("reply")
    parent = reply.get("parent") if isinstance(reply, dict) else None
    uri = parent.get("uri") if isinstance(parent, dict) else None
    return uri if isinstance(uri, str) else None
