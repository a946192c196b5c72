"""X weighs texts as its own counter does, or takes more where that can't be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcp.networks.base import Limits, count_characters
from vcp.networks.x_answers import LIMITS
from vcp.networks.x_length import LINK, links, weight

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
OFFICER = "\U0001f46e\U0001f3fb\u200d\u2640\ufe0f"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "text, units",
    [
        ("", 0),
        ("Bore da", 7),
        ("Bydd yr heddlu yn y llyfrgell: tŷ, dŵr", 38),
        ("Привет", 6),
        ("日本", 4),
        ("안녕", 4),
        ("ｗｉｄｅ", 8),
        ("“quoted” – and… so", 19),
        ("é", 1),
        ("e\u0301", 1),
        ("q\u0301", 2),
        ("€", 2),
    ],
)
def test_letters_weigh_one_or_two(text: str, units: int) -> None:
    assert weight(text) == units


@pytest.mark.parametrize(
    "text, units",
    [
        ("\U0001f600", 2),
        ("\U0001f44d\U0001f3fd", 2),
        (FAMILY, 2),
        (OFFICER, 2),
        ("\U0001f9d1\U0001f3ff\u200d\u2708\ufe0f", 2),
        ("\U0001f1ec\U0001f1e7", 2),
        (SCOTLAND, 2),
        ("1\ufe0f\u20e3", 2),
        ("\u2764\ufe0f", 2),
        ("\u2764\ufe0f\u200d\U0001fa79", 2),
        ("\u00a9", 1),
        ("\u00a9\ufe0f", 2),
        (f"{FAMILY}{OFFICER}!", 5),
        # X knows no such emoji, so each part and each joiner is weighed.
        ("\U0001f34e\u200d\U0001f34e", 5),
        ("\u65e5\u200d\u672c", 5),
    ],
)
def test_an_emoji_is_weighed_as_a_whole_where_x_knows_it(text: str, units: int) -> None:
    assert weight(text) == units


@pytest.mark.parametrize(
    "link",
    [
        "https://force.example.org/a/very/long/address?of=a&page=2#part",
        "http://a.uk",
        "gov.uk",
        "www.police.uk/contact",
        "https://müller.de/straße".removesuffix("straße"),
        "https://例え.jp",
        "xn--mller-kva.de",
        "https://en.wikipedia.org/wiki/Force_(physics)",
        "HTTPS://EXAMPLE.COM:8080/?q=1",
    ],
)
def test_a_link_weighs_23_with_or_without_its_scheme(link: str) -> None:
    assert weight(link) == LINK
    assert links(link) == [link]
    assert weight(f"See {link}, please") == 4 + LINK + 8
    assert weight(f"({link})") == LINK + 2


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.com",
        "@ann@example.com",
        "e.g. this",
        "at 3.30pm",
        "a full stop.Because",
        "#gov.uk",
    ],
)
def test_what_is_no_link_weighs_what_is_typed(text: str) -> None:
    assert weight(text) == len(text)
    assert links(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "https://localhost/a/path/that/is/longer/than/any/link",
        "https://force.invalidending/a/path/that/is/longer/than/any/link",
        "xhttps://example.com/a/path/that/is/longer/than/any/link/with/more",
        "https://example.com/" + "a" * 5000,
    ],
)
def test_what_x_may_not_take_for_a_link_is_never_made_shorter(text: str) -> None:
    assert weight(text) >= len(text)


def test_a_link_behind_letters_without_spaces_is_seen() -> None:
    assert weight("テストexample.com") == 6 + LINK


def test_two_links_are_two() -> None:
    assert weight("gov.uk https://example.com/x") == 2 * LINK + 1


@given(st.text(alphabet=st.sampled_from("ab.:/ @日\u200d\ufe0f👍🏽👩éco uk"), max_size=40))
def test_any_text_has_a_weight_and_links_are_parts_of_it(text: str) -> None:
    assert weight(text) >= 0
    assert all(link in text for link in links(text))


@given(st.text(max_size=60), st.text(max_size=60))
def test_adding_words_on_a_new_line_adds_their_weight(one: str, other: str) -> None:
    alone = weight(one) + weight(other)
    # Combining marks at the start may join with what is before them.
    assert alone - 2 <= weight(f"{one}\n{other}") - 1 <= alone + 2


def test_composer_counts_as_x_does_and_the_warning_with_it() -> None:
    limits: Limits = LIMITS
    assert limits.counting == "weighted"
    assert count_characters("日本", limits) == 4
    assert count_characters("日本", limits, "Road death") == weight("⚠️ Road death\n\n日本")
