"""An officer's words go from a phone, past the screen and a second person, to everybody."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pyotp
import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser import DESK, PHONE
from tests.factories.posts import make_team
from tests.factories.users import PASSWORD, SECRET, hashed
from tests.journeys.stack import Running, installation, running
from tests.networks.conftest import MOCK_TOKENS
from vcp.audit.queries import of_subject
from vcp.channels.models import Channel
from vcp.kernel import vault
from vcp.kernel.db import session, transaction
from vcp.kernel.settings import Settings
from vcp.users import factors
from vcp.users.access import TOTP
from vcp.users.models import User

T = TypeVar("T")
OUT_WITHIN_S = 10
PLATE = "AB12 CDE"
ALT = "A row of bicycles outside the library."
WORDS = "We marked forty bikes at the library today."


def eventually(look: Callable[[], T | None], within_s: float = OUT_WITHIN_S) -> T:
    """Return what is found as soon as it is there."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing after {within_s} s"
        time.sleep(0.2)
    return found


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


def let_sign_in(person: User, settings: Settings) -> None:
    person.password_hash = hashed(PASSWORD)
    person.sealed_totp = factors.seal(settings.signing_keys(), SECRET, TOTP)


def connect(channel: Channel, mock_server: str, settings: Settings) -> None:
    """Point the team's channel at the officer's account of mastodon_mock."""
    token = MOCK_TOKENS["officer"]
    account = requests.get(
        f"{mock_server}/api/v1/accounts/verify_credentials",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    ).json()
    channel.base_url, channel.account_id = mock_server, account["id"]
    channel.sealed_credentials = vault.seal(
        settings.instance, channel.vault_name, {"access_token": token}
    )


def sign_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code").fill(pyotp.TOTP(SECRET).now())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


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
    headers = {"Authorization": f"Bearer {MOCK_TOKENS['officer']}"}
    account = requests.get(
        f"{mock_server}/api/v1/accounts/verify_credentials", headers=headers, timeout=5
    ).json()
    statuses = requests.get(
        f"{mock_server}/api/v1/accounts/{account['id']}/statuses", headers=headers, timeout=5
    ).json()
    return next((status for status in statuses if WORDS in status["content"]), None)


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
