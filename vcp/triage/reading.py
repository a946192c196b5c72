"""A resident's message made ready for rules: plain, emoji in words, disguises taken off.

Drafts are read as they are typed; messages come with emoji, handles, stretched words and letters
swapped for digits, and a knife shown as a picture must be read as a knife.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from vcp.triage.emoji import emoji_name
from vcp.triage.normalise import Plain, plain

#: Changes when the same message would be made ready differently; kept with every verdict.
VERSION = "1"

_HANDLE = r"@[A-Za-z0-9_](?:[\w.-]{0,60}\w)?(?:@[\w.-]{1,100}\w)?"
_LEADING_HANDLES = re.compile(rf"\s*(?:{_HANDLE}[\s,:]*)+")
_LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_HANDLE_OR_LINK = re.compile(
    rf"(?P<link>{_LINK.pattern})|(?<![\w.@])(?P<handle>{_HANDLE})", re.IGNORECASE
)
_EMOJI = re.compile(r"[^\x00-\u22ff]")
#: One letter at a time, as in `k i l l` or `k.i.l.l`; shorter runs are initials.
_SPACED = re.compile(r"(?<![\w'])[A-Za-z](?:([ .*_-])[A-Za-z])(?:\1[A-Za-z]){2,20}(?![\w'])")
#: An @ before a dot is an address, not a letter.
_SWAPPED = re.compile(r"(?<=[A-Za-z])(?:[013457$]{1,2}|@(?![\w-]{0,60}\.))(?=[A-Za-z])")
_SWAPPED_FIRST = re.compile(r"(?<![\w$])\$(?=[A-Za-z]{2})")
_LETTER_FOR = str.maketrans("013457@$", "oieastas")
_WORD = re.compile(r"[A-Za-z]{2,}")
_RUN = re.compile(r"([a-z])\1+", re.IGNORECASE)
#: More stretched letters than these in one word are no word at all.
_MOST_RUNS = 4
#: Words that keep a double letter when a stretched word is cut back; all others lose it.
_DOUBLED = frozenset(
    [
        *("kill", "kills", "killed", "killing", "killer", "blood", "bloody", "bleed", "bleeding"),
        *("need", "needs", "been", "seen", "see", "keep", "keeps", "feel", "feeling", "three"),
        *("street", "school", "soon", "room", "look", "looking", "took", "food", "good", "door"),
        *("doors", "floor", "roof", "too", "shoot", "shooting", "shooter", "stabbed", "stabbing"),
        *("all", "call", "called", "calling", "fall", "fell", "falling", "hell", "hello", "tell"),
        *("telling", "will", "still", "well", "wall", "full", "pull", "pulled", "pulling", "off"),
        *("cliff", "missing", "miss", "pass", "passed", "glass", "less", "happen", "happened"),
        *("happening", "stopped", "dropped", "slipped", "kidnapped", "trapped", "ripped"),
        *("bottle", "battered", "little", "getting", "hitting", "cutting", "sitting", "putting"),
        *("better", "running", "gonna", "wanna", "planning", "hurry", "sorry", "carry"),
        *("terrified", "hammer", "mummy", "daddy", "ladder", "sudden", "bully", "trigger"),
        *("accident", "suffocating", "officer", "attack", "attacked", "attacking", "address"),
        *("bullet", "swallow", "swallowed", "follow", "followed", "following", "allowed"),
        *("screwed", "knee", "asleep", "sleep", "deep", "beer", "speed", "speeding", "weed"),
        *("cell", "spell", "bell", "burglar", "collapsed", "robbed", "robbery", "mugged"),
        *("grabbed", "pissed", "goodbye", "happy", "funny", "cheers", "please"),
    ],
)


def reading(text: str) -> Plain:
    """Make a message ready for rules; places still lead back to the message as it was typed."""
    return made_ready(plain(text))


def made_ready(plain_text: Plain) -> Plain:
    """Make a message that is plain already ready for rules."""
    ready = _without_leading_handles(plain_text)
    for edits in (_links_and_handles, _emoji, _spaced, _swapped):
        ready = _replaced(ready, edits(ready.text))
    return _replaced(ready, _stretched(ready))


def has_words(ready: Plain) -> bool:
    """Say whether anything but handles and links was written."""
    return bool(re.sub(r":(?:link|handle):", "", ready.text).strip())


Edit = tuple[int, int, str]


def _without_leading_handles(whole: Plain) -> Plain:
    start = _LEADING_HANDLES.match(whole.text)
    return _replaced(whole, [(0, start.end(), "")] if start else [])


def _links_and_handles(text: str) -> Iterator[Edit]:
    for found in _HANDLE_OR_LINK.finditer(text):
        yield (*found.span(), ":link:" if found.group("link") else ":handle:")


def _emoji(text: str) -> Iterator[Edit]:
    """Name each emoji once, however often it is repeated in a row."""
    last = (-1, "")
    for found in _EMOJI.finditer(text):
        letter = found.group()
        if (name := emoji_name(letter)) is not None:
            repeated = last == (found.start(), letter)
            yield (*found.span(), "" if repeated or not name else f" :{name}: ")
            last = (found.end(), letter)


def _spaced(text: str) -> Iterator[Edit]:
    for found in _SPACED.finditer(text):
        for place in range(found.start() + 1, found.end(), 2):
            yield (place, place + 1, "")


def _swapped(text: str) -> Iterator[Edit]:
    for pattern in (_SWAPPED, _SWAPPED_FIRST):
        found = pattern.search(text)
        if found is None:
            continue
        for one in pattern.finditer(text):
            yield (*one.span(), one.group().translate(_LETTER_FOR))


def _stretched(ready: Plain) -> Iterator[Edit]:
    for found in _WORD.finditer(ready.text):
        runs = list(_RUN.finditer(ready.text, *found.span()))
        long = [_is_long(ready, *run.span()) for run in runs]
        if any(long):
            for run, length in zip(runs, _kept(found.group(), long), strict=True):
                if length < run.end() - run.start():
                    yield (run.start() + length, run.end(), "")


def _is_long(ready: Plain, start: int, end: int) -> bool:
    """Say whether a letter stood more than twice in a row, before or after long runs were cut."""
    return end - start > 2 or ready.ends[end - 1] - ready.begins[end - 1] > 1  # noqa: PLR2004  # twice


def _kept(word: str, long: Sequence[bool]) -> tuple[int, ...]:
    """Return how many letters of each run to keep: two where that makes a word we know."""
    if len(long) <= _MOST_RUNS:
        for lengths in product((1, 2), repeat=len(long)):
            if _RUN.sub(_Cutter(lengths), word).lower() in _DOUBLED:
                return lengths
    return tuple(1 if is_long else 2 for is_long in long)


class _Cutter:
    """Cuts one run after the other to its length."""

    def __init__(self, lengths: tuple[int, ...]) -> None:
        self._lengths = iter(lengths)

    def __call__(self, run: re.Match[str]) -> str:
        return run.group(1) * next(self._lengths)


def _replaced(was: Plain, edits: Iterable[Edit]) -> Plain:
    """Put the edits in; what is put in points at all that it stands for."""
    ordered = sorted(edits)
    if not ordered:
        return was
    letters: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    place = 0
    for start, end, put in ordered:
        letters.append(was.text[place:start])
        begins.extend(was.begins[place:start])
        ends.extend(was.ends[place:start])
        letters.append(put)
        begins.extend([was.begins[start]] * len(put))
        ends.extend([was.ends[end - 1]] * len(put))
        place = end
    letters.append(was.text[place:])
    begins.extend(was.begins[place:])
    ends.extend(was.ends[place:])
    return Plain("".join(letters), begins, ends)
