"""What is wrong with a time: quiet hours and pre-election windows, told as findings of a draft.

They warn like any other finding of the third priority: whoever approves must answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from vcp.areas.queries import prefixes
from vcp.kernel import clock
from vcp.kernel.errors import Invalid
from vcp.posts import in_force, screening, series_queries, series_rules, timing
from vcp.posts.days import DAYS, moment_on, named, spoken
from vcp.posts.models import Post
from vcp.posts.schedule_models import ElectionWindow, QuietHours, Series
from vcp.posts.series_queries import SeriesDay
from vcp.posts.states import PostState
from vcp.posts.words import Words
from vcp.triage.findings import Finding, Priority, Verdict, most_serious

FIELD = "time"
QUIET, ELECTION = "time.quiet_hours", "time.pre_election"
CATEGORY = "timing"
#: What stands before the hours that a finding speaks of.
IN_QUIET = ", in the quiet hours "
#: So far ahead the times of a series are looked at: as long as an approval of it lasts.
SERIES_AHEAD = timedelta(days=183)


@dataclass(frozen=True)
class SetTimes:
    """The quiet hours and windows of an area and of those that it lies in."""

    quiet: tuple[QuietHours, ...]
    windows: tuple[ElectionWindow, ...]


def set_times(session: Session, area_path: str, *, with_quiet: bool = True) -> SetTimes:
    """Return what is set for an area, in two queries at the most."""
    quiet = select(QuietHours).where(around(QuietHours.area_path, area_path))
    windows = select(ElectionWindow).where(around(ElectionWindow.area_path, area_path))
    return SetTimes(
        tuple(session.scalars(quiet)) if with_quiet else (),
        tuple(session.scalars(windows.order_by(ElectionWindow.last_day))),
    )


def findings(session: Session, area_path: str, wanted_at: datetime | None) -> list[Finding]:
    """Return what warns about a post of this area at this moment; None: as soon as possible.

    What goes out at once is never in quiet hours: somebody is there.
    """
    times = set_times(session, area_path, with_quiet=wanted_at is not None)
    return _findings(times, wanted_at or clock.now())


def _findings(times: SetTimes, moment: datetime) -> list[Finding]:
    local = moment.astimezone(in_force.zone())
    quiet = [
        f"from {row.begins} to {row.ends} ({named(row.days)})"
        for row in times.quiet
        if is_quiet(row, local)
    ]
    found = [
        _finding(
            QUIET,
            f"It would go out on {timing.spoken(moment, in_force.zone())}{IN_QUIET}{hours}.",
            "Choose another time, or say why it can't wait.",
        )
        for hours in dict.fromkeys(quiet)
    ]
    found.extend(
        _finding(
            ELECTION,
            f"It would go out in the time before an election, until {spoken(window.last_day)}. "
            f"{window.note}",
            "Wait until it is over, or say why this must be said now.",
        )
        for window in times.windows
        if window.first_day <= local.date() <= window.last_day
    )
    return found


def screened(session: Session, post: Post, words: Words, reason: str | None = None) -> Verdict:
    """Return what the screen finds in the words, and in the time that the post is wanted at.

    Of the words of a series, every time that they would go out at counts. Raises: Invalid when
    its author must say why; not looked at without a reason, even an empty one.
    """
    series = series_queries.of_template(session, post)
    if series is not None:
        return _judged(words, series_findings(session, series), reason)
    found = findings(session, post.area_path, post.wanted_at)
    if post.answers_id is not None:
        # A resident waits for it, election or not; only its words are looked at more closely.
        return screening.screen(words, pre_election=before_election(found))
    return _judged(words, found, reason)


def screened_at(
    session: Session,
    area_path: str,
    wanted_at: datetime | None,
    words: Words,
    reason: str | None = None,
) -> Verdict:
    """Return the same for words of this area that are wanted at this moment."""
    return _judged(words, findings(session, area_path, wanted_at), reason)


def screened_as_typed(session: Session, area_path: str, words: Words, post: Post | None) -> Verdict:
    """Return the same for what is being written, with the time that is typed beside it."""
    if post is not None and (
        post.answers_id is not None or series_queries.of_template(session, post) is not None
    ):
        return screened(session, post, words)
    wanted_at = None
    if words.wanted_local:
        try:
            wanted_at = timing.moment_of(
                words.wanted_local, in_force.zone(), fold=words.wanted_fold or timing.FIRST
            )
        except Invalid:
            wanted_at = None  # the form says so when it is kept
    return screened_at(session, area_path, wanted_at, words)


def series_findings(session: Session, series: Series) -> list[Finding]:
    """Return what warns about the times of a series: of each quiet hours and kind the first."""
    zone, found = in_force.zone_named(series.zone), dict[str, Finding]()
    times = set_times(session, series.area_path)
    today = clock.now().astimezone(zone).date()
    ahead = today + SERIES_AHEAD
    for day in series_rules.days_between(series.rule, series.starts_on, today, ahead):
        try:
            moment = moment_on(day, series.at, zone, fold=0)
        except Invalid:
            continue
        for finding in _findings(times, moment):
            found.setdefault(_hours(finding.why) or finding.rule, finding)
    return list(found.values())


def unspoken(session: Session, series: Series, days: Iterable[SeriesDay]) -> dict[date, str]:
    """Return the coming days in quiet hours that the approval of a series doesn't speak of.

    With each the hours. They were set since, and stop nothing by themselves.
    """
    template = series.template
    if template.state is not PostState.APPROVED or template.revision is None:
        return {}
    findings = (template.revision.verdict or {}).get("findings", [])
    told = {_hours(finding["why"]) for finding in findings if finding["rule"] == QUIET}
    times, now, found = set_times(session, series.area_path), clock.now(), dict[date, str]()
    for one in days:
        if one.at is None or one.at <= now or not one.is_to_go_out:
            continue
        hours = {_hours(f.why) for f in _findings(times, one.at) if f.rule == QUIET} - told
        if hours:
            found[one.day] = " and ".join(sorted(hours))
    return found


def _hours(why: str) -> str:
    """Return which quiet hours a finding speaks of; empty when it is about something else."""
    return why.partition(IN_QUIET)[2].removesuffix(".")


def _judged(words: Words, found: Sequence[Finding], reason: str | None) -> Verdict:
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


def is_quiet(row: QuietHours, local: datetime) -> bool:
    """Say whether a local moment lies in these hours; those past midnight belong to the eve."""
    begins, ends = time.fromisoformat(row.begins), time.fromisoformat(row.ends)
    days = row.days.split(",")
    today, eve = DAYS[local.weekday()], DAYS[(local - timedelta(days=1)).weekday()]
    now = local.time().replace(tzinfo=None)
    if begins < ends:
        return today in days and begins <= now < ends
    return (today in days and now >= begins) or (eve in days and now < ends)


def around(column: InstrumentedAttribute[str], area_path: str) -> ColumnElement[bool]:
    """Return the condition that a row is of this area or of one that it lies in."""
    return column.in_(prefixes(area_path))


def _finding(rule: str, why: str, advice: str) -> Finding:
    return Finding(rule, CATEGORY, Priority.P3, 0, 0, why.strip(), advice, field=FIELD)
