"""Named slots that several people want: one gets it, the others are told and offered the next."""

import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.queries import by_id
from tests.client import Client
from tests.factories.posts import Team, make_post, make_team, words
from tests.factories.schedule import make_slot
from tests.factories.users import sign_in
from tests.posts.composer import only_post, rewrite, typed, write
from tests.posts.test_approving_at_once import at_once
from vcp.kernel.db import transaction
from vcp.kernel.errors import Invalid
from vcp.posts import service, slots
from vcp.posts.models import Post
from vcp.users.models import User

TUESDAY, WEDNESDAY = "2026-06-16T08:15", "2026-06-17T08:15"
PEOPLE = 6
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def team(session: Session) -> Team:
    """It is Monday, ten o'clock, and the next slot is that of tomorrow."""
    team = make_team(session)
    make_slot(session, team)
    return team


def offered(page: str) -> str:
    found = re.search(r'name="slot"[^>]*value="([^"]*)"', page)
    return found.group(1) if found else "none"


@pytest.mark.parametrize("action", ["save", "submit", "check"])
def test_slot_that_was_taken_meanwhile_is_told_and_the_next_is_offered(
    client: Client, session: Session, team: Team, action: str
) -> None:
    sign_in(client, team.officer)
    path = f"/staff/posts/new?persona={team.persona.slug}"
    assert offered(client.get(path).text) == TUESDAY
    make_post(session, team, wanted_local=TUESDAY)
    session.commit()
    refused = write(client, team, when="slot", slot=TUESDAY, action=action)
    assert refused.status_code == 422
    assert "Somebody else has taken Morning, 16 June 2026 at 08:15 BST" in refused.text
    assert "In the next free slot: Morning, 17 June 2026 at 08:15 BST" in refused.text
    assert typed(team)["text"] in refused.text, "what was typed is still there"
    assert offered(refused.text) == WEDNESDAY
    kept = write(client, team, when="slot", slot=WEDNESDAY)
    assert kept.status_code == 302
    times = session.scalars(select(Post.wanted_local).order_by(Post.id)).all()
    assert times == [TUESDAY, WEDNESDAY]


def test_slot_that_came_free_again_isnt_taken_instead_of_the_one_that_was_offered(
    client: Client, session: Session, team: Team
) -> None:
    """The time that was read is the time that it goes out, also when an earlier one is free."""
    sign_in(client, team.officer)
    kept = write(client, team, when="slot", slot=WEDNESDAY)
    assert kept.status_code == 302
    assert only_post(session).wanted_local == WEDNESDAY
    again = rewrite(client, team, only_post(session), when="slot", slot=WEDNESDAY, text="Bikes.")
    assert again.status_code == 302, "its own place counts as free"


def test_last_free_slot_that_was_taken_leaves_the_other_choices(
    client: Client, session: Session, team: Team
) -> None:
    for found in slots.free(session, team.persona):
        make_post(session, team, wanted_local=found.local)
    session.commit()
    sign_in(client, team.officer)
    refused = write(client, team, when="slot", slot=TUESDAY)
    assert refused.status_code == 422
    assert "No other slot is free" in refused.text
    assert "In the next free slot" not in refused.text


def test_two_people_at_the_same_moment_dont_both_get_a_slot(
    app: Flask, session: Session, team: Team
) -> None:
    persona_id, officer_id = team.persona.id, team.officer.id
    said = words(team, wanted_local=TUESDAY)
    session.commit()
    refused: list[str] = []

    def choose() -> None:
        try:
            with transaction() as unit:
                by = unit.get_one(User, officer_id)
                slots.must_be_free(unit, by_id(unit, persona_id), TUESDAY)
                service.create_draft(unit, persona_id, said, by=by)
        except Invalid as error:
            refused.append(error.message)

    at_once(app, [choose] * PEOPLE)
    session.rollback()
    assert only_post(session).wanted_local == TUESDAY
    assert len(refused) == PEOPLE - 1
    assert all("17 June 2026 at 08:15" in message for message in refused)
