"""What residents say stands in front of a person, is handed over, and is answered."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from moderation import desks
from moderation.models import Case, HandOver
from tests.browser import DESK, PHONE
from tests.factories.posts import Team, make_post, make_team
from tests.factories.users import make_user
from tests.journeys.people import asked, connect, eventually, let_sign_in, sign_in, statuses_of
from tests.journeys.stack import Running, installation, running
from vcp.audit.queries import of_subject
from vcp.channels.models import Channel
from vcp.kernel.db import session, transaction
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.posts import standard
from vcp.posts.standard_texts import TEXTS
from vcp.posts.states import PostState
from vcp.users.models import User

SEEN_WITHIN_MS = 15_000
POST = "We are at the library on Saturday from ten to noon."
BREAK_IN = "someone is breaking into the flat next door right now"
STANDARD = TEXTS["emergency_in_progress", "en"]
QUESTION = "Will you be marking bikes on Saturday as well?"
ANSWER = "Yes, from ten to noon. Bring the bike and something with your name on it."


@dataclass(frozen=True)
class Force:
    """The running product, who works in it, and where the residents are."""

    running: Running
    mock_server: str
    officer: str
    supervisor: str
    moderator: str
    slug: str


@pytest.fixture
def force(tmp_path: Path, mock_server: str) -> Any:
    app, settings = installation(tmp_path)
    with app.app_context():
        with transaction() as current:
            team = make_team(current)
            moderator = make_user(
                current, role=Role.MODERATOR, area=team.district, name="Petra Lane"
            )
            for person in (team.officer, team.supervisor, moderator):
                let_sign_in(person, settings)
            connect(current.get_one(Channel, team.mastodon.id), mock_server, settings)
            _prepare_desk(current, team)
            make_post(current, team, state=PostState.SCHEDULED, text=POST)
        names = team.officer.email, team.supervisor.email, moderator.email, team.persona.slug
        session().expunge_all()
    with running(app, settings) as started:
        yield Force(started, mock_server, *names)


def _prepare_desk(current: Any, team: Team) -> None:
    desks.ensure_defaults(current)
    for desk in desks.everyone(current):
        desk.email = f"{desk.code}@carrowdale.police.example"
    standard.ensure_proposed(current)
    for reply in standard.every(current):
        for person in (team.supervisor, team.district_supervisor):
            standard.approve(current, reply.id, reply.sha256, by=person)


def test_a_break_in_reaches_the_desk_is_handed_over_and_answered(
    force: Force, browser: Browser
) -> None:
    desk = browser.new_context(viewport=DESK).new_page()
    sign_in(desk, force.running.address, force.moderator)
    desk.goto(f"{force.running.address}/staff/cases")
    expect(desk.get_by_text("Nothing waits.")).to_be_visible()

    theirs = _reply_on_the_mock(force)
    expect(desk.locator("#desk-queue tbody tr").first).to_contain_text(
        BREAK_IN, timeout=SEEN_WITHIN_MS
    )
    expect(desk.locator("#desk-queue tbody tr").first).to_contain_text("P1")
    expect(desk).to_have_title(re.compile("P1"))

    _claim_and_hand_over(desk)
    _acknowledge(force, browser)
    desk.reload()
    expect(desk.get_by_text("Control room, Ops 3").first).to_be_visible()
    _send_the_standard_reply(desk)
    _check_the_mock(force, theirs)
    _check_trail(force)
    _officer_sees_it(force, browser)


def _reply_on_the_mock(force: Force) -> str:
    """A resident answers the officer's post as soon as it is there."""
    ours = eventually(
        lambda: next(
            (s for s in statuses_of(force.mock_server, "officer") if POST in s["content"]), None
        )
    )
    account = asked(force.mock_server, "officer", "accounts/verify_credentials")
    said = asked(
        force.mock_server,
        "other",
        "statuses",
        status=f"@{account['acct']} {BREAK_IN}",
        in_reply_to_id=ours["id"],
    )
    return str(said["id"])


def _claim_and_hand_over(desk: Page) -> None:
    desk.locator("#desk-queue tbody tr").first.get_by_role("link").first.click()
    desk.get_by_role("button", name="Claim", exact=True).click()
    expect(desk.get_by_text("You have this case.").first).to_be_visible()
    desk.get_by_text("Hand over to a desk").click()
    desk.get_by_label("Desk").select_option(label="Control room")
    desk.get_by_role("button", name="Hand over", exact=True).click()
    expect(desk.get_by_text("To be acknowledged by").first).to_be_visible()


def _acknowledge(force: Force, browser: Browser) -> None:
    """The control room has no account: the link in the mail is all it needs, once."""
    with force.running.app.app_context():
        body = (
            session()
            .scalars(select(Mail.body).where(Mail.to_address.startswith("control_room@")))
            .one()
        )
    link = re.search(r"http\S+/acknowledge/\S+", body)
    assert link is not None
    assert BREAK_IN in body
    control_room = browser.new_context(viewport=DESK).new_page()
    control_room.goto(link.group())
    control_room.get_by_label("Your name").fill("Control room, Ops 3")
    control_room.get_by_role("button", name="We have it").click()
    expect(control_room.get_by_role("heading", name="Acknowledged")).to_be_visible()


def _send_the_standard_reply(desk: Page) -> None:
    desk.get_by_text("Send the standard reply", exact=True).click()
    expect(desk.get_by_text(STANDARD).first).to_be_visible()
    desk.get_by_role("button", name="Send it").click()
    expect(desk.get_by_text("answered").first).to_be_visible()


def _check_the_mock(force: Force, theirs: str) -> None:
    def ours() -> Any:
        shown = statuses_of(force.mock_server, "officer")
        return next((s for s in shown if s["in_reply_to_id"] == theirs), None)

    answer = eventually(ours)
    assert "If this is happening now call 999." in answer["content"]


def _check_trail(force: Force) -> None:
    """Each step is there, with who did it."""
    eventually(lambda: "answer" in _steps_of_the_contact(force))
    with force.running.app.app_context():
        current = session()
        case, hand_over = (
            current.scalars(select(Case)).one(),
            current.scalars(select(HandOver)).one(),
        )
        people = {user.actor_id: user.display_name for user in current.query(User)}
        told = {
            kind: [
                (event.verb, people.get(event.actor_id, event.actor_id))
                for event in of_subject(current, kind, row_id)
            ]
            for kind, row_id in (("case", case.id), ("hand_over", hand_over.id))
        }
    moderator = "Petra Lane"
    assert ("create", "machine:screen") in told["case"]
    for step in (("claim", moderator), ("look", moderator)):
        assert step in told["case"]
    assert told["hand_over"][0] == ("create", moderator)
    assert told["hand_over"][-1][0] == "acknowledge"


def _steps_of_the_contact(force: Force) -> list[str]:
    """The server shows an answer a moment before our publisher has recorded that it is there."""
    with force.running.app.app_context():
        case = session().scalars(select(Case)).one()
        steps = [event.verb for event in of_subject(session(), "contact", case.contact_id)]
        session().rollback()
    return steps


def _officer_sees_it(force: Force, browser: Browser) -> None:
    phone = browser.new_context(viewport=PHONE, has_touch=True).new_page()
    sign_in(phone, force.running.address, force.officer)
    phone.goto(f"{force.running.address}/staff/contacts")
    phone.get_by_role("link", name="other").first.click()
    expect(phone.get_by_text(BREAK_IN).first).to_be_visible()
    expect(phone.get_by_text("If this is happening now call 999.").first).to_be_visible()


def test_a_question_on_our_site_is_answered_under_the_residents_own_link(
    force: Force, browser: Browser
) -> None:
    resident = browser.new_context(viewport=PHONE).new_page()
    resident.goto(f"{force.running.address}/officers/{force.slug}/")
    eventually(lambda: _shows(resident, "PC Sam Okoro"))
    resident.locator("main").get_by_role("link", name="Ask a question").click()
    resident.get_by_label("What do you want to say").press_sequentially(QUESTION, delay=60)
    resident.get_by_role("button", name="Send").click()
    expect(resident.get_by_role("heading", name="We have your question")).to_be_visible()

    phone = browser.new_context(viewport=PHONE, has_touch=True).new_page()
    sign_in(phone, force.running.address, force.officer)
    phone.goto(f"{force.running.address}/staff/contacts")
    eventually(lambda: _shows(phone, QUESTION))
    phone.locator("main a[href*='/staff/contacts/']", has_text="Resident").first.click()
    phone.get_by_role("link", name="Answer").first.click()
    expect(phone.get_by_text(QUESTION).first).to_be_visible()
    phone.get_by_label("What do you want to say").fill(ANSWER)
    phone.get_by_role("button", name="Submit for approval").click()
    expect(phone.get_by_text("Waiting for approval").first).to_be_visible()

    second = browser.new_context(viewport=DESK).new_page()
    sign_in(second, force.running.address, force.supervisor)
    second.goto(f"{force.running.address}/staff/posts/awaiting")
    second.get_by_role("link", name=ANSWER[:15]).first.click()
    expect(second.get_by_text(QUESTION).first).to_be_visible()
    second.get_by_role("button", name="Approve", exact=True).click()
    eventually(lambda: _shows(resident, ANSWER))
    expect(resident.get_by_role("heading", name="We have answered")).to_be_visible()


def _shows(page: Page, words: str) -> bool:
    page.reload()
    return page.get_by_text(words).count() > 0
