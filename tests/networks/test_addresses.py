import pytest

from vcp.networks.addresses import check_base_url, remote_id_at
from vcp.networks.base import Reason, Rejected


@pytest.mark.parametrize(
    "typed, checked",
    [
        ("https://social.example", "https://social.example"),
        (" https://social.example/ ", "https://social.example"),
        ("social.example", "https://social.example"),
        ("HTTPS://Social.Example", "https://social.example"),
        ("https://social.example:8443", "https://social.example:8443"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("https://Llŷn.example", "https://xn--lln-k2a.example"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_address_is_brought_into_one_form(typed: str, checked: str) -> None:
    assert check_base_url(typed) == checked


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "https://",
        "http://social.example",
        "http://10.0.0.5",
        "http://127.0.0.1.social.example",
        "ftp://social.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:secret@social.example",
        "https://@social.example",
        "https://social.example/@officer",
        "https://social.example/?q=1",
        "https://social.example/#x",
        "https://social.example:99999",
        "https://social.example:port",
        "https://[::1",
        "https://social..example",
        "https://social .example",
        "https://social.example\nHost: other",
    ],
)
def test_an_address_that_cannot_be_one_is_refused_with_what_to_do(typed: str) -> None:
    with pytest.raises(Rejected) as refused:
        check_base_url(typed)
    assert refused.value.reason is Reason.ADDRESS
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "network, address, remote_id",
    [
        ("mastodon", "https://social.example/@harbour/1123", "1123"),
        ("mastodon", " https://social.example/notice/AbCd9/?from=app#top ", "AbCd9"),
        ("mastodon", "https://social.example/", None),
        ("mastodon", "social.example/@harbour/1123", None),
        ("x", "https://x.com/harbour/status/1790?s=20", "1790"),
        ("x", "https://x.com/i/web/status/1790/photo/1", "1790"),
        ("x", "https://x.com/harbour", None),
        (
            "bluesky",
            "https://bsky.app/profile/harbour.police.example/post/3kabc",
            "at://did:plc:ours/app.bsky.feed.post/3kabc",
        ),
        ("bluesky", "https://bsky.app/profile/harbour.police.example", None),
        ("bluesky", "https://[broken", None),
    ],
)
def test_the_id_of_a_post_is_read_from_its_address(
    network: str, address: str, remote_id: str | None
) -> None:
    """A person pastes what they see; a later part of a thread and a takedown need the id."""
    assert remote_id_at(address, network, "did:plc:ours") == remote_id
