"""Private telephone numbers are found in any layout, public ones are let through."""

from __future__ import annotations

import pytest

from tests.triage.screening import marked, screened
from vcp.triage.findings import Priority


@pytest.mark.parametrize(
    "number",
    [
        "07700 900123",
        "07700900123",
        "+44 7700 900123",
        "0044 (0)7700 900 123",
        "+44 (0) 7700 900123",
        "(01632) 960655",
        "01632-960-655",
        "7700 900123",
        "o77oo 9oo123",
        "+1 202 555 0143",
        "oh seven seven double oh nine double oh one two three",
    ],
)
def test_a_private_number_is_held_the_numbers_kept_for_drama_too(number: str) -> None:
    text = f"Ring me: {number} any time"
    assert marked(text, "id-phone") == [number]
    assert Priority.P3.value > screened(text).priority.value


def test_two_numbers_in_a_row_are_two() -> None:
    assert len(marked("07700 900123 07700 900456", "id-phone")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Call 999, 101, 111, 112, 105, 159 or 116 123",
        "Crimestoppers: 0800 555 111. Childline: 0800 1111",
        "Text relay: 18001 101",
        "A charity on 0808 000 0000 or 0300 123 4567",
        "The meeting is 01/02/2026 10.30 to 12.00",
        "We found 0.5 of 1 234 567 890 grains",
        "£07700 900123 is no sum",
        "Reference ML/2026/0417",
    ],
)
def test_public_numbers_dates_and_sums_are_let_through(text: str) -> None:
    assert not marked(text, "id-phone")


def test_the_forces_own_numbers_are_allowed_in_any_layout() -> None:
    allowed = frozenset({"01632 960001"})
    assert not marked("Ring +44 1632 960 001", "id-phone", force_phones=allowed)
    assert marked("Ring 01632 960002", "id-phone", force_phones=allowed)


def test_a_relay_prefix_does_not_hide_a_private_number() -> None:
    assert marked("Text relay 18001 07700 900123", "id-phone")


def test_a_costly_number_is_a_warning() -> None:
    assert screened("Ring 0871 222 3333 for tickets").priority is Priority.P3
