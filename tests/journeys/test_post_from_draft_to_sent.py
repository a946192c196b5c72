"""An officer's words go from a phone, past the screen and a second person, to everybody."""

import time
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser import DESK, PHONE
from tests.factories.posts import make_team
from tests.journeys.people import (
    OUT_WITHIN_S,
    connect,
    eventually,
    let_sign_in,
    sign_in,
    statuses_of,
)
from tests.journeys.stack import Running, installation, running
from vcp.audit.queries import of_subject
from vcp.channels.models import Channel
from vcp.kernel.db import session, transaction
from vcp.users.models import User

PLATE = "AB12 CDE"
ALT = "A row of bicycles outside the library."
WORDS = "We marked forty bikes at the library today."


@pytest.fixture
def product(tmp_path: Path, mock_server: str) -> Any:
    app, settings = installation(tmp_path)
    with app.app_context():
        with transaction() as current:
            team = make_team(current)
            for person in (team.officer, team.supervisor):
                let_sign_in(person, settings)
            connect(current.get_one(Channel, team.mastodon.id), mock_server, settings)
        emails = team.officer.email, team.supervisor.email
        slug = team.persona.slug
        session().expunge_all()
    with running(app, settings) as started:
        yield started, emails, slug


def write_and_submit(page: Page, running: Running, picture: Path) -> None:
    """On the phone: a plate is marked and held; taken back and out, the post is submitted."""
    page.goto(f"{running.address}/staff/posts/new")
    page.get_by_label("What do you want to say").fill(f"{WORDS} Whose van is {PLATE}?")
    page.get_by_label("Add an image").set_input_files(picture)
    page.get_by_label("What the new image shows").fill(ALT)
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator("mark").first).to_contain_text(PLATE)
    expect(page.get_by_text("Held.", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    page.get_by_label("What do you want to say").fill(WORDS)
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_text("Waiting for approval").first).to_be_visible()


def approve(page: Page, running: Running) -> None:
    """At the desk: what waits is one key away, and approved in one step."""
    page.goto(f"{running.address}/staff/posts/awaiting")
    page.get_by_role("link", name=WORDS[:20]).first.click()
    expect(page.get_by_text(ALT).first).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("Approved").first).to_be_visible()


def test_a_post_goes_from_the_phone_to_everybody(
    product: Any, browser: Browser, mock_server: str, tmp_path: Path
) -> None:
    running, (officer, supervisor), slug = product
    picture = tmp_path / "bikes.jpg"
    Image.new("RGB", (800, 600), "steelblue").save(picture)
    phone = browser.new_context(viewport=PHONE, has_touch=True).new_page()
    desk = browser.new_context(viewport=DESK).new_page()
    sign_in(phone, running.address, officer)
    write_and_submit(phone, running, picture)
    sign_in(desk, running.address, supervisor)
    approve(desk, running)
    approved_at = time.monotonic()

    page = eventually(lambda: _public_page(running, slug))
    feed = eventually(lambda: _holding(f"{running.address}/officers/{slug}/feed.atom", WORDS))
    status = eventually(lambda: _on_mastodon(mock_server))
    assert time.monotonic() - approved_at < OUT_WITHIN_S
    assert ALT in page
    assert WORDS in feed
    assert [media["description"] for media in status["media_attachments"]] == [ALT]
    _check_trail(running)


def _holding(url: str, words: str) -> str | None:
    answer = requests.get(url, timeout=5)
    return answer.text if answer.ok and words in answer.text else None


def _public_page(running: Running, slug: str) -> str | None:
    return _holding(f"{running.address}/officers/{slug}", WORDS)


def _on_mastodon(mock_server: str) -> Any:
    shown = statuses_of(mock_server, "officer")
    return next((status for status in shown if WORDS in status["content"]), None)


def _check_trail(running: Running) -> None:
    """Each step is there, in order, with who did it and when."""
    with running.app.app_context():
        events = of_subject(session(), "post", 1)
        people = {user.actor_id: user.display_name for user in session().query(User)}
        told = [(event.verb, people.get(event.actor_id, event.actor_id)) for event in events]
    officer, supervisor = "Sam Okoro", "Imran Vale"
    assert [step for step in told if step[0] not in {"edit", "save", "revise"}] == [
        ("create", officer),
        ("hold", officer),
        ("send_back", officer),
        ("submit", officer),
        ("approve", supervisor),
        ("schedule", supervisor),
        ("start", "machine:publisher"),
    ]
