"""Names of people, by their form and by the commonest first names; officers' own are left out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import re2

from vcp.triage.rulefiles import shared_fragments

_EDGE = r"(?:^|[^A-Za-z@#])"

_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Master|Madam|Dr|Prof|Professor|Rev|Reverend|Imam|Father|Sister|Nurse)"
)
_RANK = (
    r"(?:(?:Special|Chief|Temporary|Acting|Detective|Police|Deputy|Assistant|Community"
    r"|Support|Staff"
    r"|T/|A/)[ /])?(?:PCs?|PCSOs?|PS|DC|DS|DI|DCI|DSU|SC|Sgt|Sergeant|Insp|Inspector"
    r"|Supt|Superintendent"
    r"|Constables?|Chief|Commissioner|Officers?|Ch Insp|CI|Cadet|Volunteer|Special)"
)
_SURNAME = r"(?:(?:Mc|Mac|O'|De |Van |Al-|ap |ab )?[A-Z][a-z]+(?:[-'][A-Z][a-z]+)?|[A-Z]\b\.?)"
_NOT_SURNAMES = frozenset(
    [
        *("Road", "Street", "Lane", "Avenue", "Way", "Close", "Drive", "Court", "Crescent"),
        *("Terrace", "Place", "Garden", "Gardens", "Grove", "Park", "School", "College"),
        *("Academy", "Church", "Chapel", "Centre", "Center", "Hall", "Hospital", "Station"),
        *("Library", "House", "Farm", "Day", "Night", "Green", "Bridge", "Square", "Market"),
        *("University", "Infirmary", "Cup", "Award", "Trust", "Foundation", "Team", "Police"),
        *("Christmas", "Bank", "Hotel", "Inn", "Arms", "Monday", "Tuesday", "Wednesday"),
        *("Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March", "April"),
        *("May", "June", "July", "August", "September", "October", "November", "December"),
    ],
)
_TITLED = re2.compile(rf"{_EDGE}({_TITLE}\.? (?:[A-Z][a-z]*\.? )?[A-Z][a-z]+(?:-[A-Z][a-z]+)?)")
_INITIAL = re2.compile(r"(?:^|[^A-Za-z@#.])([A-Z]\.? [A-Z][a-z]{2,}(?:-[A-Z][a-z]+)?)")
_AFTER_RANK = re2.compile(rf"(?i:\b{_RANK}) (?:[A-Z][a-z]+ )?$")
_RANK_REACH = 40


@cache
def _by_first_name() -> tuple[re2._Regexp, re2._Regexp]:
    """Return the patterns of a full name and of a first name alone, from the fragments' list."""
    fragments = shared_fragments()
    first, also_words = fragments["first_name"], fragments["word_name"]
    return (
        re2.compile(rf"{_EDGE}((?:{_TITLE} )?(?:{first}|{also_words}) {_SURNAME})"),
        re2.compile(rf"{_EDGE}({first})(?:$|[^A-Za-z])"),
    )


def full_names(text: str) -> Iterator[tuple[int, int]]:
    """Give where a person is named in full or by title and surname; text must be plain."""
    for pattern in (_by_first_name()[0], _TITLED):
        for match in pattern.finditer(text):
            start, end = match.span(1)
            if _last_word(text[start:end]) not in _NOT_SURNAMES and not _is_officer(text, start):
                yield (start, end)


def first_names(text: str) -> Iterator[tuple[int, int]]:
    """Give where a common first name stands; text must be plain."""
    for match in _by_first_name()[1].finditer(text):
        start, end = match.span(1)
        if not _is_officer(text, start):
            yield (start, end)


def initialled_names(text: str) -> Iterator[tuple[int, int]]:
    """Give where an initial and a surname stand, as on a label: "P. Dewhurst"."""
    for match in _INITIAL.finditer(text):
        start, end = match.span(1)
        # "A Night" and "I Will" are words.
        if text[start] not in "AI" and _last_word(text[start:end]) not in _NOT_SURNAMES:
            yield (start, end)


def _last_word(name: str) -> str:
    return name.rpartition(" ")[2]


def _is_officer(text: str, start: int) -> bool:
    return _AFTER_RANK.search(text[max(0, start - _RANK_REACH) : start]) is not None
