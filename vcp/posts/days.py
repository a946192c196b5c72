"""Local days and times of day: their names, and the moments that they mean."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from vcp.kernel.errors import Invalid
from vcp.posts import timing

#: Days as iCalendar writes them, in the order of `date.weekday()`.
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


#: As a browser's date box sends it, and as people here write it.
_FORMATS = ("%Y-%m-%d", "%d/%m/%Y")


def day_typed(typed: str, field: str) -> date:
    """Return the day that somebody typed.

    Raises: Invalid when it can't be read, saying how days are written.
    """
    for form in _FORMATS:
        try:
            return datetime.strptime(typed.strip(), form).date()  # noqa: DTZ007 - a day
        except ValueError:
            continue
    message = f"“{typed}” is not a day. Write it like 29/12/2026."
    raise Invalid(message, field)


def spoken(day: date) -> str:
    """Return a day as people here say it."""
    return f"{day.day} {day:%B %Y}"


def named(days: str) -> str:
    """Return days as people read them: `MO,TU` is Monday and Tuesday."""
    chosen = [DAY_NAMES[DAYS.index(day)] for day in days.split(",")]
    if len(chosen) == len(DAYS):
        return "every day"
    return " and ".join(filter(None, [", ".join(chosen[:-1]), chosen[-1]]))


def moment_on(day: date, at: str, zone: ZoneInfo, *, fold: int | None = None) -> datetime:
    """Return the moment of a time of day on this day.

    Raises: Invalid when that night has no such time; AskWhichHour when it comes twice.
    """
    return timing.moment_of(f"{day.isoformat()}T{at}", zone, fold=fold)
