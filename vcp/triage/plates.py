"""Vehicle registrations of the United Kingdom, told apart from roads, buses and dates.

Source: the formats of the Driver and Vehicle Licensing Agency since 1903.
"""

from __future__ import annotations

from collections.abc import Iterator

import re2

from vcp.triage.findings import Finding
from vcp.triage.signs import sign, stretches

_EDGE = r"(?:^|[^A-Za-z0-9£$])"
_JOINT = r"[ .\-_/]?"
#: Current style. In small letters the first four signs must stand together: "on 14 may" is a date.
_CURRENT = re2.compile(
    rf"{_EDGE}((?i:[A-Z]{{2}}[0-9]{{2}}{_JOINT}[A-Z]{{3}})"
    rf"|[A-Z]{{2}}{_JOINT}(?:[0-9][0-9OI]|[OI][0-9]){_JOINT}[A-Z]{{3}})",
)
_PREFIX = re2.compile(rf"{_EDGE}((?i:[A-HJ-NPR-TV-Y][0-9]{{1,3}}){_JOINT}(?i:[A-Z]{{3}}))")
_SUFFIX = re2.compile(rf"{_EDGE}((?i:[A-Z]{{3}}){_JOINT}(?i:[0-9]{{1,3}}[A-HJ-NPR-TV-Y]))")
_SPELLED = re2.compile(
    rf"{_EDGE}([A-Z][ .\-][A-Z][ .\-][0-9][ .\-][0-9][ .\-]{{1,3}}[A-Z][ .\-][A-Z][ .\-][A-Z])",
)
_CONTEXT = (
    r"(?i:\b(?:regs?|registration|registered|regd|plates?|number ?plate|vrm|vrn|index(?: number)?"
    r"|licen[cs]e plate|private plate)\b)"
)
#: Dateless, Northern Irish and personal marks look like anything: only beside a word for a plate.
_DATELESS = re2.compile(
    rf"{_CONTEXT}[^.!?\n]{{0,20}}?[^A-Za-z0-9£$]([A-Z]{{1,3}} ?[0-9]{{1,4}}"
    rf"|[0-9]{{1,4}} ?[A-Z]{{1,3}})",
)
_PART = re2.compile(
    rf"{_CONTEXT}[^.!?\n]{{0,20}}?[^A-Za-z0-9]((?i:[A-Z]{{2}}[0-9]{{2}}|[A-Z][0-9]{{1,3}}))",
)
_HAS_CONTEXT = re2.compile(_CONTEXT)

#: Three capital letters beside a road, bus or junction number that are words, not marks.
_WORDS = frozenset(
    [
        *("ALL", "AND", "ANY", "APP", "ARE", "BAY", "BED", "BIG", "BOX", "BUS", "BUT", "BYE"),
        *("CAN", "CAR", "CAT", "CCU", "DAY", "DID", "DOG", "END", "ETC", "EST", "FAN", "FAX"),
        *("FEB", "FEW", "FOR", "FRI", "FUN", "GAP", "GET", "GMT", "GOT", "HAD", "HAS", "HER"),
        *("HIM", "HIS", "HOT", "HOW", "JAN", "JCT", "JUL", "JUN", "LED", "LET", "LOT", "MAN"),
        *("MAR", "MAY", "MEN", "MET", "MIN", "MON", "MPH", "NEW", "NOT", "NOV", "NOW", "OCT"),
        *("OFF", "OLD", "ONE", "OUR", "OUT", "OWN", "PCS", "PER", "POP", "PUB", "PUT", "RAN"),
        *("RED", "ROW", "RUN", "SAT", "SAW", "SAY", "SEC", "SEE", "SEP", "SET", "SHE", "SIX"),
        *("SUN", "TEN", "THE", "THU", "TOO", "TOP", "TRY", "TUE", "TWO", "USE", "VAN", "WAS"),
        *("WAY", "WED", "WHO", "WHY", "WIN", "YES", "YET", "YOU", "APR", "AUG", "DEC", "ACT"),
        *("TEL", "EXT", "REF", "LOG", "CAD", "JOB", "AGE", "NOS", "REG", "RTC", "SGT", "INS"),
        *("DCI", "SUP", "SEX", "TOT", "NHS", "AIR", "BST", "UTC", "ROOM", "VIA", "NON"),
        *("KEY", "AWAY", "ITV", "BBC", "HWY", "SLIP", "EXIT", "WEST", "EAST"),
    ],
)
#: Two capital letters before a day and a month or another short word.
_SHORT_WORDS = frozenset(
    [
        *("ON", "AT", "IN", "BY", "TO", "OF", "IS", "OR", "WE", "AM", "PM", "NO", "SO", "AS"),
        *("IF", "MY", "UP", "GO", "DO", "BE", "HE", "IT", "US", "AN"),
    ],
)
_NOT_MARKS = re2.compile(
    r"(?i)^(?:[ABM][0-9]{1,4}|J[0-9]{1,2}|PS[0-9]|P[1-4]|S[0-9]{1,3}|U[0-9]{1,2}|E[0-9]{1,2}|G[0-9]"
    r"|[0-9]{1,2} ?(?:AM|PM|ST|ND|RD|TH|MPH|KM|M|KG|G|L|P|K)|[0-9]+ ?(?:PM|AM|MPH)"
    r"|(?:PC|PCSO|DC|DS|DI|SC|CO|IN|ON|AT|TO|OF|BY|THE|AND|FOR|IS|A|I|CLASS|NO) ?[0-9]{1,4})$",
)


def plates(text: str) -> Iterator[Finding]:
    """Find registrations; text must be plain."""
    has_context = _HAS_CONTEXT.search(text) is not None
    for pattern in (_CURRENT, _SPELLED):
        for start, end in stretches(pattern, text):
            if not _is_date_or_words(text[start:end]):
                yield sign("plate", start, end)
    for pattern in (_PREFIX, _SUFFIX):
        for start, end in stretches(pattern, text):
            if _is_old_mark(text[start:end], has_context=has_context):
                yield sign("plate", start, end)
    if has_context:
        yield from _beside_a_word(text)


def _beside_a_word(text: str) -> Iterator[Finding]:
    for kind, pattern in (("plate", _DATELESS), ("plate-part", _PART)):
        for start, end in stretches(pattern, text):
            mark = text[start:end]
            follows_unit = text[end : end + 1] in {":", "%"} or text[end : end + 2].strip() == "%"
            if not follows_unit and not _NOT_MARKS.search(mark):
                yield sign(kind, start, end)


def _is_date_or_words(mark: str) -> bool:
    return mark[:2].upper() in _SHORT_WORDS and mark[-3:].upper() in _WORDS


def _is_old_mark(mark: str, *, has_context: bool) -> bool:
    letters = "".join(sign for sign in mark if sign.isalpha())
    together = mark.isalnum()
    group = letters[1:] if mark[1:2].isdigit() else letters[:3]
    if group.upper() in _WORDS:
        return False
    if together:
        return True
    # Apart, small letters are words ("a12 was"), unless the sentence speaks of a registration.
    return mark.upper() == mark or has_context
