"""What goes wrong tells nobody anything, and a sign-in leads nowhere else."""

import re
from typing import Any, NoReturn

import pytest
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.users import make_user
from tests.security.conftest import Place
from tests.users.pages import post_sign_in
from vcp.kernel.settings import Settings
from vcp.posts import guards, queries, service
from vcp.users import access

TELLING = (
    "Traceback",
    "site-packages",
    "vcp/",
    ".py",
    "sqlite",
    "SELECT",
    "RuntimeError",
    "hunter2",
)
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    "/staff\\@evil.example",
    "@evil.example",
)


def broken(*args: Any, **kwargs: Any) -> NoReturn:
    message = "the password is hunter2"
    raise RuntimeError(message)


BREAKS = {
    "reading a list": (queries, "mine", "GET", "/staff/posts", "officer"),
    "reading one post": (guards, "must_see", "GET", "/staff/posts/{post_draft}", "officer"),
    "deciding": (service, "approve", "POST", "/staff/posts/{post_submitted}/approve", "supervisor"),
    "finding out who it is": (access, "by_token", "GET", "/account", "officer"),
}


@pytest.mark.parametrize("where", BREAKS)
def test_error_of_ours_shows_a_reference_and_nothing_else(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    module, name, method, path, who = BREAKS[where]
    monkeypatch.setattr(module, name, broken)
    before = place.state(trail=True)
    place.sign_in(who)
    answer = place.client.open(path.format_map(place.world.own), method=method)
    assert answer.status_code == 500
    reference = re.search(r"Reference: ([0-9a-f-]{8,})", answer.text)
    assert reference
    assert not [word for word in TELLING if word in answer.text]
    assert "Something went wrong" in answer.text
    assert any(record.exc_info for record in caplog.records), "the log has the cause"
    assert place.state(trail=True) == before


def test_guard_that_breaks_lets_nobody_in(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vcp.kernel.permissions.allowed_paths", broken)
    place.sign_in("supervisor")
    path = f"/staff/posts/{place.world.own['post_submitted']}"
    assert place.client.get(path).status_code == 500
    form = {"revision_sha256": place.world.own["sha_submitted"]}
    before = place.state()
    assert place.client.post(f"{path}/approve", data=form).status_code == 500
    assert place.state() == before


@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_in_leads_nowhere_else(
    client: Client, session: Session, settings: Settings, address: str
) -> None:
    user = make_user(session, settings=settings)
    answer = post_sign_in(client, user, next=address)
    assert answer.status_code == 302
    assert answer.location == "/desk"
    again = client.get("/sign-in", query_string={"next": address})
    assert again.location == "/desk"


def test_signing_in_leads_on_to_our_own_page(
    client: Client, session: Session, settings: Settings
) -> None:
    user = make_user(session, settings=settings)
    answer = post_sign_in(client, user, next="/staff/posts?state=draft")
    assert answer.location == "/staff/posts?state=draft"


def test_unknown_and_known_addresses_are_told_the_same(
    client: Client, session: Session, settings: Settings
) -> None:
    user = make_user(session, settings=settings)
    known = post_sign_in(client, user, password="not the password")
    unknown = post_sign_in(client, "nobody@carrowdale.police.example", password="not the password")
    assert (known.status_code, unknown.status_code) == (422, 422)
    assert words(known.text, user.email) == words(unknown.text, "nobody@carrowdale.police.example")


def words(page: str, email: str) -> str:
    """Return the page without what differs on any two."""
    page = page.replace(email, "EMAIL")
    return re.sub(r'(nonce|value)="[^"]*"', "", page)
