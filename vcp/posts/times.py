"""Slots, quiet hours and pre-election windows: set by those who approve in an area."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from officer_profiles import queries as personas
from vcp.areas import queries as areas
from vcp.areas.models import Area
from vcp.channels.queries import near
from vcp.kernel.audit import record
from vcp.kernel.errors import Invalid, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths, check
from vcp.posts.days import DAYS
from vcp.posts.schedule_models import ElectionWindow, QuietHours, Slot

LONGEST_NAME = 60
LONGEST_NOTE = 500
LONGEST_WINDOW_DAYS = 120


class Kind(StrEnum):
    """What can be set."""

    SLOT = "slot"
    QUIET = "quiet_hours"
    WINDOW = "election_window"


_MODELS: dict[Kind, type[Slot] | type[QuietHours] | type[ElectionWindow]] = {
    Kind.SLOT: Slot,
    Kind.QUIET: QuietHours,
    Kind.WINDOW: ElectionWindow,
}


def add_slot(
    session: Session,
    area_id: int,
    name: str,
    days: Sequence[str],
    at: str,
    *,
    by: Person,
    persona_slug: str = "",
) -> Slot:
    """Name a time of day that posts can take; of one persona, or of a whole area.

    Raises: NotFound; NotAllowed; Invalid.
    """
    area, persona_id = _area(session, area_id, by), None
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        raise Invalid(f"Give it a name of up to {LONGEST_NAME} characters.", "name")
    if persona_slug:
        try:
            persona = personas.by_slug(session, persona_slug)
        except NotFound as error:
            raise Invalid("There is no such persona in this area.", "persona") from error
        if not persona.area_path.startswith(area.path):
            raise Invalid("There is no such persona in this area.", "persona")
        persona_id = persona.id
    slot = Slot(
        area_id=area.id,
        area_path=area.path,
        persona_id=persona_id,
        name=name.strip(),
        days=_days(days),
        at=_time(at, "at"),
    )
    session.add(slot)
    session.flush()
    record(session, by, "create", Kind.SLOT, slot.id, name=slot.name, days=slot.days, at=slot.at)
    return slot


def add_quiet_hours(
    session: Session, area_id: int, days: Sequence[str], begins: str, ends: str, *, by: Person
) -> QuietHours:
    """Set hours in which scheduling into an area warns.

    Raises: NotFound; NotAllowed; Invalid.
    """
    area = _area(session, area_id, by)
    begins, ends = _time(begins, "begins"), _time(ends, "ends")
    if begins == ends:
        raise Invalid("They end when they begin. Choose another time.", "ends")
    row = QuietHours(
        area_id=area.id, area_path=area.path, days=_days(days), begins=begins, ends=ends
    )
    session.add(row)
    session.flush()
    record(session, by, "create", Kind.QUIET, row.id, days=row.days, begins=begins, ends=ends)
    return row


def add_window(
    session: Session, area_id: int, first: date, last: date, note: str, *, by: Person
) -> ElectionWindow:
    """Set the days before an election in an area and all inside it.

    Raises: NotFound; NotAllowed; Invalid.
    """
    area = _area(session, area_id, by)
    if last < first:
        raise Invalid("The last day comes before the first.", "last_day")
    if (last - first).days > LONGEST_WINDOW_DAYS:
        raise Invalid(
            f"That is over {LONGEST_WINDOW_DAYS} days. Look at the dates again.", "last_day"
        )
    row = ElectionWindow(
        area_id=area.id,
        area_path=area.path,
        first_day=first,
        last_day=last,
        note=note.strip()[:LONGEST_NOTE],
    )
    session.add(row)
    session.flush()
    days = {"first": first.isoformat(), "last": last.isoformat()}
    record(session, by, "create", Kind.WINDOW, row.id, note=row.note or None, **days)
    return row


def remove(session: Session, kind: Kind, row_id: int, *, by: Person) -> None:
    """Take one of them away.

    Raises: NotFound; NotAllowed.
    """
    found: Any = _MODELS[kind]
    row: Slot | QuietHours | ElectionWindow | None = session.get(found, row_id)
    if row is None:
        raise NotFound("It isn't there any more. Look at the list again.")
    check(by, Permission.APPROVE_POSTS, row.area_path, subject_kind=kind, subject_id=row.id)
    record(session, by, "remove", kind, row.id)
    session.delete(row)
    session.flush()


def slots(session: Session, person: Person) -> list[Slot]:
    """Return the slots of the person's areas and of those around them."""
    around = near(Slot.area_path, allowed_paths(person, Permission.SEE_POSTS))
    rows = select(Slot).where(around).order_by(Slot.area_path, Slot.at)
    both = (joinedload(Slot.area), joinedload(Slot.persona).lazyload("*"))
    return list(session.scalars(rows.options(*both)))


def windows(session: Session, person: Person) -> list[ElectionWindow]:
    """Return the windows of the person's areas and of those around them, the newest first."""
    around = near(ElectionWindow.area_path, allowed_paths(person, Permission.SEE_POSTS))
    rows = select(ElectionWindow).where(around).order_by(ElectionWindow.last_day.desc())
    return list(session.scalars(rows.options(joinedload(ElectionWindow.area))))


def _area(session: Session, area_id: int, by: Person) -> Area:
    area = areas.by_id(session, area_id)
    check(by, Permission.APPROVE_POSTS, area.path, subject_kind="area", subject_id=area.id)
    return area


def _days(days: Sequence[str]) -> str:
    chosen = [day for day in DAYS if day in days]
    if not chosen:
        raise Invalid("Choose at least one day.", "days")
    return ",".join(chosen)


def _time(typed: str, field: str) -> str:
    try:
        return f"{datetime.strptime(typed, '%H:%M'):%H:%M}"  # noqa: DTZ007 - a time of day
    except ValueError as error:
        raise Invalid("Give a time of day, such as 08:15.", field) from error
