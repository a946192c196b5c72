"""A language without rules goes to a person; a short or wrongly labelled word does not."""

from __future__ import annotations

import pytest

from vcp.triage.mother_tongue import is_beyond_the_rules
from vcp.triage.normalise import plain


def is_beyond(text: str, declared: str | None = None) -> bool:
    return is_beyond_the_rules(text, plain(text).text, declared)


@pytest.mark.parametrize(
    "text",
    [
        "Mae'r ffordd ar gau heddiw",
        "dwi angen help rwan",
        "Proszę o pomoc, ktoś tu jest",
        "Ajutor, vă rog",
        "Por favor, venham depressa",
        "помогите пожалуйста",
        "النجدة",
        "मदद करो",
        "救命",
        "Wiilkayga ayaa maqan, waa 8 sano jir",
    ],
)
def test_another_language_is_told_without_a_label(text: str) -> None:
    assert is_beyond(text)


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "thanks",
        "❤️",
        "😂😂",
        "Diolch",
        "merci",
        "",
        "lol",
        "yes mate",
        "Café Noël was lovely",
        "I went to Llanelli on the bus",
        "wallahi that teacher is not nice to my brother",
        "mi mam says ta",
    ],
)
def test_short_or_english_words_are_not_another_language(text: str) -> None:
    assert not is_beyond(text)


def test_plain_english_is_believed_over_a_label() -> None:
    assert not is_beyond("can you come to the fair on Saturday please", "cy")
    assert not is_beyond("thanks", "pl")
    assert not is_beyond("can you come to the fair", "en-GB")


def test_a_label_is_believed_where_words_tell_nothing() -> None:
    assert is_beyond("kanin bola natin dito", "tl")
    assert not is_beyond("kanin bola natin dito", "en")
