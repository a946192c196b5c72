"""Signing in to a demo: the invented people whom its sign-in page and its terminal offer.

Nothing here answers in production; the page offers nobody in test mode either.
"""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.errors import Conflict, NotAllowed
from vcp.kernel.settings import Mode, Settings
from vcp.users import factors
from vcp.users.access import TOTP
from vcp.users.models import User

FILE = "demo-sign-ins.json"


@dataclass(frozen=True)
class DemoPerson:
    """How one signs in as one of the invented people."""

    email: str
    name: str
    #: What they are good for: "Officer: writes posts".
    what: str
    password: str
    #: What an authenticator app is set up with, in base 32.
    secret: str


@dataclass(frozen=True)
class Offer:
    """One of them, with a code that works now; None while both codes of the moment are used."""

    person: DemoPerson
    code: str | None


def keep(settings: Settings, people: list[DemoPerson]) -> None:
    """Keep the sign-ins beside the demo's database, for its owner only."""
    file = settings.instance / FILE
    file.touch(mode=0o600)
    file.write_text(json.dumps([asdict(person) for person in people], indent=1), encoding="utf-8")


def known(settings: Settings) -> list[DemoPerson]:
    """Return the people of this demo; none in production."""
    file = settings.instance / FILE
    if settings.mode is Mode.PRODUCTION or not file.exists():
        return []
    return [DemoPerson(**kept) for kept in json.loads(file.read_text(encoding="utf-8"))]


def offers(session: Session, settings: Settings) -> list[Offer]:
    """Return the people of this demo, each with a code that works now; none outside demo mode."""
    people = known(settings) if settings.mode is Mode.DEMO else []
    rows = session.scalars(select(User).where(User.email.in_([one.email for one in people])))
    used = {user.email: user.last_totp_step for user in rows}
    return [
        Offer(person, _unused(person.secret, used[person.email]))
        for person in people
        if person.email in used
    ]


def code_now(settings: Settings, user: User) -> str:
    """Return a code that works now for this member of staff.

    Raises: NotAllowed in production; Conflict without a second factor, or while every code of
    the moment is used.
    """
    if settings.mode is Mode.PRODUCTION:
        raise NotAllowed("In production only the person's own authenticator app shows the code.")
    if user.sealed_totp is None:
        raise Conflict(f"{user.display_name} has no second factor yet.")
    secret = factors.unseal(settings.signing_keys(), user.sealed_totp, TOTP)
    code = _unused(secret, user.last_totp_step)
    if code is None:
        raise Conflict("The codes of this moment are used. Ask again in half a minute.")
    return code


def _unused(secret: str, last_step: int) -> str | None:
    """Return the first code that is taken now and was not used yet."""
    now = clock.now()
    for ahead in range(factors.SLACK_STEPS + 1):
        at = now + timedelta(seconds=ahead * factors.STEP_S)
        if int(at.timestamp()) // factors.STEP_S > last_step:
            return factors.code_at(secret, at)
    return None
