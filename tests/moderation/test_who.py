"""Who sees residents' words at the desk: those who work cases, whatever other roles they add."""

import pytest
from sqlalchemy.orm import Session

from moderation import queries
from tests.client import Client
from tests.factories.moderation import make_case, make_contact_case
from tests.factories.posts import PLATE, make_team
from tests.factories.users import give_role, make_user, sign_in
from vcp.kernel.permissions import Role

SECRET = "I am writing to you alone about my neighbour"


@pytest.mark.parametrize("role", [Role.DECISION_MAKER, Role.AUDITOR])
def test_an_officer_with_another_role_reads_no_private_words_at_the_desk(
    client: Client, session: Session, role: Role
) -> None:
    team = make_team(session)
    private = make_contact_case(session, team, text=SECRET, visibility="direct")
    draft = make_case(session, team, text=PLATE)
    colleague = make_user(session, area=team.area)
    give_role(session, colleague, role, team.area)
    sign_in(client, colleague)
    assert client.get(f"/staff/cases/{private.id}").status_code == 403
    assert SECRET not in client.get("/staff/cases").text
    assert queries.page(session, colleague).items == [draft]
    assert session.scalar(queries.open_count(colleague)) == 1
    assert client.get(f"/staff/cases/{draft.id}").status_code == 200
    sign_in(client, team.supervisor)
    assert SECRET in client.get(f"/staff/cases/{private.id}").text
