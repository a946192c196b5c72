"""A form that our page didn't give to this browser does nothing, and no GET changes anything."""

import secrets

import pytest
from itsdangerous import URLSafeTimedSerializer

from tests.security import table
from tests.security.conftest import Place
from tests.security.steps import step_of
from tests.security.table import Row
from tests.security.world import ROLES

POSTS = [row for row in table.rows() if row.method == "POST"]
#: The trail, and when a person first saw what waits for one.
LOOKS = {"audit_event", "audit_payload", "moderation_case", "contact"}
GETS = [row for row in table.rows() if row.method == "GET"]


def allowed(row: Row) -> str:
    """Return a role that may do this."""
    return ROLES[row.own.index("a")] if "a" in row.own else ROLES[0]


def of_another_browser(place: Place) -> str:
    """Return a good token, made for a cookie that isn't the sender's."""
    signer = URLSafeTimedSerializer(str(place.app.secret_key), salt="wtf-csrf-token")
    return str(signer.dumps(secrets.token_hex(20)))


@pytest.mark.parametrize("row", POSTS, ids=lambda row: row.route)
def test_form_without_its_own_token_does_nothing(place: Place, row: Row) -> None:
    step, before = step_of("POST", row.route), place.state(trail=True)
    role = allowed(row)
    fields = step.request(place.world, role, "own")["data"]
    foreign = {**fields, "csrf_token": of_another_browser(place)}
    garbled = {**fields, "csrf_token": "x"}
    for sent in (fields, foreign, garbled):
        answer = place.send(step, role, "own", data=sent, csrf=False)
        assert answer.status_code == 400, answer.status
        assert "open for too long" in answer.text
    assert place.state(trail=True) == before


def test_token_of_before_signing_out_is_worth_nothing_after(place: Place) -> None:
    place.sign_in("officer")
    with place.client.session_transaction() as cookie:
        cookie["csrf_token"] = raw = secrets.token_hex(20)
    signer = URLSafeTimedSerializer(str(place.app.secret_key), salt="wtf-csrf-token")
    old = str(signer.dumps(raw))
    place.client.post("/sign-out", data={"csrf_token": old}, csrf=False)
    with place.client.session_transaction() as cookie:
        assert cookie.get("csrf_token") != raw
        cookie["token"], cookie["seen"] = place.world.tokens["officer"], 0
    answer = place.client.post("/account/codes", data={"csrf_token": old}, csrf=False)
    assert answer.status_code == 400
    place.put_back()


def is_consulted(place: Place, row: Row, mark: str = "vcp_consults") -> bool:
    """Say whether looking at this page is itself put on record, by `@consults`."""
    rules = [rule for rule in place.app.url_map.iter_rules() if rule.rule == row.route]
    views = [
        place.app.view_functions[rule.endpoint] for rule in rules if "GET" in (rule.methods or ())
    ]
    return any(getattr(view, mark, False) for view in views)


@pytest.mark.parametrize("row", GETS, ids=lambda row: row.route)
def test_looking_changes_nothing(place: Place, row: Row) -> None:
    """Not even the trail, unless somebody is refused, or the look itself goes on record."""
    before = place.state(trail=True)
    may_change = LOOKS if is_consulted(place, row) else set()
    for role, letter in zip(ROLES, f"{row.own}a", strict=True):
        if letter in "ap":
            answer = place.send(step_of("GET", row.route), role, "own")
            assert answer.status_code < 400 or answer.status_code in {401, 503}
    after = place.state(trail=True)
    changed = {name for name, digest in after.items() if before[name] != digest}
    assert changed <= may_change
    if is_consulted(place, row, "vcp_always_consults"):
        assert "audit_event" in changed
    place.put_back()
