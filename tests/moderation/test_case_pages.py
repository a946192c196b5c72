"""The queue and the page of a resident's case, without scripts."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import desks
from moderation.models import Case, Desk, HandOver
from moderation.states import CaseState, HandOverState
from tests.client import Client
from tests.factories.contacts import make_message
from tests.factories.moderation import make_contact_case
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user, sign_in
from vcp.contacts.states import ContactState, Disposition
from vcp.kernel.audit import AuditEvent
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.users.models import User

WORDS = "Someone is breaking into the flat next door right now"


def moderator(session: Session, team: Team, name: str = "Sam Moor") -> User:
    return make_user(session, role=Role.MODERATOR, area=team.area, name=name)


def looks(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(select(AuditEvent).where(AuditEvent.verb == "look"))
    return sorted((row.subject_kind, row.subject_id) for row in rows)


def test_case_is_on_the_desk_with_who_what_where_and_how_long(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    case = make_contact_case(session, team, text=WORDS)
    sign_in(client, moderator(session, team))
    page = client.get("/staff/cases").text
    assert "<title>1 P1 waiting: Desk" in page
    for words in ("Emergency in progress", "Robin Ash", WORDS, team.area.name, "Look: 4 minutes"):
        assert words in page, words
    assert "Nobody yet" in page
    client.get(f"/staff/cases/{case.id}")
    assert looks(session) == [("case", str(case.id)), ("case", "list")]
    assert case.seen_at is not None
    assert case.contact is not None
    assert case.contact.seen_at == case.seen_at
    assert "Act: 9 minutes" in client.get("/staff/cases").text


def test_a_refused_form_that_shows_the_case_again_is_a_look(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    case = make_contact_case(session, team)
    sign_in(client, moderator(session, team))
    assert client.post(f"/staff/cases/{case.id}/dispose").status_code == 422
    assert looks(session) == [("case", str(case.id))]
    session.refresh(case)
    assert case.seen_at is not None


def test_looking_by_somebody_who_may_not_work_it_is_no_look_of_the_desk(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    case = make_contact_case(session, team)
    sign_in(client, make_user(session, role=Role.AUDITOR, area=team.area))
    assert client.get(f"/staff/cases/{case.id}").status_code == 403
    assert client.get("/staff/cases").text.count("Emergency") == 0
    assert case.seen_at is None


def test_no_area_in_the_address_breaks_the_queue(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, moderator(session, team))
    for area in ("%00", "%00/1/", "9" * 5000, "%"):
        assert client.get(f"/staff/cases?area={area}").status_code == 200


def test_claim_hand_over_acknowledge_and_close(client: Client, session: Session) -> None:
    team = make_team(session)
    desks.ensure_defaults(session, {"control_room": "control@carrowdale.police.example"})
    case = make_contact_case(session, team, text=WORDS)
    sign_in(client, moderator(session, team))
    path = f"/staff/cases/{case.id}"
    assert client.post(f"{path}/claim").status_code == 302
    page = client.get(path).text
    assert "You have this case." in page
    # The desk that the category belongs to is chosen already.
    room = session.scalars(select(Desk).where(Desk.code == "control_room")).one()
    assert re.search(rf'<option value="{room.id}"\s+selected', page)
    version = case.version
    answer = client.post(
        f"{path}/hand-over",
        data={"version": str(version), "desk_id": str(room.id), "threat": "Burglar", "note": "Go."},
    )
    assert answer.status_code == 302
    mail = session.scalars(select(Mail)).one()
    assert (mail.to_address, mail.is_urgent) == (room.email, True)
    assert f"> {WORDS}" in mail.body
    assert "Threat: Burglar\nGo." in mail.body
    assert WORDS not in mail.subject
    assert case.acted_at is not None
    link = re.search(r"/acknowledge/\S+", mail.body)
    assert link
    sign_out(client)
    shown = client.get(link[0]).text
    assert "Say that you have it" in shown
    assert WORDS not in shown
    assert client.post(link[0], data={"name": " "}).status_code == 422
    assert client.post(link[0], data={"name": "Jo Poe", "reference": "INC 7"}).status_code == 302
    assert "Jo Poe" in client.get(link[0]).text
    assert client.post(link[0], data={"name": "Other"}).status_code == 409
    row = session.scalars(select(HandOver)).one()
    assert (row.state, row.acknowledged_name) == (HandOverState.ACKNOWLEDGED, "Jo Poe")
    sign_in(client, moderator_of(session, case))
    assert "Control room has it (Jo Poe, INC 7)" in client.get("/staff/cases").text
    ended = {"disposition": "handed_over", "reason": "Patrol sent.", "close_contact": "y"}
    answer = client.post(f"{path}/dispose", data={**ended, "version": str(case.version)})
    assert answer.location == "/staff/cases"
    assert (case.state, case.disposition) == (CaseState.DISPOSED, Disposition.HANDED_OVER)
    assert case.contact is not None
    assert case.contact.state is ContactState.CLOSED
    assert "Patrol sent." in client.get(path).text
    assert client.post(f"{path}/reopen", data={"reason": "It goes on."}).status_code == 302
    assert case.state is CaseState.OPEN


def moderator_of(session: Session, case: Case) -> User:
    return session.get_one(User, case.claimed_by_id)


def sign_out(client: Client) -> None:
    with client.session_transaction() as cookie:
        cookie.clear()


def test_second_to_claim_is_told_who_has_it(client: Client, session: Session) -> None:
    team = make_team(session)
    case = make_contact_case(session, team)
    first, second = moderator(session, team), moderator(session, team, "Alex Late")
    sign_in(client, first)
    client.post(f"/staff/cases/{case.id}/claim")
    sign_in(client, second)
    answer = client.post(f"/staff/cases/{case.id}/claim")
    assert "Sam Moor has this case." in client.get(answer.location).text
    assert case.claimed_by_id == first.id
    ended = {"disposition": "no_action", "reason": "Nothing in it.", "version": str(case.version)}
    answer = client.post(f"/staff/cases/{case.id}/dispose", data=ended)
    assert answer.status_code == 409
    assert "Nothing in it." in answer.text, "what was typed is kept"
    client.post(f"/staff/cases/{case.id}/put-back")
    assert (case.state, case.claimed_by_id) == (CaseState.OPEN, None)


def test_who_decides_has_read_what_came_last(client: Client, session: Session) -> None:
    team = make_team(session)
    case = make_contact_case(session, team)
    sign_in(client, moderator(session, team))
    seen = str(case.version)
    make_message(session, team, contact=case.contact, text="Ignore that, all fine")
    ended = {"disposition": "no_action", "reason": "Nothing in it.", "version": seen}
    answer = client.post(f"/staff/cases/{case.id}/dispose", data=ended)
    assert answer.status_code == 409
    assert "Something new came" in answer.text
    assert "Ignore that" in answer.text
    again = {**ended, "version": re.findall(r'name="version"[^>]*value="(\d+)"', answer.text)[0]}
    assert client.post(f"/staff/cases/{case.id}/dispose", data=again).status_code == 302


def test_queue_narrows(client: Client, session: Session) -> None:
    team = make_team(session)
    mine, other = make_contact_case(session, team), make_contact_case(session, team)
    sign_in(client, moderator(session, team))
    client.post(f"/staff/cases/{mine.id}/claim")

    def shown(query: str) -> set[int]:
        page = client.get(f"/staff/cases?{query}").text
        return {int(number) for number in re.findall(r'data-case="(\d+)"', page)}

    assert shown("") == {mine.id, other.id}
    assert shown("mine=1") == {mine.id}
    assert shown("unclaimed=1") == {other.id}
    assert shown("overdue=1") == set()
    assert shown("kind=contact") == {mine.id, other.id}
    assert shown("kind=draft") == set()
    assert shown(f"area={team.area.path}") == {mine.id, other.id}
    assert shown("area=/999/") == set()
    assert shown("closed=1") == set()


def test_note_needs_words_and_is_kept(client: Client, session: Session) -> None:
    team = make_team(session)
    case = make_contact_case(session, team)
    sign_in(client, moderator(session, team))
    assert client.post(f"/staff/cases/{case.id}/note", data={"text": ""}).status_code == 422
    client.post(f"/staff/cases/{case.id}/note", data={"text": "Rang them back."})
    assert "Rang them back." in client.get(f"/staff/cases/{case.id}").text
