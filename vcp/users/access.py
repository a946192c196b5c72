"""Signing in and out: the password, the second factor, and the browsers that are signed in."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import NotFound
from vcp.kernel.permissions import Person
from vcp.kernel.settings import Settings
from vcp.users import factors, mails, passwords, queries, throttle
from vcp.users.models import RecoveryCode, SignIn, User
from vcp.users.states import UserState

TOTP = "totp"
#: Whoever tries to sign in isn't known to be the person yet.
DOOR = Machine("sign-in")


def admit(session: Session, email: str, address: str | None) -> None:
    """Count one try at this account from this address.

    Raises: TooManyTries.
    """
    throttle.admit(
        session, throttle.of_account(email), throttle.of_address(address) if address else None
    )


def whose_password(session: Session, email: str, password: str) -> int | None:
    """Return the id of the active person whose password this is; slow on purpose, writes nothing.

    Takes as long for an address that nobody has.
    """
    user = queries.by_email(session, email)
    if not passwords.matches(user.password_hash if user else None, password):
        return None
    return user.id if user and user.state == UserState.ACTIVE else None


def start(
    session: Session,
    settings: Settings,
    email: str,
    code: str,
    *,
    proven_id: int | None,
    browser: str = "",
    address: str | None = None,
) -> tuple[SignIn, str] | None:
    """Sign a browser in, and return the row with its token; None, and a line in the trail, if not.

    `proven_id` is whose password was right.
    """
    account = throttle.of_account(email)
    user = None if proven_id is None else session.get(User, proven_id)
    if (
        user is None
        or user.state != UserState.ACTIVE
        or not take_code(session, settings, user, code, browser=browser)
    ):
        note_failed(session, email, address)
        return None
    throttle.forgive(session, account, throttle.of_address(address) if address else None)
    return open_sign_in(session, settings, user, browser=browser, address=address)


def open_sign_in(
    session: Session,
    settings: Settings,
    user: User,
    *,
    browser: str = "",
    address: str | None = None,
) -> tuple[SignIn, str]:
    """Let this browser in, with a token of its own; the factors were checked by the caller."""
    token, now = secrets.token_urlsafe(32), clock.now()
    sign_in = SignIn(
        token_sha256=_sha256(token),
        user=user,
        browser=browser,
        started_at=now,
        expires_at=now + timedelta(hours=settings.absolute_hours),
        factor_at=now,
    )
    session.add(sign_in)
    session.flush()
    record(
        session, user, "sign_in", "sign_in", sign_in.id, browser=browser or None, address=address
    )
    return sign_in, token


def by_token(session: Session, token: str) -> SignIn | None:
    """Return the sign-in of this token while it is good and its person active."""
    found = session.scalar(
        select(SignIn).where(
            SignIn.token_sha256 == _sha256(token),
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > clock.now(),
        )
    )
    return found if found is not None and found.is_active else None


def in_force(session: Session, sign_in_id: int) -> SignIn | None:
    """Return that sign-in while it is good and its person active."""
    found = session.scalar(
        select(SignIn).where(
            SignIn.id == sign_in_id, SignIn.revoked_at.is_(None), SignIn.expires_at > clock.now()
        )
    )
    return found if found is not None and found.is_active else None


def take_code(
    session: Session, settings: Settings, user: User, code: str, *, browser: str = ""
) -> bool:
    """Say whether this is the person's second factor, and use it up: no code works twice."""
    if user.sealed_totp is None:
        return False
    secret = factors.unseal(settings.signing_keys(), user.sealed_totp, TOTP)
    step = factors.step_of_code(secret, code, clock.now())
    if step is not None:
        return _use_step(session, user, step)
    return _use_recovery_code(session, settings, user, code, browser)


def is_fresh(settings: Settings, sign_in: SignIn) -> bool:
    """Say whether the second factor was given in this browser a short while ago."""
    return clock.now() - sign_in.factor_at <= timedelta(minutes=settings.factor_minutes)


def refresh_factor(session: Session, settings: Settings, sign_in_id: int, code: str) -> bool:
    """Take the second factor again in a browser that is signed in; false, and a line, if wrong."""
    sign_in = session.get_one(SignIn, sign_in_id)
    user = sign_in.user
    if not take_code(session, settings, user, code, browser=sign_in.browser):
        record(session, user, "factor_failed", "sign_in", sign_in.id)
        return False
    throttle.forgive(session, throttle.of_account(user.email))
    sign_in.factor_at = clock.now()
    session.flush()
    record(session, user, "give_factor", "sign_in", sign_in.id)
    return True


def sign_out(session: Session, sign_in_id: int) -> None:
    """Sign this browser out; its token never works again."""
    sign_in = session.get(SignIn, sign_in_id)
    if sign_in is not None and sign_in.revoked_at is None:
        sign_in.revoked_at = clock.now()
        session.flush()
        record(session, sign_in.user, "sign_out", "sign_in", sign_in.id)


def revoke_sign_in(session: Session, sign_in_id: int, by: Person) -> SignIn:
    """Sign one of one's own browsers out from elsewhere.

    Raises: NotFound when there is none, or it is somebody else's.
    """
    sign_in = session.get(SignIn, sign_in_id)
    if sign_in is None or sign_in.user_id != by.id:
        raise NotFound("There is no such sign-in of yours. Look at the list again.")
    if sign_in.revoked_at is None:
        _revoke(session, sign_in, by)
    return sign_in


def revoke_all(
    session: Session, user: User, by: Person | Machine, *, but: int | None = None
) -> int:
    """Sign every browser of this person out, but for the one named; return how many."""
    found = [sign_in for sign_in in queries.sign_ins(session, user.id) if sign_in.id != but]
    for sign_in in found:
        _revoke(session, sign_in, by)
    return len(found)


def _revoke(session: Session, sign_in: SignIn, by: Person | Machine) -> None:
    sign_in.revoked_at = clock.now()
    session.flush()
    record(session, by, "revoke_sign_in", "sign_in", sign_in.id, user_id=sign_in.user_id)


def note_failed(session: Session, email: str, address: str | None) -> None:
    """Write that somebody tried in vain; the same lines whether or not there is such an account."""
    user = queries.by_email(session, email)
    record(
        session,
        DOOR,
        "sign_in_failed",
        "user",
        user.id if user else "unknown",
        address=address,
        tries_spent=throttle.is_spent(session, throttle.of_account(email)),
    )


def _use_step(session: Session, user: User, step: int) -> bool:
    """Take the code of this time step, unless it or a later one was taken."""
    done = session.execute(
        update(User)
        .where(User.id == user.id, User.last_totp_step < step)
        .values(last_totp_step=step)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    session.expire(user, ["last_totp_step"])
    return done.first() is not None


def _use_recovery_code(
    session: Session, settings: Settings, user: User, code: str, browser: str
) -> bool:
    done = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == factors.recovery_hash(user.actor_id, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    if done.first() is None:
        return False
    left = len(queries.unused_codes(session, user.id))
    record(session, user, "use_recovery_code", "user", user.id, left=left)
    mails.changed(
        session, settings, user, "A recovery code of yours was used", browser=browser, left=left
    )
    return True


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
