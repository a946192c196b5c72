"""A message is read with emoji in words and disguises off, and every place leads back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcp.triage.emoji import emoji_name
from vcp.triage.reading import has_words, reading


@pytest.mark.parametrize(
    "typed, read",
    [
        ("a 🔪 here", "a  :knife:  here"),
        ("🔪🔪🔪🔪", " :knife: "),
        ("🏃‍♂️", " :runner: "),
        ("👮🏽‍♀️", " :officer: "),
        ("🆘", " :sos: "),
        ("HEEEELLLLPPPP", "HELP"),
        ("killllll himmmm", "kill him"),
        ("bloooood", "blood"),
        ("ki\u200bl\u200bl", "kill"),
        ("k1ll y0u", "kill you"),
        ("st4b", "stab"),
        ("$tab", "stab"),
        ("k i l l", "kill"),
        ("s.t.o.p", "stop"),
        ("@pc_fenn@force.example, hello", "hello"),
        ("@one @two@x.example help", "help"),
        ("ask @someone please", "ask :handle: please"),
        ("see https://x.example/a?b now", "see :link: now"),
        ("\u0440lease", "please"),
    ],
)
def test_disguises_are_taken_off(typed: str, read: str) -> None:
    assert reading(typed).text == read


@pytest.mark.parametrize(
    "typed",
    ["AB12 CDE", "PC 4417", "4am", "£4,000", "good book", "a b c", "me@mail.example", "(c) 2026"],
)
def test_what_is_no_disguise_is_left_alone(typed: str) -> None:
    assert reading(typed).text == typed


def test_a_place_in_the_reading_leads_back_to_what_was_typed() -> None:
    typed = "@pc help 🔪 k1\u200bll"
    ready = reading(typed)
    start = ready.text.index("knife")
    assert ready.original(start, start + 5) == (9, 10)
    start = ready.text.index("kill")
    assert typed[slice(*ready.original(start, start + 4))] == "k1\u200bll"


@pytest.mark.parametrize(
    "typed", ["", "  ", "@pc_fenn", "https://x.example", "@a https://b.example"]
)
def test_handles_and_links_are_no_words(typed: str) -> None:
    assert not has_words(reading(typed))


def test_an_emoji_is_words() -> None:
    assert has_words(reading("❤️"))


def test_letters_and_signs_are_no_emoji() -> None:
    assert [emoji_name(letter) for letter in "aé©°ж"] == [None] * 5
    assert emoji_name("🚑") == "ambulance"


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from("aallkK1$@:. \u200b🔪😂👮🏽\u200d&;")),
        max_size=80,
    )
)
def test_every_letter_of_a_reading_has_a_place(typed: str) -> None:
    ready = reading(typed)
    assert len(ready.text) == len(ready.begins) == len(ready.ends)
    for begin, end in zip(ready.begins, ready.ends, strict=True):
        assert 0 <= begin < end <= len(typed)
