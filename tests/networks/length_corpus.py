"""Texts whose length is known without counting: put together from pieces that were counted by hand.

Each piece says what it takes on each network, by that network's published rules and nobody's code:
Mastodon's API (code points; a link 23, a name on another server without the server), Bluesky's
lexicon (graphemes; bytes), X's rules (1 or 2 a letter, 2 an emoji, 23 a link). Pieces stand apart
from each other, so that none changes what another counts.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A piece of text and its lengths: code points, graphemes, X's units; bytes are as typed."""

    text: str
    mastodon: int
    bluesky: int
    x: int


def _plain(text: str) -> Piece:
    return Piece(text, len(text), len(text), len(text))


#: Latin with accents that are one letter; Cyrillic and Greek: all light.
_LIGHT = [
    "Bore da",
    "Siân",
    "tŷ",
    "dŵr",
    "Łódź",
    "Привет",
    "Αθήνα",
    "a",
    "999",
    "“so”",
    "–",
    "#BoreDa",
]
PIECES = (
    *map(_plain, _LIGHT),
    # Letters of two units.
    Piece("日本語", 3, 3, 6),
    Piece("한국", 2, 2, 4),
    Piece("你好，世界", 5, 5, 10),
    Piece("ｗｉｄｅ", 4, 4, 8),
    Piece("€", 1, 1, 2),
    Piece("™", 1, 1, 2),
    # Combining marks: what composes is one letter to X, what doesn't is weighed apart.
    Piece("e\u0301", 2, 1, 1),
    Piece("w\u0302", 2, 1, 1),
    Piece("q\u0301", 2, 1, 2),
    # One letter when composed, of a block that takes two units.
    Piece("a\u0323\u0302", 3, 1, 2),
    Piece("क्षि", 4, 1, 4),
    Piece("குடி", 4, 2, 4),
    Piece("กำ", 2, 1, 2),
    # Emoji.
    Piece("👮", 1, 1, 2),
    Piece("👮🏽", 2, 1, 2),
    Piece("👮🏻\u200d♀\ufe0f", 5, 1, 2),
    Piece("👨\u200d👩\u200d👧\u200d👦", 7, 1, 2),
    Piece("🇬🇧", 2, 1, 2),
    Piece("🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", 7, 1, 2),
    Piece("1\ufe0f\u20e3", 3, 1, 2),
    Piece("❤\ufe0f", 2, 1, 2),
    Piece("❤\ufe0f\u200d🔥", 4, 1, 2),
    # Links, with letters of other scripts in their names too.
    Piece("https://a.uk", 23, 12, 23),
    Piece("http://www.police.uk/contact?x=1&y=2", 23, 36, 23),
    Piece("https://force.example.org/a/very/long/address/of/a/page#part", 23, 60, 23),
    Piece("https://xn--mller-kva.de/path", 23, 29, 23),
)
#: What a Mastodon server may or may not take for a link: never counted as less than typed.
IDN = (
    Piece("https://müller.de/", 18, 18, 23),
    Piece("https://例え.jp", 13, 13, 23),
)
REMOTE = Piece("@ann@social.example", 4, 19, 19)


@dataclass(frozen=True)
class Text:
    """A text and how long it is in the eyes of each network."""

    text: str
    mastodon: int
    graphemes: int
    x: int

    @property
    def bytes(self) -> int:
        """Bytes in UTF-8."""
        return len(self.text.encode())


def texts(count: int, seed: int, *, longest: int) -> Iterator[Text]:
    """So many texts, always the same ones; half of them about as long as X and Bluesky take."""
    chance = random.Random(seed)
    for number in range(count):
        wanted = chance.randint(1, longest) if number % 2 else chance.randint(270, 310)
        yield _text(chance, wanted)


def _text(chance: random.Random, wanted: int) -> Text:
    pieces: list[Piece] = []
    length = 0
    # Few kinds a text, so that some are nearly all emoji, and some nearly all Chinese.
    kinds = chance.sample((*PIECES, REMOTE), chance.randint(1, 6))
    while length < wanted:
        piece = chance.choice(kinds)
        if length + piece.x + 1 > wanted:
            piece = PIECES[7]
        pieces.append(piece)
        length += piece.x + 1
    gaps = [chance.choice((" ", " ", "\n")) for _ in pieces[1:]]
    said = pieces[0].text + "".join(g + p.text for g, p in zip(gaps, pieces[1:], strict=True))
    return Text(
        said,
        sum(p.mastodon for p in pieces) + len(gaps),
        sum(p.bluesky for p in pieces) + len(gaps),
        sum(p.x for p in pieces) + len(gaps),
    )
