"""What was begun before the newest grave message is no act on it, and no machine ever looked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import desks, handing_over, intake, queries, service
from moderation.models import Case, Desk, HandOver
from moderation.states import HandOverState
from tests.factories.contacts import make_contact, make_message
from tests.factories.moderation import make_contact_case
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user
from vcp.contacts.models import Contact
from vcp.contacts.states import Disposition
from vcp.kernel import clock as clocks
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.posts.events import Answered
from vcp.users.models import User

URGENT: dict[str, Any] = {
    "text": "Someone is breaking in now",
    "category": "emergency_in_progress",
    "priority": "P1",
}


@dataclass
class Scene:
    """A desk that reaches the control room, and somebody who works there."""

    team: Team
    person: User
    room: Desk


@pytest.fixture
def scene(session: Session) -> Scene:
    desks.ensure_defaults(session, {"control_room": "control@carrowdale.police.example"})
    team = make_team(session)
    person = make_user(session, role=Role.MODERATOR, area=team.area)
    room = session.scalars(select(Desk).where(Desk.code == "control_room")).one()
    return Scene(team, person, room)


def answered(session: Session, contact_id: int, begun_at: datetime) -> None:
    intake.note_answer(session, Answered(contact_id, 1, begun_at=begun_at))


def joins(session: Session, scene: Scene, contact: Contact) -> None:
    make_message(session, scene.team, contact=contact, **URGENT)


def handed(session: Session, scene: Scene, case: Case) -> tuple[HandOver, str]:
    row = handing_over.hand_over(session, case.id, scene.room.id, "", by=scene.person)
    body = session.scalars(select(Mail.body).order_by(Mail.id.desc())).first() or ""
    return row, body.split("/acknowledge/")[1].split()[0]


def test_an_answer_begun_before_a_p1_leaves_it_loud(
    session: Session, scene: Scene, clock: time_machine.Traveller
) -> None:
    contact, begun = make_contact(session, scene.team), clocks.now()
    clock.shift(60)
    # The network's own time may lie before the answer was begun; we couldn't know of it yet.
    make_message(
        session, scene.team, contact=contact, posted_at=begun - timedelta(minutes=5), **URGENT
    )
    clock.shift(60)
    answered(session, contact.id, begun)
    case = queries.open_of_contact(session, contact.id)
    assert case is not None
    assert (case.acted_at, case.seen_at) == (None, None)
    assert case.changed_at == clocks.now(), "the desk sees that an answer went out"
    assert queries.unclaimed_p1(session, scene.person) == 1


def test_an_answer_begun_after_the_newest_grave_message_counts_and_no_machine_looks(
    session: Session, scene: Scene, clock: time_machine.Traveller
) -> None:
    case = make_contact_case(session, scene.team)
    clock.shift(60)
    begun = clocks.now()
    clock.shift(60)
    make_message(session, scene.team, contact=case.contact, text="Thanks!")
    answered(session, case.contact_id or 0, begun)
    assert (case.acted_at, case.seen_at) == (clocks.now(), None)


def test_acknowledging_an_older_hand_over_leaves_a_newer_p1_loud(
    session: Session, scene: Scene, clock: time_machine.Traveller
) -> None:
    case = make_contact_case(session, scene.team, category="safeguarding", priority="P2")
    row, token = handed(session, scene, case)
    clock.shift(60)
    assert case.contact is not None
    joins(session, scene, case.contact)
    assert case.acted_at is None
    clock.shift(60)
    handing_over.acknowledge(session, token, "Jo Poe")
    assert (row.state, case.acted_at) == (HandOverState.ACKNOWLEDGED, None)
    assert queries.page(session, scene.person, wanted=queries.EVERYTHING).items == [case]


def test_what_came_since_can_be_handed_to_the_desk_that_has_not_answered_yet(
    session: Session, scene: Scene, clock: time_machine.Traveller
) -> None:
    case = make_contact_case(session, scene.team, category="safeguarding", priority="P2")
    handed(session, scene, case)
    clock.shift(60)
    assert case.contact is not None
    joins(session, scene, case.contact)
    row, token = handed(session, scene, case)
    assert case.acted_at == clocks.now()
    clock.shift(601)
    handing_over.run_late(session)
    assert (row.state, case.acted_at) == (HandOverState.OVERDUE, None)
    handing_over.acknowledge(session, token, "Jo Poe")
    assert case.acted_at == clocks.now()


def test_opened_again_what_was_done_before_counts_no_more(
    session: Session, scene: Scene, clock: time_machine.Traveller
) -> None:
    case = make_contact_case(session, scene.team)
    begun = clocks.now()
    clock.shift(60)
    service.claim(session, case.id, by=scene.person)
    service.dispose(session, case.id, Disposition.NO_ACTION, "Nothing in it.", by=scene.person)
    service.reopen(session, case.id, "There is.", by=scene.person)
    answered(session, case.contact_id or 0, begun)
    assert case.acted_at is None
