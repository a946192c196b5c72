"""Pages of series: few queries, and a yes to words and days together."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import make_team
from tests.factories.schedule import make_quiet_hours, make_series
from tests.factories.users import sign_in
from vcp.posts import series, series_making, service
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
