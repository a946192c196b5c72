"""Reading staff: by address, by what they may do, whom a person may see."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from vcp.areas.models import Area
from vcp.areas.queries import prefixes
from vcp.kernel import clock
from vcp.kernel.errors import NotFound, NotShown
from vcp.kernel.permissions import (
    ROLE_PERMISSIONS,
    Permission,
    Person,
    Role,
    allowed_paths,
)
from vcp.users.models import Grant, Link, LinkPurpose, RecoveryCode, SignIn, User
from vcp.users.states import UserState

NO_SUCH = "There is no such member of staff in your areas."


def by_id(session: Session, user_id: int) -> User:
    """Return that member of staff.

    Raises: NotFound when there is none.
    """
    found = session.get(User, user_id)
    if found is None:
        raise NotFound("There is no such member of staff.")
    return found


def by_email(session: Session, email: str) -> User | None:
    """Return the member of staff with this address, written in any case."""
    return session.scalar(select(User).where(User.email == email.strip().casefold()))


def by_actor(session: Session, actor_ids: Iterable[str]) -> dict[str, User]:
    """Return the staff behind these names of the trail."""
    rows = session.scalars(select(User).where(User.actor_id.in_(list(actor_ids))))
    return {user.actor_id: user for user in rows}


def anybody(session: Session) -> bool:
    """Say whether this installation has any member of staff yet."""
    return session.scalar(select(User.id).limit(1)) is not None


def everybody(session: Session) -> list[User]:
    """Return all staff by name, for commands of whoever runs the machine."""
    return list(session.scalars(select(User).order_by(User.display_name, User.id)))


def with_permission(
    session: Session, permission: Permission, area_path: str, category: str | None = None
) -> list[User]:
    """Return the active people who have this permission for this area, by name.

    With a category, only those who may decide about it; without, the category doesn't matter.
    """
    held = _gives(permission) & Grant.area_path.in_(prefixes(area_path))
    if category is not None:
        held &= Grant.category.is_(None) | (Grant.category == category)
    rows = session.scalars(
        select(User)
        .where(User.state == UserState.ACTIVE, User.granted.any(held))
        .order_by(User.display_name, User.id)
    )
    return list(rows)


def visible_staff(person: Person, search: str = "") -> Select[User]:
    """Return the query of the staff whom this person may see, by name.

    Seen are people with a role inside the person's areas, and those with no role at all.
    """
    paths = allowed_paths(person, Permission.SEE_STAFF)
    inside = or_(False, *(Grant.area_path.startswith(path, autoescape=True) for path in paths))
    in_force = Grant.revoked_at.is_(None)
    seen = User.granted.any(in_force & inside) if paths else User.id.is_(None)
    if allowed_paths(person, Permission.MANAGE_STAFF):
        seen |= ~User.granted.any(in_force)
    rows = select(User).where(seen).order_by(User.display_name, User.id)
    if search:
        rows = rows.where(
            or_(
                User.display_name.icontains(search, autoescape=True),
                User.email.icontains(search, autoescape=True),
            )
        )
    return rows


def visible(session: Session, person: Person, user_id: int, attempted: str = "see") -> User:
    """Return that member of staff, if the person may see them.

    Raises: NotFound; NotShown, which says the same, when the person may not know of them.
    """
    found = session.scalar(visible_staff(person).where(User.id == user_id))
    if found is None and session.get(User, user_id) is not None:
        raise NotShown(NO_SUCH, attempted=attempted, subject_kind="user", subject_id=user_id)
    if found is None:
        raise NotFound(NO_SUCH)
    return found


def areas_of(session: Session, grants: Iterable[Grant]) -> dict[int, Area]:
    """Return the areas that these roles are for, by id."""
    ids = {grant.area_id for grant in grants}
    return {area.id: area for area in session.scalars(select(Area).where(Area.id.in_(ids)))}


def sign_ins(session: Session, user_id: int) -> list[SignIn]:
    """Return the browsers in which this person is signed in, newest first."""
    return list(
        session.scalars(
            select(SignIn)
            .where(
                SignIn.user_id == user_id,
                SignIn.revoked_at.is_(None),
                SignIn.expires_at > clock.now(),
            )
            .order_by(SignIn.started_at.desc(), SignIn.id.desc())
        )
    )


def open_links(session: Session, user_id: int, purpose: LinkPurpose | None = None) -> list[Link]:
    """Return this person's links that still work."""
    rows = select(Link).where(
        Link.user_id == user_id,
        Link.used_at.is_(None),
        Link.revoked_at.is_(None),
        Link.expires_at > clock.now(),
    )
    if purpose is not None:
        rows = rows.where(Link.purpose == purpose)
    return list(session.scalars(rows.order_by(Link.id)))


def unused_codes(session: Session, user_id: int) -> list[RecoveryCode]:
    """Return this person's recovery codes that still work."""
    rows = session.scalars(
        select(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    )
    return list(rows)


def others_who_manage(session: Session, user_id: int, area_path: str) -> bool:
    """Say whether anybody but this person is an active administrator of that area."""
    held = _gives(Permission.MANAGE_STAFF) & Grant.area_path.in_(prefixes(area_path))
    others = exists().where(
        User.state == UserState.ACTIVE, User.id != user_id, Grant.user_id == User.id, held
    )
    return bool(session.scalar(select(others)))


def _gives(permission: Permission) -> ColumnElement[bool]:
    roles: list[Role] = [role for role, may in ROLE_PERMISSIONS.items() if permission in may]
    return Grant.revoked_at.is_(None) & Grant.role.in_(roles)
