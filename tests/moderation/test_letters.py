"""Supervisors hear by mail, once, when a resident says that no answer came."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.areas import BY
from tests.factories.inbound import take_in
from tests.factories.personas import add_member
from tests.factories.posts import Team, make_team
from vcp.contacts.models import Contact
from vcp.contacts.states import CONTACT
from vcp.kernel.mail import Mail

QUESTION = "When does the footbridge open again?"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def missed(client: Client, session: Session, team: Team, clock: time_machine.Traveller) -> Contact:
    """A question to the team's persona that was closed, and that its resident says was missed."""
    path = f"/ask?officer={team.persona.slug}"
    key = re.search(r'name="form_key"[^>]*value="([^"]+)"', client.get(path).text)
    assert key
    clock.shift(30)
    sent = client.post(path, data={"text": QUESTION, "form_key": key[1]})
    take_in(session)
    contact = session.scalars(select(Contact)).one()
    CONTACT.apply(session, contact, "close", by=BY)
    clock.shift(timedelta(hours=73))
    for _ in range(2):
        assert client.post(f"{sent.location}/missed").status_code == 303
    return contact


def test_the_nearest_supervisors_hear_once_that_no_answer_came(
    client: Client, session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    contact = missed(client, session, team, clock)
    mails = session.scalars(select(Mail)).all()
    assert [mail.to_address for mail in mails] == [team.supervisor.email]
    assert f"/staff/contacts/{contact.id}" in mails[0].body
    assert QUESTION not in mails[0].body


def test_somebody_else_hears_when_the_supervisor_is_who_did_not_answer(
    client: Client, session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    add_member(session, persona=team.persona, user=team.supervisor)
    missed(client, session, team, clock)
    told = session.scalars(select(Mail.to_address)).all()
    assert told == [team.district_supervisor.email]
