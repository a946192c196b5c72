"""Adding, describing and ending areas; nothing is ever taken out of the tree."""

import re
import unicodedata
from datetime import date
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.areas import queries
from vcp.areas.events import AreaChanged
from vcp.areas.models import Area, AreaKind
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check

LEVELS = list(AreaKind)
LONGEST_NAME = 120
LONGEST_SLUG = 120


class Placed(Protocol):
    """An area, or what will be one."""

    kind: Any
    name: Any
    valid_from: Any
    valid_to: Any


def add_area(  # noqa: PLR0913 - an area is what these say, and most callers name them
    session: Session,
    kind: AreaKind,
    name: str,
    parent_id: int | None,
    valid_from: date,
    by: Person | Machine,
    description: str = "",
    *,
    valid_to: date | None = None,
    slug: str | None = None,
) -> Area:
    """Add an area inside its parent; the force alone has none.

    Raises: Invalid when name, level, parent or dates don't fit; NotAllowed without the right to
    manage the parent; Conflict for a second force.
    """
    parent = None if parent_id is None else queries.by_id(session, parent_id)
    name = checked_name(name)
    check_place(kind, parent)
    check_dates(valid_from, valid_to, parent)
    if parent is not None and not isinstance(by, Machine):
        check(by, Permission.MANAGE_AREAS, parent.path)
    if parent is None:
        _check_first_force(session, by)
    elif name.casefold() in {area.name.casefold() for area in queries.children(session, parent)}:
        raise Invalid(f"{parent.name} already has an area called {name}.", field="name")
    area = Area(
        kind=kind,
        name=name,
        slug=slug or free_slug(session, name, parent),
        parent_id=parent_id,
        path="",
        description=description.strip(),
        valid_from=valid_from,
        valid_to=valid_to,
    )
    session.add(area)
    session.flush()
    area.path = f"{parent.path if parent else '/'}{area.id}/"
    session.flush()
    record(session, by, "add_area", "area", area.id, name=name, kind=kind.value, path=area.path)
    raise_event(session, AreaChanged(area.id))
    return area


def describe_area(session: Session, area_id: int, description: str, by: Person | Machine) -> Area:
    """Change what the public page says about an area.

    Raises: NotAllowed without the right to manage the area.
    """
    area = _managed(session, area_id, by)
    area.description = description.strip()
    session.flush()
    record(session, by, "describe_area", "area", area.id, description=area.description)
    raise_event(session, AreaChanged(area.id))
    return area


def end_area(session: Session, area_id: int, last_day: date, by: Person | Machine) -> Area:
    """Let an area hold for the last time on that day; its page stays as an archive.

    Raises: Invalid for a day before it began or while areas inside it go on; Conflict for the
    force, or an area that has ended already.
    """
    area = _managed(session, area_id, by)
    if area.kind == AreaKind.FORCE:
        raise Conflict("The force itself can't be ended here.")
    if area.valid_to is not None:
        raise Conflict(f"{area.name} already ends on {area.valid_to:%d %B %Y}.")
    if last_day < area.valid_from:
        raise Invalid(
            f"{area.name} began on {area.valid_from:%d %B %Y}. Give that day or a later one.",
            field="last_day",
        )
    longer = [
        child.name
        for child in queries.below(session, area.path)
        if child.id != area.id and (child.valid_to is None or child.valid_to > last_day)
    ]
    if longer:
        raise Invalid(
            f"End the areas inside it first, on that day or earlier: {', '.join(longer)}.",
            field="last_day",
        )
    area.valid_to = last_day
    session.flush()
    record(session, by, "end_area", "area", area.id, last_day=last_day.isoformat())
    raise_event(session, AreaChanged(area.id))
    return area


def checked_name(name: str) -> str:
    """Return the name with single spaces.

    Raises: Invalid when there is none, or it is too long.
    """
    name = " ".join(name.split())
    if not name:
        raise Invalid("Give the area a name.", field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"Shorten the name to {LONGEST_NAME} characters.", field="name")
    return name


def check_place(kind: AreaKind, parent: Placed | None) -> None:
    """Check that an area of this level may lie right inside that parent.

    Raises: Invalid when a level is left out or turned round.
    """
    if kind == AreaKind.FORCE:
        if parent is not None:
            raise Invalid("The force is the widest area and lies in no other.", field="kind")
        return
    wanted = LEVELS[LEVELS.index(kind) - 1]
    if parent is None or parent.kind != wanted:
        raise Invalid(
            f"A {kind} lies right inside a {wanted}. Choose a {wanted} as its parent.",
            field="parent_id",
        )


def check_dates(valid_from: date, valid_to: date | None, parent: Placed | None) -> None:
    """Check that the dates are in order and inside the parent's.

    Raises: Invalid when they aren't.
    """
    if valid_to is not None and valid_to < valid_from:
        raise Invalid("The last day comes before the first one.", field="valid_to")
    if parent is None:
        return
    if valid_from < parent.valid_from:
        raise Invalid(
            f"{parent.name} begins on {parent.valid_from:%d %B %Y}; an area inside it can't "
            "begin earlier.",
            field="valid_from",
        )
    if parent.valid_to is not None and (valid_to is None or valid_to > parent.valid_to):
        raise Invalid(
            f"{parent.name} ends on {parent.valid_to:%d %B %Y}; an area inside it can't go on "
            "longer. Give it a last day.",
            field="valid_to",
        )


def slug_of(name: str) -> str:
    """Return the name as a part of a web address: small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or "area"


def slugs_to_try(name: str, parent_slug: str | None) -> list[str]:
    """Return short names for an area, the best one first."""
    first = slug_of(name)
    inside = [] if parent_slug is None else [slug_of(f"{parent_slug} {name}")]
    numbered = [f"{first}-{number}" for number in range(2, 1000)]
    return [first, *inside, *numbered]


def free_slug(session: Session, name: str, parent: Area | None) -> str:
    """Return a short name that no area has."""
    taken = set(session.scalars(select(Area.slug)))
    wanted = slugs_to_try(name, parent.slug if parent else None)
    return next(slug for slug in wanted if slug not in taken)


def _managed(session: Session, area_id: int, by: Person | Machine) -> Area:
    area = queries.by_id(session, area_id)
    if not isinstance(by, Machine):
        check(by, Permission.MANAGE_AREAS, area.path)
    return area


def _check_first_force(session: Session, by: Person | Machine) -> None:
    found = queries.force(session)
    if found is not None:
        raise Conflict(f"There is a force already, {found.name}. One installation serves one.")
    if not isinstance(by, Machine):
        raise Conflict("The force itself is made with `vcp areas add force NAME`.")
