"""Staff: inviting them, their roles, and letting them go. Nobody changes their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import email_validator
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from vcp.areas import queries as areas
from vcp.areas.models import Area
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import (
    ROLE_PERMISSIONS,
    Permission,
    Person,
    Role,
    allowed_paths,
    check,
)
from vcp.kernel.settings import Mode, Settings
from vcp.users import factors, passwords, queries
from vcp.users.access import revoke_all
from vcp.users.events import PersonOut
from vcp.users.links import close_links, make_link, set_factor
from vcp.users.models import Grant, LinkPurpose, User
from vcp.users.states import USER, UserState

# A force's own mail may live under a name that the world doesn't know, such as `.local`.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

LONGEST_NAME = 120
SHORTEST_REASON = 3


@dataclass(frozen=True)
class WantedGrant:
    """A role that somebody is to have; `category` None means every category."""

    role: Role
    area_id: int
    category: str | None = None


def invite(
    session: Session,
    settings: Settings,
    email: str,
    display_name: str,
    wanted: Sequence[WantedGrant],
    by: Person | Machine,
) -> tuple[User, str]:
    """Make an account with these roles and mail its link; return both.

    Raises: Invalid for a bad address, name or role; NotAllowed outside the inviter's areas.
    """
    user = _new_user(session, email, display_name, wanted, by)
    return user, make_link(session, settings, user, LinkPurpose.JOIN, by)


def add_directly(
    session: Session,
    settings: Settings,
    email: str,
    display_name: str,
    wanted: Sequence[WantedGrant],
    password: str,
    secret: str,
    *,
    by: Person | Machine,
) -> tuple[User, list[str]]:
    """Make an account that can sign in at once; return it with its recovery codes.

    Raises: NotAllowed in production, where people choose their own password by a link.
    """
    if settings.mode is Mode.PRODUCTION:
        raise NotAllowed("In production, people join by the link that they are sent.")
    user = _new_user(session, email, display_name, wanted, by)
    user.password_hash = passwords.hashed(password)
    codes = set_factor(session, settings, user, secret, factors.code_at(secret, clock.now()))
    user.last_totp_step = 0  # the code was ours; the person's first one may be the same
    USER.apply(session, user, "join", by=by)
    return user, codes


def grant_role(
    session: Session,
    user_id: int,
    role: Role,
    area_id: int,
    by: Person | Machine,
    category: str | None = None,
) -> Grant:
    """Give somebody a role for an area and everything below it.

    Raises: NotAllowed for oneself or outside one's areas; Conflict when they have it already;
    Invalid for an area that has ended, or a category on a role that has none.
    """
    user = queries.by_id(session, user_id)
    _never_oneself(user, by, "grant_role")
    _known_to(session, user, by, "grant_role")
    if user.state == UserState.DEPARTED:
        raise Conflict(f"{user.display_name} has left.")
    area = _area_for(session, WantedGrant(role, area_id, category), by)
    held = (grant for grant in user.granted if grant.revoked_at is None)
    if any((g.role, g.area_id, g.category) == (role, area_id, category) for g in held):
        raise Conflict(f"{user.display_name} has this role for {area.name} already.")
    return _grant(session, user, WantedGrant(role, area_id, category), area, by)


def revoke_role(session: Session, grant_id: int, by: Person | Machine) -> Grant:
    """Take a role away; it counts from the person's next step on.

    Raises: NotAllowed for oneself or outside one's areas; Conflict when it is gone already, or
    nobody else could manage staff there.
    """
    grant = session.get(Grant, grant_id)
    if grant is None:
        raise NotFound("There is no such role. Look at the person's page again.")
    _never_oneself(grant.user, by, "revoke_role")
    _known_to(session, grant.user, by, "revoke_role")
    if not isinstance(by, Machine):
        check(
            by,
            Permission.MANAGE_STAFF,
            grant.area_path,
            subject_kind="user",
            subject_id=grant.user_id,
        )
    if grant.revoked_at is not None:
        raise Conflict("This role was taken away already.")
    _somebody_else_manages(session, grant.user, [grant])
    _take_away(session, grant, by)
    return grant


def suspend(session: Session, user_id: int, reason: str, by: Person | Machine) -> User:
    """Shut somebody out at once, in every browser, and stop what they had waiting.

    Raises: NotAllowed for oneself or outside one's areas; Invalid without a reason; Conflict when
    they aren't active, or nobody else could manage staff.
    """
    return _out(session, user_id, "suspend", reason, by)


def depart(session: Session, user_id: int, reason: str, by: Person | Machine) -> User:
    """Close the account of somebody who leaves; their roles end, their past stays.

    Raises: as `suspend`.
    """
    user = _out(session, user_id, "depart", reason, by)
    for grant in user.granted:
        if grant.revoked_at is None:
            _take_away(session, grant, by)
    return user


def restore(session: Session, user_id: int, reason: str, by: Person | Machine) -> User:
    """Let somebody who was suspended sign in again.

    Raises: as `suspend`.
    """
    user = managed(session, user_id, by, "restore")
    USER.apply(session, user, "restore", by=by, reason=_reason(reason))
    return user


def send_link(
    session: Session,
    settings: Settings,
    user_id: int,
    purpose: LinkPurpose,
    by: Person | Machine,
) -> str:
    """Mail somebody a link in place of what they lost; return its address.

    JOIN is a new invitation or, for who has joined, sets password and factor both anew.

    Raises: NotAllowed for oneself or outside one's areas; Conflict when it has no use.
    """
    user = managed(session, user_id, by, f"send_link_{purpose}")
    wanted = {UserState.ACTIVE} | ({UserState.INVITED} if purpose == LinkPurpose.JOIN else set())
    if user.state not in wanted:
        raise Conflict(f"{user.display_name} is {user.state}, so such a link has no use.")
    return make_link(session, settings, user, purpose, by)


def may_manage(session: Session, user: User, by: Person) -> bool:
    """Say whether this person may manage that one, for showing buttons."""
    try:
        managed(session, user.id, by, "open")
    except NotAllowed:
        return False
    return True


def managed(session: Session, user_id: int, by: Person | Machine, attempted: str) -> User:
    """Return the member of staff, if this person may manage them and isn't them.

    Raises: NotAllowed for oneself, or when some role of theirs lies outside one's areas.
    """
    user = queries.by_id(session, user_id)
    _never_oneself(user, by, attempted)
    if isinstance(by, Machine):
        return user
    _known_to(session, user, by, attempted)
    paths = {grant.area_path for grant in user.granted if grant.revoked_at is None}
    for path in paths:
        check(by, Permission.MANAGE_STAFF, path, subject_kind="user", subject_id=user.id)
    if not paths and not allowed_paths(by, Permission.MANAGE_STAFF):
        raise NotAllowed(
            "Only an administrator manages accounts.",
            attempted=attempted,
            subject_kind="user",
            subject_id=user.id,
        )
    return user


def clean_email(email: str) -> str:
    """Return the address as it is stored.

    Raises: Invalid when it isn't one.
    """
    try:
        checked = validate_email(
            email.strip(), check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise Invalid(
            "That is not an e-mail address. Write it as name@force.police.uk.", field="email"
        ) from error
    return checked.normalized.casefold()


def _new_user(
    session: Session,
    email: str,
    display_name: str,
    wanted: Sequence[WantedGrant],
    by: Person | Machine,
) -> User:
    email, name = clean_email(email), " ".join(display_name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give a name of up to {LONGEST_NAME} characters.", field="display_name")
    if not wanted:
        raise Invalid("Choose at least one role and area.", field="role")
    placed = [(want, _area_for(session, want, by)) for want in dict.fromkeys(wanted)]
    if queries.by_email(session, email) is not None:
        raise Invalid(
            f"There is an account for {email} already. Find it in the list of staff.",
            field="email",
        )
    user = User(email=email, display_name=name, last_totp_step=0)
    USER.started(session, user, by=by, email=email, name=name)
    for want, area in placed:
        _grant(session, user, want, area, by)
    return user


def _area_for(session: Session, want: WantedGrant, by: Person | Machine) -> Area:
    area = areas.by_id(session, want.area_id)
    if not isinstance(by, Machine):
        check(by, Permission.MANAGE_STAFF, area.path, subject_id=area.id)
    if not areas.is_in_force(area, clock.now().date()):
        raise Invalid(f"{area.name} is not in force today. Choose another area.", field="area")
    if want.category is not None and want.role is not Role.DECISION_MAKER:
        raise Invalid("Only a decision maker's role has a category.", field="category")
    return area


def _grant(
    session: Session, user: User, want: WantedGrant, area: Area, by: Person | Machine
) -> Grant:
    grant = Grant(
        user=user,
        role=want.role,
        area_id=area.id,
        area_path=area.path,
        category=want.category,
        granted_by_id=None if isinstance(by, Machine) else by.id,
        granted_at=clock.now(),
    )
    session.add(grant)
    session.flush()
    said = {"role": want.role.value, "area": area.name, "category": want.category}
    record(session, by, "grant_role", "user", user.id, grant_id=grant.id, **said)
    return grant


def _take_away(session: Session, grant: Grant, by: Person | Machine) -> None:
    grant.revoked_at = clock.now()
    session.flush()
    said = {"role": grant.role.value, "area_path": grant.area_path, "category": grant.category}
    record(session, by, "revoke_role", "user", grant.user_id, grant_id=grant.id, **said)


def _out(session: Session, user_id: int, verb: str, reason: str, by: Person | Machine) -> User:
    user = managed(session, user_id, by, verb)
    reason = _reason(reason)
    _somebody_else_manages(session, user, user.grants)
    USER.apply(session, user, verb, by=by, reason=reason)
    revoke_all(session, user, by)
    close_links(session, user)
    raise_event(session, PersonOut(user.id))
    return user


def _reason(reason: str) -> str:
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Invalid("Say why, in a few words. It goes into the trail.", field="reason")
    return reason


def _never_oneself(user: User, by: Person | Machine, attempted: str) -> None:
    if isinstance(by, Machine) or by.id != user.id:
        return
    raise NotAllowed(
        "Nobody changes their own roles or account here. Ask another administrator.",
        attempted=attempted,
        subject_kind="user",
        subject_id=user.id,
    )


def _known_to(session: Session, user: User, by: Person | Machine, attempted: str) -> None:
    """Refuse, as if there were nobody, who works only in areas that this person doesn't see."""
    if not isinstance(by, Machine):
        queries.visible(session, by, user.id, attempted)


def _somebody_else_manages(session: Session, user: User, losing: Sequence[Grant]) -> None:
    """Refuse to leave an area that was managed without anybody who may manage staff."""
    if user.state != UserState.ACTIVE:
        return
    gives = {role for role, may in ROLE_PERMISSIONS.items() if Permission.MANAGE_STAFF in may}
    for grant in losing:
        if grant.role in gives and not queries.others_who_manage(session, user.id, grant.area_path):
            raise Conflict(
                f"{user.display_name} is the only administrator there. Make somebody else one "
                "first."
            )
