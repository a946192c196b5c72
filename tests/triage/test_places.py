"""Homes are held, exact places are warned about, venues are let through."""

from __future__ import annotations

import pytest

from tests.triage.screening import marked, screened
from vcp.triage.findings import Priority


@pytest.mark.parametrize(
    "text",
    [
        "Smashed window at 27 Gannet Way",
        "He lives at 8b Saltings Road",
        "Flat 2, Teasel Road is empty",
        "The neighbours at number 12 saw it",
        "Yr ail ar 4 Heol y Felin",
        "Parcel for 12, AB1 2DE",
    ],
)
def test_a_home_is_held(text: str) -> None:
    assert marked(text, "id-address")
    assert screened(text).holds


@pytest.mark.parametrize(
    "text",
    [
        "The station, 12 High Street, is open till four",
        "Drop-in at the library, 3 Mill Lane, AB1 2DE",
        "Number 12 bus is late",
        "12 volunteers walked Mill Lane",
    ],
)
def test_a_venue_is_let_through(text: str) -> None:
    assert not marked(text, "id-address")


@pytest.mark.parametrize(
    "text, rule",
    [
        ("Meet at the library AB1 2DE", "id-postcode"),
        ("Found at 51.50123, -0.12345", "id-coordinates"),
        ("Found at TQ 301 802", "id-grid-reference"),
        ("Found at SU1234567890", "id-grid-reference"),
        ("Found at ///filled.count.soap", "id-what3words"),
        ("what3words: filled.count.soap", "id-what3words"),
        ("PCSO 8311 will help", "id-collar-number"),
        ("Crime reference 12/3456/26", "id-reference"),
    ],
)
def test_an_exact_place_or_a_reference_is_a_warning(text: str, rule: str) -> None:
    assert marked(text, rule)
    assert screened(text).priority is Priority.P3


def test_a_short_number_is_no_reference() -> None:
    assert not screened("The log is 12 pages").findings
