"""F05: our verdict on a length is each network's, and nothing is ever cut silently."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser import open_browser
from tests.networks.length_corpus import IDN, PIECES, REMOTE, Piece, Text, texts
from vcp.kernel.places import static_folder
from vcp.networks import bluesky_record, fake, x_answers
from vcp.networks.base import Limits, count_characters
from vcp.posts.words import Words

MASTODON = replace(fake.LIMITS, characters=500, url_length=23)
BLUESKY, X = bluesky_record.LIMITS, x_answers.LIMITS
LONGEST = 520
ORIGIN = "http://static.test"
#: What may touch in a text and change what the other counts.
SHARDS = (
    *"abZ 19.,:;!?()/-_@#&=%~$\n\r\t'\"–é日한€\u0301\u200d\ufe0f\u20e3🏽👩👨👮♀🚒🇬🇧🏴❤🔥",
    *(
        "https://",
        "http://",
        "www.",
        ".uk",
        ".co",
        "müller.de",
        "例え.jp",
        "/path?x=1",
        "@ann@a.uk",
    ),
    *("\U000e0067\U000e007f", "\u1100\u1161\u11a8", "क्षि", "\x85", "\u2028", "\u3000", "#a"),
)


def is_taken(text: Text) -> tuple[bool, bool, bool]:
    """Whether Mastodon, Bluesky and X take it, by their rules."""
    return text.mastodon <= 500, text.graphemes <= 300 and text.bytes <= 3000, text.x <= 280


def verdict(text: str) -> tuple[bool, bool, bool]:
    fits = [
        count_characters(text, limits) <= limits.characters for limits in (MASTODON, BLUESKY, X)
    ]
    return fits[0], fits[1], fits[2]


@pytest.mark.parametrize("piece", [*PIECES, REMOTE], ids=lambda piece: piece.text)
def test_a_piece_counts_as_its_network_publishes(piece: Piece) -> None:
    bluesky = max(piece.bluesky, -(-len(piece.text.encode()) // 10))
    counted = [count_characters(piece.text, limits) for limits in (MASTODON, BLUESKY, X)]
    assert counted == [piece.mastodon, bluesky, piece.x]


@pytest.mark.parametrize("piece", IDN, ids=lambda piece: piece.text)
def test_a_link_with_letters_of_other_scripts_is_never_counted_short(piece: Piece) -> None:
    assert count_characters(piece.text, MASTODON) >= max(piece.mastodon, 23)
    assert count_characters(piece.text, X) == piece.x


@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.faults_long)])
def test_the_verdict_is_the_network_s_on_every_text(count: int) -> None:
    seen = set()
    for text in texts(count, seed=5, longest=LONGEST):
        assert verdict(text.text) == is_taken(text), text
        seen.add(is_taken(text))
    # Taken by each alone, by none, by all: the texts try every answer that can be told apart.
    assert {(True, True, True), (False, False, False)} <= seen
    assert len(seen) > 5


def test_no_text_is_cut_on_its_way_into_a_post() -> None:
    for text in texts(300, seed=6, longest=2_000):
        assert Words(text.text).clean().text == text.text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def counting(browser: Browser) -> Page:
    """A page that has the composer's way of counting, as `window.count`."""
    return _page(browser)


def _page(browser: Browser, before: str = "") -> Page:
    page = browser.new_page()
    page.add_init_script(before)
    page.route("**/*", _answer)
    page.goto(f"{ORIGIN}/")
    page.evaluate(
        "async () => { const { lengthFor } = await import('/static/lengths.js');"
        " window.count = (limits, texts) =>"
        " texts.map(([text, warning]) => limits.map((limit) => lengthFor(limit, text, warning))); }"
    )
    return page


def _answer(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
    if path == "/":
        route.fulfill(body="<!doctype html><title>Counting</title>", content_type="text/html")
    else:
        script = static_folder() / path.removeprefix("/static/")
        route.fulfill(body=script.read_text(), content_type="text/javascript")


def _by_the_page(page: Page, said: list[tuple[str, str]]) -> list[list[int | None]]:
    limits = [
        {"counting": limits.counting, "url_length": limits.url_length, "limit": limits.characters}
        for limits in (MASTODON, BLUESKY, X)
    ]
    counted: list[list[int | None]] = page.evaluate(
        "([limits, texts]) => window.count(limits, JSON.parse(texts))",
        [limits, json.dumps(said)],
    )
    return counted


def _by_the_server(text: str, warning: str) -> list[int]:
    words = Words(text, content_warning=warning).clean()
    return [
        count_characters(words.text, limits, words.content_warning) if words.text else 0
        for limits in (MASTODON, BLUESKY, X)
    ]


@pytest.mark.in_a_browser
def test_the_page_counts_as_the_networks_do(counting: Page) -> None:
    corpus = list(texts(4_000, seed=7, longest=LONGEST))
    counted = _by_the_page(counting, [(text.text, "") for text in corpus])
    for text, row in zip(corpus, counted, strict=True):
        assert row == [text.mastodon, max(text.graphemes, -(-text.bytes // 10)), text.x], text


@pytest.mark.in_a_browser
def test_the_page_counts_as_the_server_does_whatever_touches(counting: Page) -> None:
    """Pieces of links, emoji and letters thrown together, with a warning on every third."""
    chance = random.Random(8)
    said = [
        ("".join(chance.choices(SHARDS, k=chance.randint(1, 40))), "Road death" * (number % 3 == 0))
        for number in range(3_000)
    ]
    for (text, warning), row in zip(said, _by_the_page(counting, said), strict=True):
        if Words(text).clean().text:
            assert row == _by_the_server(text, warning), repr(text)


@pytest.mark.in_a_browser
def test_a_signature_and_a_name_to_answer_count_along(counting: Page) -> None:
    def length(text: str, **signed: str) -> Any:
        limit = {"counting": "characters", "url_length": 23, "limit": 500, **signed}
        return counting.evaluate(
            "([limit, text]) => window.count([limit], [[text, '']])[0][0]", [limit, text]
        )

    assert length("Bore da", after="\n– PC 1", alone="– PC 1") == 7 + 7
    assert length("Bore da\n– PC 1", after="\n– PC 1") == 14
    assert length("", after="\n– PC 1", alone="– PC 1") == 6
    assert length("Yes", before="@ann@a.uk ") == len("@ann Yes")
    assert length("@ann@a.uk Yes", before="@ann@a.uk ") == len("@ann Yes")


@pytest.mark.in_a_browser
def test_a_browser_that_lacks_what_a_count_needs_leaves_it_to_the_server(browser: Browser) -> None:
    page = _page(browser, "delete Intl.Segmenter")
    assert _by_the_page(page, [("Bore da", "")]) == [[7, None, 7]]


def test_limits_name_a_counting_that_pages_know() -> None:
    script = (static_folder() / "lengths.js").read_text()
    limits: Limits
    for limits in (MASTODON, BLUESKY, X):
        assert f"function {limits.counting}(" in script
