"""Exact places: home addresses, postcodes, coordinates, grid references, three-word places."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from vcp.triage.findings import Finding
from vcp.triage.signs import sign, stretches

_EDGE = r"(?:^|[^A-Za-z0-9£$])"
_STREET = (
    r"(?:Road|Rd|Street|St|Lane|Ln|Avenue|Ave|Way|Close|Drive|Court|Crescent|Cres"
    r"|Terrace|Place|Gardens?"
    r"|Grove|Walk|Row|Hill|Mews|Rise|View|Cottages?|Villas|Parade|Square|Green|Croft"
    r"|Mount|Fold|Bank"
    r"|Heol|Stryd|Ffordd|Lon|Maes|Parc)"
)
#: A number and one to three capitalised words, the last of them a word for a street.
_ADDRESS = re2.compile(
    rf"{_EDGE}((?i:(?:flat|apartment|apt|unit|number|no\.?|house) )?"
    rf"[0-9]{{1,3}}[A-Da-d]?,? (?:[A-Z][a-z'-]+ ){{1,3}}{_STREET})\b"
)
_WELSH_ADDRESS = re2.compile(
    rf"{_EDGE}([0-9]{{1,3}}[A-Da-d]?,? (?:Heol|Stryd|Ffordd|Lon|Maes|Clos|Rhes"
    rf"|Tai)(?: [A-Za-z][a-z'-]*){{1,3}})\b"
)
#: A flat in a named street: "Flat 2, Teasel Road".
_FLAT = re2.compile(
    rf"\b((?i:flat|apartment|apt)\.? ?[0-9]{{1,3}}[A-Da-d]?,? (?:[0-9]{{1,3}}[A-Da-d]? )?"
    rf"(?:[A-Z][a-z'-]+ ){{1,3}}{_STREET})\b"
)
#: A home by its number alone: "at number 12", "the house at no. 7".
_NUMBER_ONLY = re2.compile(
    r"(?i)\b(?:at|from|to|outside|inside|into|in|near|by|lives?|home|house|door|neighbours?)\b,? "
    r"(?:the house (?:at )?)?((?:house )?(?:number|no\.) ?[0-9]{1,3}[a-d]?)\b"
)
#: Houses that anybody may visit: the address is of a place, not of a home.
_PUBLIC_PLACE = re2.compile(
    r"(?i)\b(?:stations?|librar(?:y|ies)|halls?|church(?:yard)?|chapel|mosque|temple"
    r"|gurdwara|synagogue|centre"
    r"|hub|cafe|coffee|pub|inn|offices?|shops?|stores?|surgery|clinic|hospital|museum|theatre|court"
    r"|counter|venue|hotel|drop-in|meeting|stall|market|pharmacy|bank|club|gym|pool|park"
    r"|road closed)\b"
)
#: Words that make it a home whatever stands around it.
_HOME = re2.compile(
    r"(?i)\b(?:lives?|living|lived|home|house|flat|resident|neighbours?|moved|family|mr|mrs|ms|miss"
    r"|victim|witness|suspect|owner|tenant|landlord|key|door|parcel)\b"
)
_REACH = 60
#: Source: the postcode formats of the Royal Mail's postcode address file.
_POSTCODE = re2.compile(
    rf"{_EDGE}((?i:[A-PR-UWYZ](?:[0-9]{{1,2}}|[A-HK-Y][0-9]{{1,2}}|[0-9][A-HJKPS-UW]"
    rf"|[A-HK-Y][0-9][ABEHMNPRV-Y]))"
    rf" ?(?i:[0-9][ABD-HJLNP-UW-Z]{{2}}))"
)
_HOUSE_NUMBER = re2.compile(
    r"(?:^|[^A-Za-z0-9£$:.])((?i:(?:flat|number|no\.?|house) ?)?[0-9]{1,3}[a-d]?)[ ,]"
)
_COORDINATES = re2.compile(
    rf"{_EDGE}(-?(?:4[89]|5[0-9]"
    rf"|6[01])\.[0-9]{{3,}}[ ]?[NnSs]?[, ]{{1,3}}-?[0-8]\.[0-9]{{3,}}[ ]?[EeWw]?)"
)
_DEGREES = re2.compile(
    r"""([0-9]{1,2}[°º][ ]?[0-9]{1,2}['′][^A-Za-z]{0,8}[NS][, ]{1,3}[0-9]{1,3}[°º][ ]?"
    r"[0-9]{1,2}['′][^A-Za-z]{0,8}[EW])"""
)
#: Source: the Ordnance Survey's National Grid: which hundred-kilometre squares hold land.
_GRID = re2.compile(
    rf"{_EDGE}((?i:H[PTUWXYZ]|N[A-DF-PR-UWXYZ]|O[AV]|S[CDEHJKM-PR-Z]|T[AFGLMQRV])"
    rf" ?(?:[0-9]{{5}} ?[0-9]{{5}}|[0-9]{{4}} ?[0-9]{{4}}|[0-9]{{3}} ?[0-9]{{3}}))"
)
_WORDS_WITH_SLASHES = re2.compile(r"(///[a-z]{2,}\.[a-z]{2,}\.[a-z]{2,})")
_WORDS_IN_CONTEXT = re2.compile(
    r"(?i)\b(?:what ?3 ?words|w3w"
    r"|what three words)\b[^!?\n]{0,30}?[ :/]([a-z]{3,}\.[a-z]{3,}\.[a-z]{3,})\b"
)


def addresses(text: str) -> Iterator[Finding]:
    """Find home addresses; text must be plain."""
    for pattern in (_ADDRESS, _FLAT, _WELSH_ADDRESS, _NUMBER_ONLY):
        for start, end in stretches(pattern, text):
            around = text[max(0, start - _REACH) : end + _REACH]
            if _HOME.search(around) or not _PUBLIC_PLACE.search(around):
                yield sign("address", start, end)


def places(text: str) -> Iterator[Finding]:
    """Find postcodes, coordinates, grid references and three-word places; text must be plain."""
    for start, end in stretches(_POSTCODE, text):
        before = list(stretches(_HOUSE_NUMBER, text[max(0, start - _REACH) : start]))
        around = text[max(0, start - _REACH) : end]
        if before and not _PUBLIC_PLACE.search(around):
            yield sign("address", max(0, start - _REACH) + before[-1][0], end)
        else:
            yield sign("postcode", start, end)
    for kind, patterns in (
        ("coordinates", (_COORDINATES, _DEGREES)),
        ("grid-reference", (_GRID,)),
        ("what3words", (_WORDS_WITH_SLASHES, _WORDS_IN_CONTEXT)),
    ):
        for pattern in patterns:
            for start, end in stretches(pattern, text):
                yield sign(kind, start, end)
