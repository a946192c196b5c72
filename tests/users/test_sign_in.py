"""Signing in: both factors, nothing said about which was wrong, a new token each time."""

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.users import SECRET, code_now, make_user
from tests.users.pages import post_sign_in
from vcp.kernel import clock as our_clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.settings import Settings
from vcp.users import factors
from vcp.users.models import SignIn
from vcp.users.states import UserState

WRONG = "We could not sign you in with that."


def test_password_and_code_sign_in(client: Client, session: Session, settings: Settings) -> None:
    user = make_user(session, settings=settings)
    response = post_sign_in(client, user)
    assert response.status_code == 302
    assert response.headers["Location"] == "/desk"
    assert client.get("/account").status_code == 200
    assert session.scalars(select(AuditEvent.verb).where(AuditEvent.verb == "sign_in")).all()
