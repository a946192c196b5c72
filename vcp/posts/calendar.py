"""The calendar: what went out, what will, and what stands around it; reads, never writes."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload

from officer_profiles.models import Persona, PersonaMember
from vcp.channels.queries import near
from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.posts import bank_holidays, in_force, series_rules
from vcp.posts.days import moment_on
from vcp.posts.models import Delivery, DeliveryKind, Post, Revision, RevisionTarget
from vcp.posts.queries import outward_of
from vcp.posts.schedule_models import ElectionWindow, Occurrence, QuietHours, Series
from vcp.posts.series_queries import is_template
from vcp.posts.states import POST, DeliveryState, PostState

SHORT = 90
#: What an entry that is no post yet is called.
PLANNED, MISSED = "planned", "missed"
#: States in which the time of a post can still be changed.
MOVABLE = frozenset(POST.moves["cancel"][0])


class View(StrEnum):
    """How much is looked at."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True)
class Span:
    """The days that are shown, both included, and those before and after."""

    view: View
    on: date
    first: date
    last: date
    before: date
    after: date

    @property
    def days(self) -> list[date]:
        """Every day that is shown."""
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=number) for number in range(count)]

    def moments(self) -> tuple[datetime, datetime]:
        """The moments at which it begins and ends."""
        zone = in_force.zone()
        ends = (self.first, self.last + timedelta(days=1))
        first, last = (datetime.combine(day, time(), zone).astimezone(UTC) for day in ends)
        return first, last


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to."""

    persona_id: int | None = None
    area_path: str | None = None
    channel_id: int | None = None
    state: str | None = None


@dataclass(frozen=True)
class Entry:
    """Something on one day: a post, or an occurrence of a series that is none yet."""

    at: datetime
    title: str
    persona: str
    state: str
    post_id: int | None = None
    public_id: str = ""
    series_id: int | None = None
    is_movable: bool = False
    note: str = ""


def span_of(view: View, on: date) -> Span:
    """Return the days that this view of this day shows."""
    if view is View.DAY:
        one = timedelta(days=1)
        return Span(view, on, on, on, on - one, on + one)
    monday = on - timedelta(days=on.weekday())
    if view is View.WEEK:
        week = timedelta(days=7)
        return Span(view, on, monday, monday + timedelta(days=6), monday - week, monday + week)
    first = on.replace(day=1)
    last = on.replace(day=calendar.monthrange(on.year, on.month)[1])
    shown_first = first - timedelta(days=first.weekday())
    shown_last = last + timedelta(days=6 - last.weekday())
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    return Span(view, on, shown_first, shown_last, before.replace(day=1), after)


def entries(session: Session, person: Person, span: Span, wanted: Wanted) -> list[Entry]:
    """Return what is on these days, the earliest first."""
    found: list[Entry] = []
    if wanted.state not in {PLANNED, MISSED}:
        found += _posts(session, person, span, wanted)
    if wanted.state in {None, PLANNED, MISSED} and wanted.channel_id is None:
        of_series = _of_series(session, person, span, wanted)
        found += [entry for entry in of_series if wanted.state in {None, entry.state}]
    return sorted(found, key=lambda entry: (entry.at, entry.post_id or 0, entry.title))


def by_day(found: list[Entry], span: Span) -> dict[date, list[Entry]]:
    """Return the entries of each day that is shown."""
    zone = in_force.zone()
    days: dict[date, list[Entry]] = {day: [] for day in span.days}
    for entry in found:
        days[entry.at.astimezone(zone).date()].append(entry)
    return days


def holidays(span: Span) -> Mapping[date, str]:
    """Return the bank holidays among these days."""
    return bank_holidays.between(span.first, span.last)


def windows(session: Session, person: Person, span: Span) -> list[ElectionWindow]:
    """Return the pre-election windows of the person's areas, and around them, on these days."""
    rows = select(ElectionWindow).where(
        near(ElectionWindow.area_path, allowed_paths(person, Permission.SEE_POSTS)),
        ElectionWindow.first_day <= span.last,
        ElectionWindow.last_day >= span.first,
    )
    rows = rows.options(joinedload(ElectionWindow.area)).order_by(ElectionWindow.first_day)
    return list(session.scalars(rows))


def quiet_hours(session: Session, person: Person) -> list[QuietHours]:
    """Return the quiet hours of the person's areas, and around them."""
    around = near(QuietHours.area_path, allowed_paths(person, Permission.SEE_POSTS))
    rows = select(QuietHours).where(around).order_by(QuietHours.area_path, QuietHours.begins)
    return list(session.scalars(rows.options(joinedload(QuietHours.area))))


def personas(session: Session, person: Person) -> list[tuple[int, str]]:
    """Return the personas that the list can be narrowed to."""
    paths = allowed_paths(person, Permission.SEE_POSTS)
    rows = select(Persona.id, Persona.display_name).where(_inside(Persona.area_path, paths))
    found = session.execute(rows.order_by(Persona.display_name, Persona.id))
    return [(row.id, row.display_name) for row in found]


def _posts(session: Session, person: Person, span: Span, wanted: Wanted) -> list[Entry]:
    first, last = span.moments()
    at = func.coalesce(Post.released_at, Post.wanted_at)
    within = or_(
        and_(Post.released_at >= first, Post.released_at < last),
        and_(Post.released_at.is_(None), Post.wanted_at >= first, Post.wanted_at < last),
    )
    mine = exists().where(
        PersonaMember.persona_id == Post.persona_id,
        PersonaMember.user_id == person.id,
        PersonaMember.removed_at.is_(None),
    )
    rows = (
        select(
            *(Post.id, Post.public_id, Post.state, at.label("at"), Persona.display_name),
            func.substr(Revision.text, 1, SHORT).label("text"),
            mine.label("is_mine"),
        )
        .join(Persona, Persona.id == Post.persona_id)
        .outerjoin(Revision, Revision.id == Post.revision_id)
        # Answers go out at once, in a conversation: they are no part of a plan.
        .where(within, Post.answers_id.is_(None), ~is_template(), _seen_by(person))
    )
    found = session.execute(_narrowed(rows, wanted)).all()
    sent = _delivery_states(session, [row.id for row in found if row.state is PostState.RELEASED])
    return [
        Entry(
            at=row.at,
            title=" ".join((row.text or "").split()) or "(image only)",
            persona=row.display_name,
            state=outward_of(row.state, sent.get(row.id, set())),
            post_id=row.id,
            public_id=row.public_id,
            is_movable=row.is_mine and row.state in MOVABLE,
        )
        for row in found
    ]


def _seen_by(person: Person) -> ColumnElement[bool]:
    paths = allowed_paths(person, Permission.SEE_POSTS)
    return or_(_inside(Post.area_path, paths), Post.author_id == person.id)


def _narrowed(rows: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.persona_id is not None:
        rows = rows.where(Post.persona_id == wanted.persona_id)
    if wanted.area_path is not None:
        rows = rows.where(Post.area_path.startswith(wanted.area_path, autoescape=True))
    if wanted.channel_id is not None:
        rows = rows.join(RevisionTarget, RevisionTarget.revision_id == Post.revision_id).where(
            RevisionTarget.channel_id == wanted.channel_id
        )
    if wanted.state is not None:
        return rows.where(Post.state == wanted.state)
    return rows.where(Post.state != PostState.CANCELLED)


def _delivery_states(session: Session, post_ids: list[int]) -> dict[int, set[DeliveryState]]:
    found: dict[int, set[DeliveryState]] = {}
    if not post_ids:
        return found
    for row in session.execute(
        select(Delivery.post_id, Delivery.state).where(
            Delivery.post_id.in_(post_ids), Delivery.kind == DeliveryKind.PUBLISH
        )
    ):
        found.setdefault(row.post_id, set()).add(row.state)
    return found


def _of_series(session: Session, person: Person, span: Span, wanted: Wanted) -> list[Entry]:
    """Return the days of series that are no post yet, and those that were missed."""
    in_span = and_(Occurrence.series_id == Series.id, Occurrence.day.between(span.first, span.last))
    rows = (
        select(Series, Persona.display_name, Post.state, Occurrence)
        .join(Post, Post.id == Series.template_id)
        .join(Persona, Persona.id == Series.persona_id)
        .outerjoin(Occurrence, in_span)
        .where(_seen_by(person), Post.state != PostState.CANCELLED)
        .options(lazyload(Series.template))
    )
    if wanted.persona_id is not None:
        rows = rows.where(Series.persona_id == wanted.persona_id)
    if wanted.area_path is not None:
        rows = rows.where(Series.area_path.startswith(wanted.area_path, autoescape=True))
    found = {}
    done: dict[tuple[int, date], Occurrence] = {}
    for series, persona, state, occurrence in session.execute(rows):
        found[series.id] = (series, persona, state)
        if occurrence is not None:
            done[series.id, occurrence.day] = occurrence
    return [
        entry
        for series, persona, state in found.values()
        for day in series_rules.days_between(series.rule, series.starts_on, span.first, span.last)
        if (entry := _entry(series, persona, state, day, done.get((series.id, day)))) is not None
    ]


def _entry(
    series: Series, persona: str, state: PostState, day: date, done: Occurrence | None
) -> Entry | None:
    if done is not None and done.missed_because is None:
        return None
    zone = in_force.zone_named(series.zone)
    try:
        at, problem = moment_on(day, series.at, zone, fold=0), ""
    except Invalid as error:
        at, problem = datetime.combine(day, time(12), zone), error.message
    if done is not None:
        problem = done.missed_because or ""
    waits = "" if state is PostState.APPROVED else "Its words aren't approved yet."
    return Entry(
        at=at,
        title=series.name,
        persona=persona,
        state=MISSED if done is not None else PLANNED,
        series_id=series.id,
        note=problem or waits,
    )


def _inside(column: Any, paths: list[str]) -> ColumnElement[bool]:
    if not paths:
        return false()
    return or_(*(column.startswith(path, autoescape=True) for path in paths))
