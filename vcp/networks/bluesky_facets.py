"""Which parts of a text are links, mentions and hashtags, counted in bytes as Bluesky asks."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from vcp.networks import graphemes

_LINK = re.compile(r"(?<![\w@/.])https?://[^\s<>\"“”]+", re.IGNORECASE)
_MENTION = re.compile(
    r"(?<![\w@./-])@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)"
    r"(?![\w@-])",
    re.IGNORECASE | re.ASCII,
)
_HASHTAG = re.compile(r"(?<![^\s(])[#\uff03](?!\ufe0f)([^\s#\uff03\u00ad\u2060\u200b-\u200d]+)")
_CLOSING = {")": "(", "]": "["}
_LONGEST_TAG = 64
_LONGEST_TAG_BYTES = 640
_FEATURE = "app.bsky.richtext.facet#"


def facets(text: str, did_of: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """The facets of a text, in order; `did_of` gives a handle's account, None leaves it as text."""
    found = _links(text)
    # What is part of an address is nothing else.
    covered = [(start, end) for start, end, _ in found]
    for start, end, feature in [*_mentions(text, did_of), *_hashtags(text)]:
        if not any(start < other_end and other_start < end for other_start, other_end in covered):
            found.append((start, end, feature))
    return [
        {
            "index": {"byteStart": _bytes(text[:start]), "byteEnd": _bytes(text[:end])},
            "features": [feature],
        }
        for start, end, feature in sorted(found, key=lambda one: one[0])
    ]


_Span = tuple[int, int, dict[str, str]]


def _links(text: str) -> list[_Span]:
    found = []
    for match in _LINK.finditer(text):
        address = _without_punctuation(match.group())
        if _is_address(address):
            feature = {"$type": f"{_FEATURE}link", "uri": address}
            found.append((match.start(), match.start() + len(address), feature))
    return found


def _mentions(text: str, did_of: Callable[[str], str | None]) -> list[_Span]:
    found = []
    for match in _MENTION.finditer(text):
        did = did_of(match.group(1).lower())
        if did is not None:
            found.append((*match.span(), {"$type": f"{_FEATURE}mention", "did": did}))
    return found


def _hashtags(text: str) -> list[_Span]:
    found = []
    for match in _HASHTAG.finditer(text):
        tag = match.group(1)
        while tag and unicodedata.category(tag[-1]).startswith("P"):
            tag = tag[:-1]
        is_short = graphemes.count(tag) <= _LONGEST_TAG if tag else False
        if is_short and _bytes(tag) <= _LONGEST_TAG_BYTES and not tag.isdecimal():
            feature = {"$type": f"{_FEATURE}tag", "tag": tag}
            found.append((match.start(), match.start(1) + len(tag), feature))
    return found


def _without_punctuation(address: str) -> str:
    """Cut what ends a sentence or closes a bracket that was opened before the address."""
    while address:
        last = address[-1]
        is_lone_bracket = last in _CLOSING and address.count(last) > address.count(_CLOSING[last])
        if last not in ".,;:!?'’…" and not is_lone_bracket:
            return address
        address = address[:-1]
    return address


def _is_address(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def _bytes(text: str) -> int:
    return len(text.encode())
