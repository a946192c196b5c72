"""Going through the whole public site as a visitor does."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import Client

from officer_profiles.models import PersonaKind
from officer_profiles.states import PersonaState
from tests.factories.bulk import make_public_posts
from tests.factories.personas import make_persona
from tests.factories.posts import Team, words
from tests.factories.public import correct, make_image, make_public_post, render
from vcp.kernel.settings import Settings
from vcp.posts import service
from vcp.posts.models import Revision, RevisionImage
from vcp.posts.tombstones import WithdrawalReason
from vcp.residents.render import render_everything

HOSTILE = '<script>alert("x")</script><img src=https://evil.example/x.png onerror=alert(1)>'
#: What a browser fetches by itself.
FETCHED = {("img", "src"), ("script", "src"), ("source", "src"), ("iframe", "src"), ("use", "href")}
#: Forms, which are no files: they need the database, and are looked at by tests of their own.
FORMS = {"/ask", "/check"}
FETCHED_LINKS = {"stylesheet", "icon", "apple-touch-icon", "preload", "manifest"}


class Page(HTMLParser):
    """What a page links to, what it fetches, and what would act in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.fetched: set[str] = set()
        self.active: list[str] = []
        self.headings = 0
        self.ids: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.headings += tag == "h1"
        self.ids += [given["id"]] if "id" in given else []
        if tag in {"script", "iframe", "object", "embed", "form", "style", "base"}:
            self.active.append(tag)
        self.active += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "link":
            kinds = set(given.get("rel", "").split())
            (self.fetched if kinds & FETCHED_LINKS else self.links).add(given["href"])
        if tag == "a":
            self.links.add(given["href"])
        self.fetched |= {v for name, v in given.items() if (tag, name) in FETCHED}
        self.fetched |= {part.split()[0] for part in given.get("srcset", "").split(",") if part}


@pytest.fixture
def town(app: Flask, session: Session, settings: Settings, team: Team) -> Team:
    """Everything that a page may have to show, hostile words among it."""
    make_bulk(session, team)
    image = make_image(settings)
    make_public_post(app, session, team, text="Thank you to all who came.", images=(image,))
    session.execute(update(RevisionImage).values(alt_text=HOSTILE))
    fixed = make_public_post(app, session, team, content_warning="Theft")
    better = words(team, text="We marked fifty bikes.", channel_ids=(team.own_feed.id,))
    correct(app, session, team, fixed, better, "We had miscounted.")
    gone = make_public_post(app, session, team, text="This was wrong.")
    service.withdraw(session, gone.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    team.persona.who_i_am = HOSTILE
    team.persona.topics = HOSTILE
    team.mastodon.purpose = HOSTILE
    office = make_persona(session, area=team.district, name=HOSTILE, kind=PersonaKind.OFFICE)
    left = make_persona(session, area=team.area, name="PC Gone", state=PersonaState.ENDED)
    left.successor_id = office.id
    make_persona(session, area=team.area, name="PC Away", state=PersonaState.SUSPENDED)
    make_persona(session, area=team.area, name="PC Draft", state=PersonaState.DRAFT)
    session.commit()
    render_everything()
    return team


def make_bulk(session: Session, team: Team) -> None:
    """More posts than one page holds, with hostile words."""
    ids = make_public_posts(
        session, personas=[team.persona], author=team.officer, own_feed=team.own_feed, count=28
    )
    session.execute(
        update(Revision).where(Revision.id.in_(ids)).values(text=HOSTILE, content_warning=HOSTILE)
    )
    session.execute(update(Revision).where(Revision.id == ids[0]).values(content_warning=None))


@pytest.fixture
def reader(app: Flask) -> Client:
    return Client(app.wsgi_app)


def crawl(reader: Client, settings: Settings) -> dict[str, bytes]:
    """Follow every link of our own from the home page and the site map; return what was found."""
    found: dict[str, bytes] = {}
    ahead = {"/", "/robots.txt", "/sitemap.xml", "/404.html", "/favicon.ico"}
    while ahead:
        path = ahead.pop()
        answer = reader.get(path, buffered=True)
        assert answer.status_code == 200, path
        found[path] = answer.data
        links: set[str] = set()
        if answer.mimetype == "text/html":
            page = Page(answer.text)
            links = page.links | page.fetched
        elif answer.mimetype == "application/xml":
            root = etree.fromstring(answer.data)
            links = {str(e.text) for e in root.iter() if str(e.tag).endswith("loc")}
        elif answer.mimetype == "text/css":
            links = set(re.findall(r"url\([\"']?([^\"')]+)", answer.text))
            links = {link for link in links if not link.startswith("data:")}
        base = f"{settings.base_url}{path}"
        for link in (urlsplit(urljoin(base, link)) for link in links):
            if f"{link.scheme}://{link.netloc}" == settings.base_url:
                ahead |= {link.path} - found.keys() - FORMS
    return found


def assert_says_how_to_reach_the_police(found: dict[str, bytes]) -> None:
    for path, data in found.items():
        if data.startswith(b"<!DOCTYPE"):
            needed = ["tel:999", "tel:101", "/accessibility/", "/privacy/", "/house-rules/"]
            text = data.decode()
            assert all(f'href="{link}"' in text for link in [*needed, "/register/"]), path


def assert_leads_to_feeds(found: dict[str, bytes], town: Team) -> None:
    """Feed readers find the feeds by themselves, and an officer is two steps from home."""
    place, officer = f"/places/{town.area.slug}/", f"/officers/{town.persona.slug}/"
    for path in ("/", "/posts/", officer, place):
        for kind in (r"atom\+xml", r"feed\+json"):
            (href,) = re.findall(
                rf'<link rel="alternate" type="application/{kind}"[^>]*href="([^"]+)"',
                found[path].decode(),
            )
            assert href in found
    assert place in Page(found["/"].decode()).links
    assert officer in Page(found[place].decode()).links


def test_every_link_leads_somewhere_and_nothing_is_fetched_elsewhere(
    app: Flask, reader: Client, settings: Settings, town: Team
) -> None:
    """Residents' visits are nobody else's business: no page makes a browser ask another host."""
    found = crawl(reader, settings)
    pages = {p: Page(data.decode()) for p, data in found.items() if data.startswith(b"<!DOCTYPE")}
    assert len(pages) > 40
    for path, page in pages.items():
        assert page.headings == 1, path
        assert not page.active, (path, page.active)
        assert len(set(page.ids)) == len(page.ids), path
        for url in page.fetched:
            assert urlsplit(url).netloc == "" or url.startswith(settings.base_url), (path, url)
        for url in page.links:
            assert urlsplit(url).scheme in {"", "http", "https", "tel"}, (path, url)
    assert_says_how_to_reach_the_police(found)
    assert_leads_to_feeds(found, town)
    files = {p.relative_to(settings.site).as_posix() for p in settings.site.rglob("*.html")}
    linked = {f"{path}index.html".lstrip("/") for path in pages if path.endswith("/")}
    assert files == linked | {"404.html"}, "each page can be found from the home page"


def test_the_public_pages_need_neither_the_database_nor_flask(
    app: Flask, reader: Client, settings: Settings, town: Team, session: Session
) -> None:
    session.close()
    before = crawl(reader, settings)
    moved = list(settings.instance.parent.rglob("*.sqlite3*"))
    for file in moved:
        file.rename(file.with_name(f"{file.name}.moved"))
    app.view_functions.clear()
    try:
        after = crawl(reader, settings)
    finally:
        for file in moved:
            file.with_name(f"{file.name}.moved").rename(file)
    assert after == before


def test_the_register_lists_who_is_genuine_and_who_has_left(
    app: Flask, reader: Client, settings: Settings, town: Team
) -> None:
    listed = json.loads(reader.get("/register.json").data)
    standing = {officer["name"]: officer["status"] for officer in listed["officers"]}
    assert standing["PC Sam Okoro"] == "verified"
    assert standing["PC Gone"] == "ended"
    assert standing["PC Away"] == "suspended"
    assert "PC Draft" not in standing
    (account,) = [a for a in listed["accounts"] if a["handle"] == town.mastodon.handle]
    assert account["url"] == town.mastodon.profile_url
    table = reader.get("/register.csv").data
    assert table.startswith(b"\xef\xbb\xbfname,kind,rank")
    assert b"PC Draft" not in table
    (left,) = [o for o in listed["officers"] if o["status"] == "ended"]
    text = reader.get(urlsplit(left["page"]).path).text
    assert "left this role" in text
    assert "has taken over" in text
    assert "Verified by" not in text.partition("<h1")[2].partition("<h2")[0]
    missing = reader.get("/officers/nobody/")
    assert missing.status_code == 404
    assert 'href="tel:999"' in missing.text


def test_an_accounts_link_says_that_it_is_the_officer(
    app: Flask, reader: Client, session: Session, town: Team
) -> None:
    """`rel=me` both ways is how networks check that page and account belong together."""
    text = reader.get(f"/officers/{town.persona.slug}/").text
    assert f'href="{town.mastodon.profile_url}" rel="me"' in text
    town.mastodon.is_shared = True
    session.commit()
    render_everything()
    text = reader.get(f"/officers/{town.persona.slug}/").text
    assert 'rel="me"' not in text.partition("<main")[2]
    assert town.persona.signature in text


def test_a_drafts_image_is_for_staff_only(
    app: Flask, reader: Client, session: Session, settings: Settings, team: Team
) -> None:
    image = make_image(settings, colour="red")
    service.create_draft(session, team.persona.id, words(team, images=(image,)), by=team.officer)
    render(session)
    assert reader.get(f"/media/{image.digest}.png").status_code in {302, 401}
