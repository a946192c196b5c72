import pytest

from vcp.networks.addresses import check_base_url
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
