"""Feeds that readers accept, however hostile the words in them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from flask import Flask
from lxml import etree

from vcp.residents.feeds import Feed, atom, json_feed
from vcp.residents.site import Site, site_of
from vcp.residents.views import Picture, PostView

AT = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
FEED = Feed("/officers/sam/", "PC Sam & Co", "Posts by PC Sam.", "PC Sam Okoro", AT)
HOSTILE = "</content><script>alert(1)</script> \x00\ud800 ]]> & \u202e"

URL = {"type": "string", "pattern": "^https?://"}
WHEN = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
}
AUTHORS = {
    "type": "array",
    "items": {
        "type": "object",
        "minProperties": 1,
        "properties": {"name": {"type": "string"}, "url": URL, "avatar": URL},
    },
}
#: Written from the text of JSON Feed 1.1; names that it doesn't know are refused to catch typing.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": URL,
        "feed_url": URL,
        "description": {"type": "string"},
        "favicon": URL,
        "language": {"type": "string"},
        "authors": AUTHORS,
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "url": URL,
                    "title": {"type": "string"},
                    "content_html": {"type": "string"},
                    "content_text": {"type": "string"},
                    "summary": {"type": "string"},
                    "date_published": WHEN,
                    "date_modified": WHEN,
                    "authors": AUTHORS,
                    "language": {"type": "string"},
                    "attachments": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["url", "mime_type"],
                            "properties": {"url": URL, "mime_type": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
}


def view(number: int = 1, **changed: Any) -> PostView:
    plain: dict[str, Any] = {
        "id": number,
        "public_id": f"p{number}",
        "url": f"/posts/p{number}/",
        "name": "PC Sam Okoro",
        "rank": "",
        "officer_url": "/officers/sam/",
        "photo_url": None,
        "place": "Harbour",
        "place_url": "/places/harbour/",
        "text": f"Post {number}",
        "language": "en",
        "content_warning": None,
        "images": (),
        "published_at": AT + timedelta(minutes=number),
        "corrected_at": None,
        "correction_note": "",
        "withdrawn_at": None,
        "withdrawal_reason": None,
        "elsewhere": (),
    }
    return PostView(**(plain | changed))


@pytest.fixture
def site(app: Flask) -> Site:
    return site_of(app)


@pytest.fixture
def posts() -> list[PostView]:
    return [
        view(3, text="Mae gennym ni feiciau.", language="cy"),
        view(
            2,
            content_warning="Theft",
            images=(Picture("/media/a.png", "A <bike>", 4, 3, "image/png"),),
        ),
        view(1, text="", withdrawn_at=AT + timedelta(days=1), withdrawal_reason="It was wrong."),
    ]


def read(document: bytes) -> etree._Element:
    return etree.fromstring(document, etree.XMLParser(resolve_entities=False))


def text_of(element: etree._Element, name: str) -> str:
    found = element.find(ATOM + name)
    assert found is not None, name
    return found.text or ""


def test_atom_has_what_the_format_asks_for(site: Site, posts: list[PostView]) -> None:
    """RFC 4287: feed and entries need id, title, updated, an author, and one alternate link."""
    root = read(atom(site, FEED, posts))
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1, name
        assert text_of(element, "id").startswith("http")
        datetime.fromisoformat(text_of(element, "updated"))
        assert element.findtext(f"{ATOM}author/{ATOM}name")
        links = element.findall(f"{ATOM}link")
        assert len([link for link in links if link.get("rel", "alternate") == "alternate"]) == 1
        assert all((link.get("href") or "").startswith("http") for link in links)
    assert [link.get("rel") for link in root.findall(f"{ATOM}link")].count("self") == 1
    ids = [text_of(entry, "id") for entry in root.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids) == 3
    assert text_of(root, "updated") == max(
        text_of(entry, "updated") for entry in root.findall(f"{ATOM}entry")
    )


def test_json_feed_keeps_to_its_format(site: Site, posts: list[PostView]) -> None:
    jsonschema.validate(json.loads(json_feed(site, FEED, posts)), SCHEMA)


def test_both_keep_the_order_and_say_the_language(site: Site, posts: list[PostView]) -> None:
    entries = read(atom(site, FEED, posts)).findall(f"{ATOM}entry")
    assert [entry.get(XML_LANG) for entry in entries] == ["cy", "en", "en"]
    items = json.loads(json_feed(site, FEED, posts))["items"]
    assert [item["id"] for item in items] == [text_of(entry, "id") for entry in entries]
    assert [item["language"] for item in items] == ["cy", "en", "en"]


def test_a_title_doesnt_tell_what_a_warning_hides(site: Site) -> None:
    entry = read(atom(site, FEED, [view(content_warning="Theft")])).find(f"{ATOM}entry")
    assert entry is not None
    assert text_of(entry, "title") == "Content warning: Theft"
    assert text_of(entry, "content").startswith("<p><strong>Content warning: Theft</strong></p>")


def test_a_withdrawn_post_says_so_in_the_place_of_its_words(
    site: Site, posts: list[PostView]
) -> None:
    entry = read(atom(site, FEED, posts)).findall(f"{ATOM}entry")[-1]
    assert text_of(entry, "title") == "Withdrawn: a post by PC Sam Okoro"
    assert "It was wrong." in text_of(entry, "content")
    assert text_of(entry, "updated").startswith("2026-06-16")


def test_hostile_words_break_no_feed(site: Site) -> None:
    """What views hand over is cleaned already; the title and HTML are cleaned again here."""
    post = view(text=HOSTILE.replace("\x00", "").replace("\ud800", ""), content_warning=None)
    document = read(atom(site, FEED, [post]))
    content = document.findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert "<script" not in content
    assert "&lt;script&gt;" in content
    item = json.loads(json_feed(site, FEED, [post]))["items"][0]
    assert "<script" not in item["content_html"]


def test_an_empty_feed_is_a_feed(site: Site) -> None:
    root = read(atom(site, FEED, []))
    assert text_of(root, "updated").startswith("2026-06-15")
    jsonschema.validate(json.loads(json_feed(site, FEED, [])), SCHEMA)


def test_the_same_posts_make_the_same_bytes(site: Site, posts: list[PostView]) -> None:
    """A page that didn't change is not written again, so that readers' copies stay good."""
    assert atom(site, FEED, posts) == atom(site, FEED, posts)
