"""With scripts off: a resident asks, and an officer reads, waits, closes and logs; and a check."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browser import serve
from tests.factories.posts import Team, make_team
from tests.factories.users import PASSWORD, SECRET, hashed
from tests.pages.people import Somebody
from vcp.contacts import arriving, intake
from vcp.contacts.models import Arrival
from vcp.kernel.settings import Settings
from vcp.residents.asking import QUICKEST_S
from vcp.residents.render import render_everything
from vcp.users import factors
from vcp.users.access import TOTP

pytestmark = [pytest.mark.network, pytest.mark.in_a_browser, pytest.mark.timeout(600)]

QUESTION = "When does the footbridge open again?"


@pytest.fixture
def team(app: Flask, session: Session) -> Team:
    made = make_team(session)
    session.commit()
    render_everything()
    return made


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    with serve(app) as address:
        yield address


@pytest.fixture
def resident(browser: Browser, origin: str) -> Iterator[Somebody]:
    somebody = Somebody.arrives(browser, origin)
    yield somebody
    somebody.page.context.close()


@pytest.fixture
def officer(
    browser: Browser, origin: str, session: Session, settings: Settings, team: Team
) -> Iterator[Somebody]:
    team.officer.password_hash = hashed(PASSWORD)
    team.officer.sealed_totp = factors.seal(settings.signing_keys(), SECRET, TOTP)
    session.commit()
    somebody = Somebody.arrives(browser, origin).signs_in(team.officer)
    yield somebody
    somebody.page.context.close()


def ingest(session: Session) -> None:
    """What the ingest does in the next second."""
    session.rollback()
    waiting = session.scalars(select(Arrival.id).where(Arrival.handled_at.is_(None)))
    for arrival_id in arriving.take_up(session, list(waiting)):
        intake.handle(session, arrival_id)
    session.commit()


def test_a_question_is_asked_read_waited_for_and_closed(
    session: Session, team: Team, resident: Somebody, officer: Somebody
) -> None:
    resident.goes_to(f"/officers/{team.persona.slug}/").follows("Ask a question")
    resident.reads("Call 999", "within 72 hours", team.persona.display_name)
    resident.presses("Send").reads("Write what you want to say.")
    resident.types("What do you want to say?", QUESTION)
    resident.types("What shall we call you? (optional)", "Robin")
    resident.page.wait_for_timeout(1000 * (QUICKEST_S + 1))
    resident.presses("Send").reads("We have your question", "Received", QUESTION)
    ingest(session)
    officer.goes_to("/staff/contacts").follows("Robin").reads(QUESTION, "Answer due in")
    resident.page.reload()
    resident.reads("Being looked at.")
    officer.follows("Contacts").follows("Robin")
    officer.opens("Write a note").types("Note", "Asked the council.")
    officer.presses("Keep the note").reads("The note is kept.", "Asked the council.")
    officer.opens("Wait for the resident").types("What do you wait for?", "Which one?")
    officer.presses("Stop the clock").reads("Stopped: waiting for the resident")
    officer.presses("Let the clock run on").reads("The clock runs again.")
    officer.opens("Close it").ticks("We told them the right place")
    officer.presses("Close").reads("Not done", "Say in a sentence why it can be closed.")
    officer.types("Why can it be closed?", "The council answers for bridges.")
    officer.presses("Close").reads("Closed.", "Signposted")
    resident.page.reload()
    resident.reads("has dealt with it")


def test_a_conversation_at_a_surgery_is_logged(team: Team, officer: Somebody) -> None:
    officer.goes_to("/staff/contacts").follows("Log a conversation")
    officer.ticks("Surgery").types("What was it about?", "Parking at the school gate.")
    officer.presses("Log it").reads("Logged.", "Parking at the school gate.", "Surgery")
    officer.goes_to("/staff/contacts").reads("Parking at the school gate.")


def test_an_account_is_checked(team: Team, resident: Somebody) -> None:
    resident.goes_to("/").follows("Check")
    resident.types("A name, handle, address or link", team.mastodon.handle or "")
    resident.presses("Check").reads("This is genuine", team.persona.display_name)
    resident.types("A name, handle, address or link", "@nobody@towns.example")
    resident.presses("Check").reads("Not ours as far as we know", "bank details")
