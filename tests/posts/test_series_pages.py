"""Pages of series: few queries, and a yes to words and days together."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import make_team
from tests.factories.schedule import make_quiet_hours, make_series
from tests.factories.users import sign_in
from vcp.posts import series, series_making, series_queries, service
from vcp.posts.schedule_models import Series
from vcp.posts.series_rules import Every, Rule
from vcp.posts.states import PostState


@pytest.mark.usefixtures("clock")
def test_pages_of_a_daily_series_take_few_queries(
    client: Client, session: Session, count_queries: Any
) -> None:
    """Half a year of days is looked at for warnings."""
    team = make_team(session)
    make_quiet_hours(session, team)
    row = make_series(session, team, rule=Rule(Every.DAY, times=200), late_minutes=30)
    series_making.make(session, row.id)
    sign_in(client, team.officer)
    for path in ("/staff/series", f"/staff/series/{row.id}"):
        with count_queries() as queries:
            assert client.get(path).status_code == 200
        assert len(queries) <= 15, queries


UNSPOKEN = "Quiet hours that its approval doesn’t speak of"


@pytest.mark.usefixtures("clock")
def test_quiet_hours_set_after_the_yes_are_told_and_people_can_act(
    client: Client, session: Session
) -> None:
    """Nothing is dropped in silence: what nobody acts on goes out."""
    team = make_team(session)
    row = make_series(session, team, rule=Rule(Every.WEEK, ("TU",), times=2))
    first = series_making.make(session, row.id)[0]
    sign_in(client, team.officer)
    path = f"/staff/series/{row.id}"
    assert UNSPOKEN not in client.get(path).text
    make_quiet_hours(session, team, begins="09:00", ends="10:00", days="TU")
    session.commit()
    page = client.get(path).text
    assert UNSPOKEN in page
    assert "2 coming days" in page
    assert page.count("In the quiet hours from 09:00 to 10:00 (Tuesday)") == 2
    assert "take its words back and submit them again" in page
    assert "Whoever approves the words must answer it" not in page, "they are approved"
    client.post(f"{path}/days/2026-06-23/drop")
    assert "1 coming day falls" in client.get(path).text
    assert series_making.make(session, row.id) == []
    assert first.post is not None
    assert first.post.state is PostState.SCHEDULED
    client.post(f"/staff/posts/{row.template_id}/take-back")
    again = client.get(path).text
    assert UNSPOKEN not in again
    assert "Whoever approves the words must answer it" in again
    service.submit(session, row.template_id, by=team.officer)
    sha = service.newest(row.template).sha256
    service.approve(session, row.template_id, sha, by=team.supervisor, warning_answer="Agreed.")
    session.commit()
    assert UNSPOKEN not in client.get(path).text
    sign_in(client, team.supervisor)
    make_quiet_hours(session, team, begins="09:15", ends="09:45", days="TU")
    session.commit()
    told = client.get(path).text
    assert "In the quiet hours from 09:15 to 09:45 (Tuesday)" in told, "others than those answered"
    assert "Send its words back" in told
    assert "to 10:00 (Tuesday)" not in told


@pytest.mark.usefixtures("clock")
def test_each_of_several_quiet_hours_is_told_before_the_yes(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    make_quiet_hours(session, team, begins="09:00", ends="10:00", days="TU")
    make_quiet_hours(session, team, begins="09:15", ends="09:45", days="TU,WE")
    row = make_series(session, team, approved=False)
    service.submit(session, row.template_id, by=team.officer)
    sign_in(client, team.supervisor)
    page = client.get(f"/staff/posts/{row.template_id}").text
    assert "from 09:00 to 10:00 (Tuesday)" in page
    assert "from 09:15 to 09:45 (Tuesday and Wednesday)" in page


@pytest.mark.usefixtures("clock")
def test_page_of_the_words_shows_the_rule_and_approves_both(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    row = make_series(session, team, approved=False)
    service.submit(session, row.template_id, by=team.officer)
    sign_in(client, team.supervisor)
    path = f"/staff/posts/{row.template_id}"
    page = client.get(path).text
    assert "Weekly on Tuesday at 09:30, 50 times" in page
    read = {"revision_sha256": service.newest(row.template).sha256}
    assert client.post(f"{path}/approve", data=read).status_code == 409
    assert row.template.state is PostState.SUBMITTED
    whole = {**read, "rule_sha256": series.sha256_of(row)}
    assert whole["rule_sha256"] in page
    assert client.post(f"{path}/approve", data=whole).status_code == 302
    assert row.template.state is PostState.APPROVED


@pytest.mark.usefixtures("clock")
def test_everything_that_is_missing_is_said_at_once_and_what_was_typed_stays(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    path = f"/staff/series/new?persona={team.persona.slug}"
    typed = {
        "name": "Surgery notice",
        "every": "week",
        "starts_on": "",
        "at": "half nine",
        "ends": "until",
        "nth": "1",
        "month_day": "1",
        "late_minutes": "60",
        "except_days": "30/02/2027",
    }
    refused = client.post(path, data=typed)
    assert refused.status_code == 422
    for field, message in (
        ("days", "Choose at least one day of the week."),
        ("starts_on", "Give the day from which it goes out."),
        ("at", "Give the time of day, such as 09:30."),
        ("until", "Give the last day."),
        ("except_days", "“30/02/2027” is not a day. Write it like 29/12/2026."),
    ):
        assert f'<a href="#{field}' in refused.text
        assert refused.text.count(message) == 2, field
    assert "Surgery notice" in refused.text
    assert "half nine" in refused.text


@pytest.mark.usefixtures("clock")
def test_exceptions_are_written_as_people_here_write_days(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    typed = {
        "name": "Surgery notice",
        "every": "week",
        "days": "TU",
        "starts_on": "2026-06-16",
        "at": "09:30",
        "ends": "until",
        "until": "2026-07-28",
        "nth": "1",
        "month_day": "1",
        "late_minutes": "60",
        "except_days": "23/06/2026\n2026-06-30",
    }
    begun = client.post(f"/staff/series/new?persona={team.persona.slug}", data=typed)
    assert begun.status_code == 302
    row = session.scalars(select(Series)).one()
    assert series_queries.dropped(session, row) == [date(2026, 6, 23), date(2026, 6, 30)]


@pytest.mark.usefixtures("clock")
def test_a_series_far_off_shows_its_days_and_what_it_leaves_out(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    row = make_series(
        session,
        team,
        approved=False,
        starts_on=date(2027, 3, 9),
        except_days=(date(2027, 4, 6),),
    )
    service.submit(session, row.template_id, by=team.officer)
    sign_in(client, team.officer)
    page = client.get(f"/staff/series/{row.id}").text
    assert "Tuesday 23 March 2027" in page
    assert "Move or edit" in page
    sign_in(client, team.supervisor)
    for path in (f"/staff/series/{row.id}", f"/staff/posts/{row.template_id}"):
        page = client.get(path).text
        assert "It begins on 9 March 2027. Left out: 6 April 2027." in page
