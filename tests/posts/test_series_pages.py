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
