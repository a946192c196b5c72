"""Steps that decide need a second factor given a short while ago; nothing typed is lost."""

import html
import re

import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.areas import make_area
from tests.factories.posts import make_post, make_team
from tests.factories.users import PASSWORD, SECRET, code_now, hashed, make_user, sign_in
from tests.users.pages import hidden, post_sign_in
from vcp.kernel.audit import AuditEvent
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.posts.states import PostState
from vcp.users import factors, queries
from vcp.users.access import TOTP
from vcp.users.models import User

STALE_S = 15 * 60 + 1


def administrator(session: Session, settings: Settings) -> User:
    return make_user(session, role=Role.ADMINISTRATOR, settings=settings)


def grow_stale(client: Client, clock: time_machine.Traveller) -> None:
    """Let the factor grow old while pages are still opened."""
    for _ in range(2):
        clock.shift(STALE_S / 2)
        assert client.get("/account").status_code == 200
    clock.shift(1)


def fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_a_fresh_factor_is_not_asked_again(
    client: Client, session: Session, settings: Settings
) -> None:
    sign_in(client, administrator(session, settings))
    assert client.get("/staff/invite").status_code == 200


def test_a_page_asks_for_the_code_and_comes_back(
    client: Client, session: Session, settings: Settings, clock: time_machine.Traveller
) -> None:
    sign_in(client, administrator(session, settings))
    grow_stale(client, clock)
    asked = client.get("/staff/invite")
    assert asked.status_code == 302
    page = client.get(asked.headers["Location"]).get_data(as_text=True)
    assert "Confirm that it is you" in page
    typed = {"factor_code": code_now(), "factor_next": hidden(page, "factor_next")}
    back = client.post("/sign-in/again", data=typed)
    assert back.headers["Location"] == "/staff/invite"
    assert client.get("/staff/invite").status_code == 200
    assert "give_factor" in session.scalars(select(AuditEvent.verb)).all()


def test_a_form_is_kept_while_the_code_is_asked_and_then_sent_on(
    client: Client, session: Session, settings: Settings, clock: time_machine.Traveller
) -> None:
    sign_in(client, administrator(session, settings))
    force = make_area(session, kind="force")
    grow_stale(client, clock)
    typed = {
        "email": "new@force.example",
        "display_name": 'PC "New" <b>',
        "first-role": "officer",
        "first-area": str(force.id),
    }
    asked = client.post("/staff/invite", data=typed)
    page = asked.get_data(as_text=True)
    assert asked.status_code == 403
    assert queries.by_email(session, "new@force.example") is None
    kept = fields(page)
    assert kept["display_name"] == typed["display_name"]
    wrong = client.post("/sign-in/again", data={**kept, "factor_code": "000000"})
    assert wrong.status_code == 422
    kept = fields(wrong.get_data(as_text=True))
    assert kept["display_name"] == typed["display_name"], "still kept after a wrong code"
    done = client.post("/sign-in/again", data={**kept, "factor_code": code_now()})
    assert done.status_code == 307, "the browser sends the same form on"
    assert done.headers["Location"] == "/staff/invite"
    assert client.post(done.headers["Location"], data=kept).status_code == 302
    user = queries.by_email(session, "new@force.example")
    assert user is not None
    assert user.display_name == typed["display_name"]


def test_a_form_sent_after_signing_out_is_kept_too(
    client: Client, session: Session, settings: Settings, clock: time_machine.Traveller
) -> None:
    user = administrator(session, settings)
    area = make_area(session, kind="district", name="North")
    sign_in(client, user)
    clock.shift(STALE_S)
    asked = client.post(f"/areas/{area.id}", data={"description": "From the river north"})
    page = asked.get_data(as_text=True)
    assert asked.status_code == 401
    assert "What you typed is kept" in page
    kept = fields(page)
    assert kept["description"] == "From the river north"
    again = post_sign_in(client, user, **kept)
    page = again.get_data(as_text=True)
    assert again.status_code == 200
    assert "Send it now" in page
    assert "From the river north</blockquote>" in page, "read again before it is sent"
    assert f'action="/areas/{area.id}"' in page
    assert area.description == ""
    assert client.post(f"/areas/{area.id}", data=fields(page)).status_code == 302
    assert area.description == "From the river north"


def test_a_button_without_words_leads_back_to_its_page_first(
    client: Client, session: Session, settings: Settings, clock: time_machine.Traveller
) -> None:
    """Who approves at night, and is signed out meanwhile, sees again what they say yes to."""
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    team.supervisor.password_hash = hashed(PASSWORD)
    team.supervisor.sealed_totp = factors.seal(settings.signing_keys(), SECRET, TOTP)
    sign_in(client, team.supervisor)
    clock.shift(STALE_S)
    assert post.revision is not None
    read = {"revision_sha256": post.revision.sha256}
    asked = client.post(f"/staff/posts/{post.id}/approve", data=read)
    again = post_sign_in(client, team.supervisor, **fields(asked.get_data(as_text=True)))
    page = again.get_data(as_text=True)
    assert "Go on with what you had pressed?" in page
    assert f'<a class="govuk-link" href="/staff/posts/{post.id}">Look at the page first</a>' in page
    assert post.state is PostState.SUBMITTED


def test_passwords_and_codes_are_never_kept(
    client: Client, session: Session, settings: Settings, clock: time_machine.Traveller
) -> None:
    sign_in(client, administrator(session, settings))
    grow_stale(client, clock)
    typed = {"old_password": "hush 1", "password": "hush 2", "password_again": "hush 3"}
    page = client.post("/account/password", data=typed).get_data(as_text=True)
    assert "hush" not in page


def test_nobody_is_led_to_send_a_form_that_they_never_sent(
    client: Client, session: Session, settings: Settings, clock: time_machine.Traveller
) -> None:
    """A link to the page that asks, with a made-up destination, leads only to a page."""
    victim = make_user(session)
    sign_in(client, administrator(session, settings))
    for forged in (f"/staff/{victim.id}/suspend", "Ii9zdGFmZi8xL3N1c3BlbmQi.xxx.yyy"):
        clock.shift(31)
        typed = {"factor_code": code_now(), "factor_resend": forged, "reason": "forged"}
        answer = client.post("/sign-in/again", data=typed)
        assert answer.status_code == 302
        assert answer.headers["Location"] == "/desk"


def test_codes_are_not_guessed_here_either(
    client: Client, session: Session, settings: Settings
) -> None:
    sign_in(client, administrator(session, settings))
    typed = {"factor_code": "000000"}
    answers = [client.post("/sign-in/again", data=typed).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_a_factor_given_in_one_browser_does_not_count_in_another(
    app: Flask,
    client: Client,
    session: Session,
    settings: Settings,
    clock: time_machine.Traveller,
) -> None:
    user, other = administrator(session, settings), Client(app, session)
    sign_in(client, user)
    grow_stale(client, clock)
    sign_in(other, user)
    assert other.get("/staff/invite").status_code == 200
    assert client.get("/staff/invite").status_code == 302
