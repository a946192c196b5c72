"""What every page owes its reader, checked on the frames and macros with invented words."""

import hashlib
import json
import re
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.templates import sample
from tests.templates.look import make_app
from vcp.kernel.places import folder, static_folder

PAGES = ["/compose", "/list", "/public"]
STATUSES = [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503]


class State(StrEnum):
    PARTLY_PUBLISHED = "partly_published"


EVERY_PAGE = [*PAGES, *(f"/error/{status}" for status in STATUSES)]


def fetch(client: FlaskClient, path: str) -> lxml.html.HtmlElement:
    answer = client.get(path)
    assert answer.status_code == 200
    return lxml.html.fromstring(answer.get_data(as_text=True))


def words(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_page_has_one_heading_a_title_and_a_language(look_client: FlaskClient, path: str) -> None:
    page = fetch(look_client, path)
    assert len(page.xpath("//h1")) == 1
    assert page.findtext(".//title").endswith(sample.FORCE)
    assert not page.findtext(".//title").startswith(("–", " "))
    assert page.get("lang") == "en-GB"


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_field_has_a_label_and_no_id_is_used_twice(
    look_client: FlaskClient, path: str
) -> None:
    page = fetch(look_client, path)
    ids = Counter(page.xpath("//*/@id"))
    assert not [name for name, times in ids.items() if times > 1]
    fields = page.xpath("//input[not(@type='hidden')] | //select | //textarea")
    labels = set(page.xpath("//label/@for"))
    assert not [field.get("name") for field in fields if field.get("id") not in labels]


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(
    look_client: FlaskClient, path: str
) -> None:
    page = fetch(look_client, path)
    assert not page.xpath("//style | //@style | //script[not(@src)] | //iframe")
    loaded = page.xpath("//script/@src | //img/@src | //link[@rel!='canonical']/@href")
    assert not [address for address in loaded if not re.match("/[^/]", address)]


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_static_files_that_pages_name_exist(look_client: FlaskClient, path: str) -> None:
    named = fetch(look_client, path).xpath("//*[starts-with(@href, '/static/')]/@href")
    assert named
    for address in named:
        name = address.removeprefix("/static/").split("?")[0]
        assert (static_folder() / name).is_file(), address


def test_stylesheets_and_manifest_name_only_files_that_exist() -> None:
    named = [
        match
        for sheet in static_folder().glob("*.css")
        for match in re.findall(r"url\(\"?([^)\"]+)", sheet.read_text(encoding="utf-8"))
    ]
    manifest = json.loads((static_folder() / "manifest.webmanifest").read_text(encoding="utf-8"))
    named += [icon["src"] for icon in manifest["icons"]]
    assert named
    assert not [name for name in named if not (static_folder() / name).is_file()]


def test_the_committed_build_is_of_the_committed_sources() -> None:
    """After a change under frontend/, run `make frontend` and commit what it writes."""
    frontend = Path(__file__).parents[2] / "frontend"
    lines = (frontend / "built-from.sha256").read_text(encoding="utf-8").splitlines()
    built = {name: total for total, name in (line.split("  ", 1) for line in lines)}
    sources = {p for p in (frontend / "src").rglob("*") if p.is_file()}
    sources |= {frontend / "build.js", frontend / "package-lock.json"}
    now = {
        path.relative_to(frontend).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sources
    }
    assert built == now


def test_every_class_of_ours_has_a_style() -> None:
    """A class that no stylesheet knows is a slip of the pen: the page just looks wrong."""
    staff, site = (
        (static_folder() / f"{name}.css").read_text(encoding="utf-8") for name in ("staff", "site")
    )
    root = folder("templates")
    shared = [root / "macros" / name for name in ("public.html", "show.html", "tags.html")]
    missing = []
    for path in root.rglob("*.html"):
        markup = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        is_public = path.parent.name == "site" or path in shared
        known = site if is_public else staff
        names = set(re.findall(r"vcp-[a-z0-9_-]*[a-z0-9](?![a-z0-9{-])", markup))
        missing += [
            (path.relative_to(root).as_posix(), name) for name in names if f".{name}" not in known
        ]
    assert not missing


def test_nobody_elses_brand_is_shipped() -> None:
    """The crown, the crest and GDS Transport belong to services of the government alone."""
    sheets = "".join(p.read_text(encoding="utf-8") for p in static_folder().glob("*.css"))
    assert "GDS Transport" not in sheets
    assert "@font-face" not in sheets
    pictures = [p.name for p in (static_folder() / "images").iterdir()]
    assert not [name for name in pictures if re.search("govuk|moj|crest|crown", name)]


def test_public_pages_carry_the_emergency_line_and_are_the_same_for_everyone(
    look_client: FlaskClient,
) -> None:
    look_client.get("/list")  # leaves messages in this browser's session
    page = fetch(look_client, "/public")
    assert "In an emergency call 999. Otherwise call 101 or report online." in words(page)
    assert "This page is not monitored 24 hours a day." in words(page)
    assert not page.xpath("//script | //form | //*[@name='csrf_token']")
    stranger = make_app().test_client().get("/public").data
    assert stranger == look_client.get("/public").data
    for linked in ("/accessibility/", "/privacy/", "/house-rules/"):
        assert page.xpath(f"//footer//a[@href='{linked}']")


def test_public_page_names_itself_and_its_feeds(look_client: FlaskClient) -> None:
    page = fetch(look_client, "/public")
    kinds = page.xpath("//link[@rel='alternate']/@type")
    assert kinds == ["application/atom+xml", "application/feed+json"]
    address = "https://police.example/officers/rowan-ashby/"
    assert page.xpath("//link[@rel='canonical']/@href") == [address]
    assert page.xpath("//meta[@property='og:url']/@content") == [address]
    assert page.xpath("//meta[@property='og:title']/@content") == ["PC Rowan Ashby"]
    description = 'Posts of PC Rowan Ashby, "Northgate" beat.'
    assert page.xpath("//meta[@name='description']/@content") == [description]


def test_demo_is_said_on_every_page_and_only_in_the_demo() -> None:
    line = "Demo force: invented people and places."
    for path in PAGES:
        assert line in words(fetch(make_app("demo").test_client(), path))
        assert line not in words(fetch(make_app("production").test_client(), path))


def test_waiting_counts_are_on_the_page_and_zero_is_not_shown(look_client: FlaskClient) -> None:
    page = fetch(look_client, "/compose")
    badges = [words(badge) for badge in page.find_class("moj-notification-badge")]
    assert badges == ["9 waiting", "7 waiting", "2 waiting"]
    assert page.xpath("//a[@aria-current='true']/@href") == ["/approvals"]


def test_sign_out_is_a_guarded_post(look_client: FlaskClient) -> None:
    page = fetch(look_client, "/compose")
    (form,) = page.xpath("//form[@action='/sign-out']")
    assert form.get("method") == "post"
    assert form.xpath(".//input[@name='csrf_token']/@value")[0]


def test_faults_are_listed_and_lead_to_their_fields(look: Flask) -> None:
    look.config["WTF_CSRF_ENABLED"] = False
    try:
        answer = look.test_client().post(
            "/compose", data={"persona": "1", "text": " ", "at": "14:30"}
        )
    finally:
        look.config["WTF_CSRF_ENABLED"] = True
    assert answer.status_code == 422
    page = lxml.html.fromstring(answer.get_data(as_text=True))
    assert page.findtext(".//title").startswith("Error: Write a post")
    links = page.find_class("govuk-error-summary")[0].xpath(".//a")
    assert links[0].text == "Write the post."
    ids = set(page.xpath("//*/@id"))
    assert {link.get("href").removeprefix("#") for link in links} <= ids
    (time,) = page.xpath("//input[@name='at']")
    assert (time.get("type"), time.get("value")) == ("time", "14:30")


def test_every_state_has_its_own_words_and_colour(look: Flask) -> None:
    """A state that the macro doesn't know comes out grey, with the name from the code."""
    macros: Any = look.jinja_env.get_template("macros/tags.html").module
    for kind, names in {"post": sample.POST_STATES, **sample.OTHER_STATES}.items():
        assert set(macros.STATES[kind]) == set(names)
    shown = str(macros.state_tag("post", State.PARTLY_PUBLISHED))
    assert "govuk-tag--orange" in shown
    assert "Partly published" in shown


def test_findings_are_marked_on_the_very_words(look_client: FlaskClient) -> None:
    page = fetch(look_client, "/compose")
    marks = page.xpath("//mark")
    assert [mark.text for mark in marks] == ["AB12 CDE", "nine-year-old Jo"]
    assert "finding: vehicle" in words(marks[0])
    text = words(page.find_class("vcp-finding-text")[0])
    assert "<b>who</b> rang us." in text
    assert "describe the car by make and colour" in words(page)


def test_words_of_people_are_never_markup(look_client: FlaskClient) -> None:
    for path in ("/compose", "/public"):
        html = look_client.get(path).get_data(as_text=True)
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_withdrawn_post_shows_a_tombstone_and_not_its_words(look_client: FlaskClient) -> None:
    page = fetch(look_client, "/public")
    (tombstone,) = page.find_class("vcp-tombstone")
    assert "This post was withdrawn on 26 Nov 2026, 14:05 GMT" in words(tombstone)
    assert "Bike marking" not in words(tombstone)


def test_paging_keeps_the_search_and_shows_the_neighbours(look_client: FlaskClient) -> None:
    page = fetch(look_client, "/list?who=ashby&page=4")
    links = page.xpath("//nav[@aria-label='Pages']//li//a")
    assert [words(link) for link in links] == ["1", "3", "4", "5", "9"]
    assert links[1].get("href") == "/list?who=ashby&page=3"


def test_times_carry_their_zone_and_a_machine_form(look_client: FlaskClient) -> None:
    (time, *_) = fetch(look_client, "/list").xpath("//time")
    assert time.get("datetime") == "2026-11-26T14:05:00+00:00"
    assert time.text == "26 Nov 2026, 14:05 GMT"


def test_action_forms_post_with_a_token_and_escape_what_they_carry(
    look_client: FlaskClient,
) -> None:
    page = fetch(look_client, "/list")
    (form,) = page.xpath("//form[@action='/approve']")
    assert form.get("method") == "post"
    assert form.xpath("./input[@name='revision']/@value") == ['ab"c']
    assert form.xpath("./input[@name='csrf_token']/@value")[0]


@pytest.mark.parametrize("status", STATUSES)
def test_error_pages_say_what_to_do(look_client: FlaskClient, status: int) -> None:
    page = fetch(look_client, f"/error/{status}")
    said = [words(line) for line in page.xpath("//main//p")]
    assert len(said) == 3
    assert all(len(line) > 20 for line in said)
    assert "5f0c2a" in said[2]
