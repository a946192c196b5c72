"""How long a text is in the eyes of each kind of network; a network's limits name its counting.

Counting too much costs a warning, counting too little costs a refused post.
"""

import re
from collections.abc import Callable, Mapping

from vcp.networks import graphemes, x_length

#: Of a text of 300 graphemes Bluesky takes 3,000 bytes, so ten of them weigh as much as one.
#: Source: the lexicon app.bsky.feed.post.
_BYTES_A_GRAPHEME = 10
#: Begins the line that carries a content warning where a network has no field for it.
WARNING_MARK = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16} "

# Only what a server surely takes as a link is shortened.
_LINK = re.compile(
    r"(?<![\w@#$/.-])https?://"
    r"(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z]{2,}(?![a-z0-9_@-]|://)"
    r"(?::[0-9]+)?"
    r"(?:/(?:[a-z0-9!*';:=+,.$/%#\[\]\-_~&|@]*[a-z0-9=_#/+\-])?)?"
    r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9_&=#/\-])?",
    re.IGNORECASE | re.ASCII,
)
# What some servers may take as a link, of this length at least, and count as a longer one.
_SHORTEST_LINK = len("http://a.uk")
_PERHAPS_LINK = re.compile(r"https?://(?:(?!https?://)\S)+", re.IGNORECASE)
_REMOTE_MENTION = re.compile(r"(^|[^/\w])@([a-z0-9_]+)@[a-z0-9.\-]+[a-z0-9]+", re.IGNORECASE)


def characters(text: str, content_warning: str, url_length: int | None) -> int:
    """Code points, as servers with Mastodon's API count them, or more.

    A link counts as `url_length`, a mention of somebody on another server as its local part.
    Servers that count joined emoji as one only count less.

    Source: Mastodon API, statuses, "configuration.statuses.characters_reserved_per_url".
    """
    if url_length is not None:
        text = _LINK.sub("x" * url_length, text)
        text = _PERHAPS_LINK.sub(r"\g<0>" + "x" * (url_length - _SHORTEST_LINK), text)
        text = _REMOTE_MENTION.sub(r"\1@\2", text)
    return len(text) + len(content_warning)


def graphemes_and_bytes(text: str, content_warning: str, url_length: int | None) -> int:
    """Characters as a person sees them; where bytes are scarcer, what those leave room for.

    A link counts as typed. The warning is part of the text, on a line of its own.
    """
    del url_length
    said = with_warning(text, content_warning)
    return max(graphemes.count(said) if said else 0, -(-len(said.encode()) // _BYTES_A_GRAPHEME))


def weighted(text: str, content_warning: str, url_length: int | None) -> int:
    """Units as X weighs them; the warning is part of the text, on a line of its own."""
    del url_length
    return x_length.weight(with_warning(text, content_warning))


def with_warning(text: str, content_warning: str | None) -> str:
    """The text with its warning before it, for networks that have no field for one."""
    return f"{WARNING_MARK}{content_warning}\n\n{text}" if content_warning else text


#: By name, since limits are kept as JSON.
COUNTINGS: Mapping[str, Callable[[str, str, int | None], int]] = {
    "characters": characters,
    "graphemes": graphemes_and_bytes,
    "weighted": weighted,
}
