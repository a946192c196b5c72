"""What a person sees as one character counts as one, as it does on Bluesky's server."""

import pytest

from vcp.networks import graphemes


@pytest.mark.parametrize(
    "text, length",
    [
        ("Bore da", 7),
        ("a\r\nb", 3),
        ("\n\n", 2),
        ("e\u0301", 1),
        ("ŵ", 1),
        ("w\u0302", 1),
        ("👮‍♀️", 1),
        ("👨‍👩‍👧‍👦", 1),
        ("👍🏽", 1),
        ("🏴󠁧󠁢󠁷󠁬󠁳󠁿", 1),
        ("🇬🇧🇫🇷", 2),
        ("🇬🇧🇫", 2),
        ("1️⃣", 1),
        ("⚠️ ", 2),
        ("각", 1),
        ("\u1100\u1161\u11a8", 1),
        ("한국", 2),
        ("नि", 1),
        ("क्ष", 1),
        ("குடி", 2),
        ("กำ", 1),
        ("\u0301", 1),
        ("a\u200bb", 3),
        ("א\u05b0", 1),
    ],
)
def test_a_cluster_is_one_character(text: str, length: int) -> None:
    assert graphemes.count(text) == length


def test_a_mark_after_a_line_break_stands_by_itself() -> None:
    assert graphemes.count("\n\u0301") == 2


def test_a_hundred_families_are_a_hundred() -> None:
    assert graphemes.count("👨‍👩‍👧‍👦" * 100) == 100
