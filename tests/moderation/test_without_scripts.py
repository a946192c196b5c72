"""The desk with scripts off, on a phone: from the queue to the desk that says that it has it."""

import re

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import desks
from tests.client import Client
from tests.factories.moderation import make_contact_case
from tests.factories.posts import make_team
from tests.factories.users import make_user, sign_in
from tests.pages.people import Somebody
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role

pytestmark = [pytest.mark.network, pytest.mark.in_a_browser, pytest.mark.timeout(300)]


def test_case_is_claimed_handed_over_acknowledged_and_closed(
    browser: Browser, origin: str, client: Client, session: Session
) -> None:
    team = make_team(session)
    desks.ensure_defaults(session, {"control_room": "control@carrowdale.police.example"})
    make_contact_case(session, team, text="Someone is breaking in next door")
    sign_in(client, make_user(session, role=Role.MODERATOR, area=team.area))
    session.commit()
    cookie = client.get_cookie("vcp")
    assert cookie is not None
    one = Somebody.arrives(browser, origin)
    one.page.context.add_cookies([{"name": "vcp", "value": cookie.value, "url": origin}])
    one.goes_to("/staff/cases").reads("Someone is breaking in next door", "Nobody yet")
    one.presses("Claim").reads("You have this case.", "Ring the control room now")
    one.finds("#hand-over summary").click()
    one.types("What they should know", "Rear window.").types("Threat", "Burglar inside")
    one.presses("Hand over").reads("Handed over.", "To be acknowledged by")
    mail = session.scalars(select(Mail)).one()
    link = re.search(r"/acknowledge/\S+", mail.body)
    assert link
    session.commit()
    desk = Somebody.arrives(browser, origin).goes_to(link[0]).reads("Say that you have it")
    desk.types("Your name, or who takes it", "Jo Poe").types("Reference", "INC 7")
    desk.presses("We have it").reads("Acknowledged", "Jo Poe")
    one.follows("Refresh").reads("Jo Poe has it since", "INC 7")
    one.finds("#dispose summary").click()
    one.chooses("How it ended", "handed_over").types("Why", "A patrol is there.")
    one.presses("Close the case").reads("is closed.", "Nothing waits.")
    one.follows("Closed").reads("Handed over")
    for who in (one, desk):
        who.page.context.close()
