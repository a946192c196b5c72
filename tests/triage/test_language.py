"""Only what English rules can judge counts as screened."""

from __future__ import annotations

import pytest

from vcp.triage.language import has_other_language
from vcp.triage.normalise import plain


def is_other(text: str) -> bool:
    return has_other_language(text, plain(text).text)


@pytest.mark.parametrize(
    "text",
    [
        "Mae'r heddlu yn chwilio am dystion, ffoniwch 101",
        "Road closed by floods. Mae'r ffordd ar gau, diolch am eich amynedd",
        "Proszę nie dzwonić na numer alarmowy bez powodu",
        "Привет всем, приходите завтра",
        "شكرا جزيلا",
        "谢谢大家",
    ],
)
def test_welsh_other_languages_and_other_scripts_are_noticed(text: str) -> None:
    assert is_other(text)


@pytest.mark.parametrize(
    "text",
    [
        "Road closed on Heol y Felin until four. Please use the bypass.",
        "Croeso! Our stall is at the fair from ten",
        "Café Noël on the High Street was broken into",
        "Seen АВ12 СDЕ near the park gates",
        "Bike marking, Saturday 10am",
        "😂😂😂",
        "",
    ],
)
def test_english_with_names_accents_and_look_alikes_is_english(text: str) -> None:
    assert not is_other(text)
