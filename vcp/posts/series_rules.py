"""The rule of a series: from what people choose to iCalendar's words, and to days.

Days are local. The time of day is added afterwards, so that 09:30 stays 09:30 when the clocks
change. Source: RFC 5545, section 3.3.10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from itertools import islice

from dateutil.rrule import rrulebase, rrulestr

from vcp.kernel.errors import Invalid
from vcp.posts.days import DAY_NAMES, DAYS, spoken

NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
#: A series that goes on for longer is one that nobody looks at any more.
LONGEST_DAYS = 731
MOST_TIMES = 400
LAST_DAY_OF_ALL_MONTHS = 28


class Every(StrEnum):
    """How often something goes out."""

    DAY = "day"
    WEEK = "week"
    TWO_WEEKS = "two_weeks"
    MONTH_BY_WEEKDAY = "month_by_weekday"
    MONTH_BY_DATE = "month_by_date"


@dataclass(frozen=True)
class Rule:
    """What was chosen: how often, on which days, and until when, or how many times."""

    every: Every
    days: tuple[str, ...] = ()
    #: For months: 1 to 4, or -1 for the last.
    nth: int = 1
    month_day: int = 1
    until: date | None = None
    times: int | None = None


def as_ical(rule: Rule) -> str:
    """Return the rule as iCalendar writes it.

    Raises: Invalid when something that it needs wasn't chosen.
    """
    days = [day for day in DAYS if day in rule.days]
    if rule.every in {Every.WEEK, Every.TWO_WEEKS, Every.MONTH_BY_WEEKDAY} and not days:
        raise Invalid("Choose at least one day of the week.", "days")
    parts = {
        Every.DAY: "FREQ=DAILY",
        Every.WEEK: f"FREQ=WEEKLY;BYDAY={','.join(days)}",
        Every.TWO_WEEKS: f"FREQ=WEEKLY;INTERVAL=2;BYDAY={','.join(days)}",
        Every.MONTH_BY_WEEKDAY: (
            f"FREQ=MONTHLY;BYDAY={','.join(f'{rule.nth}{day}' for day in days)}"
        ),
        Every.MONTH_BY_DATE: f"FREQ=MONTHLY;BYMONTHDAY={rule.month_day}",
    }[rule.every]
    if rule.every is Every.MONTH_BY_DATE and not 1 <= rule.month_day <= LAST_DAY_OF_ALL_MONTHS:
        raise Invalid("Choose a day from 1 to 28: not every month has the others.", "month_day")
    if (rule.until is None) == (rule.times is None):
        raise Invalid("Say either until which day, or how many times.", "until")
    if rule.times is not None:
        if not 1 <= rule.times <= MOST_TIMES:
            raise Invalid(f"Choose from 1 to {MOST_TIMES} times.", "times")
        return f"{parts};COUNT={rule.times}"
    return f"{parts};UNTIL={rule.until:%Y%m%d}T235959"


def days_between(rule: str, starts_on: date, first: date, last: date) -> list[date]:
    """Return the days that the rule names from one day to another, both included."""
    # At noon, so that no end of a day matters.
    found = _read(rule, starts_on).between(_noon(first), _noon(last), inc=True)
    return [moment.date() for moment in found]


def check(rule: str, starts_on: date, today: date) -> None:
    """Refuse a rule that names no day, or goes on for too long.

    Raises: Invalid.
    """
    everything = [moment.date() for moment in islice(_read(rule, starts_on), MOST_TIMES + 1)]
    if not everything or everything[-1] < today:
        raise Invalid("By this rule nothing would go out any more. Look at its days.", "until")
    if len(everything) > MOST_TIMES or (everything[-1] - starts_on).days > LONGEST_DAYS:
        raise Invalid(
            f"This goes on for too long. End it within two years and {MOST_TIMES} times.", "until"
        )


def spoken_rule(rule: str, at: str) -> str:
    """Return the rule in plain words: weekly on Tuesday at 09:30, until 31 March 2027."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    end = f", {parts['COUNT']} times" if "COUNT" in parts else ""
    if "UNTIL" in parts:
        end = f", until {spoken(datetime.strptime(parts['UNTIL'][:8], '%Y%m%d').date())}"  # noqa: DTZ007 - a day
    return f"{_often(parts)} at {at}{end}"


def _often(parts: dict[str, str]) -> str:
    days = parts.get("BYDAY", "").split(",")
    if parts["FREQ"] == "DAILY":
        return "Every day"
    if parts["FREQ"] == "WEEKLY":
        often = "Every two weeks" if parts.get("INTERVAL") == "2" else "Weekly"
        return f"{often} on {_listed([_name(day) for day in days])}"
    if "BYMONTHDAY" in parts:
        return f"Monthly on day {parts['BYMONTHDAY']}"
    nth = NTH[int(days[0][:-2])]
    return f"Monthly on the {nth} {_listed([_name(day) for day in days])}"


def _name(day: str) -> str:
    return DAY_NAMES[DAYS.index(day[-2:])]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _read(rule: str, starts_on: date) -> rrulebase:
    return rrulestr(rule, dtstart=_noon(starts_on))


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12))
