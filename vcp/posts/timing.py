"""When a post goes out: from what people type, in local time, to one moment.

Twice a year the clocks change: one hour doesn't exist, and one comes twice. Nobody's post is
moved by an hour in silence: the first is refused, the second is asked about.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from vcp.kernel.errors import Invalid

FARTHEST = timedelta(days=366)
FORMAT = "%Y-%m-%dT%H:%M"
FIRST, SECOND = 0, 1


class AskWhichHour(Invalid):
    """The time comes twice that night; `choices` are the two moments, in UTC."""

    def __init__(self, message: str, choices: tuple[datetime, datetime], field: str) -> None:
        """Keep the two moments for the page that asks."""
        super().__init__(message, field)
        self.choices = choices


def moment_of(
    local: str, zone: ZoneInfo, *, fold: int | None = None, field: str = "wanted_local"
) -> datetime:
    """Return the moment that this local time means.

    Raises: Invalid when it can't be read or doesn't exist; AskWhichHour when it comes twice and
    `fold` doesn't say which.
    """
    try:
        typed = datetime.strptime(local, FORMAT).replace(tzinfo=zone)
    except ValueError as error:
        raise Invalid(
            "Give the date and the time, such as 29 March 2026 at 09:30.", field
        ) from error
    first, second = typed.replace(fold=FIRST), typed.replace(fold=SECOND)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    moments = first.astimezone(UTC), second.astimezone(UTC)
    if moments[0] > moments[1]:
        after = moments[0].astimezone(zone)
        raise Invalid(
            f"There is no {typed:%H:%M} on {_day(typed)}: the clocks go forward. "
            f"Choose another time, such as {after:%H:%M}.",
            field,
        )
    if fold is None:
        raise AskWhichHour(
            f"{typed:%H:%M} comes twice on {_day(typed)}, because the clocks go back. Say whether "
            f"you mean the first ({first:%Z}) or the second ({second:%Z}).",
            moments,
            field,
        )
    return moments[SECOND if fold else FIRST]


def check_ahead(moment: datetime, now: datetime, *, field: str = "wanted_local") -> None:
    """Refuse a moment that has passed or is too far off.

    Raises: Invalid.
    """
    if moment <= now:
        raise Invalid("This time has passed. Choose a later one, or send it now.", field)
    if moment > now + FARTHEST:
        raise Invalid("This is more than a year away. Choose a time within a year.", field)


def window(
    wanted: datetime | None, not_after: datetime | None, now: datetime, longest: timedelta
) -> tuple[datetime, datetime]:
    """Return from when and until when a post may leave."""
    due = wanted if wanted is not None else now
    return due, not_after if not_after is not None else due + longest


def typed_as(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as people here would type it."""
    return moment.astimezone(zone).strftime(FORMAT)


def fold_of(moment: datetime | None, zone: ZoneInfo) -> int | None:
    """Return which of two hours a moment lies in; None when its hour comes once."""
    if moment is None:
        return None
    local = moment.astimezone(zone)
    other = local.replace(fold=1 - local.fold)
    return None if other.utcoffset() == local.utcoffset() else local.fold


def spoken(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as people here say it: 29 March 2026 at 09:30 BST."""
    local = moment.astimezone(zone)
    return f"{_day(local)} at {local:%H:%M %Z}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
