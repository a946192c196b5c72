import pytest

from vcp.networks.readback import (
    is_nearly_same_text,
    is_same_but_for_marks,
    is_same_text,
    plain_text,
    profile_links,
)

ADDRESS = "https://force.example/news/a-long-address-of-a-page?x=1&y=2"
SPANS = (
    '<a href="https://force.example/news/a-long-address-of-a-page?x=1&amp;y=2">'
    '<span class="invisible">https://</span><span class="ellipsis">force.example/news/a-long-addr'
    '</span><span class="invisible">ess-of-a-page?x=1&amp;y=2</span></a>'
)
CUT = (
    '<a href="https://force.example/news/a-long-address-of-a-page?x=1&amp;y=2">'
    "force.example/news/a-long…</a>"
)
MENTION = (
    '<span class="h-card"><a href="https://social.example/@ann" class="u-url mention">'
    "@<span>ann</span></a></span>"
)


@pytest.mark.parametrize(
    "content, text",
    [
        ("<p>One</p>", "One"),
        ("<p>One</p><p>Two<br />Three</p>", "One\n\nTwo\nThree"),
        ("One<br>Two<br><br>Three", "One\nTwo\n\nThree"),
        ("bare text", "bare text"),
        ("", ""),
        ("<p>A &amp; B &lt; C &gt; D &#39;e&#39;</p>", "A & B < C > D 'e'"),
        (f"<p>See {SPANS} now</p>", f"See {ADDRESS} now"),
        (f"See {CUT} now", f"See {ADDRESS} now"),
        (f'See <a href="{ADDRESS.replace("&", "&amp;")}">{ADDRESS}</a>', f"See {ADDRESS}"),
        (f"<p>{MENTION} hello</p>", "@ann hello"),
        (
            '<p><a href="https://social.example/t/Kent" class="hashtag">#<span>Kent</span></a></p>',
            "#Kent",
        ),
        ('<p><a href="https://social.example/tags/kent">#Kent</a></p>', "#Kent"),
        ("<p>unclosed <a href='https://x.example'>x.exa", "unclosed https://x.example"),
        ("<script>1</script>", "1"),
    ],
)
def test_every_servers_html_gives_the_words(content: str, text: str) -> None:
    assert plain_text(content) == text


@pytest.mark.parametrize(
    "shown, approved",
    [
        ("One Two", "One\r\n\r\n  Two "),
        ("@ann hello", "@ann@social.example hello"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u2764 you", "\u2764\ufe0f you"),
    ],
)
def test_what_servers_change_does_not_matter(shown: str, approved: str) -> None:
    assert is_same_text(shown, approved)


@pytest.mark.parametrize(
    "shown, approved",
    [
        ("At ten", "At ten."),
        ("At ten", "at ten"),
        ("At ten", "At eleven"),
        ("@ann", "@bob@social.example"),
        ("mail ann@one.example", "mail ann@two.example"),
    ],
)
def test_what_we_wrote_does_matter(shown: str, approved: str) -> None:
    assert not is_same_text(shown, approved)


def test_swallowed_marks_are_nearly_the_same() -> None:
    assert is_nearly_same_text("bold words", "**bold** words")
    assert not is_nearly_same_text("bold word", "**bold** words")


def test_other_punctuation_is_other_words() -> None:
    assert is_same_but_for_marks("bold words", "**bold** `words`")
    assert not is_same_but_for_marks("At ten", "At ten?")
    assert not is_same_but_for_marks("👍", "👎")


def test_profile_links_are_the_addresses_in_order_each_once() -> None:
    value = '<a href="https://force.example/a?x=1&amp;y=2" rel="me">force</a>'
    links = profile_links(value, "plain", '<a rel="me" href="https://b.example">b</a>', value)
    assert links == ("https://force.example/a?x=1&y=2", "https://b.example")
    assert profile_links('<a href="javascript:alert(1)">x</a>') == ()
