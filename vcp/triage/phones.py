"""Telephone numbers that lead to a person, told apart from the numbers everybody may see."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import phonenumbers
import re2

from vcp.triage.findings import Finding
from vcp.triage.signs import sign

_GAP = r"[ ().\-/]{0,3}"
_DIGIT = "[0-9oO]"
#: National with its zero, international for this country, international for others, mobile bare.
_CANDIDATE = re2.compile(
    rf"(?:^|[^0-9A-Za-z£$.,/-]|1800[0-2] ?)("
    rf"(?:(?:\+|00)[ ]?44{_GAP}(?:0{_GAP})?|\(?[0oO])(?:{_GAP}{_DIGIT}){{9,10}}"
    rf"|(?:\+|00)[1-9](?:{_GAP}[0-9]){{7,13}}"
    rf"|7[0-9]{{3}}(?:{_GAP}[0-9]){{6}})"
)
_DATE = re2.compile(r"^[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}")
_WORD = (
    r"(?:(?:double|treble|triple)[ -])?(?:zero|oh|nought|one|two|three|four|five|six"
    r"|seven|eight|nine)"
)
_SPELLED = re2.compile(rf"(?i)\b({_WORD}(?:[ ,.\-]{{1,3}}{_WORD}){{7,14}})\b")

#: Numbers that stand for a service, never for a person. Short ones (999, 101) are never candidates.
PUBLIC_NUMBERS = frozenset({"0800555111", "08001111"})
#: Free and national-rate numbers are given to organisations only. Source: Ofcom numbering plan.
_ORGANISATIONS = ("0800", "0808", "03")
_PREMIUM = ("084", "087", "09", "118")
_PERSONAL = ("01", "02", "07", "055", "056")
_NATIONAL_LENGTHS = (10, 11)
#: People write 0 as the letter o; fewer true digits than this is no number.
_FEWEST_TRUE_DIGITS = 6
_MOBILE_WITHOUT_ZERO = 10


def phones(text: str, force_phones: AbstractSet[str]) -> Iterator[Finding]:
    """Find private numbers; text must be plain, and `force_phones` are allowed in any layout."""
    allowed = PUBLIC_NUMBERS | {_national(phone) for phone in force_phones}
    for match in _CANDIDATE.finditer(text):
        start, end = match.span(1)
        if text[end : end + 1].isalnum() or not _is_number(match.group(1)):
            continue
        national = _national(match.group(1))
        if national in allowed:
            continue
        if national.startswith(_PREMIUM) and len(national) in _NATIONAL_LENGTHS:
            yield sign("phone-premium", start, end)
        elif _is_personal(national):
            yield sign("phone", start, end)
    for match in _SPELLED.finditer(text):
        yield sign("phone", *match.span(1))


def _is_number(candidate: str) -> bool:
    """Say whether it is a number with enough true digits, and not a date and a time."""
    true_digits = sum(letter.isdigit() for letter in candidate)
    return true_digits >= _FEWEST_TRUE_DIGITS and not _DATE.search(candidate)


def _digits(number: str) -> str:
    return "".join("0" if sign in "oO" else sign for sign in number if sign.isalnum())


def _national(number: str) -> str:
    """Turn any layout into the digits dialled within the country; foreign ones keep their `+`."""
    digits = _digits(number.replace("(0)", ""))
    is_international = number.lstrip("( ").startswith("+") or digits.startswith("00")
    if not is_international:
        return digits
    digits = digits.removeprefix("00")
    if digits.startswith("44"):
        return "0" + digits[2:].removeprefix("0")
    return "+" + digits


def _is_personal(national: str) -> bool:
    if national.startswith("+"):
        return _is_possible(national)
    if len(national) == _MOBILE_WITHOUT_ZERO and national.startswith("7"):
        return _is_possible(f"0{national}")
    if len(national) not in _NATIONAL_LENGTHS or national.startswith(_ORGANISATIONS):
        return False
    # The matcher must be lenient: numbers kept for drama are possible, but never valid.
    return national.startswith(_PERSONAL) and _is_possible(national)


def _is_possible(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, "GB"))
    except phonenumbers.NumberParseException:
        return False
