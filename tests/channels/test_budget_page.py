"""The page on which a channel's budget is changed, and where it shows."""

import pytest
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import Team, make_team
from tests.factories.users import sign_in
from vcp.channels import conditions


@pytest.fixture
def team(session: Session) -> Team:
    made = make_team(session)
    made.mastodon.network = "x"
    return made


def test_a_budget_is_typed_shown_and_emptied(client: Client, session: Session, team: Team) -> None:
    sign_in(client, team.administrator)
    page = f"/staff/channels/{team.mastodon.id}"
    address = f"{page}/budget"
    assert "no budget is set" in client.get(page).text
    client.post(address, data={"dollars": "12.50"})
    assert "$0.00 of $12.50" in client.get(page).text
    assert 'value="12.5"' in client.get(address).text
    client.post(address, data={"dollars": ""})
    session.expire_all()
    assert conditions.known(session, team.mastodon.id).budget is None


@pytest.mark.parametrize("typed", ["a lot", "-5", "0", "1e9", "999999999"])
def test_what_cannot_be_a_budget_is_said_and_kept(
    client: Client, session: Session, team: Team, typed: str
) -> None:
    sign_in(client, team.administrator)
    answer = client.post(f"/staff/channels/{team.mastodon.id}/budget", data={"dollars": typed})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text
    session.expire_all()
    assert conditions.known(session, team.mastodon.id).budget is None
