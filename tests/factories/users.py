"""Invented staff, and signing them in."""

import functools
import secrets
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories.areas import BY, make_area
from vcp.areas.models import Area, AreaKind
from vcp.kernel import clock
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.users import factors, passwords, service
from vcp.users.access import TOTP, open_sign_in
from vcp.users.models import Grant, SignIn, User
from vcp.users.states import USER, UserState

PASSWORD = "tulip anchor mosaic"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@functools.cache
def hashed(password: str) -> str:
    """Return the stored form; kept, since making it is slow on purpose."""
    return passwords.hashed(password)


def make_user(
    session: Session,
    *,
    role: Role | str | None = Role.OFFICER,
    area: Area | None = None,
    category: str | None = None,
    name: str = "",
    email: str = "",
    state: UserState = UserState.ACTIVE,
    settings: Settings | None = None,
) -> User:
    """Make a member of staff with one role (None: none), for the force unless an area is given.

    With settings they can sign in by PASSWORD and SECRET as people do; `sign_in` needs none.
    """
    number = secrets.token_hex(4)
    user = User(
        email=email or f"{number}@carrowdale.police.example",
        display_name=name or f"PC {number}",
        last_totp_step=0,
    )
    USER.started(session, user, by=BY)
    if settings is not None:
        user.password_hash = hashed(PASSWORD)
        user.sealed_totp = factors.seal(settings.signing_keys(), SECRET, TOTP)
    if state != UserState.INVITED:
        USER.apply(session, user, "join", by=BY)
    if role is not None:
        give_role(session, user, role, area, category)
    if state == UserState.SUSPENDED:
        USER.apply(session, user, "suspend", by=BY)
    elif state == UserState.DEPARTED:
        USER.apply(session, user, "depart", by=BY)
    return user


def give_role(
    session: Session,
    user: User,
    role: Role | str,
    area: Area | None = None,
    category: str | None = None,
) -> Grant:
    """Give one more role, for the force unless an area is given."""
    area = area or make_area(session, kind=AreaKind.FORCE)
    return service.grant_role(session, user.id, Role(role), area.id, BY, category)


def sign_in(client: FlaskClient, user: User) -> SignIn:
    """Sign this person in, in this browser, without going through the page."""
    session: Session = client.session  # type: ignore[attr-defined]  # tests.client.Client has it
    settings: Settings = client.application.extensions["vcp_settings"]
    row, token = open_sign_in(session, settings, user, browser="A test browser")
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie.update(cookie_of(token))
    return row


def cookie_of(token: str) -> dict[str, Any]:
    """Return what the cookie of a browser that has just signed in holds."""
    return {"token": token, "seen": int(clock.now().timestamp())}


def code_now() -> str:
    """Return what the authenticator app of everybody here shows now."""
    return factors.code_at(SECRET, clock.now())
