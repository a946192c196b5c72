"""Bank holidays of the place that a setting names: shown in calendars and beside a chosen time."""

import importlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from vcp.kernel.settings import settings
from vcp.posts import in_force
from vcp.posts.days import spoken


def on(day: date) -> str | None:
    """Return the name of the bank holiday on this day, if it is one."""
    return _of_year(settings().bank_holidays, day.year).get(day)


def note(moment: datetime | None) -> str | None:
    """Say that a chosen time lies on a bank holiday; None when it doesn't."""
    if moment is None:
        return None
    day = moment.astimezone(in_force.zone()).date()
    name = on(day)
    return f"{spoken(day)} is a bank holiday: {name}." if name else None


def between(first: date, last: date) -> dict[date, str]:
    """Return the bank holidays from one day to another, both included."""
    found: dict[date, str] = {}
    for year in range(first.year, last.year + 1):
        found |= _of_year(settings().bank_holidays, year)
    return {day: name for day, name in found.items() if first <= day <= last}


def is_known(place: str) -> bool:
    """Say whether the holidays of this place are known; no place is fine, too."""
    try:
        _of_year(place, 2026)
    except NotImplementedError:
        return False
    return True


@cache
def _of_year(place: str, year: int) -> Mapping[date, str]:
    if not place:
        return {}
    # Loaded when first asked for: 40 MB that only the processes with pages need.
    library: Any = importlib.import_module("holidays")
    country, _, part = place.partition("-")
    found = library.country_holidays(country, subdiv=part or None, years=year, language="en_GB")
    return {day: str(name) for day, name in found.items() if day.year == year}
