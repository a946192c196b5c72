"""Which public pages are out of date: rows, so that no lost job leaves a page stale."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from officer_profiles.models import Capability, Persona
from vcp.areas.models import Area
from vcp.kernel import clock
from vcp.residents import queries, statements
from vcp.residents.models import StalePage

#: A kind of page and which one; see `vcp.residents.render`.
Page = tuple[str, str]
SITE: Page = ("site", "")
LISTS: Page = ("lists", "")
FIGURES: Page = ("figures", "")
STATEMENTS: Page = ("statements", "")
#: More marks than this are looked at in the next round.
MOST = 5000


@dataclass(frozen=True)
class Mark:
    """A row that says which page is out of date, and since when."""

    id: int
    kind: str
    ref: str
    wanted_at: datetime


def marked(session: Session, older_than_s: float) -> list[Mark]:
    """Return what has been marked for so long, the oldest first."""
    session.rollback()
    until = clock.now() - timedelta(seconds=older_than_s)
    rows = session.execute(
        select(StalePage.id, StalePage.kind, StalePage.ref, StalePage.wanted_at)
        .where(StalePage.wanted_at <= until)
        .order_by(StalePage.wanted_at)
        .limit(MOST)
    )
    return [Mark(*row) for row in rows]


def unmark(session: Session, marks: Sequence[Mark]) -> None:
    """Take these marks off, but not those that were set again since they were read."""
    for mark_read in marks:
        session.execute(
            delete(StalePage).where(
                StalePage.id == mark_read.id, StalePage.wanted_at == mark_read.wanted_at
            )
        )


def mark(session: Session, pages: Iterable[Page]) -> None:
    """Say in this unit of work that these must be rendered again."""
    now = clock.now()
    # One order for everybody: two units that mark the same pages must not wait for each other.
    rows = [{"kind": kind, "ref": ref, "wanted_at": now} for kind, ref in sorted(set(pages))]
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    # On the table, past the session: the publisher marks pages for all that it sends.
    said = insert(StalePage.__table__)  # type: ignore[arg-type]  # a Table
    session.execute(
        said.on_conflict_do_update(
            index_elements=["kind", "ref"], set_={"wanted_at": said.excluded.wanted_at}
        ),
        rows,
    )


def mark_dated(session: Session, since: datetime) -> None:
    """Mark what has changed with the date alone since then: nobody acts when a thing runs out."""
    now = clock.now()
    day = timedelta(days=1)
    expired = session.scalars(
        select(Persona).where(
            Persona.verification_expires_at > since, Persona.verification_expires_at <= now
        )
    ).all()
    ended = session.scalars(
        select(Capability.persona_id).where(
            Capability.expires_at > since, Capability.expires_at <= now
        )
    ).all()
    begun = session.scalars(
        select(Area.id).where(
            or_(
                Area.valid_from.between((since - day).date(), now.date()),
                Area.valid_to.between((since - day).date(), now.date()),
            )
        )
    ).all()
    quiet = statements.run_out(session, since)
    speakers = session.scalars(
        select(Capability.persona_id).where(Capability.channel_id.in_(quiet)).distinct()
    ).all()
    pages = [page for persona in expired for page in pages_of(persona)]
    pages += [("officer", str(persona_id)) for persona_id in ended]
    pages += [("place", str(area_id)) for area_id in begun]
    pages += [("officer", str(persona_id)) for persona_id in speakers]
    pages += [STATEMENTS] if quiet else []
    if pages:
        mark(session, [*pages, SITE, LISTS])


def mark_run_out(session: Session) -> None:
    """Mark what has changed with the date alone in the last day, for the clock to call."""
    # A day, and not since the last call: marks of pages that stay as they are cost little, and a
    # clock that stood still for a while misses nothing.
    mark_dated(session, clock.now() - timedelta(days=1))


def mark_figures(session: Session) -> None:
    """Mark the page of figures, which ages by itself, for the clock to call."""
    mark(session, [FIGURES])


def mark_everything(session: Session) -> None:
    """Mark all there is: after an upgrade, a restore, or for a new mirror."""
    # All that was marked singly is among it, and would be rendered twice.
    session.execute(delete(StalePage))
    areas = session.scalars(select(Area.id)).all()
    personas = session.scalars(select(Persona.id)).all()
    mark(
        session,
        [
            SITE,
            LISTS,
            FIGURES,
            STATEMENTS,
            ("archive", ""),
            *(("place", str(area_id)) for area_id in areas),
            *(("record", f"{area_id}:") for area_id in areas),
            *(("officer", str(persona_id)) for persona_id in personas),
            *(("officer_posts", str(persona_id)) for persona_id in personas),
        ],
    )


def pages_of(persona: Persona) -> list[Page]:
    """Return the persona's own page and those of the places around it."""
    places = [("place", str(area_id)) for area_id in queries.ids_in(persona.area_path)]
    return [("officer", str(persona.id)), *places]
