"""Text from people, shown to people: nothing in it acts."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from vcp.kernel.visible import cleaned
from vcp.residents.words import cell, linked, paragraphs, title_of, web_address

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'https://evil.example/"onmouseover="alert(1)',
    "https://evil.example/'onclick='x",
    "https://evil.example/<script>",
    "[click](javascript:alert(1))",
    "//evil.example/",
    "vbscript:x http:javascript:alert(1)",
    "&lt;script&gt; &#x3c;script&#x3e;",
    "{{ 7*7 }} {% raw %}",
    "]]><!-- -->",
]


class Tags(HTMLParser):
    """Collects the elements of a fragment."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def only_plain_links(fragment: str) -> bool:
    for tag, attributes in Tags(fragment).found:
        if tag in {"p", "br"} and not attributes:
            continue
        href = attributes.get("href") or ""
        plain = set(attributes) <= {"href", "rel", "class"}
        if tag != "a" or not plain or not href.startswith(("http://", "https://")):
            return False
        if attributes.get("rel") != "nofollow noopener":
            return False
    return True


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_become_words(text: str) -> None:
    assert only_plain_links(linked(text))
    assert only_plain_links(paragraphs(text))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=80), st.sampled_from(HOSTILE))
def test_no_text_at_all_makes_anything_but_links(text: str, hostile: str) -> None:
    for words in (text + hostile, hostile + text):
        assert only_plain_links(linked(words))
        # What has passed may stand in XML, where one control character would break a whole feed.
        etree.fromstring(f"<a>{linked(words)}</a>".encode())


@pytest.mark.parametrize(
    "text, href",
    [
        ("See https://police.example/bikes.", "https://police.example/bikes"),
        ("(https://police.example/a_(b))", "https://police.example/a_(b)"),
        ("HTTP://POLICE.EXAMPLE/x, then", "HTTP://POLICE.EXAMPLE/x"),
        ("https://police.example/?a=1&b=2!", "https://police.example/?a=1&b=2"),
    ],
)
def test_only_the_address_is_linked_not_the_sentence(text: str, href: str) -> None:
    ((tag, attributes),) = Tags(linked(text)).found
    assert (tag, attributes["href"]) == ("a", href)


@pytest.mark.parametrize(
    "text", ["www.police.example", "a@police.example", "ftp://x.example/", "https://"]
)
def test_nothing_but_absolute_web_addresses_is_linked(text: str) -> None:
    assert not Tags(linked(text)).found


def test_words_can_not_be_turned_round_or_hidden() -> None:
    assert cleaned("pay \u202egro.elpmaxe\u202c\u2066x\u2069\u200b!") == "pay gro.elpmaxex!"
    assert cleaned("a\x00b\x1bc\ud800d") == "abcd"


def test_arabic_marks_joined_emoji_and_flags_stay() -> None:
    text = "سلام\u200f! 👩\u200d👧 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
    assert cleaned(text) == text


def test_a_title_is_the_first_line_cut_at_a_word() -> None:
    assert title_of("\n  Bike marking today \nmore") == "Bike marking today"
    assert title_of("word " * 40) == "word " * 15 + "word…"
    assert title_of("") == ""


def test_a_table_cell_is_never_a_formula() -> None:
    assert [cell(v) for v in ("=1+1", "-2", "@x", "+3", "fine", None)] == [
        "'=1+1",
        "'-2",
        "'@x",
        "'+3",
        "fine",
        "",
    ]


def test_an_account_link_is_a_web_address_or_nothing() -> None:
    assert web_address("https://social.example/@x") == "https://social.example/@x"
    for bad in ("javascript:alert(1)", 'https://x.example/"', "", None, "/x"):
        assert web_address(bad) is None
