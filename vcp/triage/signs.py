"""The kinds of identifier the screen knows: how serious each is alone, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import re2

from vcp.triage.findings import Finding, Priority

_OUT = "Take it out, or give the written reason for showing it."


@dataclass(frozen=True)
class Kind:
    """What is the same for every sign of one kind."""

    priority: Priority
    why: str
    advice: str = _OUT
    category: str = "personal_data"


KINDS: dict[str, Kind] = {
    "plate": Kind(
        Priority.P2, "This looks like a vehicle registration, which leads to its keeper."
    ),
    "plate-part": Kind(Priority.P2, "This looks like part of a vehicle registration."),
    "plate-and-name": Kind(
        Priority.P1, "A vehicle registration and a name together identify a person."
    ),
    "phone": Kind(Priority.P2, "This looks like a private telephone number."),
    "phone-premium": Kind(
        Priority.P3, "This number costs the caller extra.", "Check the number, or give a free one."
    ),
    "email": Kind(Priority.P2, "This looks like somebody's e-mail address."),
    "nhs-number": Kind(Priority.P1, "This is a valid NHS number."),
    "nhs-number-likely": Kind(Priority.P2, "This may be an NHS number."),
    "national-insurance": Kind(Priority.P1, "This looks like a National Insurance number."),
    "tax-reference": Kind(Priority.P1, "This looks like a taxpayer reference."),
    "payment-card": Kind(Priority.P1, "This is a valid payment card number."),
    "bank-account": Kind(Priority.P1, "This looks like bank account details."),
    "card-ending": Kind(Priority.P2, "The end of a card number helps to identify its owner."),
    "driving-licence": Kind(Priority.P1, "This looks like a driving licence number."),
    "passport": Kind(Priority.P1, "This looks like a passport number."),
    "birth-date": Kind(Priority.P2, "This looks like a person's date of birth."),
    "birth-date-and-name": Kind(
        Priority.P1, "A name and a date of birth together identify a person."
    ),
    "address": Kind(Priority.P2, "This looks like a home address."),
    "address-and-name": Kind(Priority.P1, "A name and an address together identify a person."),
    "name-and-phone": Kind(
        Priority.P1, "A name and a private telephone number together identify a person."
    ),
    "postcode": Kind(
        Priority.P3,
        "A full postcode covers only a few homes.",
        "Name the street or the venue, or keep the first half only.",
    ),
    "coordinates": Kind(
        Priority.P3, "These coordinates give an exact place.", "Say why the exact place is needed."
    ),
    "grid-reference": Kind(
        Priority.P3, "This looks like a grid reference.", "Say why the exact place is needed."
    ),
    "what3words": Kind(
        Priority.P3, "This looks like a three-word place.", "Say why the exact place is needed."
    ),
    "collar-number": Kind(
        Priority.P3,
        "This looks like a collar number.",
        "Check that the officer agrees to be named here.",
    ),
    "reference": Kind(
        Priority.P3,
        "This looks like a crime or incident reference.",
        "Check that it is an appeal's own reference, not one person's.",
    ),
    "child-named": Kind(
        Priority.P1,
        "A child's name with an age, a school or a class identifies the child.",
        "No name, school, year, picture or family link.",
        "identifies_child",
    ),
    "child-likely": Kind(
        Priority.P2,
        "A name beside a school may identify a child.",
        "Leave the name or the school out, or say who agreed.",
        "identifies_child",
    ),
}


def sign(kind: str, start: int, end: int) -> Finding:
    """Return the finding of an identifier at these places."""
    known = KINDS[kind]
    return Finding(
        f"id-{kind}", known.category, known.priority, start, end, known.why, known.advice
    )


def stretches(pattern: re2._Regexp, text: str, group: int = 1) -> Iterator[tuple[int, int]]:
    """Give where the group matched, when no letter or digit follows it directly."""
    for match in pattern.finditer(text):
        start, end = match.span(group)
        if end == len(text) or not text[end].isalnum():
            yield (start, end)
