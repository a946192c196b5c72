from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mastodon._url_regex import url_regex

from vcp.networks.base import (
    FailureClass,
    NetworkError,
    RateLimited,
    Unauthorised,
    count_characters,
)
from vcp.networks.fake import LIMITS

LONG = "https://force.example/news/2026/11/a-very-long-address-of-a-page?with=query&and=more#part"
LINK_PARTS = ("https://", "http://", "https://a.uk", "https://é.uk", "/path?x=", ".uk")


@pytest.mark.parametrize(
    "text, length",
    [
        ("", 0),
        ("Bore da", 7),
        (LONG, 23),
        (f"See {LONG}.", 4 + 23 + 1),
        (f"({LONG})", 23 + 2),
        ("http://a.uk", 23),
        ("two http://a.uk https://b.uk", 4 + 23 + 1 + 23),
        ("write to @ann@social.example now", len("write to @ann now")),
        ("@ann@social.example", 4),
        ("mail ann@social.example", len("mail ann@social.example")),
        ("é", 1),
        ("line\nline", 9),
    ],
)
def test_text_counts_as_mastodon_counts_it(text: str, length: int) -> None:
    assert count_characters(text, LIMITS) == length


def test_a_link_counts_as_the_server_says() -> None:
    assert count_characters(LONG, replace(LIMITS, url_length=25)) == 25
    assert count_characters(LONG, replace(LIMITS, url_length=None)) == len(LONG)


def test_a_content_warning_counts_too() -> None:
    assert count_characters("four", LIMITS, "five5") == 9


@pytest.mark.parametrize(
    "text",
    [
        "https://localhost/what/a/long/path/without/any/real/domain",
        "xhttps://force.example/what/a/long/path/behind/a/letter",
        "https://force.example1/what/a/long/path/behind/no/domain",
        "https://force.example/läng/ére/pfade/die/weiter/gehen",
        "https://é.uk.",
    ],
)
def test_what_may_not_be_a_link_counts_in_full_or_nearly(text: str) -> None:
    assert count_characters(text, LIMITS) >= len(_as_mastodon_counts(text))


@given(
    st.lists(
        st.sampled_from([*"1 .,;:!?()/-_@#&=%~$é日🙂\n'\"", *LINK_PARTS]),
    ).map("".join)
)
def test_a_text_never_counts_less_than_the_library_counts_it(text: str) -> None:
    """The library's expression is the servers'; a top level that doesn't exist isn't in these."""
    assert count_characters(text, LIMITS) >= len(_as_mastodon_counts(text))


def _as_mastodon_counts(text: str) -> str:
    return str(url_regex.sub(lambda found: str(found.group(2)) + "x" * 23, text))


def test_a_wait_is_never_longer_than_a_quarter_of_an_hour() -> None:
    assert RateLimited("Wait.", retry_after_s=10**9).retry_after_s == 900
    assert RateLimited("Wait.", retry_after_s=-5).retry_after_s == 1


def test_each_error_says_whether_the_post_may_exist() -> None:
    found = {error.__name__: error.failure for error in NetworkError.__subclasses__()}
    assert found == {
        "NotSent": FailureClass.NOT_SENT,
        "Unavailable": FailureClass.NOT_SENT,
        "RateLimited": FailureClass.NOT_SENT,
        "Rejected": FailureClass.REFUSED,
        "Unauthorised": FailureClass.REFUSED,
        "OutcomeUnknown": FailureClass.AMBIGUOUS,
    }
    assert str(Unauthorised("Connect again.")) == "Connect again."
