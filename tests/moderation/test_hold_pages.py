"""The list of held drafts and the page of one, without scripts."""

import re

from sqlalchemy.orm import Session

from moderation.states import CaseState
from tests.client import Client
from tests.factories.moderation import NEVER, make_case, make_decision_maker
from tests.factories.posts import PLATE, make_team
from tests.factories.users import give_role, make_user, sign_in
from vcp.contacts.states import Disposition
from vcp.kernel.permissions import Role
from vcp.posts.states import PostState


def test_held_draft_is_listed_marked_and_released(client: Client, session: Session) -> None:
    team = make_team(session)
    case = make_case(session, team, text=PLATE)
    sign_in(client, make_decision_maker(session, team.area, "personal_data"))
    assert f"/staff/cases/{case.id}" in client.get("/staff/cases").text
    page = client.get(f"/staff/cases/{case.id}").text
    assert re.search(r"<mark[^>]*>AB12 CDE", page)
    assert "Release: personal data" in page
    path = f"/staff/cases/{case.id}/release"
    refused = client.post(path, data={"category": "personal_data", "reason": ""})
    assert refused.status_code == 422
    assert "Say why it may go out" in refused.text
    answer = client.post(path, data={"category": "personal_data", "reason": "They asked for it."})
    assert answer.status_code == 302
    assert (case.state, case.post.state) == (CaseState.DISPOSED, PostState.SUBMITTED)
    assert "They asked for it." in client.get(answer.location).text
    assert f"/staff/cases/{case.id}" in client.get("/staff/cases?closed=1").text


def test_supervisor_returns_but_doesnt_release(client: Client, session: Session) -> None:
    team = make_team(session)
    case = make_case(session, team, text=PLATE)
    sign_in(client, team.supervisor)
    page = client.get(f"/staff/cases/{case.id}").text
    assert "Release: personal data" not in page
    assert "1<span" in page  # the number in the menu
    data = {"category": "personal_data", "reason": "Please."}
    assert client.post(f"/staff/cases/{case.id}/release", data=data).status_code == 403
    path = f"/staff/cases/{case.id}/return"
    assert client.post(path, data={"reason": " "}).status_code == 422
    assert client.post(path, data={"reason": "No plates."}).status_code == 302
    assert (case.disposition, case.post.state) == (Disposition.RETURNED, PostState.DRAFT)


def test_other_areas_and_roles_see_nothing(client: Client, session: Session) -> None:
    team = make_team(session)
    case = make_case(session, team, text=PLATE)
    for person in (team.other_supervisor, team.officer, team.administrator):
        sign_in(client, person)
        assert client.get(f"/staff/cases/{case.id}").status_code == 403
    sign_in(client, team.other_supervisor)
    assert "Nothing waits." in client.get("/staff/cases").text


def test_author_with_the_role_gets_no_button_and_no_way_round(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    give_role(session, team.officer, Role.DECISION_MAKER, team.area)
    case = make_case(session, team, text=PLATE)
    sign_in(client, team.officer)
    assert "Release: personal data" not in client.get(f"/staff/cases/{case.id}").text
    data = {"category": "personal_data", "reason": "Mine."}
    assert client.post(f"/staff/cases/{case.id}/release", data=data).status_code == 403
    assert case.state is CaseState.OPEN


def test_what_is_never_released_offers_return_only(client: Client, session: Session) -> None:
    team = make_team(session)
    case = make_case(session, team, text=NEVER)
    sign_in(client, make_decision_maker(session, team.area))
    page = client.get(f"/staff/cases/{case.id}").text
    assert "Nobody may release this here" in page
    assert "/release" not in page
    assert "Return to the author" in page


def test_auditor_reads_and_decides_nothing(client: Client, session: Session) -> None:
    team = make_team(session)
    case = make_case(session, team, text=PLATE)
    sign_in(client, make_user(session, role=Role.AUDITOR, area=team.area))
    page = client.get(f"/staff/cases/{case.id}")
    assert page.status_code == 200
    assert "Return to the author" not in page.text
