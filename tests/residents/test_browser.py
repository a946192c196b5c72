"""The public pages in a real browser: on a phone and on a desk, and to a screen reader."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import ViewportSize
from sqlalchemy import update
from sqlalchemy.orm import Session

from officer_profiles.states import PersonaState
from tests.browser import DESK, PHONE, open_browser, scrolls_sideways, serve, violations, watch
from tests.factories.bulk import make_public_posts
from tests.factories.personas import make_persona
from tests.factories.posts import Team, words
from tests.factories.public import correct, make_image, make_public_post
from vcp.kernel.settings import Settings
from vcp.posts import service
from vcp.posts.models import Revision
from vcp.posts.tombstones import WithdrawalReason
from vcp.residents.render import render_everything

pytestmark = [pytest.mark.network, pytest.mark.in_a_browser]
FIXED = ("/accessibility/", "/privacy/", "/house-rules/", "/follow/", "/figures/")


@pytest.fixture
def paths(app: Flask, session: Session, settings: Settings, team: Team) -> list[str]:
    """Every kind of page, each with something to show."""
    long = make_public_posts(
        session, personas=[team.persona], author=team.officer, own_feed=team.own_feed, count=26
    )
    unbroken = "Wide" * 60 + " https://police.example/" + "x" * 200
    session.execute(update(Revision).where(Revision.id == long[-1]).values(text=unbroken))
    image = make_image(settings)
    shown = make_public_post(app, session, team, text="Thank you to all.", images=(image,))
    fixed = make_public_post(app, session, team, content_warning="Theft")
    better = words(team, text="We marked fifty bikes.", channel_ids=(team.own_feed.id,))
    correct(app, session, team, fixed, better, "We had miscounted.")
    gone = make_public_post(app, session, team, text="This was wrong.")
    service.withdraw(session, gone.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    left = make_persona(session, area=team.area, name="PC Gone", state=PersonaState.ENDED)
    away = make_persona(session, area=team.area, name="PC Away", state=PersonaState.SUSPENDED)
    team.persona.can_do = "Come to you.\nListen.\nMark your bike."
    session.commit()
    render_everything()
    posts = [f"/posts/{post.public_id}/" for post in (shown, fixed, gone)]
    officers = [f"/officers/{one.slug}/" for one in (team.persona, left, away)]
    places = [f"/places/{area.slug}/" for area in (team.area, team.district)]
    lists = ["/", "/places/", "/officers/", "/posts/", "/posts/archive/1/", "/register/"]
    return [*lists, *places, *officers, *posts, *FIXED, "/404.html"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("window", [PHONE, DESK], ids=["phone", "desk"])
def test_everybody_can_use_every_page(
    app: Flask, paths: list[str], window: ViewportSize, tmp_path: Path
) -> None:
    """No fault that axe finds, no scrolling sideways, no other host asked, no style lost."""
    faults = []
    with serve(app) as origin, open_browser() as browser:
        context = browser.new_context(viewport=window, bypass_csp=True)
        page = context.new_page()
        watched = watch(page, origin)
        for number, path in enumerate(paths):
            page.goto(origin + path)
            faults += [f"{path} {fault}" for fault in violations(page)]
            faults += [f"{path} scrolls sideways"] if scrolls_sideways(page) else []
            page.screenshot(path=tmp_path / f"{number:02}.png", full_page=True)
        context.close()
        faults += watched()
    assert not faults


def test_the_policy_itself_lets_the_pages_look_right(app: Flask, paths: list[str]) -> None:
    with serve(app) as origin, open_browser() as browser:
        context = browser.new_context(viewport=PHONE, java_script_enabled=False)
        page = context.new_page()
        watched = watch(page, origin)
        page.goto(origin + paths[0])
        assert page.locator("h1").evaluate("e => getComputedStyle(e).fontWeight") == "700"
        context.close()
        assert not watched()
