"""Hand-overs: mailed links that work once, desks that are late, supervisors who hear of it."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import desks, handing_over, queries, reminding
from moderation.clocks import running
from moderation.models import Case, Desk, HandOver
from moderation.states import HandOverState
from tests.factories.contacts import make_message
from tests.factories.moderation import make_contact_case
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user
from vcp.kernel import clock as clocks
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.mail import Mail, urgent_and_untried
from vcp.kernel.permissions import Role
from vcp.users.models import User

ADDRESS = "control@carrowdale.police.example"


@pytest.fixture
def team(session: Session) -> Team:
    desks.ensure_defaults(session, {"control_room": ADDRESS})
    return make_team(session)


@pytest.fixture
def room(session: Session, team: Team) -> Desk:
    return session.scalars(select(Desk).where(Desk.code == "control_room")).one()


@pytest.fixture
def person(session: Session, team: Team) -> User:
    return make_user(session, role=Role.MODERATOR, area=team.area, name="Sam Moor")


def handed(session: Session, case: Case, desk: Desk, person: User) -> tuple[HandOver, str]:
    row = handing_over.hand_over(session, case.id, desk.id, "", by=person)
    body = session.scalars(select(Mail.body).order_by(Mail.id.desc())).first() or ""
    link = re.search(r"/acknowledge/(\S+)", body)
    assert link
    return row, link[1]


def to(session: Session, address: str) -> list[str]:
    return list(session.scalars(select(Mail.subject).where(Mail.to_address == address)))


def test_link_works_once_and_its_secret_is_not_kept(
    session: Session, team: Team, room: Desk, person: User
) -> None:
    row, token = handed(session, make_contact_case(session, team), room, person)
    assert row.token_sha256 == handing_over.sha256(token)
    assert len(token) > 40
    handing_over.acknowledge(session, token, "Jo Poe", "INC 7")
    assert (row.state, row.reference) == (HandOverState.ACKNOWLEDGED, "INC 7")
    with pytest.raises(Conflict, match="Jo Poe has acknowledged"):
        handing_over.acknowledge(session, token, "Somebody else")
    assert row.acknowledged_name == "Jo Poe"
    told = session.scalars(select(AuditEvent).where(AuditEvent.verb == "acknowledge")).one()
    assert told.actor_id == "machine:hand-over-link"


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "' OR 1=1", "\u202e"])
def test_made_up_links_lead_nowhere(session: Session, team: Team, token: str) -> None:
    with pytest.raises(NotFound):
        handing_over.acknowledge(session, token, "Jo Poe")


def test_link_runs_out_but_the_phone_still_works(
    session: Session, team: Team, room: Desk, person: User, clock: time_machine.Traveller
) -> None:
    row, token = handed(session, make_contact_case(session, team), room, person)
    clock.shift(handing_over.LINK_WORKS + timedelta(seconds=1))
    with pytest.raises(NotFound, match="run out"):
        handing_over.acknowledge(session, token, "Jo Poe")
    handing_over.record_acknowledgement(session, row.id, "Jo Poe", by=person)
    assert handing_over.by_token(session, token) is row, "it says who has it"


def test_time_told_by_phone_lies_between_the_hand_over_and_now(
    session: Session, team: Team, room: Desk, person: User, clock: time_machine.Traveller
) -> None:
    row, _ = handed(session, make_contact_case(session, team), room, person)
    clock.shift(600)
    for wrong in (row.sent_at - timedelta(minutes=1), row.sent_at + timedelta(minutes=11)):
        with pytest.raises(Invalid):
            handing_over.record_acknowledgement(session, row.id, "Jo Poe", at=wrong, by=person)
    said = row.sent_at + timedelta(minutes=5)
    handing_over.record_acknowledgement(session, row.id, "Jo Poe", at=said, by=person)
    assert row.acknowledged_at == said


def test_time_told_by_phone_may_be_the_minute_of_the_hand_over(
    session: Session, team: Team, room: Desk, person: User, clock: time_machine.Traveller
) -> None:
    """People type minutes: 10:00 is a time of a hand-over of 10:00:30."""
    clock.move_to(clocks.now().replace(second=30))
    row, _ = handed(session, make_contact_case(session, team), room, person)
    clock.shift(45)
    said = row.sent_at.replace(second=0)
    handing_over.record_acknowledgement(session, row.id, "Jo Poe", at=said, by=person)
    assert row.acknowledged_at == row.sent_at, "never before it was sent"


def test_mail_holds_what_the_desk_needs_and_nobody_can_write_our_part_of_it(
    session: Session, team: Team, room: Desk, person: User
) -> None:
    hostile = "Help\n\nhttps://evil.example/acknowledge/me\n\u202eFrom the digital desk:\nIgnore"
    case = make_contact_case(session, team, text=hostile)
    handed(session, case, room, person)
    mail = session.scalars(select(Mail).where(Mail.to_address == ADDRESS)).one()
    assert mail.is_urgent
    assert mail.subject == f"P1 hand-over: Emergency in progress, case {case.id}"
    ours = [line for line in mail.body.splitlines() if not line.startswith("> ")]
    assert not [line for line in ours if "evil.example" in line or "Ignore" in line]
    assert "> Help" in mail.body
    assert "\u202e" not in mail.body


def test_p1_is_late_after_ten_minutes_and_supervisors_hear(
    session: Session, team: Team, room: Desk, person: User, clock: time_machine.Traveller
) -> None:
    room.acknowledge_minutes, room.phone = 240, "01632 960001"
    case = make_contact_case(session, team)
    row, token = handed(session, case, room, person)
    clock.shift(600)
    assert handing_over.run_late(session) == 0
    clock.shift(1)
    assert handing_over.run_late(session) == 1
    assert handing_over.run_late(session) == 0
    assert row.state is HandOverState.OVERDUE
    assert case.acted_at is None, "nobody has it"
    wanted = [f"P1 not acknowledged by Control room: case {case.id}"]
    for who in (team.supervisor, team.district_supervisor):
        assert to(session, who.email) == wanted
    assert to(session, team.other_supervisor.email) == []
    handing_over.acknowledge(session, token, "Jo Poe")
    assert row.state is HandOverState.ACKNOWLEDGED
    assert case.acted_at == row.acknowledged_at


def test_desk_without_an_address_is_rung(session: Session, team: Team, person: User) -> None:
    case = make_contact_case(session, team, category="crime_report", priority="P3")
    crime = session.scalars(select(Desk).where(Desk.code == "crime")).one()
    with pytest.raises(Invalid, match="Ring it"):
        handing_over.hand_over(session, case.id, crime.id, "", by=person)
    row = handing_over.hand_over(session, case.id, crime.id, "", by=person, taken_by="Kit Ash")
    assert (row.state, row.token_sha256) == (HandOverState.ACKNOWLEDGED, None)
    assert case.acted_at is not None
    assert session.scalars(select(Mail)).all() == []


def test_same_desk_is_not_given_it_twice_and_nobody_over_a_colleagues_head(
    session: Session, team: Team, room: Desk, person: User
) -> None:
    case = make_contact_case(session, team)
    handed(session, case, room, person)
    with pytest.raises(Conflict, match="given this already"):
        handing_over.hand_over(session, case.id, room.id, "", by=person)
    other = make_user(session, role=Role.MODERATOR, area=team.area)
    with pytest.raises(Conflict, match="Sam Moor has this case"):
        handing_over.hand_over(session, case.id, room.id, "", by=other)
    desks.deactivate(session, room.id, by=team.administrator)
    with pytest.raises(Invalid, match="Choose a desk"):
        handing_over.hand_over(session, make_contact_case(session, team).id, room.id, "", by=person)


def test_supervisors_hear_at_each_quarter_once(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    case = make_contact_case(session, team, category="safeguarding", priority="P2")
    subject, told = f"P2 still waiting: case {case.id}", 0
    for minutes, wanted in ((14, 0), (1, 1), (1, 1), (14, 2), (15, 3), (60, 3)):
        clock.shift(minutes * 60)
        reminding.remind(session)
        told = to(session, team.supervisor.email).count(subject)
        assert told == wanted
    assert to(session, team.district_supervisor.email) == [], "the nearest alone"
    assert not any("Robin" in body for body in session.scalars(select(Mail.body)))


def test_what_was_acted_on_reminds_nobody(
    session: Session, team: Team, room: Desk, person: User, clock: time_machine.Traveller
) -> None:
    handed(session, make_contact_case(session, team), room, person)
    make_message(session, team)
    clock.shift(3600)
    assert reminding.remind(session) == 0


def test_clock_takes_urgent_mails_that_no_worker_took(
    session: Session, team: Team, room: Desk, person: User, clock: time_machine.Traveller
) -> None:
    handed(session, make_contact_case(session, team), room, person)
    clock.shift(4)
    assert urgent_and_untried(session) == []
    clock.shift(2)
    assert [mail.to_address for mail in urgent_and_untried(session)] == [ADDRESS]


def test_desks_are_made_once_and_kept_by_administrators(
    session: Session, team: Team, room: Desk
) -> None:
    assert desks.ensure_defaults(session) == 0
    with pytest.raises(NotAllowed):
        desks.deactivate(session, room.id, by=team.supervisor)

    def change(phone: str, version: int) -> None:
        desks.change(
            session,
            room.id,
            name="Room",
            email="",
            phone=phone,
            acknowledge_minutes=5,
            version=version,
            by=team.administrator,
        )

    with pytest.raises(Invalid, match="nobody is reached"):
        change("", room.version)
    with pytest.raises(Conflict):
        change("01632 960001", 0)
    change("01632 960001", room.version)
    assert (room.name, room.code) == ("Room", "control_room")


def test_case_that_is_with_a_desk_stands_below_what_nobody_acted_on(
    session: Session, team: Team, room: Desk, person: User, clock: time_machine.Traveller
) -> None:
    first = make_contact_case(session, team)
    clock.shift(60)
    second = make_contact_case(session, team)
    handed(session, first, room, person)
    assert [c.id for c in queries.page(session, person).items] == [second.id, first.id]


def test_what_no_desk_has_said_that_it_has_comes_back_to_the_top(
    session: Session, team: Team, room: Desk, person: User, clock: time_machine.Traveller
) -> None:
    first = make_contact_case(session, team)
    row, token = handed(session, first, room, person)
    clock.shift(601)
    second = make_contact_case(session, team)
    assert [c.id for c in queries.page(session, person).items] == [second.id, first.id]
    handing_over.run_late(session)
    assert [c.id for c in queries.page(session, person).items] == [first.id, second.id]
    left = running(first, row.due_at + timedelta(seconds=61))
    assert left is not None
    assert left.words == "act: overdue by 1 minute"
    handing_over.acknowledge(session, token, "Jo Poe")
    assert [c.id for c in queries.page(session, person).items] == [second.id, first.id]
