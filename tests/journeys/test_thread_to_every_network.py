"""A thread of three with two images goes from a phone, without scripts, to every network."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.browser import DESK, PHONE
from tests.factories.channels import make_channel
from tests.factories.personas import grant
from tests.factories.posts import Team, make_team
from tests.faults.fakenet_x_shapes import SECRET, user_id
from tests.faults.proxy import LossyProxy
from tests.journeys.people import connect, eventually, let_sign_in, sign_in, statuses_of
from tests.journeys.stack import Running, installation, running
from tests.networks import pds_server
from tests.networks.bluesky_rigs import FakenetBlueskyRig, PdsRig
from tests.networks.contract import Kept
from tests.networks.x_rigs import XRig
from vcp.channels.models import Channel
from vcp.kernel.db import session, transaction
from vcp.kernel.settings import Settings
from vcp.networks import bluesky_record, x_answers

PARTS = (
    "The Mill Lane bridge is shut from Monday for repairs 🚧",
    "Walkers go round by the library. The way is signed.",
    "It opens again on Friday. Thank you for your patience.",
)
FOR_X = "Mill Lane bridge shut from Monday, open again on Friday."
ALTS = ("Barriers across the bridge.", "A map of the way round by the library.")
#: Three parts, one after the other, on a busy machine.
OUT_WITHIN_S = 60


@dataclass(frozen=True)
class Sky:
    """Bluesky's own server where there is one, else the stand-in."""

    rig: PdsRig | FakenetBlueskyRig
    base_url: str
    credentials: dict[str, str]


@pytest.fixture
def sky(tmp_path_factory: pytest.TempPathFactory, fakenet_url: str) -> Iterator[Sky]:
    if pds_server.missing() is not None:
        rig = FakenetBlueskyRig(fakenet_url, "thread-journey")
        found = {"identifier": rig.name, "app_password": f"app-{rig.name}"}
        yield Sky(rig, fakenet_url, found)
        return
    with (
        pds_server.running(tmp_path_factory.mktemp("pds")) as address,
        LossyProxy(int(address.rsplit(":", 1)[1])) as proxy,
    ):
        own = PdsRig(address, "journey", proxy)
        found = {"identifier": own.handle, "app_password": own.app_password}
        yield Sky(own, address, found)


def add_networks(current: Session, team: Team, settings: Settings, x: XRig, sky: Sky) -> None:
    """Give the persona an account on X and one on Bluesky."""
    keys = {
        "consumer_key": "app",
        "consumer_secret": SECRET,
        "access_token": f"token-{x.account}",
        "access_token_secret": SECRET,
    }
    for network, base_url, account_id, credentials, limits in (
        ("x", x.base_url, user_id(x.account), keys, x_answers.LIMITS),
        ("bluesky", sky.base_url, sky.rig.did, sky.credentials, bluesky_record.LIMITS),
    ):
        channel = make_channel(
            current,
            area=team.area,
            name=f"Harbour {network}",
            network=network,
            base_url=base_url,
            account_id=account_id,
            settings=settings,
            credentials=credentials,
        )
        if network == "bluesky":
            # Our accounts are watched: another name would stop the channel.
            channel.handle = sky.rig.handle
        channel.limits = {k: v for k, v in asdict(limits).items() if k != "probed_at"}
        channel.limits["media_types"] = list(limits.media_types)
        grant(current, persona=team.persona, channel=channel)


@pytest.fixture
def x(fakenet_url: str) -> XRig:
    return XRig(fakenet_url, "thread-journey")


@pytest.fixture
def product(tmp_path: Path, mock_server: str, x: XRig, sky: Sky) -> Iterator[Any]:
    app, settings = installation(tmp_path)
    with app.app_context():
        with transaction() as current:
            team = make_team(current)
            for person in (team.officer, team.supervisor):
                let_sign_in(person, settings)
            connect(current.get_one(Channel, team.mastodon.id), mock_server, settings)
            add_networks(current, team, settings, x, sky)
        emails = team.officer.email, team.supervisor.email
        slug = team.persona.slug
        session().expunge_all()
    with running(app, settings) as started:
        yield started, emails, slug


def write(page: Page, running: Running, pictures: list[Path]) -> None:
    """On the phone: a part and an image at a time, other words for X, then submit."""
    page.goto(f"{running.address}/staff/posts/new")
    page.get_by_label("What do you want to say").fill(PARTS[0])
    for number, words in enumerate(PARTS[1:], start=2):
        page.get_by_role("button", name="Add a part").click()
        page.get_by_label(f"Part {number}", exact=True).fill(words)
    for number, (picture, alt) in enumerate(zip(pictures, ALTS, strict=True), start=1):
        page.get_by_label("Add an image").set_input_files(picture)
        page.get_by_label("What the new image shows").fill(alt)
        page.get_by_label("Show the new image with").select_option(f"Part {number}")
        page.get_by_role("button", name="Add this image").click()
        expect(page.get_by_role("button", name=f"Remove image {number}")).to_be_visible()
    page.get_by_text("Other words for X").click()
    page.get_by_label("What X gets instead").fill(FOR_X)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("part 3 of 3").first).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_text("Waiting for approval").first).to_be_visible()


def approve(page: Page, running: Running) -> None:
    """At the desk: every channel's words are there before the yes."""
    page.goto(f"{running.address}/staff/posts/awaiting")
    page.get_by_role("link", name=PARTS[0][:20]).first.click()
    for words in (*PARTS, FOR_X, *ALTS):
        expect(page.get_by_text(words).first).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("Approved").first).to_be_visible()


@pytest.mark.timeout(300)
def test_a_thread_goes_from_a_phone_to_every_network(
    product: Any, browser: Browser, mock_server: str, x: XRig, sky: Sky, tmp_path: Path
) -> None:
    running, (officer, supervisor), slug = product
    pictures = [tmp_path / "bridge.jpg", tmp_path / "map.jpg"]
    for path, colour in zip(pictures, ("steelblue", "seagreen"), strict=True):
        Image.new("RGB", (800, 600), colour).save(path)
    without = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=False)
    phone, desk = without.new_page(), browser.new_context(viewport=DESK).new_page()
    sign_in(phone, running.address, officer)
    write(phone, running, pictures)
    sign_in(desk, running.address, supervisor)
    approve(desk, running)

    on_mastodon = eventually(lambda: _three(_kept_by_mock(mock_server)), OUT_WITHIN_S)
    on_bluesky = eventually(lambda: _three(list(sky.rig.kept())), OUT_WITHIN_S)
    on_x = eventually(lambda: list(x.kept()), OUT_WITHIN_S)
    for thread in (on_mastodon, on_bluesky):
        assert [one.text for one in thread] == list(PARTS)
        assert [one.alt_texts for one in thread] == [ALTS[:1], ALTS[1:], ()]
        ids = [one.remote_id for one in thread]
        assert [one.in_reply_to for one in thread] == [None, *ids[:2]]
    (only,) = on_x
    assert (only.text, only.alt_texts) == (FOR_X, ALTS)
    page = eventually(lambda: _holding(f"{running.address}/officers/{slug}", PARTS[2]))
    assert all(words in page for words in (*PARTS, *ALTS))
    assert FOR_X not in page


def _three(found: list[Kept]) -> list[Kept] | None:
    return found if len(found) == len(PARTS) else None


def _kept_by_mock(mock_server: str) -> list[Kept]:
    """The thread as mastodon_mock has it, oldest first."""
    return [
        Kept(
            row["id"],
            _plain(row["content"]),
            row["language"],
            row["visibility"],
            row["spoiler_text"],
            tuple(media["description"] for media in row["media_attachments"]),
            row["in_reply_to_id"],
        )
        for row in reversed(statuses_of(mock_server, "officer"))
        if any(words in _plain(row["content"]) for words in PARTS)
    ]


def _plain(content: str) -> str:
    return content.replace("<p>", "").replace("</p>", "")


def _holding(url: str, words: str) -> str | None:
    answer = requests.get(url, timeout=5)
    return answer.text if answer.ok and words in answer.text else None
