"""Telling our own post from others: a server's HTML made plain and compared with approved words."""

import html
import re
import unicodedata
from html.parser import HTMLParser

import nh3

_BLOCKS = frozenset(("p", "div", "blockquote", "li", "ul", "ol", "pre", "h1", "h2", "h3"))
_NAMES = frozenset(("mention", "hashtag", "u-url"))
_REMOTE_MENTION = re.compile(r"(^|[^/\w])@(\w+(?:[.-]\w+)*)@[\w.\-]*\w(?::\d+)?", re.MULTILINE)
_MARKS = re.compile(r"[*_~`]")
_BLANK = re.compile(r"\s+")
_TEXT_TAGS = {*_BLOCKS, "a", "br", "span"}
#: Ten times what the most generous server takes.
LONGEST_HTML = 50_000


class _Plain(HTMLParser):
    """Collects text; a link that is shown shortened gives its address in full."""

    def __init__(self, *, of_others: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._of_others = of_others
        self._href: str | None = None
        self._shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._add("\n")
        elif tag in _BLOCKS:
            self._add("\n\n")
        elif tag == "a":
            self._end_link()
            values = dict(attrs)
            if self._of_others or not _NAMES & set((values.get("class") or "").split()):
                self._href = values.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        elif tag in _BLOCKS:
            self._add("\n\n")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def close(self) -> None:
        super().close()
        self._end_link()

    def _add(self, text: str) -> None:
        (self.parts if self._href is None else self._shown).append(text)

    def _end_link(self) -> None:
        if self._href is None:
            return
        shown, href = "".join(self._shown), self._href
        self._href, self._shown = None, []
        if _is_shortened(shown, href):
            self.parts.append(href)
        elif not self._of_others or _is_name(shown) or not href or shown.strip() == href:
            self.parts.append(shown)
        else:
            # Others may write one address and lead to another.
            self.parts.append(f"{shown} ({href})")


def plain_text(content: str) -> str:
    """The text of a post's HTML, as any server writes it: paragraphs, breaks, bare, links cut."""
    return _plain(content, of_others=False)


def plain_text_of_others(content: str) -> str:
    """The same for what others wrote, where a link that says something else tells its target.

    Takes anything; of more than `LONGEST_HTML` characters the rest is left out.
    """
    # A browser's own reading makes it well-formed: the parser below takes minutes over some lies.
    tidy = nh3.clean(
        content[:LONGEST_HTML],
        tags=_TEXT_TAGS,
        attributes={"a": {"href", "class"}},
        clean_content_tags=set(),
        link_rel=None,
    )
    return _plain(tidy, of_others=True)


def _plain(content: str, *, of_others: bool) -> str:
    parser = _Plain(of_others=of_others)
    parser.feed(content)
    parser.close()
    lines = (_BLANK.sub(" ", line).strip() for line in "".join(parser.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def profile_links(*contents: str) -> tuple[str, ...]:
    """The web addresses that a profile's HTML links to, in order, each once."""
    found = [
        html.unescape(href)
        for content in contents
        for href in re.findall(r"""href=["'](https?://[^"']+)["']""", content)
    ]
    return tuple(dict.fromkeys(found))


def is_same_text(one: str, other: str) -> bool:
    """True when two plain texts say the same but for white space and a mention's server."""
    return _key(one) == _key(other)


def is_nearly_same_text(one: str, other: str) -> bool:
    """True when all letters and digits agree, so that it's worth asking for the source."""
    return _bones(one) == _bones(other)


def is_same_but_for_marks(one: str, other: str) -> bool:
    """True when two texts differ at most in the marks that servers turn into bold and the like."""
    return _key(_MARKS.sub("", one)) == _key(_MARKS.sub("", other))


def _key(text: str) -> str:
    # Servers show "@name" for "@name@server"; variation selectors come and go with emoji.
    text = _REMOTE_MENTION.sub(r"\1@\2", unicodedata.normalize("NFC", text))
    return _BLANK.sub(" ", text.replace("\ufe0f", "").replace("\u200b", "")).strip()


def _bones(text: str) -> str:
    return "".join(character for character in _key(text).casefold() if character.isalnum())


def _is_name(shown: str) -> bool:
    text = shown.strip()
    return text[:1] in ("@", "#") and not _BLANK.search(text)


def _is_shortened(shown: str, href: str) -> bool:
    """Also true for an address with its scheme left out; false for a name or another text."""
    text = shown.strip()
    if text == href or text[:1] in ("@", "#"):
        return False
    start = text.rstrip("…").rstrip(".") if text.endswith(("…", "...")) else text
    return bool(start) and start in href
