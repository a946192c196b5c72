"""Reading areas: by path, by slug, what lies above and below, what a person may choose."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from vcp.areas.models import Area, AreaKind
from vcp.kernel import clock
from vcp.kernel.errors import NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths


def by_id(session: Session, area_id: int) -> Area:
    """Return that area.

    Raises: NotFound when there is none.
    """
    found = session.get(Area, area_id)
    if found is None:
        raise NotFound("There is no such area. Choose one from the list of areas.")
    return found


def by_path(session: Session, path: str) -> Area:
    """Return the area of this path.

    Raises: NotFound when there is none.
    """
    found = session.scalar(select(Area).where(Area.path == path))
    if found is None:
        raise NotFound("There is no such area. Choose one from the list of areas.")
    return found


def by_slug(session: Session, slug: str) -> Area:
    """Return the area of this short name.

    Raises: NotFound when there is none.
    """
    found = session.scalar(select(Area).where(Area.slug == slug))
    if found is None:
        raise NotFound(f"There is no area {slug!r}. `vcp areas list` shows what there is.")
    return found


def force(session: Session) -> Area | None:
    """Return the force itself; None in an installation that has no areas yet."""
    return session.scalar(select(Area).where(Area.kind == AreaKind.FORCE).order_by(Area.id))


def children(session: Session, area: Area) -> list[Area]:
    """Return the areas right inside this one, by name."""
    rows = session.scalars(select(Area).where(Area.parent_id == area.id).order_by(Area.name))
    return list(rows)


def ancestors(session: Session, area: Area) -> list[Area]:
    """Return the areas that this one lies in, the force first."""
    ids = path_ids(area.path)[:-1]
    rows = session.scalars(select(Area).where(Area.id.in_(ids)).order_by(Area.path))
    return sorted(rows, key=lambda row: ids.index(row.id))


def below(session: Session, path: str) -> list[Area]:
    """Return the area of this path and everything inside it, each parent before its children."""
    rows = session.scalars(select(Area).where(Area.path.startswith(path, autoescape=True)))
    return tree_order(rows)


def tree(session: Session) -> list[Area]:
    """Return every area, each parent before its children, brothers and sisters by name."""
    return tree_order(session.scalars(select(Area)))


def choices(session: Session, person: Person, permission: Permission) -> list[tuple[int, str]]:
    """Return (id, words) of the areas in force for which this person has this permission."""
    paths = allowed_paths(person, permission)
    if not paths:
        return []
    rows = session.scalars(select(Area).where(within(paths), in_force_on(clock.now().date())))
    return [(row.id, described(row)) for row in tree_order(rows)]


def described(area: Area) -> str:
    """Return the name with its level, indented by depth, for a list to choose from."""
    depth = len(path_ids(area.path)) - 1
    # Non-breaking spaces: a browser would fold ordinary ones inside an option.
    indent = "\N{NO-BREAK SPACE}" * 4 * depth
    return f"{indent}{area.name} ({area.kind})"


def within(paths: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that an area lies at or below one of these paths."""
    return or_(*(Area.path.startswith(path, autoescape=True) for path in paths))


def in_force_on(day: date) -> ColumnElement[bool]:
    """Return the condition that an area holds on that day; the last day counts."""
    return (Area.valid_from <= day) & (Area.valid_to.is_(None) | (Area.valid_to >= day))


def is_in_force(area: Area, day: date) -> bool:
    """Say whether the area holds on that day; the last day counts."""
    return area.valid_from <= day and (area.valid_to is None or area.valid_to >= day)


def path_ids(path: str) -> list[int]:
    """Return the ids in a path, the force first: `/1/4/` gives 1 and 4."""
    return [int(part) for part in path.strip("/").split("/")]


def prefixes(path: str) -> list[str]:
    """Return the paths that cover this one, the force first, itself last."""
    parts = path.strip("/").split("/")
    return [f"/{'/'.join(parts[: count + 1])}/" for count in range(len(parts))]


def tree_order(rows: Iterable[Area]) -> list[Area]:
    """Return the areas with each parent before its children, brothers and sisters by name."""
    areas: Sequence[Area] = list(rows)
    names = {area.id: area.name.casefold() for area in areas}
    return sorted(
        areas,
        key=lambda area: [(names.get(part, ""), part) for part in path_ids(area.path)],
    )
