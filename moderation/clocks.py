"""The clocks of cases: what each priority is given, how much is left, and that in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from moderation.models import Case
from moderation.states import CaseState, HandOverState
from vcp.triage.findings import Priority

#: A person has looked within this time, and handed over or answered within that.
#: Source: the force's triage policy.
SEEN_WITHIN = {
    Priority.P1: timedelta(minutes=5),
    Priority.P2: timedelta(minutes=30),
    Priority.P3: timedelta(hours=4),
}
ACTED_WITHIN = {
    Priority.P1: timedelta(minutes=10),
    Priority.P2: timedelta(minutes=60),
    Priority.P3: timedelta(hours=24),
}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
#: Below so many hours minutes are told too.
HOURS_WITH_MINUTES = 6
#: The last part of a clock, in which it is shown as running out.
SHORT = 0.25


@dataclass(frozen=True)
class Countdown:
    """The clock of a case that runs now: to what, until when."""

    #: What must have happened by then: "look", "act", "decide" or "acknowledgement".
    what: str
    due_at: datetime
    left_s: float
    is_short: bool

    @property
    def is_overdue(self) -> bool:
        """Whether its time has passed."""
        return self.left_s < 0

    @property
    def words(self) -> str:
        """Say it as people do: "act: 4 minutes left"."""
        if self.is_overdue:
            return f"{self.what}: overdue by {spoken(-self.left_s)}"
        return f"{self.what}: {spoken(self.left_s)} left"


def running(case: Case, now: datetime) -> Countdown | None:
    """Return the clock of the case that runs now; None when nothing more is awaited by a time."""
    if case.state is CaseState.DISPOSED:
        return None
    if case.contact_id is None:
        return _countdown("decide", case.opened_at, case.due_at, now)
    if case.acted_at is None:
        if case.seen_at is None and (case.act_due_at is None or case.due_at < case.act_due_at):
            return _countdown("look", case.opened_at, case.due_at, now)
        return _countdown("act", case.opened_at, case.act_due_at or case.due_at, now)
    open_ones = [one for one in case.hand_overs if one.state is not HandOverState.ACKNOWLEDGED]
    if not open_ones:
        return None
    first = min(open_ones, key=lambda one: one.due_at)
    return _countdown("acknowledgement", first.sent_at, first.due_at, now)


def quarters(opened_at: datetime, due_at: datetime, now: datetime) -> int:
    """Return how many quarters of a clock have run, 0 to 4."""
    whole = (due_at - opened_at).total_seconds()
    if whole <= 0:
        return 4
    return max(0, min(4, int(4 * (now - opened_at).total_seconds() / whole)))


def spoken(seconds: float) -> str:
    """Say a length of time as people do, rounded down: "3 minutes", "2 hours 5 minutes"."""
    whole = int(seconds)
    if whole < MINUTE_S:
        return "less than a minute"
    days, hours, minutes = whole // DAY_S, whole // HOUR_S, whole % HOUR_S // MINUTE_S
    if hours == 0:
        return _many(minutes, "minute")
    if hours < HOURS_WITH_MINUTES and minutes:
        return f"{_many(hours, 'hour')} {_many(minutes, 'minute')}"
    return _many(hours, "hour") if days < 2 else _many(days, "day")  # noqa: PLR2004 - 47 hours, then days


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _countdown(what: str, started_at: datetime, due_at: datetime, now: datetime) -> Countdown:
    left, whole = (due_at - now).total_seconds(), (due_at - started_at).total_seconds()
    return Countdown(what, due_at, left, is_short=0 <= left < whole * SHORT)
