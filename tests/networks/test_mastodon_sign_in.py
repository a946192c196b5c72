import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.faults.fakenet import FakeNet
from tests.networks.contract import outgoing
from tests.networks.rigs import TIMEOUTS
from vcp.networks.base import NotSent, Reason, Rejected, Unavailable
from vcp.networks.mastodon import (
    SCOPES,
    MastodonNetwork,
    authorise_url,
    exchange_code,
    register_app,
)

pytestmark = pytest.mark.network

BACK = "http://127.0.0.1:8000/channels/mastodon/back"
STATE = "a-secret-of-enough-length"


def test_the_code_flow_ends_with_a_token_of_the_account(net: FakeNet) -> None:
    app = register_app(net.base_url, BACK, timeouts=TIMEOUTS)
    page = requests.get(authorise_url(app, STATE) + "&login=ann", allow_redirects=False, timeout=10)
    assert app.scopes == SCOPES
    back = parse_qs(urlsplit(page.headers["Location"]).query)
    assert back["state"] == [STATE]
    granted = exchange_code(app, back["code"][0], timeouts=TIMEOUTS)
    assert granted.lasts_s is None
    assert MastodonNetwork(net.base_url, granted.token).account().remote_id == "id-ann"
    with pytest.raises(Rejected) as refused:
        exchange_code(app, back["code"][0], timeouts=TIMEOUTS)
    assert refused.value.reason is Reason.INVALID


@pytest.mark.parametrize("verifier", ["the-right-one-of-enough-length", "another", None])
def test_a_stolen_code_is_worth_nothing_without_its_verifier(
    net: FakeNet, verifier: str | None
) -> None:
    app = register_app(net.base_url, BACK, timeouts=TIMEOUTS)
    digest = hashlib.sha256(b"the-right-one-of-enough-length").digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    page = requests.get(
        authorise_url(app, STATE, code_challenge=challenge), allow_redirects=False, timeout=10
    )
    code = parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]
    if verifier == "the-right-one-of-enough-length":
        assert exchange_code(app, code, code_verifier=verifier, timeouts=TIMEOUTS)
    else:
        with pytest.raises(Rejected):
            exchange_code(app, code, code_verifier=verifier, timeouts=TIMEOUTS)


def test_a_server_that_knows_only_wide_scopes_is_asked_for_those(mock_url: str) -> None:
    """The mock publishes what it knows and enforces it."""
    app = register_app(mock_url, BACK, timeouts=TIMEOUTS)
    url = authorise_url(app, STATE)
    asked = parse_qs(urlsplit(url).query)
    assert asked["scope"] == ["read write"]
    assert asked["state"] == [STATE]
    form = {name: values[0] for name, values in asked.items()}
    page = requests.post(
        f"{mock_url}/oauth/authorize",
        data=form | {"username": "officer"},
        allow_redirects=False,
        timeout=10,
    )
    code = parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]
    granted = exchange_code(app, code, timeouts=TIMEOUTS)
    network = MastodonNetwork(mock_url, granted.token, None, TIMEOUTS)
    assert network.account().handle.startswith("officer@")
    assert network.publish(outgoing(), "key").remote_id


def test_a_state_is_always_sent_and_is_a_secret(net: FakeNet) -> None:
    app = register_app(net.base_url, BACK, timeouts=TIMEOUTS)
    with pytest.raises(ValueError, match="secret"):
        authorise_url(app, "")


@pytest.mark.parametrize(
    "rule, kind, message",
    [
        ({"fault": "garbled"}, Unavailable, "web page instead of the Mastodon API"),
        ({"fault": "status", "status": 404, "body": "<h1>No</h1>"}, Rejected, "no Mastodon API"),
        ({"fault": "status", "status": 200, "body": "{}"}, Unavailable, "Check the address"),
        ({"fault": "status", "status": 301, "body": ""}, Rejected, "another address"),
        ({"fault": "cut"}, Unavailable, "didn't answer in full"),
    ],
)
def test_a_server_that_is_not_mastodon_is_named_with_what_to_do(
    net: FakeNet, rule: dict[str, object], kind: type[Exception], message: str
) -> None:
    net.configure({"plan": [rule | {"path": "^/api/v1/apps$"}]})
    with pytest.raises(kind, match=message):
        register_app(net.base_url, BACK, timeouts=TIMEOUTS)


def test_no_server_at_all_and_no_address_at_all() -> None:
    with pytest.raises(NotSent, match="can't be reached"):
        register_app("http://127.0.0.1:9", BACK, timeouts=TIMEOUTS)
    with pytest.raises(Rejected, match="https://"):
        register_app("http://social.example", BACK, timeouts=TIMEOUTS)


def test_fewer_rights_than_asked_for_are_refused(net: FakeNet) -> None:
    app = register_app(net.base_url, BACK, timeouts=TIMEOUTS)
    body = '{"access_token": "x", "scope": "read write:media"}'
    rule = {"path": "^/oauth/token$", "fault": "status", "status": 200, "body": body}
    net.configure({"plan": [rule]})
    with pytest.raises(Rejected, match=r"write:statuses missing") as refused:
        exchange_code(app, "code", timeouts=TIMEOUTS)
    assert refused.value.reason is Reason.FORBIDDEN
