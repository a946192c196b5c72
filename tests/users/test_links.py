"""Joining, and setting a lost password or factor anew through a second member of staff."""

import re

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.areas import make_area
from tests.factories.users import PASSWORD, SECRET, code_now, make_user, sign_in
from tests.users.pages import hidden, key_by_hand, path_in, post_sign_in
from vcp.kernel import clock as our_clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.users import access, factors, links, queries, service
from vcp.users.models import Link, LinkPurpose, RecoveryCode, User
from vcp.users.service import WantedGrant
from vcp.users.states import UserState

BY = Machine("test")
NEW = "copper lantern gravel"


def verbs(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.verb).order_by(AuditEvent.at)))


def mails_to(session: Session, user: User) -> list[Mail]:
    rows = session.scalars(select(Mail).where(Mail.to_address == user.email).order_by(Mail.id))
    return list(rows)


def invited(session: Session, settings: Settings) -> tuple[User, str]:
    force = make_area(session, kind="force")
    wanted = [WantedGrant(Role.OFFICER, force.id)]
    user, _ = service.invite(session, settings, "new@force.example", "PC New", wanted, BY)
    return user, path_in(mails_to(session, user)[-1].body)


def sent(session: Session, settings: Settings, user: User, purpose: LinkPurpose) -> str:
    service.send_link(session, settings, user.id, purpose, BY)
    return path_in(mails_to(session, user)[-1].body)


def fill_in(client: Client, path: str, **typed: str) -> tuple[int, str]:
    """Fill the page of a link in, with the code of the secret that it shows."""
    page = client.get(path).get_data(as_text=True)
    data = {"password_again": typed.get("password", ""), **typed}
    if 'name="sealed"' in page:
        code = factors.code_at(key_by_hand(page), our_clock.now())
        data = {"sealed": hidden(page, "sealed"), "code": code, **data}
    response = client.post(path, data=data)
    return response.status_code, response.get_data(as_text=True)


class TestJoining:
    def test_the_invitation_leads_to_an_account_and_ten_codes_shown_once(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        user, path = invited(session, settings)
        assert fill_in(client, path, password=NEW)[0] == 302
        assert user.state == UserState.ACTIVE
        page = client.get("/account/codes").get_data(as_text=True)
        codes = re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", page)
        assert len(set(codes)) == 10
        assert codes[0] not in client.get("/account/codes").get_data(as_text=True)
        assert {"create", "grant_role", "make_link", "join", "sign_in"} <= set(verbs(session))
        client.post("/sign-out")
        assert post_sign_in(client, user, password=NEW, code=codes[0]).status_code == 302

    def test_it_works_once(self, client: Client, session: Session, settings: Settings) -> None:
        _, path = invited(session, settings)
        assert fill_in(client, path, password=NEW)[0] == 302
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404

    def test_it_runs_out_after_three_days(
        self,
        client: Client,
        session: Session,
        settings: Settings,
        clock: time_machine.Traveller,
    ) -> None:
        _, path = invited(session, settings)
        clock.shift(72 * 3600 - 1)
        assert client.get(path).status_code == 200
        clock.shift(2)
        gone = client.get(path)
        assert gone.status_code == 404
        assert "Ask an administrator for a new one" in gone.get_data(as_text=True)

    def test_a_newer_invitation_replaces_the_older(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        user, path = invited(session, settings)
        newer = sent(session, settings, user, LinkPurpose.JOIN)
        assert client.get(path).status_code == 404
        assert client.get(newer).status_code == 200

    def test_whoever_left_before_joining_can_not_join(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        user, path = invited(session, settings)
        service.depart(session, user.id, "never came", BY)
        assert client.get(path).status_code == 404

    def test_mistakes_change_nothing_and_keep_the_same_key(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        """Who has scanned the picture needn't do so again."""
        user, path = invited(session, settings)
        page = client.get(path).get_data(as_text=True)
        secret, sealed = key_by_hand(page), hidden(page, "sealed")
        typed = {"sealed": sealed, "code": "123456", "password": NEW, "password_again": NEW}
        for change, words in (
            ({"password_again": "other words entirely"}, "The two passwords differ"),
            ({"password": "short", "password_again": "short"}, "12 characters or more"),
            ({"password": "Password1234!", "password_again": "Password1234!"}, "easy to guess"),
            ({"code": "nonsense"}, "That code doesn’t match"),
            ({"code": ""}, "Type the code"),
        ):
            right = {"code": factors.code_at(secret, our_clock.now())}
            response = client.post(path, data={**typed, **right, **change})
            shown = response.get_data(as_text=True)
            assert response.status_code == 422
            assert words.replace("’", "&#39;") in shown or words in shown
            assert key_by_hand(shown) == secret
        assert user.state == UserState.INVITED
        assert user.password_hash is None

    def test_a_key_sealed_for_somebody_else_is_not_taken(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        """Else an attacker could have a victim enrol a secret that the attacker knows."""
        user, path = invited(session, settings)
        other = make_user(session)
        sealed = factors.seal(
            settings.signing_keys(), SECRET, f"enrolment of {other.actor_id}"
        ).decode()
        typed = {"sealed": sealed, "code": code_now(), "password": NEW, "password_again": NEW}
        assert client.post(path, data=typed).status_code == 422
        assert user.state == UserState.INVITED

    def test_a_made_up_link_is_not_found(self, client: Client) -> None:
        assert client.get("/links/guess").status_code == 404

    def test_the_link_is_not_stored_in_the_trail_or_as_itself(
        self, session: Session, settings: Settings
    ) -> None:
        _, path = invited(session, settings)
        token = path.rsplit("/", 1)[1]
        assert token not in {link.token_sha256 for link in session.scalars(select(Link))}
        for event in session.scalars(select(AuditEvent)):
            assert event.payload is None or token not in event.payload.body


class TestLost:
    def test_a_lost_password_needs_the_link_and_the_factor(
        self, app: Flask, client: Client, session: Session, settings: Settings
    ) -> None:
        user = make_user(session, settings=settings)
        old = Client(app, session)
        sign_in(old, user)
        path = sent(session, settings, user, LinkPurpose.RESET_PASSWORD)
        assert fill_in(client, path, password=NEW, code="000000")[0] == 422
        assert "sign_in_failed" in verbs(session)
        assert fill_in(client, path, password=NEW, code=code_now())[0] == 302
        assert old.get("/account").status_code == 302, "old browsers are signed out"
        assert client.get("/account").status_code == 200
        assert access.whose_password(session, user.email, PASSWORD) is None
        assert access.whose_password(session, user.email, NEW) == user.id
        assert "Your password was set anew" in mails_to(session, user)[-1].body
        assert client.get(path).status_code == 404

    def test_a_lost_factor_needs_the_link_and_the_password_and_kills_the_old(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        user = make_user(session, settings=settings)
        codes = links.renew_codes(session, settings, user)
        path = sent(session, settings, user, LinkPurpose.RESET_FACTOR)
        assert fill_in(client, path, password="not my password")[0] == 422
        assert access.take_code(session, settings, user, codes[0]), "not dead before it is used"
        assert fill_in(client, path, password=PASSWORD)[0] == 302
        assert not access.take_code(session, settings, user, code_now())
        assert not access.take_code(session, settings, user, codes[1])
        assert len(queries.unused_codes(session, user.id)) == 10
        assert "Your second factor was set anew" in mails_to(session, user)[-1].body

    def test_with_both_lost_one_joins_again(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        user = make_user(session, settings=settings)
        path = sent(session, settings, user, LinkPurpose.JOIN)
        assert "old\npassword, app and recovery codes" in mails_to(session, user)[-1].body
        assert fill_in(client, path, password=NEW)[0] == 302
        assert access.whose_password(session, user.email, NEW) == user.id
        assert not access.take_code(session, settings, user, code_now())
        assert "reset_both" in verbs(session)
        assert user.state == UserState.ACTIVE

    @pytest.mark.parametrize("purpose", list(LinkPurpose))
    def test_nobody_resets_themselves(
        self, session: Session, settings: Settings, purpose: LinkPurpose
    ) -> None:
        me = make_user(session, role=Role.ADMINISTRATOR)
        with pytest.raises(NotAllowed, match="Ask another administrator"):
            service.send_link(session, settings, me.id, purpose, me)

    @pytest.mark.parametrize("role", [r for r in Role if r != Role.ADMINISTRATOR])
    def test_only_administrators_send_links(
        self, session: Session, settings: Settings, role: Role
    ) -> None:
        user, by = make_user(session, settings=settings), make_user(session, role=role)
        with pytest.raises(NotAllowed):
            service.send_link(session, settings, user.id, LinkPurpose.RESET_PASSWORD, by)
        assert session.scalars(select(Link)).all() == []

    def test_a_suspended_persons_link_is_worth_nothing(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        user = make_user(session, settings=settings)
        path = sent(session, settings, user, LinkPurpose.RESET_PASSWORD)
        service.suspend(session, user.id, "a reason", BY)
        assert client.get(path).status_code == 404
        with pytest.raises(Conflict):
            service.send_link(session, settings, user.id, LinkPurpose.RESET_PASSWORD, BY)

    def test_codes_are_not_guessed_with_a_stolen_link(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        user = make_user(session, settings=settings)
        path = sent(session, settings, user, LinkPurpose.RESET_PASSWORD)
        answers = [fill_in(client, path, password=NEW, code="000000")[0] for _ in range(6)]
        assert answers == [422] * 5 + [429]


class TestOwnAccount:
    def test_changing_ones_password(
        self, app: Flask, client: Client, session: Session, settings: Settings
    ) -> None:
        user = make_user(session, settings=settings)
        elsewhere = Client(app, session)
        sign_in(elsewhere, user)
        sign_in(client, user)
        typed = {"old_password": "wrong", "password": NEW, "password_again": NEW}
        wrong = client.post("/account/password", data=typed)
        assert wrong.status_code == 422
        assert "not your present password" in wrong.get_data(as_text=True)
        typed["old_password"] = PASSWORD
        assert client.post("/account/password", data=typed).status_code == 302
        assert access.whose_password(session, user.email, NEW) == user.id
        assert client.get("/account").status_code == 200
        assert elsewhere.get("/account").status_code == 302
        assert "Your password was changed" in mails_to(session, user)[-1].body

    def test_changing_ones_authenticator_app(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        user = make_user(session, settings=settings)
        sign_in(client, user)
        assert fill_in(client, "/account/factor")[0] == 302
        assert "They are shown only now" in client.get("/account/codes").get_data(as_text=True)
        assert not access.take_code(session, settings, user, code_now())
        assert verbs(session).count("change_factor") == 1

    def test_new_recovery_codes_replace_the_old(
        self, client: Client, session: Session, settings: Settings
    ) -> None:
        user = make_user(session, settings=settings)
        old = links.renew_codes(session, settings, user)
        sign_in(client, user)
        assert client.post("/account/codes").status_code == 302
        assert not access.take_code(session, settings, user, old[0])
        assert len(session.scalars(select(RecoveryCode)).all()) == 10

    def test_the_factor_step_can_not_be_reused_to_sign_in(
        self, session: Session, settings: Settings
    ) -> None:
        """The code that proved a new app was shown to whoever looked over the shoulder."""
        user = make_user(session, settings=settings)
        secret = factors.new_secret()
        code = factors.code_at(secret, our_clock.now())
        links.set_factor(session, settings, user, secret, code)
        assert not access.take_code(session, settings, user, code)

    def test_a_wrong_code_leaves_the_old_factor(self, session: Session, settings: Settings) -> None:
        user = make_user(session, settings=settings)
        with pytest.raises(Invalid, match="doesn't match"):
            links.set_factor(session, settings, user, factors.new_secret(), "000000")
        assert access.take_code(session, settings, user, code_now())
