"""Figures: counted as people would count by hand, and too small to tell where it might point."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from moderation import desks, figures, handing_over, service
from moderation.figures import Share
from tests.client import Client
from tests.factories.contacts import make_message
from tests.factories.moderation import make_contact_case
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user, sign_in
from vcp.contacts.states import Disposition
from vcp.kernel import clock as clocks
from vcp.kernel.permissions import Role

FORCE = ("/",)


@pytest.fixture
def team(session: Session) -> Team:
    desks.ensure_defaults(session)
    return make_team(session)


def waiting(found: figures.Figures) -> dict[str, tuple[int, ...]]:
    return {row.priority: row.by_age for row in found.waiting}


@pytest.mark.usefixtures("clock")
def test_nothing_is_told_of_nothing(session: Session) -> None:
    found = figures.of_areas(session, FORCE)
    assert waiting(found) == dict.fromkeys(("P1", "P2", "P3", "P4"), (0, 0, 0, 0))
    assert [p.median_look_s for p in found.periods] == [None, None]
    assert found.periods[0].answered_in_time.percent is None


def test_what_waits_is_counted_by_priority_and_age(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    now = clocks.now()
    for hours in (0.1, 0.2, 1, 5, 30):
        at = now - timedelta(hours=hours)
        make_contact_case(session, team, category="crime_report", priority="P3", posted_at=at)
    make_contact_case(session, team)
    make_message(session, team, posted_at=now - timedelta(hours=3))
    make_message(session, team, category="praise_chatter")
    found = figures.of_areas(session, FORCE)
    assert waiting(found) == {
        "P1": (1, 0, 0, 0),
        "P2": (0, 0, 0, 0),
        "P3": (2, 1, 1, 1),
        "P4": (0, 1, 0, 0),
    }
    assert found.overdue == 2, "looked at within four hours, by nobody"
    clock.shift(601)
    assert figures.of_areas(session, FORCE).overdue == 3


def test_speeds_are_those_of_first_looks_and_answers(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    person = make_user(session, role=Role.MODERATOR, area=team.area)
    # The desk's clock is theirs, not that of an answer.
    none_owed = {"due_at": None}
    cases = [make_contact_case(session, team, for_contact=none_owed) for _ in range(4)]
    for case in cases[:3]:
        clock.shift(120)
        service.saw(session, case.id, person)
    desk = desks.in_use(session)[0]
    for case, late in ((cases[0], False), (cases[1], True)):
        row = handing_over.hand_over(session, case.id, desk.id, "", by=person, taken_by="Jo Poe")
        if late:
            row.acknowledged_at = row.due_at + timedelta(seconds=1)
    answered, missed = (make_message(session, team).contact for _ in range(2))
    answered.answered_at = clocks.now() + timedelta(hours=71)
    clock.shift(timedelta(hours=73))
    [week, month] = figures.of_areas(session, FORCE).periods
    assert (week.median_look_s, week.looked_at) == (240, 3)
    assert week.p95_look_s == pytest.approx(348)
    assert week.looked_in_time == Share(2, 4)
    assert week.answered_in_time == Share(1, 2)
    assert week.acknowledged_in_time == Share(1, 2)
    assert (month.looked_at, month.days) == (3, 30)
    assert missed.answered_at is None


def test_only_the_persons_areas_are_counted(session: Session, team: Team) -> None:
    make_contact_case(session, team)
    here = make_user(session, role=Role.MODERATOR, area=team.area)
    elsewhere = make_user(session, role=Role.MODERATOR, area=team.other_area)
    officer = make_user(session, area=team.area)
    counted = [
        sum(map(sum, waiting(figures.of_person(session, p)).values()))
        for p in (here, elsewhere, officer)
    ]
    assert counted == [1, 0, 0]


def test_public_is_told_no_small_numbers_and_no_names(session: Session, team: Team) -> None:
    person = make_user(session, role=Role.MODERATOR, area=team.area)
    for _ in range(6):
        make_contact_case(session, team, category="crime_report", priority="P3")
    p1 = make_contact_case(session, team)
    service.saw(session, p1.id, person)
    service.dispose(session, p1.id, Disposition.NO_ACTION, "x", by=person)
    told = figures.public_json(figures.of_areas(session, FORCE))
    shown = json.loads(told)
    counts = {row["priority"]: row["by_age"] for row in shown["waiting"]}
    assert counts["P3"][0] == 6
    assert counts["P1"] == [0, 0, 0, 0]
    assert shown["periods"][0]["median_look_s"] is None, "one look points at one case"
    make_contact_case(session, team)
    again = json.loads(figures.public_json(figures.of_areas(session, FORCE)))
    assert {row["priority"]: row["by_age"] for row in again["waiting"]}["P1"][0] is None
    for word in ("Robin", team.persona.display_name, team.area.name):
        assert word not in told


def test_page_shows_them_to_who_may_see_them(client: Client, session: Session, team: Team) -> None:
    make_contact_case(session, team)
    sign_in(client, make_user(session, role=Role.AUDITOR, area=team.area))
    page = client.get("/staff/figures")
    assert page.status_code == 200
    assert "What waits, by priority and age" in page.text
    assert "Robin" not in page.text
    sign_in(client, make_user(session, area=team.area))
    assert client.get("/staff/figures").status_code == 403
