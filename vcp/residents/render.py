"""When pages are rendered: soon after they were marked, by a worker, or else by the clock.

A page is read and written under its lock, and its mark is taken off only if nobody marked it again
meanwhile. So the page that stays is one that was read after the last change.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence

from flask import current_app
from jinja2 import TemplateError
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from vcp.kernel.db import session as current_session
from vcp.kernel.db import transaction
from vcp.posts.models import Post
from vcp.residents import pages, queries, records
from vcp.residents.addresses import HOME, POSTS, file_of, officer_path
from vcp.residents.archive import Archive, put_archive, put_post_maps, put_whole_archive
from vcp.residents.figures import put_figures
from vcp.residents.pictures import hide_unused_pictures
from vcp.residents.site import Site, site_of
from vcp.residents.stale import Mark, mark_everything, marked, unmark
from vcp.residents.statements import put_statements

logger = logging.getLogger(__name__)

#: A worker takes what is marked at once; what is older was lost, or there is no worker.
LEFT_OVER_S = 5
#: How long one turn goes on, so that a rendering of everything leaves room for other work.
WORKER_TURN_S = 60.0
CLOCK_TURN_S = 3.0
#: Marks looked at together: what is marked meanwhile comes in between.
BATCH = 100
#: What one page's fault may be without keeping the others from being rendered.
FAULTS = (OSError, TemplateError, LookupError, ValueError)


def render_marked(*, older_than_s: float = 0, seconds: float = WORKER_TURN_S) -> int:
    """Render what is marked for about so many seconds; return how many marks were taken off.

    Needs an app context, and no open unit of work.
    """
    site, done, failed = site_of(current_app), 0, set[int]()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        rows = [row for row in marked(current_session(), older_than_s) if row.id not in failed]
        if not rows:
            break
        for group in _groups(rows):
            if _rendered(site, group):
                done += len(group)
                with transaction() as session:
                    unmark(session, group)
            else:
                failed.update(row.id for row in group)
            if time.monotonic() >= until:
                break
    return done


def render_left_over() -> int:
    """Render what no worker took in time, and all of it when the folder is empty."""
    site = site_of(current_app)
    if not (site.files.root / file_of(HOME)).exists():
        with transaction() as session:
            mark_everything(session)
        _lists(site, current_session(), "")
    return render_marked(older_than_s=LEFT_OVER_S, seconds=CLOCK_TURN_S)


def render_everything() -> int:
    """Render every page, whatever is marked; return how many groups of pages that were."""
    with transaction() as session:
        mark_everything(session)
    return render_marked(seconds=float("inf"))


def _groups(rows: Sequence[Mark]) -> Iterable[Sequence[Mark]]:
    """Yield what is rendered at one go, the most urgent first."""
    taken = 0
    for kind in ORDER:
        chosen = [row for row in rows if row.kind == kind]
        if kind in TOGETHER:
            yield from [chosen] if chosen else []
        else:
            yield from ([row] for row in chosen[: max(0, BATCH - taken)])
            taken += len(chosen)


def _rendered(site: Site, group: Sequence[Mark]) -> bool:
    kind, refs = group[0].kind, [row.ref for row in group]
    session = current_session()
    try:
        if kind in TOGETHER:
            TOGETHER[kind](site, session, refs)
        else:
            ONE_BY_ONE[kind](site, session, refs[0])
    except FAULTS:
        logger.exception("Public pages could not be rendered: %s %s", kind, ", ".join(refs[:5]))
        return False
    return True


def _post(site: Site, session: Session, ref: str) -> None:
    with site.turn(session, f"post:{ref}"):
        post = queries.post(session, Post.id == int(ref))
        if post is not None:
            pages.put_post(site, session, post)


def _officer(site: Site, session: Session, ref: str) -> None:
    with site.turn(session, f"officer:{ref}"):
        pages.put_officer(site, session, int(ref))


def _place(site: Site, session: Session, ref: str) -> None:
    with site.turn(session, f"place:{ref}"):
        pages.put_place(site, session, int(ref))


def _lists(site: Site, session: Session, _: str) -> None:
    with site.turn(session, "lists"):
        pages.put_lists(site, session)


def _figures(site: Site, session: Session, _: str) -> None:
    with site.turn(session, "figures"):
        put_figures(site, session)


def _statements(site: Site, session: Session, _: str) -> None:
    with site.turn(session, "statements"):
        put_statements(site, session)


def _site(site: Site, session: Session, _: str) -> None:
    with site.turn(session, "site"):
        everyone = pages.officers(site, session)
        pages.put_indexes(site, session, everyone)
        records.put_register(site, session, everyone)
        records.put_fixed(site, session, everyone)
        hide_unused_pictures(site, session)


def _officer_posts(site: Site, session: Session, ref: str) -> None:
    """Every post of one persona, and its archive: they show its name, photo and standing."""
    mine = queries.by_persona(int(ref))
    for post_id in queries.post_ids(session, mine):
        _post(site, session, str(post_id))
    for persona in queries.personas(session, Persona.id == int(ref)):
        with site.turn(session, f"archive:{ref}"):
            put_whole_archive(site, session, _archive_of(persona))


def _archives(site: Site, session: Session, refs: Sequence[str]) -> None:
    """The archive pages that these posts stand on; an empty reference stands for all posts."""
    whole = Archive(POSTS, "Posts")
    with site.turn(session, "archive"):
        if "" in refs:
            put_whole_archive(site, session, whole)
            put_post_maps(site, session)
            return
        posts = queries.posts(session, refs)
        first = put_archive(site, session, whole, posts)
        put_post_maps(site, session, first)
        by_persona: dict[int, list[Post]] = {}
        for post in posts:
            by_persona.setdefault(post.persona_id, []).append(post)
    for persona in queries.personas(session, Persona.id.in_(by_persona)):
        with site.turn(session, f"archive:{persona.id}"):
            mine = queries.posts(session, refs, queries.by_persona(persona.id))
            put_archive(site, session, _archive_of(persona), mine)


def _archive_of(persona: Persona) -> Archive:
    mine = (queries.by_persona(persona.id),)
    return Archive(officer_path(persona.slug), f"Posts by {persona.display_name}", mine)


def _records(site: Site, session: Session, refs: Sequence[str]) -> None:
    """The tables of the months that these posts lie in: `area:post`, or `area:` for all months."""
    wanted = [ref.split(":") for ref in refs]
    released = queries.released_at(session, [post_id for _, post_id in wanted if post_id])
    months = {
        (int(area_id), records.month_of(site, released[int(post_id)]))
        for area_id, post_id in wanted
        if post_id and int(post_id) in released
    }
    for area_id, month in sorted(months):
        with site.turn(session, f"record:{area_id}:{month}"):
            records.put_record(site, session, area_id, month)
    for area_id in sorted({int(area_id) for area_id, post_id in wanted if not post_id}):
        with site.turn(session, f"record:{area_id}"):
            records.put_all_records(site, session, area_id)


ONE_BY_ONE: dict[str, Callable[[Site, Session, str], None]] = {
    "post": _post,
    "lists": _lists,
    "officer": _officer,
    "place": _place,
    "site": _site,
    "figures": _figures,
    "statements": _statements,
    "officer_posts": _officer_posts,
}
#: Kinds of which a burst has most in common.
TOGETHER: dict[str, Callable[[Site, Session, Sequence[str]], None]] = {
    "archive": _archives,
    "record": _records,
}
#: What is linked to comes before what links to it, and what takes long comes last.
ORDER = (
    "statements",
    "post",
    "archive",
    "record",
    "lists",
    "officer",
    "place",
    "site",
    "figures",
    "officer_posts",
)
