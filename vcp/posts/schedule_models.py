"""What times are made of: series and their days, slots, quiet hours, pre-election windows."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from officer_profiles.models import Persona
from vcp.areas.models import Area
from vcp.kernel.db import Base
from vcp.posts.models import Post


class Series(Base):
    """Words that go out again and again, by a rule.

    They are those of its template: a post that never goes out itself. While the template is
    approved the series runs; when it is a draft again nothing is made; cancelled, it has ended.
    """

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("post.id"), unique=True)
    persona_id: Mapped[int] = mapped_column(ForeignKey("persona.id"), index=True)
    area_path: Mapped[str] = mapped_column(String(120), index=True)
    name: Mapped[str] = mapped_column(String(120))
    #: The first day, the local time of day, and where: `09:30` in `Europe/London`.
    starts_on: Mapped[date] = mapped_column(Date)
    at: Mapped[str] = mapped_column(String(5))
    zone: Mapped[str] = mapped_column(String(64))
    #: As iCalendar writes it (RFC 5545), with its end: `FREQ=WEEKLY;BYDAY=TU;COUNT=10`.
    rule: Mapped[str] = mapped_column(String(200))
    #: How many minutes after its time an occurrence may still go out.
    late_minutes: Mapped[int]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    template: Mapped[Post] = relationship(lazy="joined")
    persona: Mapped[Persona] = relationship()
    occurrences: Mapped[list["Occurrence"]] = relationship(
        back_populates="series", order_by="Occurrence.day"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class Occurrence(Base):
    """What became of one day of a series: a post, nothing by somebody's wish, or missed."""

    __tablename__ = "occurrence"
    __table_args__ = (UniqueConstraint("series_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    #: The local day that the rule names, also when its post was moved to another.
    day: Mapped[date] = mapped_column(Date)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), unique=True)
    #: Since when its post goes its own way: other words or another time, approved by itself.
    own_since: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    #: Why it didn't go out, as a sentence.
    missed_because: Mapped[str | None] = mapped_column(String(300))

    series: Mapped[Series] = relationship(back_populates="occurrences")
    post: Mapped[Post | None] = relationship()


class Slot(Base):
    """A named time of day, on certain days, that a post can take: Morning, 08:15, Mon-Fri."""

    __tablename__ = "slot"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    area_path: Mapped[str] = mapped_column(String(120), index=True)
    #: For this persona alone; null: whoever of the area comes first.
    persona_id: Mapped[int | None] = mapped_column(ForeignKey("persona.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    #: Days as iCalendar writes them: `MO,TU,WE,TH,FR`.
    days: Mapped[str] = mapped_column(String(20))
    at: Mapped[str] = mapped_column(String(5))

    area: Mapped[Area] = relationship()
    persona: Mapped[Persona | None] = relationship()


class QuietHours(Base):
    """Hours of an area in which nothing should be scheduled; what is sent at once still goes."""

    __tablename__ = "quiet_hours"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    area_path: Mapped[str] = mapped_column(String(120), index=True)
    #: The days on which they begin.
    days: Mapped[str] = mapped_column(String(20))
    #: Local times; an end before the start is one of the next day.
    begins: Mapped[str] = mapped_column(String(5))
    ends: Mapped[str] = mapped_column(String(5))

    area: Mapped[Area] = relationship()


class ElectionWindow(Base):
    """Days before an election, for an area and all inside it: who posts then says why."""

    __tablename__ = "election_window"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    area_path: Mapped[str] = mapped_column(String(120), index=True)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text)

    area: Mapped[Area] = relationship()


class ImportedRow(Base):
    """A row of a file that became a post, by what it says: the same one again adds nothing."""

    __tablename__ = "imported_row"
    __table_args__ = (Index("uq_imported_row_sha256", "sha256", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    imported_at: Mapped[datetime]
    imported_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    post: Mapped[Post] = relationship()
