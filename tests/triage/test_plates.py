"""Vehicle registrations are found however they are hidden, and roads are not."""

from __future__ import annotations

import pytest

from tests.triage.screening import marked, screened
from vcp.triage.findings import Priority


@pytest.mark.parametrize(
    "text, plate",
    [
        ("Seen AB12 CDE near the park", "AB12 CDE"),
        ("ab12cde left its lights on", "ab12cde"),
        ("the ab12 cde again", "ab12 cde"),
        ("AB-12-CDE and away", "AB-12-CDE"),
        ("IMG_AB12CDE_3.jpg", "AB12CDE"),
        ("A123 BCD by the wall", "A123 BCD"),
        ("ABC 123D by the wall", "ABC 123D"),
        ("Spelled A B 1 2 C D E for you", "A B 1 2 C D E"),
        ("With a letter for a digit: AB1O CDE", "AB1O CDE"),
        ("Threes of a letter: AB12 AAA", "AB12 AAA"),
        ("His private plate is 1 ABC", "1 ABC"),
        ("The number plate was JIG 4417", "JIG 4417"),
    ],
)
def test_a_plate_is_marked_on_its_very_letters(text: str, plate: str) -> None:
    assert marked(text, "id-plate") == [plate]
    assert screened(text).priority is Priority.P2


@pytest.mark.parametrize(
    "text, plate",
    [
        ("Seen A\u200bB1\u200d2\u2060 C\u00adDE here", "A\u200bB1\u200d2\u2060 C\u00adDE"),
        ("Seen ＡＢ１２　ＣＤＥ here", "ＡＢ１２　ＣＤＥ"),
        ("Seen АВ12 СDЕ here", "АВ12 СDЕ"),  # Cyrillic А, В, С and Е
        ("Seen 🇦🇧12 🇨🇩🇪 here", "🇦🇧12 🇨🇩🇪"),
        ("Seen 𝐀𝐁𝟏𝟐 𝐂𝐃𝐄 here", "𝐀𝐁𝟏𝟐 𝐂𝐃𝐄"),
        ("Seen &#65;B12 CDE here", "&#65;B12 CDE"),
        ("Seen AB1️⃣2️⃣ CDE here", "AB1️⃣2️⃣ CDE"),
    ],
    ids=["zero-width", "full-width", "cyrillic", "flags", "mathematical", "entity", "keycaps"],
)
def test_a_hidden_plate_is_still_found_where_it_was_typed(text: str, plate: str) -> None:
    found = marked(text, "id-plate")
    assert len(found) == 1
    assert found[0].rstrip("\ufe0f\u20e3") == plate.rstrip("\ufe0f\u20e3")


@pytest.mark.parametrize(
    "text",
    [
        "The M62 between J10 and J12 is shut, use the A64 or the B6265",
        "Bus 42A and the 61X run as usual",
        "On 14 May at noon, or in 20 min",
        "ON 14 MAY WE MEET",
        "A1 THE way round is signed",
        "Section 60, P1, PS5, Year 9, class 2B",
        "Number plates cost £100 and up to 40%",
        "PC 4417 and 7 colleagues on the T5 tram",
    ],
)
def test_roads_buses_dates_and_sections_are_no_plates(text: str) -> None:
    assert not marked(text, "id-plate")
    assert not marked(text, "id-plate-part")


def test_part_of_a_plate_counts_beside_a_word_for_one() -> None:
    assert marked("Grey estate, reg starts QX41", "id-plate-part")
    assert not screened("Grey estate QX41").findings


def test_a_plate_with_its_owners_name_is_p1() -> None:
    verdict = screened("Would Sarah Bell please move AB12 CDE")
    assert verdict.priority is Priority.P1
    assert "id-plate-and-name" in {finding.rule for finding in verdict.findings}
