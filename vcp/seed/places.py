"""The invented places: one force, two districts, their neighbourhoods and a few beats."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from sqlalchemy.orm import Session

from vcp.areas import service as areas
from vcp.areas.models import AreaKind
from vcp.kernel.context import Machine
from vcp.kernel.permissions import Person
from vcp.seed.cast import SETUP, Cast

FORCE, FORCE_NAME = "force", "Carrowdale"
#: The neighbourhood whose team has a page of its own.
OFFICE_AT = "neighbourhood:0"
FORCE_DESCRIPTION = (
    "Carrowdale runs from the harbours of Quayside up to the mill villages of Daleside. "
    "Every neighbourhood has an officer whom you can name."
)
DISTRICTS = (
    ("Quayside", "The harbours, the beaches and the villages behind them."),
    ("Daleside", "The valley towns, the mills and the moor above."),
)
#: Name, which district, and what the public page says of it.
NEIGHBOURHOODS = (
    ("Quillhaven Harbour", 0, "Fishing quays, flats over shops, and a market on two days a week."),
    ("Thistlebeck", 1, "The old mill town, its park, and the estates along the beck."),
    ("Gannetby", 0, "A beach, a caravan park, and twice as many people in summer."),
    ("Windlethorpe", 1, "The railway town: the station, the college and the long high street."),
    ("Ostrey Cross", 0, "New homes around an old market cross, and the force's newest team."),
    ("Oakmarrow", 1, "Farms and villages under the moor, and one very good bakery."),
)
#: Name, and the neighbourhood that it is part of.
BEATS = (("Old Quay", 0), ("Ropewalk", 0), ("Mill Meadow", 1), ("College Quarter", 3))
_FIRST = "Amber Birk Corn Dun Elder Fern Gorse Heron Iron Juniper Kestrel Ling Moss Nettle"
_LAST = "barrow combe dyke fold garth hythe ley mere ness ridge stow thwaite wath yard"
#: One officer's neighbours are few; beyond this many a force has more neighbourhoods.
OFFICERS_EACH = 8
YEARS_BEFORE = 3


@dataclass(frozen=True)
class Place:
    """One area of the invented force, by the key that the rest of the seed calls it."""

    key: str
    kind: AreaKind
    name: str
    above: str | None
    description: str


def places(officers: int) -> list[Place]:
    """Return every place, each parent before its children."""
    found = [Place(FORCE, AreaKind.FORCE, FORCE_NAME, None, FORCE_DESCRIPTION)]
    for number, (name, description) in enumerate(DISTRICTS):
        found.append(Place(f"district:{number}", AreaKind.DISTRICT, name, FORCE, f"{description}"))
    for number, (name, district, description) in enumerate(_neighbourhoods(officers)):
        found.append(
            Place(
                f"neighbourhood:{number}",
                AreaKind.NEIGHBOURHOOD,
                name,
                f"district:{district}",
                description,
            )
        )
    for number, (name, inside) in enumerate(BEATS):
        found.append(Place(f"beat:{number}", AreaKind.BEAT, name, f"neighbourhood:{inside}", ""))
    return found


def _neighbourhoods(officers: int) -> list[tuple[str, int, str]]:
    more = max(0, officers // OFFICERS_EACH - len(NEIGHBOURHOODS))
    names = [f"{first}{last}" for last, first in product(_LAST.split(), _FIRST.split())][:more]
    return [*NEIGHBOURHOODS, *((name, number % 2, "") for number, name in enumerate(names))]


def neighbourhood_keys(officers: int) -> list[str]:
    """Return the keys of the neighbourhoods, in the order in which officers are given to them."""
    return [place.key for place in places(officers) if place.kind is AreaKind.NEIGHBOURHOOD]


def district_of(key: str, officers: int) -> str:
    """Return the district that a neighbourhood lies in."""
    return next(str(place.above) for place in places(officers) if place.key == key)


def add_force(session: Session, cast: Cast, now: datetime) -> None:
    """Add the force itself, which only the machine may."""
    force = places(0)[0]
    _add(session, cast, force, now, SETUP)


def add_places(session: Session, cast: Cast, now: datetime, officers: int, *, by: Person) -> None:
    """Add everything below the force."""
    for place in places(officers)[1:]:
        _add(session, cast, place, now, by)


def _add(session: Session, cast: Cast, place: Place, now: datetime, by: Person | Machine) -> None:
    since = (now - timedelta(days=365 * YEARS_BEFORE)).date().replace(month=4, day=1)
    above = None if place.above is None else cast.areas[place.above]
    area = areas.add_area(
        session,
        place.kind,
        place.name,
        above,
        since,
        by,
        place.description,
    )
    cast.areas[place.key] = area.id
