"""How long a sign-in lasts, and what ends it."""

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.users import cookie_of, make_user, sign_in
from tests.users.pages import post_sign_in
from vcp.app import create_app
from vcp.kernel.audit import AuditEvent
from vcp.kernel.context import Machine
from vcp.kernel.db import db
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Mode, Settings
from vcp.users import access, service
from vcp.users.models import SignIn

HOUR = 3600
MINUTE = 60


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def other(app: Flask, session: Session) -> Client:
    """Another browser."""
    return Client(app, session)


def test_signing_in_gives_a_new_token_and_drops_what_the_cookie_held(
    client: Client, session: Session, settings: Settings
) -> None:
    """A cookie planted before must not become a signed-in one."""
    user = make_user(session, settings=settings)
    with client.session_transaction() as cookie:
        cookie.update(cookie_of("planted"), left="over", csrf_token="planted")
    assert post_sign_in(client, user).status_code == 302
    with client.session_transaction() as cookie:
        assert cookie["token"] != "planted"
        assert "left" not in cookie
        assert cookie.get("csrf_token") != "planted"


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(
    app: Flask, client: Client, session: Session
) -> None:
    sign_in(client, make_user(session))
    with client.session_transaction() as cookie:
        stolen = dict(cookie)
    thief = other(app, session)
    with thief.session_transaction() as cookie:
        cookie.update(stolen)
    assert is_in(thief)
    assert client.post("/sign-out").status_code == 302
    assert not is_in(client)
    assert not is_in(thief)
    assert "sign_out" in session.scalars(select(AuditEvent.verb)).all()


def test_signing_out_needs_a_form_of_ours(client: Client, session: Session) -> None:
    sign_in(client, make_user(session))
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out", csrf=False).status_code == 400
    assert is_in(client)


def test_fifteen_minutes_without_a_page_end_it(
    client: Client, session: Session, clock: time_machine.Traveller
) -> None:
    sign_in(client, make_user(session))
    for _ in range(4):
        clock.shift(14 * MINUTE)
        assert is_in(client), "each page renews it"
    clock.shift(15 * MINUTE + 1)
    asked = client.get("/account")
    assert asked.status_code == 302
    page = client.get(asked.headers["Location"]).get_data(as_text=True)
    assert "signed out after 15 minutes" in page


def test_polls_keep_nobody_signed_in(
    client: Client, session: Session, clock: time_machine.Traveller
) -> None:
    sign_in(client, make_user(session))
    for _ in range(4):
        clock.shift(4 * MINUTE)
        answer = client.get("/account", headers={"X-Poll": "1"})
    assert answer.status_code == 401
    assert not is_in(client)


def test_endpoints_that_pages_ask_by_themselves_keep_nobody_signed_in(
    app: Flask, client: Client, session: Session, clock: time_machine.Traveller
) -> None:
    app.extensions["vcp_quiet_endpoints"].add("areas.tree")
    sign_in(client, make_user(session))
    clock.shift(14 * MINUTE)
    assert client.get("/areas").status_code == 200
    clock.shift(2 * MINUTE)
    assert not is_in(client)


def test_twelve_hours_end_it_however_busy(
    client: Client, session: Session, clock: time_machine.Traveller
) -> None:
    sign_in(client, make_user(session))
    for _ in range(12 * 5 - 1):
        clock.shift(12 * MINUTE)
        assert is_in(client)
    clock.shift(12 * MINUTE)
    assert not is_in(client)


def test_one_browser_is_signed_out_and_the_other_stays(
    app: Flask, client: Client, session: Session
) -> None:
    user = make_user(session)
    lost = other(app, session)
    row = sign_in(lost, user)
    sign_in(client, user)
    assert client.post(f"/account/sign-ins/{row.id}/revoke").status_code == 302
    assert is_in(client)
    assert not is_in(lost)


def test_all_other_browsers_are_signed_out_at_once(
    app: Flask, client: Client, session: Session
) -> None:
    user = make_user(session)
    others = [other(app, session) for _ in range(3)]
    for browser in (*others, client):
        sign_in(browser, user)
    assert "A test browser" in client.get("/account").get_data(as_text=True)
    assert client.post("/account/sign-ins/revoke-others").status_code == 302
    assert is_in(client)
    assert not any(is_in(browser) for browser in others)


def test_nobody_signs_somebody_elses_browser_out(
    app: Flask, client: Client, session: Session
) -> None:
    victim = other(app, session)
    row = sign_in(victim, make_user(session))
    sign_in(client, make_user(session, role=Role.ADMINISTRATOR))
    assert client.post(f"/account/sign-ins/{row.id}/revoke").status_code == 404
    assert is_in(victim)


@pytest.mark.parametrize("leave", [service.suspend, service.depart])
def test_who_is_out_is_out_with_the_next_request(
    client: Client, session: Session, leave: object
) -> None:
    user = make_user(session)
    sign_in(client, user)
    assert is_in(client)
    leave(session, user.id, "a reason", Machine("test"))  # type: ignore[operator]  # both take these
    assert not is_in(client)
    assert all(row.revoked_at for row in session.scalars(select(SignIn)))


def test_restoring_does_not_bring_old_browsers_back(client: Client, session: Session) -> None:
    user = make_user(session)
    sign_in(client, user)
    service.suspend(session, user.id, "lost phone", Machine("test"))
    service.restore(session, user.id, "found phone", Machine("test"))
    assert not is_in(client)


def test_a_role_taken_away_counts_from_the_next_request(client: Client, session: Session) -> None:
    user = make_user(session, role=Role.AUDITOR)
    sign_in(client, user)
    assert client.get("/staff").status_code == 200
    service.revoke_role(session, user.granted[0].id, Machine("test"))
    refused = client.get("/staff")
    assert refused.status_code == 403
    assert "refused" in session.scalars(select(AuditEvent.verb)).all()


def test_a_forged_cookie_is_nobodys(client: Client, session: Session) -> None:
    sign_in(client, make_user(session))
    with client.session_transaction() as cookie:
        cookie["token"] = "guess"
    assert not is_in(client)


def test_looking_writes_nothing(client: Client, session: Session) -> None:
    sign_in(client, make_user(session))
    session.commit()
    before = len(session.scalars(select(AuditEvent.id)).all())
    assert is_in(client)
    assert len(session.scalars(select(AuditEvent.id)).all()) == before


def test_over_https_the_cookie_is_bound_to_this_host(database: str, settings: Settings) -> None:
    """No neighbouring host of the force can plant it, and it never goes out in the clear."""
    secure = Settings(
        mode=Mode.TEST,
        instance=settings.instance,
        database_url=database,
        base_url="https://vcp.force.example",
    )
    app = create_app(secure)
    with app.app_context():
        user = make_user(db.session, settings=secure)
        browser = Client(app, db.session)
        page = browser.get("/sign-in", base_url=secure.base_url)
        assert page.status_code == 200
        _, token = access.open_sign_in(db.session, secure, user)
        assert token
        with browser.session_transaction(base_url=secure.base_url) as cookie:
            cookie.update(cookie_of(token))
        header = browser.post("/sign-out", base_url=secure.base_url, csrf=False).headers
        db.session.rollback()
        for engine in db.engines.values():
            engine.dispose()
    assert header is not None
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-vcp"
    assert app.config["SESSION_COOKIE_SECURE"] is True
