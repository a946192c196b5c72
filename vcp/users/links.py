"""Links sent by mail: joining, and setting a lost password or factor anew."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Invalid, NotFound
from vcp.kernel.permissions import Person
from vcp.kernel.settings import Settings
from vcp.users import factors, mails, passwords, queries
from vcp.users.access import TOTP, revoke_all, take_code
from vcp.users.models import Link, LinkPurpose, RecoveryCode, User
from vcp.users.states import USER, UserState

HOURS = {
    LinkPurpose.JOIN: 72,
    LinkPurpose.RESET_PASSWORD: 24,
    LinkPurpose.RESET_FACTOR: 24,
}
GONE = (
    "This link has been used, has run out, or was replaced by a newer one. Ask an administrator "
    "for a new one."
)


def make_link(
    session: Session,
    settings: Settings,
    user: User,
    purpose: LinkPurpose,
    by: Person | Machine,
) -> str:
    """Mail this person a link in place of earlier ones for the same; return its address.

    The caller has checked that `by` may. Joining again sets both password and factor anew.
    """
    now, token = clock.now(), secrets.token_urlsafe(32)
    close_links(session, user, purpose)
    link = Link(
        token_sha256=_sha256(token),
        user_id=user.id,
        purpose=purpose,
        made_by_id=None if isinstance(by, Machine) else by.id,
        made_at=now,
        expires_at=now + timedelta(hours=HOURS[purpose]),
    )
    session.add(link)
    session.flush()
    record(session, by, "make_link", "user", user.id, purpose=purpose.value, link_id=link.id)
    url = f"{settings.base_url}/links/{token}"
    template, subject = _letter(user, purpose)
    by_name = settings.force_name if isinstance(by, Machine) else str(by.display_name)
    shown = {"url": url, "expires_at": link.expires_at, "by_name": by_name}
    mails.write(session, settings, user, template, f"{subject} - {settings.force_name}", **shown)
    return url


def close_links(session: Session, user: User, purpose: LinkPurpose | None = None) -> None:
    """Stop this person's links from working."""
    for link in queries.open_links(session, user.id, purpose):
        link.revoked_at = clock.now()
    session.flush()


def find(session: Session, token: str) -> Link:
    """Return the link of this token.

    Raises: NotFound when it doesn't work, or no longer.
    """
    link = session.scalar(
        select(Link).where(
            Link.token_sha256 == _sha256(token),
            Link.used_at.is_(None),
            Link.revoked_at.is_(None),
            Link.expires_at > clock.now(),
        )
    )
    wanted = {UserState.ACTIVE}
    if link is not None and link.purpose == LinkPurpose.JOIN:
        wanted.add(UserState.INVITED)
    if link is None or link.user.state not in wanted:
        raise NotFound(GONE)
    return link


def accept_invitation(
    session: Session, settings: Settings, token: str, password: str, secret: str, code: str
) -> tuple[User, list[str]]:
    """Join, or set both factors anew: return the person and their recovery codes, shown once.

    Raises: NotFound for a dead link; Invalid for a weak password or a wrong code.
    """
    link = find(session, token)
    user, again = link.user, link.user.state == UserState.ACTIVE
    set_password(settings, user, password)
    codes = set_factor(session, settings, user, secret, code)
    _used(session, link)
    if again:
        record(session, user, "reset_both", "user", user.id)
        _after_reset(session, settings, user, "Your password and second factor were set anew")
    else:
        USER.apply(session, user, "join", by=user)
    return user, codes


def use_password_link(
    session: Session, settings: Settings, token: str, password: str, code: str
) -> User:
    """Set a new password; the second factor proves that the mailbox is not all that they have.

    Raises: NotFound for a dead link; Invalid for a weak password or a wrong code.
    """
    link = find(session, token)
    user = link.user
    set_password(settings, user, password)
    if not take_code(session, settings, user, code):
        raise Invalid(
            "That code isn't right, or was used before. Wait for the next one in your app, or "
            "use a recovery code.",
            field="code",
        )
    _used(session, link)
    record(session, user, "reset_password", "user", user.id)
    _after_reset(session, settings, user, "Your password was set anew")
    return user


def use_factor_link(
    session: Session, settings: Settings, token: str, password: str, secret: str, code: str
) -> tuple[User, list[str]]:
    """Set up a new second factor; the password proves who it is. Return the recovery codes.

    Raises: NotFound for a dead link; Invalid for a wrong password or code.
    """
    link = find(session, token)
    user = link.user
    if not passwords.matches(user.password_hash, password):
        raise Invalid("That is not your password.", field="password")
    codes = set_factor(session, settings, user, secret, code)
    _used(session, link)
    record(session, user, "reset_factor", "user", user.id)
    _after_reset(session, settings, user, "Your second factor was set anew")
    return user, codes


def change_password(
    session: Session, settings: Settings, user: User, old: str, new: str, *, but: int
) -> None:
    """Change one's own password; every other browser is signed out.

    Raises: Invalid when the old one is wrong or the new one weak.
    """
    if not passwords.matches(user.password_hash, old):
        raise Invalid("That is not your present password.", field="old_password")
    set_password(settings, user, new)
    record(session, user, "change_password", "user", user.id)
    revoke_all(session, user, user, but=but)
    mails.changed(session, settings, user, "Your password was changed")


def change_factor(
    session: Session, settings: Settings, user: User, secret: str, code: str, *, but: int
) -> list[str]:
    """Set up another authenticator app; every other browser is signed out, old codes are dead.

    Raises: Invalid when the new app's code is wrong.
    """
    codes = set_factor(session, settings, user, secret, code)
    record(session, user, "change_factor", "user", user.id)
    revoke_all(session, user, user, but=but)
    mails.changed(session, settings, user, "Your second factor was changed")
    return codes


def renew_codes(session: Session, settings: Settings, user: User) -> list[str]:
    """Replace one's recovery codes; the old ones are dead."""
    codes = _new_codes(session, user)
    record(session, user, "renew_recovery_codes", "user", user.id)
    mails.changed(session, settings, user, "Your recovery codes were replaced")
    return codes


def set_password(settings: Settings, user: User, password: str) -> None:
    """Give the person this password; the caller writes the trail.

    Raises: Invalid when it is weak.
    """
    known = (user.display_name, user.email, settings.force_name)
    passwords.check_new(password, known)
    user.password_hash = passwords.hashed(password)


def set_factor(
    session: Session, settings: Settings, user: User, secret: str, code: str
) -> list[str]:
    """Give the person this second factor, proven by a code; return new recovery codes.

    Raises: Invalid when the code isn't one of this secret's.
    """
    step = factors.step_of_code(secret, code, clock.now())
    if step is None:
        raise Invalid(
            "That code doesn't match. Check that your phone's clock is right, and type the code "
            "that the app shows now.",
            field="code",
        )
    user.sealed_totp = factors.seal(settings.signing_keys(), secret, TOTP)
    user.last_totp_step = step
    return _new_codes(session, user)


def _new_codes(session: Session, user: User) -> list[str]:
    codes = factors.new_recovery_codes()
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.add_all(
        RecoveryCode(user_id=user.id, code_hash=factors.recovery_hash(user.actor_id, code))
        for code in codes
    )
    session.flush()
    return codes


def _used(session: Session, link: Link) -> None:
    link.used_at = clock.now()
    session.flush()
    close_links(session, link.user)


def _after_reset(session: Session, settings: Settings, user: User, what: str) -> None:
    revoke_all(session, user, user)
    mails.changed(session, settings, user, what)


def _letter(user: User, purpose: LinkPurpose) -> tuple[str, str]:
    if purpose == LinkPurpose.RESET_PASSWORD:
        return "reset_password", "Choose a new password"
    if purpose == LinkPurpose.RESET_FACTOR:
        return "reset_factor", "Set up your authenticator app again"
    if user.state == UserState.ACTIVE:
        return "reset_both", "Choose a new password and set up your authenticator app"
    return "invitation", "Your invitation"


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
