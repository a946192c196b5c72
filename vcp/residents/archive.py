"""All public posts in pages numbered from the oldest, so that a full page hardly ever changes.

A change renders its page and goes on until a page comes out as it was: a new post touches the last
one or two pages of however many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from vcp.posts.models import Post
from vcp.residents import queries
from vcp.residents.addresses import archive_path, post_path
from vcp.residents.site import Site
from vcp.residents.views import shown_posts

PER_PAGE = 25
#: Posts in one file of the site map.
PER_MAP = 1000
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True)
class Archive:
    """All posts, or all of one officer; its pages stand below `base`."""

    base: str
    title: str
    where: tuple[ColumnElement[bool], ...] = ()


def newest_page(session: Session, archive: Archive) -> str | None:
    """Return the address of the last page; None while there are no posts."""
    count = queries.how_many(session, *archive.where)
    return archive_path(archive.base, -(-count // PER_PAGE)) if count else None


def put_archive(site: Site, session: Session, archive: Archive, posts: Sequence[Post]) -> int:
    """Put the pages that changes of these posts touch; return the first that was looked at."""
    first, seen_to = 0, None
    for post in sorted(posts, key=_order):
        if seen_to is not None and _order(post) <= seen_to:
            continue
        position = queries.how_many(session, queries.before(post), *archive.where)
        start = position // PER_PAGE + 1
        # A page that has just begun is where the one before it leads on to.
        number = start - 1 if start > 1 and position % PER_PAGE == 0 else start
        seen_to = _put_from(site, session, archive, number, start)
        first = first or number
    return first


def put_whole_archive(site: Site, session: Session, archive: Archive) -> None:
    """Put every page."""
    number = 1
    while _put_page(site, session, archive, number) is not None:
        number += 1


def _order(post: Post) -> tuple[datetime, int]:
    if post.released_at is None:
        message = f"post {post.public_id} is not public"
        raise ValueError(message)
    return post.released_at, post.id


def _put_from(
    site: Site, session: Session, archive: Archive, number: int, start: int
) -> tuple[datetime, int] | None:
    """Put pages until one past the start comes out as it was; return the last post seen."""
    last = None
    while True:
        put = _put_page(site, session, archive, number)
        if put is None:
            return last
        changed, last = put
        if not changed and number >= start:
            return last
        number += 1


def _put_page(
    site: Site, session: Session, archive: Archive, number: int
) -> tuple[bool, tuple[datetime, int]] | None:
    """Put one page; return whether it changed and its newest post, None when there is no page."""
    rows = queries.from_oldest(session, (number - 1) * PER_PAGE, PER_PAGE + 1, *archive.where)
    if not rows:
        return None
    shown = rows[:PER_PAGE]
    # How many pages there are isn't said: it would change every page with every post.
    changed = site.put_page(
        archive_path(archive.base, number),
        "archive.html",
        title=archive.title,
        base=archive.base,
        number=number,
        posts=shown_posts(session, site, shown)[::-1],
        older=archive_path(archive.base, number - 1) if number > 1 else None,
        newer=archive_path(archive.base, number + 1) if len(rows) > PER_PAGE else None,
    )
    return changed, _order(shown[-1])


def put_post_maps(site: Site, session: Session, first_page: int = 1) -> None:
    """Put the site maps of posts from an archive page on, and the list of all maps."""
    number = first = max(1, first_page - 1) * PER_PAGE // PER_MAP + 1
    while ids := queries.public_ids(session, (number - 1) * PER_MAP, PER_MAP):
        changed = put_map(site, f"sitemap-posts-{number}.xml", [post_path(one) for one in ids])
        number += 1
        if not changed and number > first + 1:
            break
    count = -(-queries.how_many(session) // PER_MAP)
    names = ["sitemap-site.xml", *(f"sitemap-posts-{n}.xml" for n in range(1, count + 1))]
    root = ET.Element("sitemapindex", xmlns=SITEMAP)
    for name in names:
        ET.SubElement(ET.SubElement(root, "sitemap"), "loc").text = site.absolute(f"/{name}")
    site.files.put("sitemap.xml", ET.tostring(root, encoding="utf-8", xml_declaration=True))


def put_map(site: Site, file: str, paths: Sequence[str]) -> bool:
    """Put one site map; false when it is there already.

    Source: the sitemaps.org protocol 0.9.
    """
    root = ET.Element("urlset", xmlns=SITEMAP)
    for path in paths:
        ET.SubElement(ET.SubElement(root, "url"), "loc").text = site.absolute(path)
    return site.files.put(file, ET.tostring(root, encoding="utf-8", xml_declaration=True))
