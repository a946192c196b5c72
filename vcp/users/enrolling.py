"""Setting up an authenticator app: the secret waits in the page, sealed, until a code proves it."""

from dataclasses import dataclass

from flask import session

from vcp.kernel.errors import Unavailable
from vcp.kernel.settings import Settings
from vcp.users import factors
from vcp.users.models import User

#: Nobody needs longer to scan a code.
PAGE_S = 3600
#: The recovery codes wait this long for the page that shows them once.
CODES_S = 600
CODES = "recovery codes"


@dataclass(frozen=True)
class Enrolment:
    """A secret on its way to somebody's authenticator app."""

    secret: str
    #: The same, sealed to this person: what the hidden field of the form holds.
    sealed: str
    address: str

    @property
    def by_hand(self) -> str:
        """The secret in groups of four, for whoever can't scan."""
        return factors.spaced(self.secret)

    @property
    def qr(self) -> factors.Qr:
        """What the app's camera reads."""
        return factors.qr(self.address)


def new_enrolment(settings: Settings, user: User) -> Enrolment:
    """Return a new secret for this person."""
    return _enrolment(settings, user, factors.new_secret())


def same_enrolment(settings: Settings, user: User, sealed: str) -> Enrolment:
    """Return the enrolment that this page was made with; a new one when that is too old."""
    try:
        secret = factors.unseal(
            settings.signing_keys(), sealed.encode(), _purpose(user), most_age_s=PAGE_S
        )
    except Unavailable:
        return new_enrolment(settings, user)
    return _enrolment(settings, user, secret)


def keep_codes_once(settings: Settings, codes: list[str]) -> None:
    """Keep new recovery codes for the next page; the cookie is encrypted, and emptied by it."""
    sealed = factors.seal(settings.signing_keys(), " ".join(codes), CODES)
    session[CODES] = sealed.decode()


def take_codes(settings: Settings) -> list[str]:
    """Return the codes that were just made, once; nothing the second time."""
    sealed = session.pop(CODES, "")
    try:
        return factors.unseal(
            settings.signing_keys(), sealed.encode(), CODES, most_age_s=CODES_S
        ).split()
    except Unavailable:
        return []


def _enrolment(settings: Settings, user: User, secret: str) -> Enrolment:
    sealed = factors.seal(settings.signing_keys(), secret, _purpose(user)).decode()
    address = factors.app_address(secret, user.email, settings.force_name)
    return Enrolment(secret, sealed, address)


def _purpose(user: User) -> str:
    return f"enrolment of {user.actor_id}"
