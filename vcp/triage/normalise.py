"""A text made plain for matching, with the way back to the places it was typed.

Screening must see `АВ１２ СDЕ` (Cyrillic, full width, zero-width joints) as a number plate, and
still mark the characters the author typed. So each plain character remembers its original.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

#: Changes when the same text would be made plain differently; kept with every verdict.
VERSION = "1"

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_NEEDS_WORK = re.compile(r"[^\x0a\x20-\x7e]|&|([A-Za-z])\1{3}|  ")
_SPECIAL = re.compile(r"[^\x0a\x20-\x7e]|&")
_LONG_REPEAT = re.compile(r"([A-Za-z])\1{3,}| {2,}")

#: Letters of other scripts that look like Latin ones, in the order of `_LATIN`.
_LOOKALIKES = "АВЕЅІЈКМНОРСТУХԚԜаеіјоѕрсухһԁԛԝкмтвнΑΒΕΖΗΙΚΜΝΟΡΤΥΧαορυνικτχɑɡıȷℓ"
_LATIN = "ABESIJKMHOPCTYXQWaeijospcyxhdqwkmtbhABEZHIKMNOPTYXaopuviktxagijl"
_PUNCTUATION = "‘’‚‛′´`“”„‟″‐‑‒–—―−⁃﹣…·•∙\t\r\x0b\x0c\x85\u2028\u2029"
_PLAIN = "'''''''\"\"\"\"\"---------.... \n\n\n\n\n\n"
_STANDS_FOR = {
    **dict(zip(_LOOKALIKES, _LATIN, strict=True)),
    **dict(zip(_PUNCTUATION, _PLAIN, strict=True)),
    # Enclosed letters that Unicode gives no plain form.
    **{chr(0x1F1E6 + place): chr(0x41 + place) for place in range(26)},
    **{chr(0x1F150 + place): chr(0x41 + place) for place in range(26)},
    **{chr(0x1F170 + place): chr(0x41 + place) for place in range(26)},
}

#: Format characters, variation selectors, marks and skin tones: invisible, or of no use to a rule.
_DROPPED_KINDS = frozenset({"Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"})
_SKIN_TONES = range(0x1F3FB, 0x1F400)
#: Letters drawn as nothing at all, though Unicode counts them as letters.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


@dataclass(frozen=True)
class Plain:
    """The plain text; `begins[i]` and `ends[i]` are where its character i stood in the original."""

    text: str
    begins: Sequence[int]
    ends: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Turn a stretch of the plain text into the stretch of the original it came from."""
        if end <= start:
            return (0, 0)
        return (self.begins[start], self.ends[end - 1])


def plain(text: str) -> Plain:
    """Make the text plain: entities, width, accents, look-alikes, invisible signs, long repeats."""
    if not _NEEDS_WORK.search(text):
        return Plain(text, range(len(text)), range(1, len(text) + 1))
    letters: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    place = 0
    while place < len(text):
        special = _SPECIAL.search(text, place)
        until = special.start() if special else len(text)
        letters.append(text[place:until])
        begins.extend(range(place, until))
        ends.extend(range(place + 1, until + 1))
        place = until
        if special is None:
            break
        piece, after = _next(text, place)
        letters.append(piece)
        begins.extend([place] * len(piece))
        ends.extend([after] * len(piece))
        place = after
    return _without_long_repeats(Plain("".join(letters), begins, ends))


def _next(text: str, place: int) -> tuple[str, int]:
    if text[place] == "&" and (entity := _ENTITY.match(text, place)):
        meant = html.unescape(entity.group())
        if meant != entity.group():
            return ("".join(_plain_letters(letter) for letter in meant), entity.end())
    return (_plain_letters(text[place]), place + 1)


def _plain_letters(letter: str) -> str:
    if " " <= letter <= "~" or letter == "\n":
        return letter
    if (known := _STANDS_FOR.get(letter)) is not None:
        return known
    if letter in _BLANK_LETTERS or ord(letter) in _SKIN_TONES:
        return ""
    if unicodedata.category(letter) == "Zs":
        return " "
    kept = (
        part
        for part in unicodedata.normalize("NFKD", letter)
        if unicodedata.category(part) not in _DROPPED_KINDS
    )
    return "".join(_STANDS_FOR.get(part, part) for part in kept)


def _without_long_repeats(long: Plain) -> Plain:
    """Cut many spaces to one, four or more of a letter to two: number plates may have three."""
    if not _LONG_REPEAT.search(long.text):
        return long
    letters: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    place = 0
    for run in (*_LONG_REPEAT.finditer(long.text), None):
        keep = len(long.text) if run is None else run.start() + (1 if run.group().isspace() else 2)
        letters.append(long.text[place:keep])
        begins.extend(long.begins[place:keep])
        ends.extend(long.ends[place:keep])
        if run is not None:
            ends[-1] = long.ends[run.end() - 1]
            place = run.end()
    return Plain("".join(letters), begins, ends)
