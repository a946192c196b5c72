"""What is wrong with a time: quiet hours and pre-election windows, told as findings of a draft.

They warn like any other finding of the third priority: whoever approves must answer.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from vcp.channels.queries import prefixes
from vcp.kernel import clock
from vcp.kernel.errors import Invalid
from vcp.posts import in_force, screening, timing
from vcp.posts.models import Post
from vcp.posts.schedule_models import ElectionWindow, QuietHours
from vcp.posts.words import Words
from vcp.triage.findings import Finding, Priority, Verdict, most_serious

FIELD = "time"
QUIET, ELECTION = "time.quiet_hours", "time.pre_election"
CATEGORY = "timing"
#: Days as iCalendar writes them, in the order of `date.weekday()`.
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def findings(session: Session, area_path: str, wanted_at: datetime | None) -> list[Finding]:
    """Return what warns about a post of this area at this moment; None: as soon as possible.

    What goes out at once is never in quiet hours: somebody is there.
    """
    zone, found = in_force.zone(), []
    moment = wanted_at or clock.now()
    if wanted_at is not None and (quiet := quiet_at(session, area_path, wanted_at)):
        found.append(
            _finding(
                QUIET,
                f"It would go out on {timing.spoken(wanted_at, zone)}, in the quiet hours from "
                f"{quiet.begins} to {quiet.ends}.",
                "Choose another time, or say why it can't wait.",
            )
        )
    found.extend(
        _finding(
            ELECTION,
            f"It would go out in the time before an election, until {spoken(window.last_day)}. "
            f"{window.note}",
            "Wait until it is over, or say why this must be said now.",
        )
        for window in windows_on(session, area_path, moment.astimezone(zone).date())
    )
    return found


def screened(session: Session, post: Post, words: Words, reason: str | None = None) -> Verdict:
    """Return what the screen finds in the words, and in the time that the post is wanted at.

    With a reason, even an empty one: Raises Invalid when its author must say why.
    """
    return screened_at(session, post.area_path, post.wanted_at, words, reason)


def screened_at(
    session: Session,
    area_path: str,
    wanted_at: datetime | None,
    words: Words,
    reason: str | None = None,
) -> Verdict:
    """Return the same for words of this area that are wanted at this moment."""
    found = findings(session, area_path, wanted_at)
    if reason is not None:
        must_say_why(found, reason)
    return added(screening.screen(words, pre_election=before_election(found)), found)


def added(verdict: Verdict, found: Sequence[Finding]) -> Verdict:
    """Return the verdict with these findings in it."""
    if not found:
        return verdict
    everything = (*verdict.findings, *found)
    worst = most_serious([finding.priority for finding in everything])
    changed = worst.outranks(verdict.priority)
    return replace(
        verdict,
        findings=everything,
        priority=worst if changed else verdict.priority,
        category=CATEGORY if changed else verdict.category,
    )


def before_election(found: Sequence[Finding]) -> bool:
    """Say whether an election is near: then words about politics are held."""
    return any(finding.rule == ELECTION for finding in found)


def must_say_why(found: Sequence[Finding], reason: str) -> None:
    """Refuse a post before an election without its author's reason.

    Raises: Invalid.
    """
    if before_election(found) and not reason.strip():
        raise Invalid(
            "An election is near. Say why this must be said now; whoever approves it reads that.",
            "warning_reason",
        )


def quiet_at(session: Session, area_path: str, moment: datetime) -> QuietHours | None:
    """Return the quiet hours of this area, or of one around it, that the moment lies in."""
    local = moment.astimezone(in_force.zone())
    rows = session.scalars(select(QuietHours).where(around(QuietHours.area_path, area_path)))
    return next((row for row in rows if is_quiet(row, local)), None)


def is_quiet(row: QuietHours, local: datetime) -> bool:
    """Say whether a local moment lies in these hours; those past midnight belong to the eve."""
    begins, ends = time.fromisoformat(row.begins), time.fromisoformat(row.ends)
    days = row.days.split(",")
    today, eve = DAYS[local.weekday()], DAYS[(local - timedelta(days=1)).weekday()]
    now = local.time().replace(tzinfo=None)
    if begins < ends:
        return today in days and begins <= now < ends
    return (today in days and now >= begins) or (eve in days and now < ends)


def windows_on(session: Session, area_path: str, day: date) -> list[ElectionWindow]:
    """Return the windows before elections that hold on this day in this area."""
    rows = select(ElectionWindow).where(
        around(ElectionWindow.area_path, area_path),
        ElectionWindow.first_day <= day,
        ElectionWindow.last_day >= day,
    )
    return list(session.scalars(rows.order_by(ElectionWindow.last_day)))


def around(column: InstrumentedAttribute[str], area_path: str) -> ColumnElement[bool]:
    """Return the condition that a row is of this area or of one that it lies in."""
    return column.in_(prefixes(area_path))


def spoken(day: date) -> str:
    """Return a day as people here say it."""
    return f"{day.day} {day:%B %Y}"


def moment_on(day: date, at: str, zone: ZoneInfo, *, fold: int | None = None) -> datetime:
    """Return the moment of a time of day on this day.

    Raises: Invalid when that night has no such time; AskWhichHour when it comes twice.
    """
    return timing.moment_of(f"{day.isoformat()}T{at}", zone, fold=fold)


def _finding(rule: str, why: str, advice: str) -> Finding:
    return Finding(rule, CATEGORY, Priority.P3, 0, 0, why.strip(), advice, field=FIELD)
