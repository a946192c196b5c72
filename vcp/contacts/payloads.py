"""What an arrival keeps: words of a network, or a form of ours, as JSON and back."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from vcp.networks.base import Inbound, InboundMedia

_BEYOND = re.compile(r"[^\t\n -~]")
_MOMENTS = ("posted_at", "noticed_at", "edited_at")


@dataclass(frozen=True)
class Asked:
    """What a resident typed into one of our forms."""

    text: str
    name: str = ""
    language: str | None = None
    #: Who or where they asked; both may be missing, and then it is for the whole force.
    persona_slug: str | None = None
    area_id: int | None = None
    #: SHA-256 of the secret in the address where they find the answer.
    token_sha256: str | None = None


def from_inbound(item: Inbound) -> str:
    """Return a network's item as it is stored; ASCII, since databases refuse some characters."""
    return json.dumps(asdict(item), default=datetime.isoformat)


def to_inbound(payload: str) -> Inbound:
    """Return the item that was stored."""
    kept: dict[str, Any] = json.loads(payload)
    for name in _MOMENTS:
        kept[name] = datetime.fromisoformat(kept[name]) if kept[name] else None
    kept["media"] = tuple(InboundMedia(**one) for one in kept["media"])
    return Inbound(**kept)


def unreadable(remote_id: str, payload: str) -> Inbound:
    """Return an item of which only the id is known; for us alone, since nobody can tell."""
    return Inbound(
        remote_id=remote_id,
        author_id="",
        handle="unknown",
        display_name="",
        profile_url=None,
        text="",
        html="",
        language=None,
        content_warning=None,
        visibility="direct",
        url=None,
        in_reply_to_id=None,
        posted_at=None,
        noticed_at=None,
        edited_at=None,
        media=(),
        raw=payload,
    )


def in_plain_letters(words: str) -> str:
    """Return words that any database takes; a sign beyond ASCII becomes a question mark."""
    return _BEYOND.sub("?", words)


def from_asked(asked: Asked) -> str:
    """Return a form's fields as they are stored."""
    return json.dumps(asdict(asked))


def to_asked(payload: str) -> Asked:
    """Return the fields that were stored; those of a later version are passed over."""
    kept = json.loads(payload)
    return Asked(**{name: kept[name] for name in Asked.__dataclass_fields__ if name in kept})


def fingerprint(item: Inbound) -> str:
    """Return what tells one wording of a message from the next, in hexadecimal."""
    said = [
        item.edited_at.isoformat() if item.edited_at else "",
        item.text,
        item.content_warning or "",
        [[one.kind, one.description] for one in item.media],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
