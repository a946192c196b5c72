"""What open pages of the desk are told, by whom it is seen, and how streams end."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from moderation import live, service
from moderation.changes import LOOK_BACK, Changes, alarms
from tests.client import Client
from tests.factories.moderation import make_contact_case
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user, sign_in
from vcp.kernel import clock as clocks
from vcp.kernel.db import db
from vcp.kernel.errors import Unavailable
from vcp.kernel.permissions import Role
from vcp.users.access import revoke_all
from vcp.users.models import SignIn, User


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def person(session: Session, team: Team) -> User:
    return make_user(session, role=Role.MODERATOR, area=team.area)


def test_page_is_told_of_each_change_once(
    session: Session, team: Team, person: User, clock: time_machine.Traveller
) -> None:
    clock.shift(60)
    changes = Changes(clocks.now())
    assert changes.news(session, person) == []
    case = make_contact_case(session, team)
    assert changes.news(session, person) == [case]
    assert changes.news(session, person) == []
    clock.shift(1)
    service.claim(session, case.id, by=person)
    session.refresh(case)
    assert changes.news(session, person) == [case]
    assert changes.news(session, person) == []


def test_change_stored_late_is_still_told(
    session: Session, team: Team, person: User, clock: time_machine.Traveller
) -> None:
    """A unit that took long carries an earlier time than one that was stored before it."""
    changes = Changes(clocks.now())
    clock.shift(60)
    quick = make_contact_case(session, team)
    assert changes.news(session, person) == [quick]
    slow = make_contact_case(session, team)
    slow.changed_at = clocks.now() - LOOK_BACK / 2
    session.flush()
    assert changes.news(session, person) == [slow]


def test_only_what_the_person_may_see_and_no_words_of_residents(
    session: Session, team: Team, person: User
) -> None:
    changes = Changes(clocks.now())
    case = make_contact_case(session, team, text="A secret of Robin's")
    elsewhere = make_user(session, role=Role.MODERATOR, area=team.other_area)
    auditor = make_user(session, role=Role.AUDITOR, area=team.area)
    for other in (elsewhere, auditor):
        assert Changes(clocks.now()).news(session, other) == []
    told = live.news(changes, person)
    assert told is not None
    assert json.loads(told)["alarms"] == [
        {"id": case.id, "words": f"Emergency in progress, {team.area.name}"}
    ]
    assert "secret" not in told
    assert "Robin" not in told


def test_alarm_is_for_p1_that_nobody_has(session: Session, team: Team, person: User) -> None:
    loud = make_contact_case(session, team)
    quiet = make_contact_case(session, team, category="crime_report", priority="P3")
    taken = make_contact_case(session, team)
    service.claim(session, taken.id, by=person)
    session.refresh(taken)
    assert [a["id"] for a in alarms(session, [loud, quiet, taken])] == [loud.id]


def test_page_that_asks_is_told_once(client: Client, session: Session, team: Team) -> None:
    sign_in(client, make_user(session, role=Role.MODERATOR, area=team.area))
    now = clocks.now().isoformat()
    assert client.get("/staff/cases/changes", query_string={"once": "1", "since": now}).json == {}
    make_contact_case(session, team)
    told = client.get("/staff/cases/changes", query_string={"once": "1", "since": now}).json
    assert told is not None
    assert told["changed"] == 1
    again = {"once": "1", "since": (clocks.now() + timedelta(days=1)).isoformat()}
    assert client.get("/staff/cases/changes", query_string=again).status_code == 200
    assert client.get("/staff/cases/changes?once=1&since=soon").status_code == 200


def test_asking_keeps_nobody_signed_in(client: Client, session: Session, team: Team) -> None:
    sign_in(client, make_user(session, role=Role.MODERATOR, area=team.area))
    with client.session_transaction() as cookie:
        cookie["seen"] -= 60
        before = cookie["seen"]
    client.get("/staff/cases/changes?once=1")
    with client.session_transaction() as cookie:
        assert cookie["seen"] == before
        cookie["seen"] -= 3600
    assert client.get("/staff/cases/changes?once=1").status_code == 401
    assert client.get("/staff/cases/changes").status_code == 401


def opened(app: Flask, sign_in_row: SignIn, since: Any) -> tuple[live.Stream, Iterator[str]]:
    streams: live.Streams = app.extensions["vcp_desk_streams"]
    stream = streams.open(sign_in_row.id, 60)
    return stream, live.events(app, stream, since)


def test_stream_tells_within_seconds_and_holds_no_connection_between(
    app: Flask, client: Client, session: Session, team: Team, person: User
) -> None:
    row, since = sign_in(client, person), clocks.now()
    session.commit()
    stream, lines = opened(app, row, since)
    assert next(lines).startswith("retry:")
    assert next(lines) == ": still here\n\n"
    make_contact_case(session, team)
    session.commit()
    began = time.monotonic()
    told = next(lines)
    assert time.monotonic() - began < 5 * live.POLL_S
    assert told.startswith("id: ")
    assert '"changed": 1' in told
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # the pools in use have it
    stream.ending.set()
    assert list(lines) == []


def test_stream_ends_with_its_sign_in(
    app: Flask, client: Client, session: Session, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_S", 0.01)
    row = sign_in(client, person)
    session.commit()
    _, lines = opened(app, row, clocks.now())
    next(lines)
    revoke_all(session, person, person)
    session.commit()
    ended = threading.Timer(10, lambda: pytest.fail("it goes on"))
    ended.start()
    assert all(line.startswith(":") for line in lines)
    ended.cancel()


def test_streams_are_few_and_one_browser_takes_three(app: Flask) -> None:
    streams = live.Streams(5)
    mine = [streams.open(1, 60) for _ in range(4)]
    assert [stream.ending.is_set() for stream in mine] == [True, False, False, False]
    others = [streams.open(number, 60) for number in (2, 3)]
    with pytest.raises(Unavailable):
        streams.open(4, 60)
    streams.close(others[0])
    streams.close(others[0])
    streams.open(4, 60)
    assert len(streams) == 5


def test_stream_is_no_longer_than_the_sign_in_lasts(
    client: Client, session: Session, person: User, app: Flask
) -> None:
    sign_in(client, person)
    with client.session_transaction() as cookie:
        cookie["seen"] -= 15 * 60 - 2
    answer = client.get("/staff/cases/changes", buffered=False)
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    assert len(app.extensions["vcp_desk_streams"]) == 1
    began = time.monotonic()
    list(answer.response)
    assert time.monotonic() - began < 5
    answer.close()
    assert len(app.extensions["vcp_desk_streams"]) == 0
