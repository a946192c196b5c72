"""Words as people may safely look at them: nothing in them hides, reorders or overflows."""

import re
import unicodedata
from urllib.parse import urlsplit

#: Characters that no page or feed may hold, and those that reorder or hide the words around them.
#: Single left-to-right and right-to-left marks stay: Arabic and Urdu need them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u200b\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_FLAGS = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")
#: What our own officers have no reason to hide behind, but a stranger's words may: marks of
#: direction, soft hyphens, letters drawn as nothing, all further signs for choosing a glyph.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200e\u200f\u2800\u3164\uffa0"
    "\U0001d173-\U0001d17a\U000e0100-\U000e01ef]"
)
#: Joiners that Persian, Indian scripts and emoji need; between plain letters they only hide.
_JOINERS = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
#: More marks on one letter than any writing uses grow out of the line and over the page.
_MOST_MARKS = 5
LONGEST_LINK = 2_000
_NOT_IN_LINKS = re.compile(
    "[\x00-\x20\x7f-\x9f\"'<>\\\\^`{|}\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_EMPTY_LINES = re.compile(r"\n[ \t\u00a0\u3000]*(?:\n[ \t\u00a0\u3000]*){2,}\n")


def cleaned(text: str) -> str:
    """Return the text without control characters and without marks that reorder or hide words."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts, at = [], 0
    for flag in _FLAGS.finditer(text):
        # Scotland's and Wales's flags are made of characters that would go otherwise.
        parts += [_UNSAFE.sub("", text[at : flag.start()]), flag[0]]
        at = flag.end()
    return "".join([*parts, _UNSAFE.sub("", text[at:])])


def resident_text(text: str | None) -> str:
    """Return a stranger's words with all that hides, reorders or piles up taken out.

    A template still escapes it, and puts it into an element of its own direction (`dir="auto"`,
    or `<bdi>` inside a line): Arabic or Hebrew letters turn what stands beside them.
    """
    visible = _HIDDEN.sub("", cleaned(text or ""))
    visible = _EMPTY_LINES.sub("\n\n", _JOINERS.sub("", visible))
    return visible if visible.isascii() else _unpiled(visible)


def _unpiled(text: str) -> str:
    """Leave out the marks on a letter that come after the first few."""
    kept, marks = [], 0
    for letter in text:
        kind = unicodedata.category(letter)
        if kind in ("Mn", "Me"):
            marks += 1
        elif kind != "Cf":  # a joiner between marks begins no new letter
            marks = 0
        if kind not in ("Mn", "Me") or marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def web_link(url: str | None) -> str | None:
    """Return an address that a stranger gave when it leads to a plain web page, else None.

    One with a name before the host (`https://police.example@other.example`) pretends: None.
    """
    if not url or len(url) > LONGEST_LINK or _NOT_IN_LINKS.search(url):
        return None
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in ("http", "https") and bool(parts.hostname)
        return url if is_plain and parts.username is None and parts.password is None else None
    except ValueError:
        return None
