"""What a stranger wrote hides, reorders and overflows nothing when people look at it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcp.kernel.visible import resident_text, web_link

REORDERING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
INVISIBLE = "\u00ad\u034f\u115f\u1160\u180e\u200b\u2060\u2800\u3164\ufeff\uffa0\U000e0041"


@pytest.mark.parametrize("sign", [*REORDERING, *INVISIBLE, "\x00", "\x1b", "\x85"])
def test_signs_that_hide_or_reorder_are_taken_out(sign: str) -> None:
    assert resident_text(f"pay{sign}pal {sign}") == "paypal "


@pytest.mark.parametrize(
    "kept",
    [
        "👩‍💻 👍🏽 1️⃣ 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "می‌خواهم",
        "क्‍ष",
        "Tiếng Việt",
        "שָׁלוֹם",
        "<b>not bold</b> & 'quoted'",
        "two\n\nparagraphs",
    ],
)
def test_real_writing_stays_as_it_is(kept: str) -> None:
    assert resident_text(kept) == kept


def test_joiners_between_plain_letters_only_hide_and_go() -> None:
    assert resident_text("p\u200da\u200cy") == "pay"


def test_marks_piled_on_one_letter_stay_within_their_line() -> None:
    for mark in "\u0301\u0e49\u20e3\u0489":
        assert resident_text("a" + mark * 400 + "b") == "a" + mark * 5 + "b"
        assert resident_text("a" + (mark * 3 + "\u200d") * 90 + "b").count(mark) == 5


def test_a_screenful_of_empty_lines_becomes_one() -> None:
    assert resident_text("help" + "\n \t" * 5_000 + "\nme") == "help\n\nme"


def test_nothing_stays_nothing() -> None:
    assert resident_text(None) == ""
    assert resident_text("\u3164\u3164") == ""


@given(st.text())
def test_looking_twice_changes_no_more_and_nothing_hidden_is_left(text: str) -> None:
    once = resident_text(text)
    assert resident_text(once) == once
    assert not set(once) & set(REORDERING)
    left = {sign for sign in once if unicodedata.category(sign) == "Cc"}
    assert left <= {"\n", "\t"}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//towns.example/x",
        "/staff/contacts",
        "https:towns.example",
        "https://",
        "https://police.example@towns.example/",
        "https://towns.example/\u202egpj",
        "https://towns.example/\n",
        'https://towns.example/"onmouseover=x',
        "http://[::1",
        "https://towns.example/" + "a" * 2_000,
        "",
        None,
    ],
)
def test_addresses_that_act_or_pretend_are_no_links(url: str | None) -> None:
    assert web_link(url) is None


def test_plain_web_addresses_are_links() -> None:
    assert web_link("https://towns.example/@robin/1?a=b#c") is not None
    assert web_link("http://127.0.0.1:8900/@robin/1") is not None
