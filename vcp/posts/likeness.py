"""Whether what an account shows can be what we sent: lenient where servers change what they show.

Used to tell ours from others' by words only where the network's id can't: while it isn't known.
"""

import json
import re
from typing import Any

from vcp.networks.base import OwnPost
from vcp.networks.readback import is_same_text
from vcp.posts.models import Delivery

#: `@name@server` is shown as `@name`, and X puts whom a reply answers before it or leaves it out.
_SERVER = re.compile(r"(@\w[\w.-]*)@[\w.\-]*\w(?::\d+)?")
_NAMES_BEFORE = re.compile(r"^(?:@\S+\s+)+")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


def is_like(shown: OwnPost, delivery: Delivery) -> bool:
    """Say whether a post as shown says what this delivery was to say."""
    said = json.loads(delivery.payload)
    return shown.media_count == len(said["media"]) and any(
        is_like_text(shown.text, text) for text in wordings(said)
    )


def is_like_words(text: str, delivery: Delivery) -> bool:
    """The same for the words alone."""
    return any(is_like_text(text, one) for one in wordings(json.loads(delivery.payload)))


def wordings(payload: dict[str, Any]) -> tuple[str, ...]:
    """Return the words of frozen bytes, with and without the warning before them."""
    text, warning = str(payload["text"]), payload["content_warning"]
    return (text, f"{warning} {text}") if warning else (text,)


def is_like_text(one: str, other: str) -> bool:
    """Say whether two texts agree in all letters and digits but for names and links' beginnings."""
    if is_same_text(one, other):
        return True
    bones = _bones(one)
    return bool(bones) and bones == _bones(other)


def _bones(text: str) -> str:
    plain = _SCHEME.sub("", _NAMES_BEFORE.sub("", _SERVER.sub(r"\1", text)))
    return "".join(character for character in plain.casefold() if character.isalnum())
