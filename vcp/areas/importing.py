"""Areas from a CSV file: every row is checked and reported; all are stored, or none.

Columns: kind, name, parent (the parent's short name; empty for the force), valid_from, and
optionally valid_to, slug, description. A parent may stand earlier in the same file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TextIO

from sqlalchemy.orm import Session

from vcp.areas import queries, service
from vcp.areas.models import Area, AreaKind
from vcp.kernel import sheets
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.permissions import Permission, Person, may

NEEDED = ("kind", "name", "parent", "valid_from")
OPTIONAL = ("valid_to", "slug", "description")
MOST_ROWS = 5000
MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class ReportRow:
    """What becomes of one row of the file: `added`, `known` (there already) or `refused`."""

    line: int
    name: str
    outcome: str
    message: str


@dataclass
class _Place:
    """An area that exists or will, as later rows of the file may refer to it."""

    kind: AreaKind
    name: str
    slug: str
    parent_slug: str | None
    valid_from: date
    valid_to: date | None
    area: Area | None = None
    description: str = ""


@dataclass
class _Plan:
    """What the rows read so far amount to."""

    by: Person | Machine
    places: dict[str, _Place]
    new: list[_Place] = field(default_factory=list)

    def children(self, slug: str | None) -> Iterable[_Place]:
        return (place for place in self.places.values() if place.parent_slug == slug)


def import_csv(
    session: Session, stream: TextIO, by: Person | Machine, *, dry_run: bool
) -> list[ReportRow]:
    """Check every row and, unless this is a dry run or a row is refused, add them all.

    Raises: Invalid when the file as a whole can't be read.
    """
    plan = _Plan(by, _existing(session))
    report = [_planned(plan, line, row) for line, row in _rows(stream)]
    if dry_run or any(row.outcome == "refused" for row in report):
        return report
    for place in plan.new:
        parent = plan.places[place.parent_slug].area if place.parent_slug else None
        place.area = service.add_area(
            session,
            place.kind,
            place.name,
            parent.id if parent else None,
            place.valid_from,
            by,
            place.description,
            valid_to=place.valid_to,
            slug=place.slug,
        )
    if plan.new:
        record(session, by, "import_areas", "area", "csv", count=len(plan.new))
    return report


def _existing(session: Session) -> dict[str, _Place]:
    areas = queries.tree(session)
    slugs = {area.id: area.slug for area in areas}
    return {
        area.slug: _Place(
            area.kind,
            area.name,
            area.slug,
            slugs.get(area.parent_id or 0),
            area.valid_from,
            area.valid_to,
            area,
        )
        for area in areas
    }


def _rows(stream: TextIO) -> list[sheets.Row]:
    return sheets.read(
        stream.read(MOST_CHARACTERS + 1),
        needed=NEEDED,
        most_rows=MOST_ROWS,
        most_characters=MOST_CHARACTERS,
    )


def _planned(plan: _Plan, line: int, cells: Mapping[str, str]) -> ReportRow:
    name = cells["name"] or "(no name)"
    try:
        place = _place(plan, cells)
        known = next(
            (
                other
                for other in plan.children(place.parent_slug)
                if other.name.casefold() == place.name.casefold() and other.kind == place.kind
            ),
            None,
        )
        if known is not None:
            if known.area is None:
                raise Invalid("The same area stands higher up in this file.")  # noqa: TRY301
            return ReportRow(line, name, "known", f"There already, as {known.slug}.")
        _check(plan, place)
    except (Invalid, Conflict, NotAllowed) as error:
        return ReportRow(line, name, "refused", error.message)
    plan.places[place.slug] = place
    plan.new.append(place)
    return ReportRow(line, place.name, "added", f"{place.kind}, as {place.slug}")


def _place(plan: _Plan, cells: Mapping[str, str]) -> _Place:
    """Return what one row says.

    Raises: Invalid when a cell can't be read.
    """
    if cells[sheets.TOO_MANY]:
        raise Invalid("More cells than columns. Put quotation marks round a cell with commas.")
    kind = cells["kind"].lower()
    if kind not in list(AreaKind):
        raise Invalid(f"{cells['kind']!r} is no level. Use {', '.join(AreaKind)}.")
    name = service.checked_name(cells["name"])
    parent_slug = cells["parent"].lower() or None
    if parent_slug is not None and parent_slug not in plan.places:
        raise Invalid(f"There is no area {parent_slug!r}, here or higher up in this file.")
    slug = cells.get("slug", "").lower()
    if slug and slug != service.slug_of(slug):
        raise Invalid(f"{slug!r} can't be a short name: use small letters, digits and hyphens.")
    slugs = [slug] if slug else service.slugs_to_try(name, parent_slug)
    return _Place(
        AreaKind(kind),
        name,
        next((free for free in slugs if free not in plan.places), slugs[0]),
        parent_slug,
        _day(cells["valid_from"], "valid_from"),
        _day(cells["valid_to"], "valid_to") if cells.get("valid_to") else None,
        description=cells.get("description", ""),
    )


def _check(plan: _Plan, place: _Place) -> None:
    if place.slug in plan.places:
        raise Invalid(f"The short name {place.slug!r} is taken. Choose another.")
    above = plan.places[place.parent_slug] if place.parent_slug else None
    service.check_place(place.kind, above)
    service.check_dates(place.valid_from, place.valid_to, above)
    if above is None and any(plan.children(None)):
        raise Conflict("There is a force already. One installation serves one.")
    if isinstance(plan.by, Machine):
        return
    while above is not None and above.area is None:
        above = plan.places[above.parent_slug] if above.parent_slug else None
    if above is None or above.area is None:
        raise Conflict("The force itself is made with `vcp areas add force NAME`.")
    if not may(plan.by, Permission.MANAGE_AREAS, above.area.path):
        raise Invalid(f"You may not add areas inside {above.name}.")


def _day(text: str, column: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{column} is {text!r}; write days as 2026-04-01.") from error
