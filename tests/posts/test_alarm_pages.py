"""The pages of alarms, as people use them."""

from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.alarms import approve_statements, make_alarm
from tests.factories.posts import Team, make_team
from tests.factories.users import sign_in
from vcp.posts.states import AlarmState


def test_every_page_tells_those_concerned_until_it_is_closed(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    alarm = make_alarm(session, team.mastodon)
    sign_in(client, team.supervisor)
    assert "1 open alarm about our accounts" in client.get("/staff/posts").text
    client.get(f"/staff/alarms/{alarm.id}")
    refused = client.post(f"/staff/alarms/{alarm.id}/call-ours", data={"reason": " "})
    assert refused.status_code == 422
    assert "Say who did it, and why." in refused.text
    client.post(f"/staff/alarms/{alarm.id}/call-ours", data={"reason": "Sam did, by phone."})
    session.refresh(alarm)
    assert alarm.state is AlarmState.OURS
    assert "open alarm" not in client.get("/staff/posts").text


def test_people_of_another_area_read_nothing_of_it(client: Client, session: Session) -> None:
    team = make_team(session)
    make_alarm(session, team.mastodon)
    sign_in(client, team.other_supervisor)
    assert "open alarm" not in client.get("/staff/posts").text


def test_one_person_publishes_what_two_approved(client: Client, session: Session) -> None:
    team: Team = make_team(session)
    alarm = make_alarm(session, team.mastodon)
    sign_in(client, team.supervisor)
    page = client.get(f"/staff/alarms/{alarm.id}/disavow").text
    assert "two people have to approve" in page
    assert "Publish it now" not in page
    sha256 = approve_statements(session)
    page = client.get(f"/staff/alarms/{alarm.id}/disavow").text
    assert sha256 in page
    client.post(f"/staff/alarms/{alarm.id}/disavow", data={"sha256": sha256, "whole_account": ""})
    session.refresh(alarm)
    assert alarm.state is AlarmState.DISAVOWED
    assert "What we said in public" in client.get(f"/staff/alarms/{alarm.id}").text
