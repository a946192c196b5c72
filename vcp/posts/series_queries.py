"""Series, read."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, lazyload, selectinload

from officer_profiles.models import Persona, PersonaMember
from vcp.kernel.errors import Invalid, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths
from vcp.posts import series_rules
from vcp.posts.days import moment_on
from vcp.posts.models import Post
from vcp.posts.schedule_models import Occurrence, Series
from vcp.posts.states import PostState
from vcp.posts.timing import FIRST

_SERIES = aliased(Series)


def is_template() -> ColumnElement[bool]:
    """Return the condition that a post is the template of a series, and never goes out itself."""
    return exists().where(_SERIES.template_id == Post.id).correlate(Post)


def of_template(session: Session, post: Post) -> Series | None:
    """Return the series whose words this post holds, if it does."""
    if not post.in_series:
        return None
    return session.scalar(select(Series).where(Series.template_id == post.id))


def occurrence_of(session: Session, post: Post) -> Occurrence | None:
    """Return the day of a series that this post is, if it is one."""
    if not post.in_series:
        return None
    return session.scalar(select(Occurrence).where(Occurrence.post_id == post.id))


def for_page(session: Session, series_id: int) -> Series:
    """Return a series with what its page shows, in few queries.

    Raises: NotFound.
    """
    members = selectinload(Persona.members).joinedload(PersonaMember.user).lazyload("*")
    persona = joinedload(Post.persona).options(lazyload(Persona.capabilities), members)
    template = joinedload(Series.template).options(
        lazyload(Post.author), lazyload(Post.revision), persona
    )
    rows = select(Series).where(Series.id == series_id).options(template)
    found = session.scalars(rows).unique().one_or_none()
    if found is None:
        raise NotFound("There is no such series. Choose one from the list of series.")
    return found


@dataclass(frozen=True)
class SeriesDay:
    """One day of a series, and what became of it."""

    day: date
    at: datetime | None
    occurrence: Occurrence | None
    #: Why nothing can go out then: the hour that doesn't exist.
    problem: str = ""

    @property
    def is_to_go_out(self) -> bool:
        """Whether the series still sends something on it, made already or not."""
        row = self.occurrence
        if row is None:
            return True
        if row.dropped_at or row.own_since or row.missed_because or row.post is None:
            return False
        return row.post.state is PostState.SCHEDULED


def days_of(session: Session, series: Series, first: date, last: date) -> list[SeriesDay]:
    """Return the days of a series between two days, with the posts that were made."""
    rows = select(Occurrence).where(
        Occurrence.series_id == series.id, Occurrence.day.between(first, last)
    )
    rows = rows.options(joinedload(Occurrence.post).lazyload("*"))
    done = {row.day: row for row in session.scalars(rows).unique()}
    named = series_rules.days_between(series.rule, series.starts_on, first, last)
    return [_day(series, day, done.get(day)) for day in sorted({*named, *done})]


def _day(series: Series, day: date, row: Occurrence | None) -> SeriesDay:
    try:
        at = moment_on(day, series.at, ZoneInfo(series.zone), fold=FIRST)
    except Invalid as error:
        return SeriesDay(day, None, row, error.message)
    return SeriesDay(day, at, row)


def dropped(session: Session, series: Series) -> list[date]:
    """Return the days that are left out."""
    rows = select(Occurrence.day).where(
        Occurrence.series_id == series.id, Occurrence.dropped_at.is_not(None)
    )
    return list(session.scalars(rows.order_by(Occurrence.day)))


def visible(session: Session, person: Person) -> list[Series]:
    """Return the series of the person's areas and personas, those that run first."""
    paths = allowed_paths(person, Permission.SEE_POSTS)
    inside = or_(false(), *(Series.area_path.startswith(path, autoescape=True) for path in paths))
    rows = (
        select(Series)
        .join(Post, Post.id == Series.template_id)
        .where(or_(inside, Post.author_id == person.id))
        .options(
            joinedload(Series.persona).lazyload("*"), joinedload(Series.template).lazyload("*")
        )
        .order_by(Post.state == PostState.CANCELLED, Series.name, Series.id)
    )
    return list(session.scalars(rows).unique())
