"""What is rendered: posts, officers, places, and the lists that lead to them.

Each function reads the rows and puts the files; `vcp.residents.render` says when, and under which
lock.
"""

import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from vcp.kernel import clock
from vcp.posts.models import Post, Revision
from vcp.residents import queries
from vcp.residents.addresses import (
    ATOM,
    HOME,
    JSON_FEED,
    OFFICERS,
    PLACES,
    POSTS,
    file_of,
    officer_path,
    place_path,
    post_path,
)
from vcp.residents.archive import Archive, newest_page
from vcp.residents.feeds import FEED_LENGTH, Feed, json_item, post_text, post_title, put_feeds
from vcp.residents.pictures import hide_pictures_of, show_pictures
from vcp.residents.records import first_moment, months_of
from vcp.residents.site import Site
from vcp.residents.statements import in_view
from vcp.residents.views import (
    OfficerView,
    current_places,
    earlier_wordings,
    roots_of,
    shown_officer,
    shown_place,
    shown_post,
    shown_posts,
)
from vcp.residents.words import title_of

#: How many posts stand on the page of an officer or place, and on the first page of posts.
LISTED = 20
#: How many stand on the home page.
ON_HOME = 5
DESCRIPTION_LENGTH = 160
#: Holds the keys that a post's page was written with; not served.
KEYS = ".keys"


def put_post(
    site: Site,
    session: Session,
    post: Post,
    *,
    revision: Revision | None = None,
    keys: Sequence[str] = (),
    durable: bool = False,
) -> None:
    """Put a post's page, or its tombstone, and the same as JSON."""
    corrected = queries.corrections(session, [post.id]).get(post.id, [])
    view = shown_post(site, post, corrected, revision)
    folder = post_path(post.public_id)
    show_pictures(site, [url for image in view.images for url in image.urls])
    site.put_page(
        folder,
        "post.html",
        durable=durable,
        post=view,
        earlier=earlier_wordings(session, post, corrected),
        title=post_title(view),
        description=title_of(view.content_warning or post_text(view)),
    )
    item = json.dumps(json_item(site, view), ensure_ascii=False, separators=(",", ":"))
    site.files.put(file_of(f"{folder}post.json"), item.encode(), durable=durable)
    kept = file_of(folder + KEYS)
    if post.withdrawn_at is None:
        known = {*queries.record_keys(post), *keys}
        # Not waited for: without them a page is only put once more, the same.
        site.files.put(kept, "\n".join(sorted(known)).encode())
    else:
        site.files.remove(kept)
    hide_pictures_of(site, session, post)


def put_officer(site: Site, session: Session, persona_id: int) -> None:
    """Put the page and the feeds of an officer or office; a draft has none."""
    now = clock.now()
    outlets = queries.outlets(session, now)
    for persona in queries.personas(session, Persona.id == persona_id):
        officer = shown_officer(site, persona, outlets, now)
        show_pictures(site, [officer.photo_url] if officer.photo_url else [])
        rows = queries.latest(session, FEED_LENGTH, queries.by_persona(persona.id))
        posts = shown_posts(session, site, rows)
        path = officer_path(persona.slug)
        feed = Feed(
            path,
            f"{officer.name}, {site.settings.force_name}",
            f"Posts by {officer.name}, {officer.place}.",
            officer.name,
            persona.state_changed_at,
        )
        put_feeds(site, feed, posts)
        archive = Archive(path, f"Posts by {officer.name}", (queries.by_persona(persona.id),))
        site.put_page(
            path,
            "officer.html",
            officer=officer,
            statements=in_view(session, persona.id),
            posts=posts[:LISTED],
            feeds=feed_links(feed),
            archive_url=newest_page(session, archive) if len(posts) > LISTED else None,
        )


def put_place(site: Site, session: Session, area_id: int) -> None:
    """Put the page and the feeds of a place."""
    now = clock.now()
    areas = queries.areas(session)
    area = areas.get(area_id)
    if area is None:
        return
    today = now.astimezone(site.settings.zone).date()
    place = shown_place(area, today)
    rows = queries.latest(session, FEED_LENGTH, queries.within(area.path))
    posts = shown_posts(session, site, rows)
    feed = Feed(
        place_path(area.slug),
        f"{place.name}, {site.settings.force_name}",
        f"Posts by the officers of {place.name}.",
        site.settings.force_name,
        first_moment(area.valid_from),
    )
    put_feeds(site, feed, posts)
    above = queries.ids_in(area.path)[:-1]
    on_page = Persona.area_id.in_([area.id, *above])
    shown = officers(site, session, on_page)
    site.put_page(
        place_path(area.slug),
        "place.html",
        place=place,
        above=[shown_place(areas[key], today) for key in above],
        children=current_places(areas.values(), today).get(area.id, place).children,
        here=[officer for officer in shown if officer.place_url == place.url],
        covering=[officer for officer in shown if officer.place_url != place.url],
        posts=posts[:LISTED],
        feeds=feed_links(feed),
        months=months_of(site, area.slug),
    )


def put_lists(site: Site, session: Session) -> None:
    """Put the home page, the newest posts and the whole force's feeds."""
    name = site.settings.force_name
    today = clock.now().astimezone(site.settings.zone).date()
    rows = queries.latest(session, FEED_LENGTH)
    posts = shown_posts(session, site, rows)
    areas = queries.areas(session)
    roots = roots_of(current_places(areas.values(), today))
    since = min((area.valid_from for area in areas.values()), default=today)
    feed = Feed(HOME, name, f"Posts by the officers of {name}.", name, first_moment(since))
    put_feeds(site, feed, posts)
    archive = Archive(POSTS, "Posts")
    site.put_page(
        POSTS,
        "posts.html",
        posts=posts[:LISTED],
        feeds=feed_links(feed),
        archive_url=newest_page(session, archive) if len(posts) > LISTED else None,
    )
    site.put_page(
        HOME,
        "home.html",
        posts=posts[:ON_HOME],
        roots=roots,
        feeds=feed_links(feed),
        statements=in_view(session),
    )


def put_indexes(site: Site, session: Session, everyone: Sequence[OfficerView]) -> None:
    """Put the tree of places and the list of officers."""
    today = clock.now().astimezone(site.settings.zone).date()
    areas = queries.areas(session)
    gone = [
        place
        for place in (shown_place(area, today) for area in areas.values())
        if place.until is not None and not place.is_current
    ]
    roots = roots_of(current_places(areas.values(), today))
    site.put_page(PLACES, "places.html", roots=roots, gone=gone)
    site.put_page(
        OFFICERS,
        "officers.html",
        officers=[officer for officer in everyone if officer.status != "ended"],
        gone=[officer for officer in everyone if officer.status == "ended"],
    )


def officers(site: Site, session: Session, *where: ColumnElement[bool]) -> list[OfficerView]:
    """Return the personas that the public may know of, those who post first."""
    now = clock.now()
    outlets = queries.outlets(session, now)
    found = [
        shown_officer(site, persona, outlets, now) for persona in queries.personas(session, *where)
    ]
    return sorted(found, key=lambda officer: not officer.is_verified)


def feed_links(feed: Feed) -> list[dict[str, str]]:
    """Return what a page says about its feeds."""
    return [
        {"href": feed.path + ATOM, "title": f"{feed.title} (Atom)", "kind": "atom"},
        {"href": feed.path + JSON_FEED, "title": f"{feed.title} (JSON Feed)", "kind": "json"},
    ]
