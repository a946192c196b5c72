"""A complaint about police is worked by nobody who speaks as whom it went to."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import desks, handing_over, service
from moderation.models import Case, Desk
from tests.client import Client
from tests.factories.contacts import make_message
from tests.factories.moderation import make_contact_case
from tests.factories.personas import add_member
from tests.factories.posts import Team, make_team
from tests.factories.users import sign_in
from vcp.contacts.states import Disposition
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import NotAllowed
from vcp.users.models import User


@pytest.fixture
def team(session: Session) -> Team:
    desks.ensure_defaults(session, {"standards": "standards@carrowdale.police.example"})
    return make_team(session)


def concerned(session: Session, team: Team) -> User:
    """A supervisor of the area who speaks as the persona that was written to."""
    add_member(session, persona=team.persona, user=team.supervisor)
    return team.supervisor


def worked(session: Session, case: Case, person: User) -> None:
    """Everything that a person does with a case, each refused."""
    standards = session.scalars(select(Desk).where(Desk.code == "standards")).one()
    for work in (
        lambda: service.claim(session, case.id, by=person),
        lambda: service.note(session, case.id, "Nothing in it.", by=person),
        lambda: service.dispose(session, case.id, Disposition.NO_ACTION, "No.", by=person),
        lambda: handing_over.hand_over(session, case.id, standards.id, "", by=person),
    ):
        with pytest.raises(NotAllowed, match="complaint about police"):
            work()


def test_a_complaint_is_worked_by_nobody_it_may_be_about(session: Session, team: Team) -> None:
    case = make_contact_case(session, team, category="police_complaint", priority="P3")
    person = concerned(session, team)
    worked(session, case, person)
    service.saw(session, case.id, person)
    session.refresh(case)
    assert case.seen_at is None, "nobody who may act has looked"
    service.claim(session, case.id, by=team.district_supervisor)
    assert case.claimed_by_id == team.district_supervisor.id


def test_a_complaint_that_joins_a_case_bars_them_from_then_on(session: Session, team: Team) -> None:
    case = make_contact_case(session, team, category="crime_report", priority="P3")
    person = concerned(session, team)
    service.claim(session, case.id, by=person)
    make_message(session, team, contact=case.contact, category="police_complaint", priority="P3")
    worked(session, case, person)
    case.seen_at = None
    session.flush()
    service.saw(session, case.id, person)
    session.refresh(case)
    assert case.seen_at is None
    service.put_back(session, case.id, by=team.district_supervisor)


def test_the_page_tells_whoever_is_concerned_and_offers_them_nothing(
    client: Client, session: Session, team: Team
) -> None:
    case = make_contact_case(session, team, category="police_complaint", priority="P3")
    sign_in(client, concerned(session, team))
    page = client.get(f"/staff/cases/{case.id}").text
    assert service.CONCERNED.split(".")[0] in page
    for action in ("/claim", "/dispose", "/hand-over", "Write an answer"):
        assert action not in page
    assert client.post(f"/staff/cases/{case.id}/claim").status_code == 403
    refusals = select(AuditEvent).where(
        AuditEvent.subject_kind == "case", AuditEvent.verb == "refused"
    )
    assert len(session.scalars(refusals).all()) == 1
    sign_in(client, team.district_supervisor)
    assert "/claim" in client.get(f"/staff/cases/{case.id}").text
