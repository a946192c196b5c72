"""The calendar: what it shows to whom, in how few queries, as files, and moving by a form."""

import csv
import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.bulk import make_scheduled_posts
from tests.factories.posts import Team, make_post, make_team
from tests.factories.schedule import make_quiet_hours, make_series, make_window
from tests.factories.users import make_user, sign_in
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.posts import calendar, moving, series, series_making, service
from vcp.posts.calendar import View, Wanted, span_of
from vcp.posts.models import Post
from vcp.posts.states import POST, PostState

CountQueries = Callable[[], AbstractContextManager[list[str]]]
JUNE = date(2026, 6, 15)
MOST_QUERIES = 14
pytestmark = pytest.mark.usefixtures("clock")


def titles(session: Session, team: Team, view: View = View.MONTH, **narrow: object) -> list[str]:
    wanted = Wanted(**narrow)  # type: ignore[arg-type]  # fields by name
    found = calendar.entries(session, team.supervisor, span_of(view, JUNE), wanted)
    return [entry.title for entry in found]


def at(session: Session, team: Team, local: str, text: str, **more: Any) -> Post:
    return make_post(session, team, wanted_local=local, text=text, **more)


@pytest.mark.parametrize(
    "view, first, last, before, after",
    [
        (View.DAY, "2026-06-15", "2026-06-15", "2026-06-14", "2026-06-16"),
        (View.WEEK, "2026-06-15", "2026-06-21", "2026-06-08", "2026-06-22"),
        (View.MONTH, "2026-06-01", "2026-07-05", "2026-05-01", "2026-07-01"),
    ],
)
def test_span_of_a_view(view: View, first: str, last: str, before: str, after: str) -> None:
    span = span_of(view, JUNE)
    found = [day.isoformat() for day in (span.first, span.last, span.before, span.after)]
    assert found == [first, last, before, after]
    assert len(span.days) in {1, 7, 35}


def test_post_is_on_its_local_day(session: Session) -> None:
    """Half an hour after midnight in summer is the day before in UTC."""
    team = make_team(session)
    post = at(session, team, "2026-06-20T00:30", "Night shift")
    assert post.wanted_at == datetime(2026, 6, 19, 23, 30, tzinfo=UTC)
    span = span_of(View.MONTH, JUNE)
    found = calendar.entries(session, team.supervisor, span, Wanted())
    days = calendar.by_day(found, span)
    assert [day for day, entries in days.items() if entries] == [date(2026, 6, 20)]


def test_calendar_shows_what_the_person_may_see(session: Session) -> None:
    team = make_team(session)
    at(session, team, "2026-06-20T09:00", "Bikes")
    span = span_of(View.MONTH, JUNE)
    for person, count in (
        (team.supervisor, 1),
        (team.district_supervisor, 1),
        (team.officer, 1),
        (team.other_supervisor, 0),
        (team.administrator, 0),
    ):
        assert len(calendar.entries(session, person, span, Wanted())) == count


def test_calendar_can_be_narrowed(session: Session) -> None:
    team = make_team(session)
    at(session, team, "2026-06-16T09:00", "Both")
    at(session, team, "2026-06-17T09:00", "Own", channel_ids=(team.own_feed.id,))
    at(session, team, "2026-06-18T09:00", "Submitted", state=PostState.SUBMITTED)
    gone = at(session, team, "2026-06-19T09:00", "Gone")
    service.cancel(session, gone.id, by=team.officer)
    at(session, team, "2026-07-20T09:00", "July")
    make_post(session, team, text="Without a time")
    assert titles(session, team) == ["Both", "Own", "Submitted"]
    assert titles(session, team, channel_id=team.mastodon.id) == ["Both", "Submitted"]
    assert titles(session, team, state="submitted") == ["Submitted"]
    assert titles(session, team, state="cancelled") == ["Gone"]
    assert titles(session, team, persona_id=team.persona.id + 1) == []
    assert titles(session, team, area_path=team.other_area.path) == []
    assert titles(session, team, View.WEEK) == ["Both", "Own", "Submitted"]
    assert titles(session, team, View.DAY) == []


def test_series_shows_its_days_before_and_after_they_are_made(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team)
    assert titles(session, team) == ["Weekly surgery"] * 3
    series_making.make(session, row.id)
    assert titles(session, team, state="scheduled") == [
        "Come and talk to us at the library this morning."
    ]
    assert titles(session, team, state="planned") == ["Weekly surgery"] * 2
    series.drop(session, row.id, date(2026, 6, 23), by=team.officer)
    assert titles(session, team, state="planned") == ["Weekly surgery"]
    assert "Weekly surgery" not in titles(session, team, state="approved"), "its own words"


def test_day_that_a_series_missed_is_shown_as_such(
    session: Session, clock: time_machine.Traveller
) -> None:
    team = make_team(session)
    row = make_series(session, team)
    clock.shift(timedelta(days=3))
    series_making.make(session, row.id)
    span = span_of(View.WEEK, JUNE)
    (entry,) = calendar.entries(session, team.officer, span, Wanted(state="missed"))
    assert (entry.title, entry.state, entry.note) == (
        "Weekly surgery",
        "missed",
        series_making.LATE,
    )


def test_page_shows_holidays_quiet_hours_and_windows(client: Client, session: Session) -> None:
    team = make_team(session)
    make_quiet_hours(session, team)
    make_window(session, team, first_day=date(2026, 8, 20), last_day=date(2026, 9, 10))
    sign_in(client, team.officer)
    page = client.get("/staff/calendar?on=2026-08-15").text
    assert "Summer Bank Holiday" in page or "August Bank Holiday" in page
    assert "Before an election" in page
    assert "22:00 to 07:00" in page


def test_month_of_five_hundred_posts_takes_few_queries(
    client: Client, session: Session, count_queries: CountQueries
) -> None:
    team = make_team(session)
    make_quiet_hours(session, team)
    make_series(session, team)
    make_scheduled_posts(session, team.persona, team.officer, team.own_feed, 500, JUNE)
    sign_in(client, team.supervisor)
    for view, shown in (("month", "503 entries"), ("week", " entries."), ("day", " entries.")):
        with count_queries() as queries:
            page = client.get(f"/staff/calendar?view={view}&on=2026-06-15")
        assert page.status_code == 200
        assert shown in page.text
        assert len(queries) <= MOST_QUERIES, queries


@pytest.mark.parametrize("on", ["", "soon", "1000-01-01", "9999-12-31", "2026-02-30"])
def test_day_that_is_none_shows_something_all_the_same(
    client: Client, session: Session, on: str
) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    for view in ("month", "week", "day", "century"):
        assert client.get(f"/staff/calendar?view={view}&on={on}").status_code == 200


@pytest.mark.parametrize("kind", ["csv", "json", "ics"])
def test_schedule_is_handed_out_and_the_trail_says_so(
    client: Client, session: Session, kind: str
) -> None:
    team = make_team(session)
    at(
        session,
        team,
        "2026-06-20T09:00",
        "=HYPERLINK(1) Bikes, and more",
        state=PostState.SUBMITTED,
    )
    sign_in(client, team.officer)
    answer = client.post("/staff/calendar/export", data={"kind": kind, "on": "2026-06-15"})
    assert answer.status_code == 200
    assert f"schedule-2026-06-01.{kind}" in answer.headers["Content-Disposition"]
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert rows[0]["text"] == "'=HYPERLINK(1) Bikes, and more"
        assert rows[0]["when"] == "2026-06-20 09:00"
    elif kind == "json":
        row = json.loads(answer.text)
        assert (row["utc"], row["state"]) == ("2026-06-20T08:00:00+00:00", "submitted")
    else:
        (event,) = Calendar.from_ical(answer.text).walk("VEVENT")
        assert event.decoded("DTSTART") == datetime(2026, 6, 20, 8, tzinfo=UTC)
        assert event["STATUS"] == "TENTATIVE"
    written = select(AuditEvent).where(AuditEvent.verb == "export")
    assert session.scalars(written).one().subject_kind == "schedule"


def test_moving_a_scheduled_post_voids_its_approval(session: Session) -> None:
    team = make_team(session)
    post = at(session, team, "2026-06-20T09:00", "Bikes", state=PostState.SCHEDULED)
    moving.move(session, post.id, "2026-06-21T09:00", by=team.officer)
    assert post.state is PostState.DRAFT
    moving.move(session, post.id, "2026-06-22T09:00", by=team.officer, submit=True)
    assert post.state is PostState.SUBMITTED
    assert post.wanted_local == "2026-06-22T09:00"
    with pytest.raises(NotAllowed):
        moving.move(session, post.id, "2026-06-23T09:00", by=team.supervisor)


def test_moving_a_published_post_is_refused_and_sends_nothing_again(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    POST.apply(session, post, "start", by=team.officer)
    session.refresh(post)
    before = len(post.deliveries)
    with pytest.raises(Conflict, match="can't be moved"):
        moving.move(session, post.id, "2026-06-21T09:00", by=team.officer)
    session.refresh(post)
    assert (len(post.deliveries), post.state) == (before, PostState.RELEASED)


def test_approved_post_that_missed_its_time_keeps_its_approval_when_moved(
    session: Session, clock: time_machine.Traveller
) -> None:
    team = make_team(session)
    post = at(session, team, "2026-06-15T11:00", "Bikes", state=PostState.SUBMITTED)
    clock.shift(timedelta(hours=3))
    service.approve(session, post.id, service.newest(post).sha256, by=team.supervisor)
    assert post.state is PostState.APPROVED
    moving.move(session, post.id, "2026-06-15T18:00", by=team.officer)
    assert post.state is PostState.SCHEDULED


def test_move_form_says_what_it_does_and_keeps_what_was_typed(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    post = at(session, team, "2026-06-20T09:00", "Bikes", state=PostState.SCHEDULED)
    sign_in(client, team.officer)
    page = f"/staff/posts/{post.id}/move"
    assert f'href="{page}"' in client.get("/staff/calendar?on=2026-06-15").text
    assert "somebody else must approve it anew" in client.get(page).text
    typed = {"when": "later", "on": "2026-06-21", "at": "31:00", "action": "save"}
    refused = client.post(page, data=typed)
    assert refused.status_code == 422
    assert 'value="31:00"' in refused.text
    moved = client.post(page, data={**typed, "at": "10:00", "action": "submit"})
    assert moved.status_code == 302
    assert post.state is PostState.SUBMITTED


def test_moving_into_a_night_without_that_hour_is_refused(session: Session) -> None:
    team = make_team(session)
    post = at(session, team, "2026-06-20T09:00", "Bikes")
    with pytest.raises(Invalid, match="clocks go forward"):
        moving.move(session, post.id, "2027-03-28T01:30", by=team.officer)


def test_a_move_to_the_same_time_says_that_nothing_was_changed(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    post = make_post(session, team, wanted_local="2026-06-20T09:00", state=PostState.SUBMITTED)
    sign_in(client, team.officer)
    same = {"when": "later", "on": "2026-06-20", "at": "09:00", "action": "save"}
    client.post(f"/staff/posts/{post.id}/move", data=same)
    page = client.get(f"/staff/posts/{post.id}").text
    assert "It has this time already, so nothing was changed." in page
    assert "Moved" not in page
    assert post.state is PostState.SUBMITTED


def test_nobody_moves_what_they_dont_write(client: Client, session: Session) -> None:
    team = make_team(session)
    post = at(session, team, "2026-06-20T09:00", "Bikes")
    sign_in(client, make_user(session, area=team.area))
    assert client.get(f"/staff/posts/{post.id}/move").status_code == 403
    assert "Move<" not in client.get("/staff/calendar?on=2026-06-15").text
