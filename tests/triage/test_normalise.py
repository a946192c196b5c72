"""Plain text keeps the way back to every character that was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcp.triage.normalise import plain

TRICKY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("aA1 \u200b\u0301\ufe0f&;#xАВСЕ１Ａ😘🇦ﬁ½"),
    ),
    max_size=200,
)


@pytest.mark.parametrize(
    "typed, expected",
    [
        ("plain text", "plain text"),
        ("АВ１２ СDЕ", "AB12 CDE"),
        ("a\u200bb\u00adc", "abc"),
        ("cafe\u0301 ŵyl", "cafe wyl"),
        ("a&amp;b &lt; &nosuch;", "a&b < &nosuch;"),
        ("“it’s” — so…", '"it\'s" - so.'),
        ("sooooo", "soo"),
        ("AAA", "AAA"),
        ("a \u00a0  b", "a b"),
        ("one\r\ntwo\u2028three", "one\n\ntwo\nthree"),
        ("\ud800\x00", ""),
        ("👍🏽", "👍"),
    ],
)
def test_a_text_is_made_plain(typed: str, expected: str) -> None:
    assert plain(typed).text == expected


@given(TRICKY)
def test_every_plain_character_points_into_the_original(typed: str) -> None:
    made = plain(typed)
    assert len(made.text) == len(made.begins) == len(made.ends)
    places = list(zip(made.begins, made.ends, strict=True))
    assert all(0 <= begin < end <= len(typed) for begin, end in places)
    assert list(made.begins) == sorted(made.begins)


@given(TRICKY)
def test_plain_text_can_always_be_encoded_for_matching(typed: str) -> None:
    assert plain(typed).text.encode().decode() == plain(typed).text


def test_a_run_of_letters_points_to_the_whole_run() -> None:
    made = plain("nooooo way")
    assert made.text == "noo way"
    assert made.original(0, 3) == (0, 6)


def test_an_empty_stretch_points_nowhere() -> None:
    assert plain("abc").original(2, 2) == (0, 0)
