"""What changes in lower features mark as out of date, in their unit of work; `vcp.app` wires it."""

from collections.abc import Collection, Iterable

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from officer_profiles.events import PersonaChanged
from officer_profiles.models import Capability, Persona
from vcp.areas.events import AreaChanged
from vcp.areas.models import Area
from vcp.channels.events import ChannelChanged
from vcp.kernel.db import at_end
from vcp.kernel.jobs import enqueue
from vcp.posts.events import DisavowalChanged, PostChanged
from vcp.posts.models import Post
from vcp.posts.watch_models import Disavowal
from vcp.residents import queries
from vcp.residents.jobs import render_stale
from vcp.residents.stale import LISTS, SITE, STATEMENTS, Page, mark, pages_of

#: Not the whole row, with all that hangs on it: every delivery raises the event twice.
_WHERE = select(Post.id, Post.persona_id, Post.area_path, Post.released_at).where(
    Post.id.in_(bindparam("ids", expanding=True))
)


def _wanted(session: Session, pages: Iterable[Page]) -> None:
    mark(session, pages)
    # The mark is what counts; the job only makes it sooner.
    enqueue(session, render_stale, "")


def stale_for_post(session: Session, event: PostChanged) -> None:
    """Mark what shows a post: its page, its officer's, the places around it, the lists."""
    # Together with the other posts of the unit: most of what they mark is the same.
    at_end(session, _stale_for_posts, event.post_id)


def _stale_for_posts(session: Session, post_ids: Collection[int]) -> None:
    pages = [LISTS]
    for row in session.execute(_WHERE, {"ids": sorted(post_ids)}):
        post_id, persona_id, area_path, released_at = row
        areas = queries.ids_in(area_path)
        pages += [
            ("post", str(post_id)),
            ("officer", str(persona_id)),
            ("archive", str(post_id)),
            *(("place", str(area_id)) for area_id in areas),
        ]
        if released_at is not None:
            pages += [("record", f"{area_id}:{post_id}") for area_id in areas]
    _wanted(session, pages)


def stale_for_persona(session: Session, event: PersonaChanged) -> None:
    """Mark what shows a persona: its page, its posts, its places, the register."""
    persona = session.get_one(Persona, event.persona_id)
    _wanted(session, [*pages_of(persona), ("officer_posts", str(persona.id)), SITE, LISTS])


def stale_for_channel(session: Session, event: ChannelChanged) -> None:
    """Mark what shows an account: the register and the personas that use it."""
    users = session.scalars(
        select(Capability.persona_id).where(Capability.channel_id == event.channel_id).distinct()
    )
    _wanted(session, [SITE, *(("officer", str(persona_id)) for persona_id in users)])


def stale_for_disavowal(session: Session, event: DisavowalChanged) -> None:
    """Mark what shows a statement about an account: its page, the lists, and who speaks there."""
    channel_id = session.get_one(Disavowal, event.disavowal_id).channel_id
    users = session.scalars(
        select(Capability.persona_id).where(Capability.channel_id == channel_id).distinct()
    )
    _wanted(
        session,
        [STATEMENTS, LISTS, SITE, *(("officer", str(persona_id)) for persona_id in users)],
    )


def stale_for_area(session: Session, event: AreaChanged) -> None:
    """Mark what shows a place: its page, those around it, and its officers'."""
    area = session.get_one(Area, event.area_id)
    around = select(Area.id).where(
        or_(
            Area.id.in_(queries.ids_in(area.path)), Area.path.startswith(area.path, autoescape=True)
        )
    )
    here = select(Persona.id).where(Persona.area_id == area.id)
    mark(
        session,
        [
            SITE,
            LISTS,
            *(("place", str(area_id)) for area_id in session.scalars(around)),
            *(("officer", str(persona_id)) for persona_id in session.scalars(here)),
        ],
    )
