"""The desk in a browser: new cases come by themselves, P1 is heard and seen, keys do the work."""

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy.orm import Session

from moderation import desks, service
from moderation.models import Case
from moderation.states import CaseState
from tests.browser import DESK, PHONE, scrolls_sideways, violations, watch
from tests.client import Client
from tests.factories.contacts import make_message
from tests.factories.moderation import make_contact_case
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user, sign_in
from vcp.kernel.permissions import Role
from vcp.users.access import revoke_all
from vcp.users.models import User

pytestmark = [pytest.mark.network, pytest.mark.in_a_browser, pytest.mark.timeout(300)]
SOON_MS = 12_000


@pytest.fixture
def team(session: Session) -> Team:
    desks.ensure_defaults(session, {"control_room": "control@carrowdale.police.example"})
    return make_team(session)


@pytest.fixture
def person(session: Session, team: Team) -> User:
    return make_user(session, role=Role.MODERATOR, area=team.area, name="Sam Moor")


@pytest.fixture
def page(
    browser: Browser, origin: str, client: Client, session: Session, person: User
) -> Iterator[Page]:
    """A window in which the person is signed in, with no fault of scripts or policy at its end."""
    sign_in(client, person)
    session.commit()
    cookie = client.get_cookie("vcp")
    assert cookie is not None
    context = browser.new_context(viewport=DESK)
    context.add_cookies([{"name": "vcp", "value": cookie.value, "url": origin}])
    made = context.new_page()
    faults = watch(made, origin)
    yield made
    assert faults() == []
    context.close()


def expect_open(page: Page, url: str | re.Pattern[str]) -> None:
    """Wait until the page is there and listens: its address comes before its script runs."""
    expect(page).to_have_url(url)
    page.wait_for_load_state()


def test_new_p1_comes_by_itself_first_and_loud(
    page: Page, origin: str, session: Session, team: Team
) -> None:
    make_contact_case(session, team, category="crime_report", priority="P3", text="My bike is gone")
    session.commit()
    page.goto(f"{origin}/staff/cases")
    expect(page.locator("[data-case]")).to_have_count(1)
    assert page.title().startswith("Desk")
    page.evaluate("window.stayed = true")
    case = make_contact_case(session, team, text="Someone is breaking in next door")
    session.commit()
    first = page.locator("[data-case]").first
    expect(first).to_contain_text("Someone is breaking in next door", timeout=SOON_MS)
    expect(page.locator("[data-case]")).to_have_count(2)
    expect(page.get_by_role("alert")).to_contain_text("New P1: Emergency in progress")
    expect(page).to_have_title(re.compile("1 P1 waiting"))
    assert page.evaluate("window.stayed"), "the page was not loaded again"
    page.get_by_role("alert").get_by_role("link").click()
    expect(page).to_have_url(f"{origin}/staff/cases/{case.id}")


def test_sound_is_a_switch_that_plays_when_it_is_on(
    page: Page, origin: str, session: Session, team: Team
) -> None:
    page.add_init_script(
        "window.played = 0; HTMLMediaElement.prototype.play = function () {"
        " window.played += this.volume > 0 ? 1 : 0; return Promise.resolve(); };"
    )
    page.goto(f"{origin}/staff/cases")
    switch = page.locator("#desk-sound")
    expect(switch).to_have_text("Alarm sound is off")
    switch.click()
    expect(switch).to_have_text("Alarm sound is on")
    expect(switch).to_have_attribute("aria-pressed", "true")
    before = page.evaluate("window.played")
    make_contact_case(session, team)
    session.commit()
    expect(page.get_by_role("alert")).to_contain_text("New P1", timeout=SOON_MS)
    assert page.evaluate("window.played") == before + 1
    page.reload()
    expect(switch).to_have_text("Alarm sound is on")
    switch.click()
    expect(switch).to_have_text("Alarm sound is off")


def test_sound_itself_is_let_in_by_the_policy(page: Page, origin: str) -> None:
    page.goto(f"{origin}/staff/cases")
    url = page.locator("#desk-live").get_attribute("data-alarm-url")
    length = page.evaluate(
        "url => new Promise((done, fail) => { const a = new Audio(url);"
        " a.onloadedmetadata = () => done(a.duration); a.onerror = () => fail(a.error.message); })",
        url,
    )
    assert 1 < length < 3


def test_what_is_chosen_while_the_list_is_fetched_stays_chosen(
    page: Page, origin: str, session: Session, team: Team
) -> None:
    """A key after it claims what the person sees chosen, never what was chosen before."""
    cases = [make_contact_case(session, team).id for _ in range(3)]
    session.commit()
    page.goto(f"{origin}/staff/cases")
    page.keyboard.press("j")
    page.keyboard.press("j")
    held: list[Route] = []
    is_over = threading.Event()

    def hold(route: Route) -> None:
        if is_over.is_set():
            route.continue_()
        else:
            held.append(route)

    page.route(lambda url: url.endswith("/staff/cases"), hold)
    with page.expect_request(lambda asked: asked.headers.get("x-poll") == "1"):
        cases.append(make_contact_case(session, team).id)
        session.commit()
    page.keyboard.press("k")
    is_over.set()
    for route in held:
        route.continue_()
    expect(page.locator("[data-case]")).to_have_count(4, timeout=SOON_MS)
    expect(page.locator(".vcp-queue__chosen")).to_have_attribute("data-case", str(cases[0]))


def test_keys_choose_claim_open_and_hand_over(
    page: Page, origin: str, session: Session, team: Team, person: User
) -> None:
    cases = [make_contact_case(session, team).id for _ in range(3)]
    session.commit()
    page.goto(f"{origin}/staff/cases")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator(".vcp-queue__chosen")).to_have_attribute("data-case", str(cases[1]))
    page.keyboard.press("c")
    expect_open(page, f"{origin}/staff/cases/{cases[1]}")
    expect(page.locator("main")).to_contain_text("You have this case.")
    page.keyboard.press("h")
    focused = page.locator("#hand-over-desk_id")
    expect(focused).to_be_focused()
    page.keyboard.press("c")  # in a list it chooses, and claims nothing
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page.locator("#note-text")).to_be_focused()
    page.keyboard.type("jkoc")
    expect(page.locator("#note-text")).to_have_value("jkoc")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Hand it over")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect_open(page, f"{origin}/staff/cases")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(r"/staff/cases/\d+$"))
    session.rollback()
    row = session.get_one(Case, cases[1])
    assert (row.state, row.claimed_by_id) == (CaseState.IN_REVIEW, person.id)


def test_open_case_says_that_something_new_came_and_keeps_what_is_typed(
    page: Page, origin: str, session: Session, team: Team
) -> None:
    case = make_contact_case(session, team)
    case_id = case.id
    session.commit()
    page.goto(f"{origin}/staff/cases/{case_id}")
    page.keyboard.press("n")
    page.keyboard.type("Rang")
    make_message(session, team, contact=case.contact, text="Hurry up")
    session.commit()
    expect(page.get_by_role("alert")).to_contain_text("Something changed", timeout=SOON_MS)
    expect(page.locator("#note-text")).to_have_value("Rang")


def test_page_asks_by_itself_when_streams_are_used_up(
    page: Page, origin: str, session: Session, team: Team
) -> None:
    page.route(
        "**/staff/cases/changes?since=*", lambda route: route.fulfill(status=503, body="Full.")
    )
    page.goto(f"{origin}/staff/cases")
    make_contact_case(session, team)
    session.commit()
    expect(page.locator("[data-case]")).to_have_count(1, timeout=3 * SOON_MS)


def test_what_came_while_the_browser_slept_is_heard_when_it_wakes(
    page: Page, origin: str, session: Session, team: Team
) -> None:
    told = "**/staff/cases/changes?*"
    ended = {"status": 200, "content_type": "text/event-stream", "body": "retry: 300\n\n"}
    page.route(told, lambda route: route.fulfill(**ended))
    page.goto(f"{origin}/staff/cases")
    make_contact_case(session, team)
    session.commit()
    expect(page.locator("[data-case]")).to_have_count(1, timeout=SOON_MS)
    expect(page.get_by_role("alert")).to_contain_text("New P1: Emergency in progress")


def test_who_was_signed_out_is_told_loudly(
    page: Page, origin: str, session: Session, person: User
) -> None:
    page.goto(f"{origin}/staff/cases")
    revoke_all(session, person, person)
    session.commit()
    expect(page.get_by_role("alert")).to_contain_text("You are signed out", timeout=6 * SOON_MS)
    expect(page).to_have_title(re.compile("Signed out"))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_desk_is_accessible_and_as_wide_as_the_window(
    browser: Browser,
    origin: str,
    client: Client,
    session: Session,
    team: Team,
    person: User,
    size: dict[str, int],
) -> None:
    wide = "W" * 300
    case = make_contact_case(session, team, text=f"{wide} https://towns.example/{'x' * 200}")
    assert case.contact is not None
    case.contact.display_name = wide
    service.claim(session, make_contact_case(session, team).id, by=person)
    sign_in(client, person)
    session.commit()
    cookie = client.get_cookie("vcp")
    assert cookie is not None
    context = browser.new_context(viewport=size, bypass_csp=True)  # type: ignore[arg-type]  # a size
    context.add_cookies([{"name": "vcp", "value": cookie.value, "url": origin}])
    page = context.new_page()
    for path in ("/staff/cases", f"/staff/cases/{case.id}", "/staff/figures"):
        page.goto(origin + path)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert violations(page) == [], path
        assert not scrolls_sideways(page), path
    page.goto(f"{origin}/staff/cases")
    page.keyboard.press("j")
    page.keyboard.press("?")
    assert violations(page) == []
    context.close()
