"""Series: starting one, changing its rule, taking days out, stopping it.

See docs/adr/0014-series.md on how one approval covers many posts.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.errors import Conflict, Invalid, NotFound
from vcp.kernel.permissions import Person
from vcp.posts import guards, in_force, revisions, series_rules, service
from vcp.posts.days import moment_on
from vcp.posts.models import Post
from vcp.posts.schedule_models import Occurrence, Series
from vcp.posts.series_rules import Rule
from vcp.posts.states import POST, PostState
from vcp.posts.words import Words, words_of

LONGEST_NAME = 120
#: How late an occurrence may go out, in minutes.
MOST_LATE = 24 * 60
CHANGED = (
    "The days or times of this series changed since you looked, so nothing was approved. Read "
    "them again, then decide."
)


@dataclass(frozen=True)
class Plan:
    """What a series is called, and when it goes out."""

    name: str
    rule: Rule
    starts_on: date
    at: str
    late_minutes: int
    except_days: tuple[date, ...] = ()


def start(session: Session, persona_id: int, plan: Plan, *, by: Person) -> Series:
    """Begin a series in this persona's name, with empty words to be written next.

    Raises: NotFound; NotAllowed unless the person writes as the persona; Invalid.
    """
    rule = _checked(plan)
    persona = personas.by_id(session, persona_id)
    channels = tuple(channel.id for channel in personas.channels_for(session, persona))
    blank = Words(text="", language=persona.language, channel_ids=channels)
    template = service.create_draft(session, persona_id, blank, by=by)
    template.in_series = True
    series = Series(
        template=template,
        persona_id=persona.id,
        area_path=persona.area_path,
        name=plan.name.strip(),
        starts_on=plan.starts_on,
        at=plan.at,
        zone=in_force.zone().key,
        rule=rule,
        late_minutes=plan.late_minutes,
        created_at=clock.now(),
    )
    session.add(series)
    session.flush()
    record(session, by, "create", "series", series.id, template=template.id, rule=as_ical(series))
    _except(session, series, plan.except_days, by=by)
    return series


def change(session: Session, series_id: int, plan: Plan, *, by: Person) -> Series:
    """Give a series another rule: its words need another yes, and what was made ahead is undone.

    Raises: NotAllowed; Conflict when it was stopped; Invalid.
    """
    series = _writable(session, series_id, "change", by=by)
    rule = _checked(plan)
    before = sha256_of(series)
    series.name = plan.name.strip()
    series.starts_on, series.at, series.rule = plan.starts_on, plan.at, rule
    series.zone, series.late_minutes = in_force.zone().key, plan.late_minutes
    if sha256_of(series) != before:
        if series.template.state is not PostState.DRAFT:
            service.take_back(session, series.template_id, by=by)
        record(session, by, "change_rule", "series", series.id, rule=as_ical(series))
    _except(session, series, plan.except_days, by=by)
    session.flush()
    return series


def drop(session: Session, series_id: int, day: date, *, by: Person) -> Occurrence:
    """Leave one day out; what was made for it is cancelled.

    Raises: NotAllowed; NotFound for a day that isn't one of the series; Conflict when it is out.
    """
    series = _writable(session, series_id, "drop", by=by)
    found = _occurrence(session, series, day)
    if found.dropped_at is not None:
        return found
    if found.post is not None and found.post.state is not PostState.CANCELLED:
        service.cancel(session, found.post.id, by=by, reason="left out of its series")
    found.dropped_at, found.missed_because = clock.now(), None
    record(session, by, "drop", "series", series.id, day=day.isoformat())
    session.flush()
    return found


def take_out(session: Session, series_id: int, day: date, *, by: Person) -> Post:
    """Make one day a draft of its own, to be moved or edited, and approved by itself.

    Raises: NotAllowed; NotFound for a day that isn't one of the series; Conflict when it is out.
    """
    series = _writable(session, series_id, "take_out", by=by)
    found = _occurrence(session, series, day)
    if found.post is not None and found.post.state is not PostState.CANCELLED:
        if found.post.state is not PostState.DRAFT:
            service.take_back(session, found.post.id, by=by)
        return found.post
    words = words_of(service.newest(series.template))
    post = service.create_draft(session, series.persona_id, words, by=by)
    post.in_series = True
    wanted = replace(words, wanted_local=f"{day.isoformat()}T{series.at}", wanted_fold=0)
    try:
        service.save(session, post.id, wanted, by=by)
    except Invalid:
        # That time has passed, or never comes: the person chooses another.
        record(session, by, "take_out_without_time", "series", series.id, day=day.isoformat())
    found.post, found.own_since = post, clock.now()
    found.dropped_at = found.missed_because = None
    record(session, by, "take_out", "series", series.id, day=day.isoformat(), post=post.id)
    session.flush()
    return post


def stop(session: Session, series_id: int, *, by: Person, reason: str = "") -> Series:
    """End a series: what has not gone out of it doesn't, but for days that go their own way.

    Raises: NotAllowed; Conflict when it was stopped before.
    """
    series = found(session, series_id)
    service.cancel(session, series.template_id, by=by, reason=reason)
    record(session, by, "stop", "series", series.id, reason=reason.strip() or None)
    return series


def must_be_as_read(session: Session, post_id: int, sha256: str) -> None:
    """Refuse a yes to the words of a series whose rule isn't the one that was read.

    Raises: Conflict.
    """
    # Locked, so that the rule stays what it is until the yes is stored.
    asked = select(Series.id).where(Series.template_id == post_id).with_for_update()
    series_id = session.scalar(asked)
    if series_id is not None and sha256_of(found(session, series_id)) != sha256:
        raise Conflict(CHANGED)


def sha256_of(series: Series) -> str:
    """Return the hash of when a series goes out, which a second person says yes to as well."""
    said: list[str | int] = [
        series.starts_on.isoformat(),
        series.at,
        series.zone,
        series.rule,
        series.late_minutes,
    ]
    return hashlib.sha256(rfc8785.dumps([*said])).hexdigest()


def as_ical(series: Series, except_days: Sequence[date] = ()) -> str:
    """Return the rule as a calendar program reads it, with the days that are left out."""
    at = series.at.replace(":", "")
    lines = [
        f"DTSTART;TZID={series.zone}:{series.starts_on:%Y%m%d}T{at}00",
        f"RRULE:{series.rule}",
    ]
    if except_days:
        days = ",".join(f"{day:%Y%m%d}T{at}00" for day in except_days)
        lines.append(f"EXDATE;TZID={series.zone}:{days}")
    return "\n".join(lines)


def found(session: Session, series_id: int) -> Series:
    """Return the series.

    Raises: NotFound.
    """
    series = session.get(Series, series_id)
    if series is None:
        raise NotFound("There is no such series. Choose one from the list of series.")
    return series


def today() -> date:
    """Return the day that it is here."""
    return clock.now().astimezone(in_force.zone()).date()


def _checked(plan: Plan) -> str:
    """Return the rule as iCalendar writes it.

    Raises: Invalid.
    """
    if not plan.name.strip():
        raise Invalid("Give the series a name.", "name")
    if len(plan.name.strip()) > LONGEST_NAME:
        raise Invalid(f"A name holds at most {LONGEST_NAME} characters.", "name")
    try:
        datetime.strptime(plan.at, "%H:%M")  # noqa: DTZ007 - a time of day
    except ValueError as error:
        raise Invalid("Give the time of day, such as 09:30.", "at") from error
    if not 1 <= plan.late_minutes <= MOST_LATE:
        raise Invalid(f"Choose from 1 to {MOST_LATE} minutes.", "late_minutes")
    if plan.starts_on < today() - timedelta(days=366):
        raise Invalid("This day is long past. Choose one from today on.", "starts_on")
    rule = series_rules.as_ical(plan.rule)
    series_rules.check(rule, plan.starts_on, today())
    return rule


def _except(session: Session, series: Series, days: Sequence[date], *, by: Person) -> None:
    for day in days:
        drop(session, series.id, day, by=by)


def _writable(session: Session, series_id: int, verb: str, *, by: Person) -> Series:
    series = found(session, series_id)
    guards.must_write_as(session, by, series.template.persona, verb, series.template)
    if series.template.state is PostState.CANCELLED:
        raise Conflict("This series was stopped. Begin a new one.")
    return series


def _occurrence(session: Session, series: Series, day: date) -> Occurrence:
    row = session.query(Occurrence).filter_by(series_id=series.id, day=day).one_or_none()
    if row is not None:
        if row.post is not None and not (
            POST.allows(row.post.state, "cancel") or row.post.state is PostState.CANCELLED
        ):
            raise Conflict(f"The post of this day is {row.post.state.value} already.")
        return row
    if not series_rules.days_between(series.rule, series.starts_on, day, day):
        raise Invalid(f"{day.isoformat()} is no day of this series.", "except_days")
    row = Occurrence(series_id=series.id, day=day)
    session.add(row)
    session.flush()
    return row


def moment_of(series: Series, day: date) -> datetime:
    """Return the moment at which the occurrence of this day is due; the first of two hours.

    Raises: Invalid when that night has no such time.
    """
    return moment_on(day, series.at, in_force.zone_named(series.zone), fold=0)


def ready(session: Session, series: Series) -> None:
    """Refuse words that couldn't go out as they are.

    Raises: Invalid, with what to do.
    """
    words = words_of(service.newest(series.template))
    channels = revisions.channels_of(session, words)
    revisions.must_be_ready(session, series.template.persona, words, channels)
