"""The desks that take what is handed over: what there is, and how each is reached."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Desk
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.triage.inbound_categories import DESKS, INBOUND

#: After how many minutes each desk should have said that it has it. Source: the triage policy.
MINUTES = {
    "control_room": 10,
    "safeguarding": 30,
    "fraud": 60,
    "press": 120,
    "crime": 240,
    "intelligence": 240,
    "standards": 1440,
    "information_rights": 1440,
}
LONGEST_WAIT_MINUTES = 3 * 1440
SET_UP = Machine("set-up")


def ensure_defaults(session: Session, addresses: Mapping[str, str] | None = None) -> int:
    """Add the desks that every force has, where they are missing; return how many were added.

    `addresses` are e-mail addresses by code; a desk without one is rung. Safe to repeat.
    """
    there = set(session.scalars(select(Desk.code)))
    lacking = [code for code in MINUTES if code not in there]
    for code in lacking:
        desk = Desk(
            code=code,
            name=DESKS[code],
            email=(addresses or {}).get(code, ""),
            acknowledge_minutes=MINUTES[code],
        )
        session.add(desk)
        session.flush()
        record(session, SET_UP, "create", "desk", desk.id, code=code)
    return len(lacking)


def everyone(session: Session) -> list[Desk]:
    """Return all desks, those in use first, by name."""
    rows = session.scalars(select(Desk).order_by(Desk.is_active.desc(), Desk.name))
    return list(rows)


def in_use(session: Session) -> list[Desk]:
    """Return the desks that take hand-overs, by name."""
    return [desk for desk in everyone(session) if desk.is_active]


def found(session: Session, desk_id: int) -> Desk:
    """Return that desk.

    Raises: NotFound.
    """
    desk = session.get(Desk, desk_id)
    if desk is None:
        raise NotFound("There is no such desk. Choose one from the list of desks.")
    return desk


def first_choice(session: Session, category: str) -> Desk | None:
    """Return the desk that should act on this category, if it is in use."""
    return session.scalar(select(Desk).where(Desk.code == code_for(category), Desk.is_active))


def code_for(category: str) -> str:
    """Return the code of the desk that should act on this category."""
    return INBOUND[category].desk if category in INBOUND else ""


def change(
    session: Session,
    desk_id: int,
    *,
    name: str,
    email: str,
    phone: str,
    acknowledge_minutes: int,
    version: int,
    by: Person,
) -> Desk:
    """Say how a desk is called and reached.

    Raises: Invalid; Conflict when somebody else changed it since the form was shown.
    """
    desk = found(session, desk_id)
    _must_manage(by)
    if version != desk.version:
        raise Conflict("Someone else changed this desk first. Look at it again, then change it.")
    if not email and not phone:
        raise Invalid(
            "Give an e-mail address or a telephone number, or nobody is reached.", "email"
        )
    if not 1 <= acknowledge_minutes <= LONGEST_WAIT_MINUTES:
        raise Invalid("Give between 1 minute and three days.", "acknowledge_minutes")
    before = _facts(desk)
    desk.name, desk.email, desk.phone = name, email, phone
    desk.acknowledge_minutes = acknowledge_minutes
    record(session, by, "change", "desk", desk.id, before=before, after=_facts(desk))
    return desk


def deactivate(session: Session, desk_id: int, *, by: Person) -> Desk:
    """Take a desk out of use; what it was given stays with it."""
    return _set_active(session, desk_id, by=by, active=False)


def activate(session: Session, desk_id: int, *, by: Person) -> Desk:
    """Take a desk into use again."""
    return _set_active(session, desk_id, by=by, active=True)


def _set_active(session: Session, desk_id: int, *, by: Person, active: bool) -> Desk:
    desk = found(session, desk_id)
    _must_manage(by)
    if desk.is_active is not active:
        desk.is_active = active
        record(session, by, "activate" if active else "deactivate", "desk", desk.id)
    return desk


def _must_manage(by: Person) -> None:
    if not allowed_paths(by, Permission.MANAGE_DESKS):
        raise NotAllowed(
            "Desks are kept by administrators. Ask one to change it.",
            attempted=Permission.MANAGE_DESKS.value,
            subject_kind="desk",
        )


def _facts(desk: Desk) -> dict[str, str | int]:
    return {
        "name": desk.name,
        "email": desk.email,
        "phone": desk.phone,
        "acknowledge_minutes": desk.acknowledge_minutes,
    }
