"""Atom and JSON Feed: the newest posts of an officer, a place, or the whole force."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from feedgen.feed import FeedGenerator
from lxml import etree
from markupsafe import Markup

from vcp import __version__
from vcp.residents.addresses import ATOM, JSON_FEED
from vcp.residents.site import Site
from vcp.residents.views import Picture, PostView
from vcp.residents.words import paragraphs, title_of

#: How many posts a feed holds.
FEED_LENGTH = 50
_XML = "{http://www.w3.org/XML/1998/namespace}lang"
_ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True)
class Feed:
    """A feed's own words; `path` is the page that it belongs to, ending in a slash."""

    path: str
    title: str
    description: str
    author: str
    #: When the feed came to be: its time of change while it is empty.
    since: datetime


def put_feeds(site: Site, feed: Feed, posts: Sequence[PostView]) -> None:
    """Write both feeds beside their page."""
    folder = feed.path.lstrip("/")
    site.files.put(f"{folder}{ATOM}", atom(site, feed, posts))
    site.files.put(f"{folder}{JSON_FEED}", json_feed(site, feed, posts))


def atom(site: Site, feed: Feed, posts: Sequence[PostView]) -> bytes:
    """Return the Atom feed.

    Source: RFC 4287.
    """
    made = FeedGenerator()
    made.id(site.absolute(feed.path + ATOM))
    made.title(feed.title)
    made.subtitle(feed.description)
    made.language("en-GB")
    made.author({"name": feed.author})
    made.generator("Virtual Community Policing", version=__version__)
    made.icon(site.absolute("/favicon.ico"))
    made.link(
        [
            {
                "href": site.absolute(feed.path + ATOM),
                "rel": "self",
                "type": "application/atom+xml",
            },
            {"href": site.absolute(feed.path), "rel": "alternate", "type": "text/html"},
        ]
    )
    made.updated(max([post.updated_at for post in posts], default=feed.since))
    for post in posts:
        entry = made.add_entry(order="append")
        entry.id(site.absolute(post.url))
        entry.title(post_title(post))
        entry.author({"name": post.name, "uri": site.absolute(post.officer_url)})
        entry.link(href=site.absolute(post.url), rel="alternate", type="text/html")
        entry.published(post.published_at)
        entry.updated(post.updated_at)
        entry.content(str(post_html(site, post)), type="html")
    return _in_their_languages(made.atom_str(), posts)


def _in_their_languages(document: bytes, posts: Sequence[PostView]) -> bytes:
    """Say on each entry which language it is in, which feedgen has no word for."""
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    for entry, post in zip(root.iter(f"{_ATOM}entry"), posts, strict=True):
        entry.set(_XML, post.language)
    done: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return done


def json_feed(site: Site, feed: Feed, posts: Sequence[PostView]) -> bytes:
    """Return the JSON Feed.

    Source: JSON Feed version 1.1.
    """
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": site.absolute(feed.path),
        "feed_url": site.absolute(feed.path + JSON_FEED),
        "description": feed.description,
        "favicon": site.absolute("/favicon.ico"),
        "language": "en-GB",
        "authors": [{"name": feed.author, "url": site.absolute("/")}],
        "items": [json_item(site, post) for post in posts],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def json_item(site: Site, post: PostView) -> dict[str, object]:
    """Return one post as an item of a JSON Feed."""
    item: dict[str, object] = {
        "id": site.absolute(post.url),
        "url": site.absolute(post.url),
        "title": post_title(post),
        "content_html": str(post_html(site, post)),
        "content_text": post_text(post),
        "date_published": post.published_at.isoformat(timespec="seconds"),
        "date_modified": post.updated_at.isoformat(timespec="seconds"),
        "authors": [{"name": post.name, "url": site.absolute(post.officer_url)}],
        "language": post.language,
    }
    if post.content_warning:
        item["summary"] = f"Content warning: {post.content_warning}"
    if post.images:
        item["attachments"] = [
            {"url": site.absolute(image.url), "mime_type": image.media_type, "title": image.alt}
            for image in post.images
        ]
    return item


def post_title(post: PostView) -> str:
    """Return a title for a post, which has none of its own."""
    if post.withdrawn_at:
        return f"Withdrawn: a post by {post.name}"
    if post.content_warning:
        return title_of(f"Content warning: {post.content_warning}")
    return title_of(post.text) or f"A post by {post.name}"


def post_text(post: PostView) -> str:
    """Return the post as plain text; a withdrawn one says so."""
    if post.withdrawn_at:
        return f"This post was withdrawn. {post.withdrawal_reason or ''}".strip()
    choices = "\n".join(f"{number}. {text}" for number, text in enumerate(post.choices, start=1))
    note = f"Corrected: {post.correction_note}" if post.corrected_at else ""
    return "\n\n".join(piece for piece in (post.text, choices, note) if piece)


def _shown(site: Site, image: Picture) -> Markup:
    """Return an image, or the first picture of a video with a link to it."""
    still = Markup('<img src="{}" alt="{}" width="{}" height="{}">').format(
        site.absolute(image.still_url), image.alt, image.width, image.height
    )
    if image.is_video:
        still = Markup('<a href="{}">{}</a>').format(site.absolute(image.url), still)
    return Markup("<p>{}</p>").format(still)


def post_html(site: Site, post: PostView) -> Markup:
    """Return the post for feed readers, which know no styles of ours."""
    if post.withdrawn_at:
        return paragraphs(post_text(post))
    parts = [paragraphs(post.text)]
    if post.choices:
        items = Markup().join(Markup("<li>{}</li>").format(choice) for choice in post.choices)
        parts.append(Markup("<ol>{}</ol>").format(items))
    if post.content_warning:
        warning = Markup("<p><strong>Content warning: {}</strong></p>")
        parts.insert(0, warning.format(post.content_warning))
    parts += [_shown(site, image) for image in post.images]
    if post.corrected_at:
        parts.append(Markup("<p><strong>Corrected.</strong> {}</p>").format(post.correction_note))
    return Markup("\n").join(parts)
