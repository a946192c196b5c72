"""Every identifier in a text, and what two of them give away together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

import re2

from vcp.triage.findings import Finding
from vcp.triage.names import first_names, full_names, initialled_names
from vcp.triage.numbers import numbers
from vcp.triage.phones import phones
from vcp.triage.places import addresses, places
from vcp.triage.plates import plates
from vcp.triage.signs import sign, stretches

#: Changes when the same text would give other identifiers; kept with every verdict.
VERSION = "1"

_EMAIL = re2.compile(
    r"(?:^|[^A-Za-z0-9._%+@/-])([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
)
_EMAIL_HIDDEN = re2.compile(
    r"(?i)\b([a-z0-9._-]+ ?[\[({<]? ?at ?[\])}>]? ?[a-z0-9-]+ ?[\[({<]? ?(?:dot|\.) ?[\])}>]? ?"
    r"(?:com|co|org|net|uk|me|io|example|mail)(?: ?[\[({<]? ?(?:dot|\.) ?[\])}>]? ?uk)?)\b"
)
#: Addresses of the public service lead to a desk. Source: the domain rules of gov.uk and police.uk.
_PUBLIC_DOMAINS = ("police.uk", "gov.uk", "nhs.uk", "nhs.net")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = (
    rf"(?:[0-3]?[0-9](?:st|nd|rd|th)?[ ./-](?:of )?{_MONTH}[ ./,-]{{1,2}}(?:19|20)?[0-9]{{2}}"
    r"|[0-3]?[0-9][./-][01]?[0-9][./-](?:19|20)?[0-9]{2}"
    rf"|{_MONTH} [0-3]?[0-9](?:st|nd|rd|th)?,? (?:19|20)[0-9]{{2}}"
    r"|(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9])"
)
_BIRTH_DATE = re2.compile(
    rf"(?i)\b(?:born|d\.?o\.?b\.?|date of birth|birth ?date|birthday"
    rf"|birthdate)\b[^!?\n]{{0,25}}?[^0-9A-Za-z]({_DATE})"
    rf"|({_DATE})[ ,()-]{{0,3}}(?:is (?:his|her|their) )?(?:dob|date of birth|birthday)\b"
)
_COLLAR = re2.compile(
    r"(?i)\b((?:pc|pcso|ps|sc|dc|ds|sgt|sergeant|constable|special|collar(?: number"
    r"| no\.?)?|shoulder number)"
    r" ?#?[0-9]{3,5})\b"
)
_REFERENCE = re2.compile(
    r"(?i)\b(?:(?:crime|incident|occurrence|log|cad|case|custody|investigation)"
    r"(?: (?:reference|ref|number|no|log|id))*|ref|reference)\b[.:# ]{1,3}(?:is |of )?"
    r"([a-z]{0,3}[/-]?[0-9]{2,8}(?:[/-][0-9a-z]{1,8}){0,3})\b"
)
_MIN_REFERENCE_DIGITS = 3
_CHILD_AGE = r"(?:[0-9]|1[0-7])"
_AGE_AFTER_NAME = re2.compile(
    rf"^(?:,? (?:is |was |just |only |who is |who's )?(?:age |aged )?{_CHILD_AGE}"
    rf"|,? ?\({_CHILD_AGE}\))"
    r"(?:[^0-9A-Za-z:%]|$| ?(?:years?|yrs?|year|months?))"
)
_AGE_BEFORE_NAME = re2.compile(
    rf"(?i)(?:{_CHILD_AGE}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    rf"|thirteen|fourteen"
    r"|fifteen|sixteen|seventeen)[ -](?:years?|months?)[ -]old,? (?:[a-z]+,? (?:to |by "
    r"|called |named )?){0,4}$"
)
_CLASS = re2.compile(
    r"(?i)\b(?:year (?:[1-9]|1[0-3])|y(?:[1-9]|1[0-3])|reception(?: class)?"
    r"|class [0-9][a-z]?|form [0-9]+[a-z]?"
    r"|nursery|playgroup|toddler|pupil|schoolboy|schoolgirl|head (?:boy|girl)"
    r"|little (?:boy|girl|lad)|(?:mrs|mr|miss|ms) [a-z]+.s (?:class|form))\b"
)
_SCHOOL = re2.compile(
    r"(?i)\b(?:[a-z']+ )?(?:school|academy|primary|juniors|infants|grammar|c of e|high school)\b"
)
_LITTLE = re2.compile(r"(?i)\b(?:little|young|baby|wee|schoolboy|schoolgirl|toddler|pupil) $")
_REACH = 55


def identifiers(
    text: str, force_phones: AbstractSet[str], force_domains: AbstractSet[str]
) -> list[Finding]:
    """Find every identifier in plain text, and raise what is worse together than apart."""
    found = [*_with_digits(text, force_phones), *_emails(text, force_domains)]
    named = [*full_names(text)]
    found.extend(_children(text, named))
    found.extend(_together(found, named or [*initialled_names(text)]))
    return found


def _with_digits(text: str, force_phones: AbstractSet[str]) -> Iterator[Finding]:
    yield from phones(text, force_phones)
    yield from places(text)
    if not any(letter.isdigit() for letter in text):
        return
    yield from plates(text)
    yield from numbers(text)
    yield from addresses(text)
    for match in _BIRTH_DATE.finditer(text):
        yield sign("birth-date", *match.span(1 if match.span(1)[0] >= 0 else 2))
    for start, end in stretches(_COLLAR, text):
        yield sign("collar-number", start, end)
    for start, end in stretches(_REFERENCE, text):
        if sum(letter.isdigit() for letter in text[start:end]) >= _MIN_REFERENCE_DIGITS:
            yield sign("reference", start, end)


def _emails(text: str, force_domains: AbstractSet[str]) -> Iterator[Finding]:
    for pattern in (_EMAIL, _EMAIL_HIDDEN):
        for match in pattern.finditer(text):
            domain = match.group(1).rpartition("@")[2].lower().rstrip(".")
            if not _is_within(domain, (*_PUBLIC_DOMAINS, *force_domains)):
                yield sign("email", *match.span(1))


def _is_within(domain: str, allowed: Sequence[str]) -> bool:
    return any(domain == known or domain.endswith(f".{known}") for known in allowed)


def _children(text: str, named: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    for start, end in {*named, *first_names(text)}:
        before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
        sentence_before = before.rpartition(".")[2].rpartition("!")[2]
        sentence_after = after.partition(".")[0].partition("!")[0]
        around = f"{sentence_before} {sentence_after}"
        if (
            _AGE_AFTER_NAME.search(after)
            or _AGE_BEFORE_NAME.search(before)
            or _LITTLE.search(before)
            or _CLASS.search(around)
        ):
            yield sign("child-named", start, end)
        elif _SCHOOL.search(around):
            yield sign("child-likely", start, end)


def _together(found: Sequence[Finding], named: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    if not named:
        return
    worse = {
        "id-plate": "plate-and-name",
        "id-birth-date": "birth-date-and-name",
        "id-address": "address-and-name",
        "id-phone": "name-and-phone",
    }
    for finding in found:
        if finding.rule in worse:
            yield sign(worse[finding.rule], finding.start, finding.end)
