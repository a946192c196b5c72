"""Numbers that stand for one person: health, tax, bank, licence and passport."""

from __future__ import annotations

from collections.abc import Iterator

import re2
from stdnum import iban, luhn
from stdnum.gb import nhs, utr

from vcp.triage.findings import Finding
from vcp.triage.signs import sign, stretches

_EDGE = r"(?:^|[^A-Za-z0-9£$])"
_NHS = re2.compile(rf"{_EDGE}([0-9]{{3}}[ -]?[0-9]{{3}}[ -]?[0-9]{{4}})")
_NHS_CONTEXT = re2.compile(r"(?i)\b(?:nhs|health|patient|hospital) ?(?:number|no\b|num\b|id\b|#)")
_NINO = re2.compile(rf"{_EDGE}((?i:[A-Z]{{2}}(?:[ .-]?[0-9]{{2}}){{3}}[ .-]?[A-D]))")
_NINO_CONTEXT = re2.compile(
    r"(?i)\b(?:ni|nino"
    r"|national insurance)\b[^.!?\n]{0,25}?[^A-Za-z0-9]([A-Z]{2}(?:[ .-]?[0-9]{2}){3})",
)
#: Source: HMRC, National Insurance manual NIM39110: letters and pairs that are never given out.
_NINO_NEVER = frozenset({"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
_NINO_FIRST_NEVER = frozenset("DFIQUV")
_NINO_SECOND_NEVER = frozenset("DFIOQUV")
_UTR = re2.compile(
    r"(?i)\b(?:utr|taxpayer reference|tax reference)\b[^.!?\n]{0,20}?[^0-9]([0-9]{5} ?[0-9]{5})"
)
_CARD = re2.compile(rf"{_EDGE}([2-6][0-9]{{3}}(?:[ -]?[0-9]{{3,6}}){{2,4}})")
_CARD_LENGTHS = range(13, 20)
_CARD_ENDING = re2.compile(
    r"(?i)\b(?:card|account)\b[^.!?\n]{0,20}?\b(?:ending|ends"
    r"|last four)\b[^.!?\n0-9]{0,12}([0-9]{4})"
)
_SORT_CODE = re2.compile(
    r"(?i)\b(?:sort ?code|s/c)\b[^.!?\n0-9]{0,12}([0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2})"
)
_ACCOUNT = re2.compile(
    r"(?i)\b(?:account|acc|a/c|acct)\b(?: (?:number|no|num))?\.?[^.!?\n0-9]{0,8}([0-9]{8})"
)
_IBAN = re2.compile(
    rf"{_EDGE}([A-Z]{{2}}[0-9]{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?)"
)
_LICENCE = re2.compile(
    rf"{_EDGE}((?i:[A-Z9]{{5}}[ -]?[0-9]{{6}}[ -]?[A-Z9]{{2}}[ -]?[0-9A-Z][A-Z]{{2}}))"
)
_PASSPORT = re2.compile(
    r"(?i)\bpassports?\b[^.!?\n]{0,25}?[^A-Za-z0-9]([0-9]{9}|[A-Z]{1,2}[0-9]{6,8})"
)
_WOMEN_ADD = 5
_MONTHS = range(1, 13)
_DAYS = range(1, 32)


def numbers(text: str) -> Iterator[Finding]:
    """Find personal numbers, with their check digits where they have them; text must be plain."""
    yield from _health(text)
    yield from _tax(text)
    yield from _bank(text)
    for start, end in stretches(_LICENCE, text):
        if _is_licence(text[start:end]):
            yield sign("driving-licence", start, end)
    for start, end in stretches(_PASSPORT, text):
        yield sign("passport", start, end)


def _health(text: str) -> Iterator[Finding]:
    in_context = _NHS_CONTEXT.search(text) is not None
    for start, end in stretches(_NHS, text):
        number = text[start:end]
        # A number that begins with 0 is a telephone number; see phones.py.
        is_grouped = not number.isdigit()
        is_valid = number[0] != "0" and nhs.is_valid(number)
        if is_valid and (in_context or is_grouped):
            yield sign("nhs-number", start, end)
        elif in_context or is_valid:
            yield sign("nhs-number-likely", start, end)


def _tax(text: str) -> Iterator[Finding]:
    for pattern in (_NINO, _NINO_CONTEXT):
        for start, end in stretches(pattern, text):
            if _is_nino(text[start : start + 2].upper()):
                yield sign("national-insurance", start, end)
    for start, end in stretches(_UTR, text):
        if utr.is_valid(text[start:end]) or "utr" in text.lower():
            yield sign("tax-reference", start, end)


def _is_nino(pair: str) -> bool:
    return (
        pair not in _NINO_NEVER
        and pair[0] not in _NINO_FIRST_NEVER
        and pair[1] not in _NINO_SECOND_NEVER
    )


def _bank(text: str) -> Iterator[Finding]:
    for start, end in stretches(_CARD, text):
        digits = text[start:end].replace(" ", "").replace("-", "")
        if len(digits) in _CARD_LENGTHS and luhn.is_valid(digits) and len(set(digits)) > 1:
            yield sign("payment-card", start, end)
    for start, end in stretches(_IBAN, text):
        if iban.is_valid(text[start:end]):
            yield sign("bank-account", start, end)
    for pattern in (_SORT_CODE, _ACCOUNT):
        for start, end in stretches(pattern, text):
            yield sign("bank-account", start, end)
    for start, end in stretches(_CARD_ENDING, text):
        yield sign("card-ending", start, end)


def _is_licence(number: str) -> bool:
    """Check the birth date inside: year, month (50 more for women), day, year."""
    birth = number.replace(" ", "").replace("-", "")[5:11]
    month = int(birth[1:3])
    if int(birth[1]) >= _WOMEN_ADD:
        month -= _WOMEN_ADD * 10
    return month in _MONTHS and int(birth[3:5]) in _DAYS
