"""Invented places."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.areas import queries, service
from vcp.areas.models import Area, AreaKind
from vcp.kernel.context import Machine

BY = Machine("test")
SINCE = date(2020, 1, 1)
ABOVE = {kind: list(AreaKind)[number] for number, kind in enumerate(list(AreaKind)[1:])}


def make_area(
    session: Session,
    *,
    name: str = "",
    kind: AreaKind | str = AreaKind.NEIGHBOURHOOD,
    parent: Area | None = None,
    valid_from: date = SINCE,
    valid_to: date | None = None,
    description: str = "",
) -> Area:
    """Make an area; without a parent, inside the first area of the level above, made if needed."""
    kind = AreaKind(kind)
    if kind == AreaKind.FORCE:
        found = queries.force(session)
        if found is not None and name in ("", found.name):
            return found
    elif parent is None:
        wanted = select(Area).where(Area.kind == ABOVE[kind]).order_by(Area.id)
        parent = session.scalar(wanted) or make_area(session, kind=ABOVE[kind])
    number = len(session.scalars(select(Area.id)).all()) + 1
    return service.add_area(
        session,
        kind,
        name or ("Carrowdale" if kind == AreaKind.FORCE else f"{kind.capitalize()} {number}"),
        parent.id if parent else None,
        valid_from,
        BY,
        description,
        valid_to=valid_to,
    )
