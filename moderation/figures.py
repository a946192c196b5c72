"""Figures of the desk: what waits, how soon people looked, acted and answered. Pure reading."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median, quantiles

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation.models import Case, HandOver
from moderation.queries import inside, overdue
from moderation.states import CaseState, HandOverState
from vcp.contacts.models import Contact
from vcp.contacts.states import ContactState
from vcp.kernel import clock
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.triage.findings import Priority

#: Columns of the table of what waits: up to so old, and what people call it.
AGES = (
    (timedelta(minutes=30), "under 30 minutes"),
    (timedelta(hours=4), "under 4 hours"),
    (timedelta(hours=24), "under 24 hours"),
)
OLDER = "24 hours and more"
#: The periods that speeds are told for, in days.
PERIODS = (7, 30)
#: What is fewer than this might point at one person, so the public is told "fewer than 5".
FEWEST_PUBLIC = 5
#: For a 95th percentile of two values or more.
TWENTIETHS, NINETEENTH = 20, 18


@dataclass(frozen=True)
class Share:
    """How many of how many; `of` counts only what was due or done."""

    met: int
    of: int

    @property
    def percent(self) -> int | None:
        """The share in whole percent, rounded down; None of nothing."""
        return None if self.of == 0 else 100 * self.met // self.of


@dataclass(frozen=True)
class Period:
    """How it went in the last so many days."""

    days: int
    #: Seconds from the network's time to the first look by somebody who may act; None: no case.
    median_look_s: float | None
    p95_look_s: float | None
    looked_at: int
    #: Looked at within the time that the priority has.
    looked_in_time: Share
    #: Contacts owed an answer within 72 hours that got one.
    answered_in_time: Share
    #: Hand-overs acknowledged before they were overdue.
    acknowledged_in_time: Share


@dataclass(frozen=True)
class Waiting:
    """What waits in one priority, by age."""

    priority: str
    by_age: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many wait in all."""
        return sum(self.by_age)


@dataclass(frozen=True)
class Figures:
    """Everything that the page shows, as of one moment."""

    at: datetime
    waiting: tuple[Waiting, ...]
    overdue: int
    periods: tuple[Period, ...]

    @property
    def headings(self) -> tuple[str, ...]:
        """What people call the ages."""
        return (*(words for _, words in AGES), OLDER)


def of_person(session: Session, person: Person) -> Figures:
    """Return the figures of the areas for which this person may see them."""
    return of_areas(session, allowed_paths(person, Permission.SEE_FIGURES))


def of_areas(session: Session, paths: Sequence[str]) -> Figures:
    """Return the figures of these areas and all inside them, by their paths."""
    now = clock.now()
    mine = inside(Case.area_path, paths)
    late = select(func.count()).select_from(Case)
    about_contacts = (Case.state != CaseState.DISPOSED, Case.contact_id.is_not(None), mine)
    return Figures(
        at=now,
        waiting=(*_waiting_cases(session, mine, now), _waiting_answers(session, paths, now)),
        overdue=session.scalar(late.where(*about_contacts, overdue(now))) or 0,
        periods=tuple(_period(session, paths, days, now) for days in PERIODS),
    )


def public_json(figures: Figures) -> str:
    """Return the figures as JSON for anybody: counts too small to be told are null."""
    told = asdict(figures)
    told["at"] = figures.at.isoformat()
    told["ages"] = figures.headings
    told["fewest_told"] = FEWEST_PUBLIC
    told["waiting"] = [
        {"priority": w.priority, "by_age": [tellable(n) for n in w.by_age]} for w in figures.waiting
    ]
    told["overdue"] = tellable(figures.overdue)
    told["periods"] = [_public_period(period) for period in figures.periods]
    return json.dumps(told, ensure_ascii=False)


def tellable(number: int) -> int | None:
    """Return a count that may be told to anybody; None for one that might point at somebody."""
    return None if 0 < number < FEWEST_PUBLIC else number


def _public_period(period: Period) -> dict[str, object]:
    enough = period.looked_at >= FEWEST_PUBLIC
    return {
        "days": period.days,
        "median_look_s": period.median_look_s if enough else None,
        "p95_look_s": period.p95_look_s if enough else None,
        **{
            name: {"percent": share.percent} if share.of >= FEWEST_PUBLIC else None
            for name, share in (
                ("looked_in_time", period.looked_in_time),
                ("answered_in_time", period.answered_in_time),
                ("acknowledged_in_time", period.acknowledged_in_time),
            )
        },
    }


def _ages(column: InstrumentedAttribute[datetime], now: datetime) -> list[ColumnElement[int]]:
    """Return how many rows lie in each age."""
    edges = [now - age for age, _ in AGES]
    between = [column > edges[0]]
    between += [(column <= newer) & (column > older) for newer, older in pairwise(edges)]
    between.append(column <= edges[-1])
    return [func.coalesce(func.sum(case((which, 1), else_=0)), 0) for which in between]


def _waiting_cases(session: Session, mine: ColumnElement[bool], now: datetime) -> list[Waiting]:
    rows = session.execute(
        select(Case.priority, *_ages(Case.opened_at, now))
        .where(Case.state != CaseState.DISPOSED, Case.contact_id.is_not(None), mine)
        .group_by(Case.priority)
    )
    found = {row[0]: tuple(int(n) for n in row[1:]) for row in rows}
    none = (0,) * (len(AGES) + 1)
    return [Waiting(p.value, found.get(p.value, none)) for p in Priority if p is not Priority.P4]


def _waiting_answers(session: Session, paths: Sequence[str], now: datetime) -> Waiting:
    """Return the routine contacts that are owed an answer: they have no case."""
    row = session.execute(
        select(*_ages(Contact.first_at, now)).where(
            Contact.state == ContactState.OPEN,
            Contact.priority == Priority.P4,
            Contact.due_at.is_not(None),
            Contact.answered_at.is_(None),
            inside(Contact.area_path, paths),
        )
    ).one()
    return Waiting(Priority.P4.value, tuple(int(number) for number in row))


def _period(session: Session, paths: Sequence[str], days: int, now: datetime) -> Period:
    since = now - timedelta(days=days)
    looks = session.execute(
        select(Case.opened_at, Case.due_at, Case.seen_at).where(
            Case.contact_id.is_not(None), Case.opened_at > since, inside(Case.area_path, paths)
        )
    ).all()
    took = sorted(
        max(0.0, (row.seen_at - row.opened_at).total_seconds()) for row in looks if row.seen_at
    )
    due = [row for row in looks if row.seen_at or row.due_at < now]
    in_time = [row for row in due if row.seen_at and row.seen_at <= row.due_at]
    return Period(
        days=days,
        median_look_s=median(took) if took else None,
        p95_look_s=_p95(took),
        looked_at=len(took),
        looked_in_time=Share(len(in_time), len(due)),
        answered_in_time=_answered(session, paths, since, now),
        acknowledged_in_time=_acknowledged(session, paths, since, now),
    )


def _p95(values: Sequence[float]) -> float | None:
    if len(values) < 2:  # noqa: PLR2004 - `quantiles` wants two
        return values[0] if values else None
    return quantiles(values, n=TWENTIETHS, method="inclusive")[NINETEENTH]


def _answered(session: Session, paths: Sequence[str], since: datetime, now: datetime) -> Share:
    met = case((Contact.answered_at <= Contact.due_at, 1), else_=0)
    # What was closed in time was referred or signposted: nobody was left waiting.
    missed = and_(
        Contact.due_at < now,
        or_(Contact.state != ContactState.CLOSED, Contact.state_changed_at > Contact.due_at),
    )
    row = session.execute(
        select(func.coalesce(func.sum(met), 0), func.count()).where(
            Contact.due_at.is_not(None),
            Contact.first_at > since,
            or_(Contact.answered_at.is_not(None), missed),
            Contact.state != ContactState.WAITING,
            inside(Contact.area_path, paths),
        )
    ).one()
    return Share(int(row[0]), int(row[1]))


def _acknowledged(session: Session, paths: Sequence[str], since: datetime, now: datetime) -> Share:
    met = case((HandOver.acknowledged_at <= HandOver.due_at, 1), else_=0)
    row = session.execute(
        select(func.coalesce(func.sum(met), 0), func.count())
        .join(Case, Case.id == HandOver.case_id)
        .where(
            HandOver.sent_at > since,
            or_(HandOver.state == HandOverState.ACKNOWLEDGED, HandOver.due_at < now),
            inside(Case.area_path, paths),
        )
    ).one()
    return Share(int(row[0]), int(row[1]))
