"""Held drafts: who releases what, how often, and how a case ends."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation import deciding, holds, queries
from moderation.models import Case
from moderation.states import CaseState
from tests.factories.moderation import NEVER, OPERATION, make_case, make_decision_maker
from tests.factories.posts import PLATE, Team, make_colleague, make_post, make_team, words
from tests.factories.users import give_role, make_user
from vcp.contacts.states import Disposition
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.posts import correcting
from vcp.posts import service as posts
from vcp.posts.states import POST, CorrectionState, PostState
from vcp.triage.categories import OUTBOUND

CLOSED = queries.Wanted(closed=True)
WHY = "The owner asked for it in writing."
BOTH = f"{OPERATION} Is this your van? AB12 CDE."


def release(session: Session, case: Case, category: str, person: object) -> Case:
    return holds.release(session, case.id, category, WHY, by=person)  # type: ignore[arg-type]


def test_hold_opens_a_case_with_its_clock(session: Session) -> None:
    team = make_team(session)
    plate, operation = (
        make_case(session, team, text=PLATE),
        make_case(session, team, text=OPERATION),
    )
    assert (plate.priority, plate.categories) == ("P2", "personal_data")
    assert (operation.priority, operation.categories) == ("P1", "operational_disclosure")
    assert plate.due_at - plate.opened_at == timedelta(minutes=30)
    assert operation.due_at - operation.opened_at == timedelta(minutes=5)
    assert plate.state is CaseState.OPEN


def test_decision_makers_of_the_category_and_area_are_told(session: Session) -> None:
    team = make_team(session)
    ours = make_decision_maker(session, team.district, "personal_data")
    every = make_decision_maker(session, team.area)
    make_decision_maker(session, team.area, "sub_judice")
    make_decision_maker(session, team.other_area, "personal_data")
    make_case(session, team, text=PLATE)
    assert set(session.scalars(select(Mail.to_address))) == {ours.email, every.email}
    assert not any("AB12" in body for body in session.scalars(select(Mail.body)))


def test_one_decision_maker_releases_a_p2(session: Session) -> None:
    team = make_team(session)
    person = make_decision_maker(session, team.area, "personal_data")
    case = release(session, make_case(session, team, text=PLATE), "personal_data", person)
    assert case.state is CaseState.DISPOSED
    assert (case.disposition, case.reason) == (Disposition.RELEASED, WHY)
    assert case.disposed_by_id == person.id
    assert case.post.state is PostState.SUBMITTED
    # Releasing isn't approving: the supervisor is asked now.
    assert team.supervisor.email in set(session.scalars(select(Mail.to_address)))


def test_p1_needs_two_different_decision_makers(session: Session) -> None:
    team = make_team(session)
    first = make_decision_maker(session, team.area, "operational_disclosure")
    second = make_decision_maker(session, team.district)
    case = make_case(session, team, text=OPERATION)
    release(session, case, "operational_disclosure", first)
    assert (case.state, case.post.state) == (CaseState.IN_REVIEW, PostState.HELD)
    with pytest.raises(Conflict, match="released this already"):
        release(session, case, "operational_disclosure", first)
    release(session, case, "operational_disclosure", second)
    assert (case.state, case.post.state) == (CaseState.DISPOSED, PostState.SUBMITTED)


def test_each_category_needs_its_own_releases(session: Session) -> None:
    team = make_team(session)
    gold = [make_decision_maker(session, team.area, "operational_disclosure") for _ in range(2)]
    data = make_decision_maker(session, team.area, "personal_data")
    case = make_case(session, team, text=BOTH)
    assert [n.category for n in deciding.needs(case)] == ["operational_disclosure", "personal_data"]
    release(session, case, "operational_disclosure", gold[0])
    release(session, case, "operational_disclosure", gold[1])
    assert case.post.state is PostState.HELD
    with pytest.raises(Conflict, match="all its releases"):
        release(session, case, "operational_disclosure", make_decision_maker(session, team.area))
    release(session, case, "personal_data", data)
    assert case.post.state is PostState.SUBMITTED


def wrong_people(session: Session, team: Team) -> dict[str, object]:
    return {
        "officer": make_user(session, area=team.area),
        "supervisor": team.supervisor,
        "moderator": make_user(session, role=Role.MODERATOR, area=team.area),
        "administrator": team.administrator,
        "auditor": make_user(session, role=Role.AUDITOR, area=team.area),
        "other category": make_decision_maker(session, team.area, "sub_judice"),
        "other area": make_decision_maker(session, team.other_area, "personal_data"),
    }


@pytest.mark.parametrize(
    "who",
    [
        "officer",
        "supervisor",
        "moderator",
        "administrator",
        "auditor",
        "other category",
        "other area",
    ],
)
def test_nobody_else_releases(session: Session, who: str) -> None:
    team = make_team(session)
    case = make_case(session, team, text=PLATE)
    with pytest.raises(NotAllowed) as refused:
        release(session, case, "personal_data", wrong_people(session, team)[who])
    assert (refused.value.subject_kind, refused.value.subject_id) == ("case", str(case.id))
    assert (case.state, case.releases) == (CaseState.OPEN, [])


def test_author_doesnt_release_their_own(session: Session) -> None:
    team = make_team(session)
    give_role(session, team.officer, Role.DECISION_MAKER, team.area)
    case = make_case(session, team, text=PLATE)
    with pytest.raises(NotAllowed, match="You wrote"):
        release(session, case, "personal_data", team.officer)
    assert deciding.offered(session, case, team.officer) == []


def test_releaser_who_isnt_an_author_may_approve(session: Session) -> None:
    team = make_team(session)
    person = make_decision_maker(session, team.area, "personal_data")
    give_role(session, person, Role.SUPERVISOR, team.area)
    case = release(session, make_case(session, team, text=PLATE), "personal_data", person)
    revision = case.post.revision
    assert revision is not None
    assert posts.approve(session, case.post.id, revision.sha256, by=person)


def test_some_categories_are_never_released(session: Session) -> None:
    team = make_team(session)
    person = make_decision_maker(session, team.area)
    case = make_case(session, team, text=NEVER)
    never = [need for need in deciding.needs(case) if not need.releasable]
    assert [need.category for need in never] == ["professional_boundary"]
    assert deciding.offered(session, case, person) == []
    for need in deciding.needs(case):
        with pytest.raises(NotAllowed, match="Nobody may release"):
            release(session, case, need.category, person)
    holds.return_to_author(session, case.id, "Your inspector will ring you.", by=person)
    assert case.disposition is Disposition.RETURNED


def test_never_releasable_are_those_of_the_table() -> None:
    never = {code for code, category in OUTBOUND.items() if not category.releasable}
    assert never == {"covert_or_surveillance", "professional_boundary"}


def test_what_was_not_screened_any_decision_maker_of_the_area_releases(session: Session) -> None:
    team = make_team(session)
    case = make_case(session, team, text="Diolch i bawb.", language="cy")
    assert case.categories == "not_screened"
    with pytest.raises(NotAllowed):
        release(
            session,
            case,
            "not_screened",
            make_decision_maker(session, team.other_area, "sub_judice"),
        )
    release(session, case, "not_screened", make_decision_maker(session, team.area, "sub_judice"))
    assert case.post.state is PostState.SUBMITTED


def test_reason_is_required(session: Session) -> None:
    team = make_team(session)
    person = make_decision_maker(session, team.area)
    case = make_case(session, team, text=PLATE)
    with pytest.raises(Invalid):
        holds.release(session, case.id, "personal_data", "  ", by=person)
    with pytest.raises(Invalid):
        holds.return_to_author(session, case.id, "", by=person)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.MODERATOR, Role.DECISION_MAKER])
def test_returned_draft_goes_back_with_the_reason(session: Session, role: Role) -> None:
    team = make_team(session)
    person = make_user(session, role=role, area=team.area)
    case = make_case(session, team, text=PLATE)
    holds.return_to_author(session, case.id, "Take out the plate.", by=person)
    assert (case.state, case.disposition) == (CaseState.DISPOSED, Disposition.RETURNED)
    assert (case.reason, case.disposed_by_id) == ("Take out the plate.", person.id)
    assert (case.post.state, case.post.returned_reason) == (PostState.DRAFT, "Take out the plate.")
    assert team.officer.email in set(session.scalars(select(Mail.to_address)))


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_other_roles_dont_return(session: Session, role: Role) -> None:
    team = make_team(session)
    case = make_case(session, team, text=PLATE)
    with pytest.raises(NotAllowed):
        holds.return_to_author(
            session, case.id, "No.", by=make_user(session, role=role, area=team.area)
        )


def test_taking_it_back_closes_the_case(session: Session) -> None:
    team = make_team(session)
    case = make_case(session, team, text=PLATE)
    posts.take_back(session, case.post.id, by=team.officer)
    assert (case.state, case.disposition) == (CaseState.DISPOSED, Disposition.RETURNED)
    assert case.disposed_by_id == team.officer.id


def test_editing_or_cancelling_it_closes_the_case(session: Session) -> None:
    team = make_team(session)
    edited, cancelled = make_case(session, team, text=PLATE), make_case(session, team, text=PLATE)
    posts.save(session, edited.post.id, words(team), by=team.officer)
    posts.cancel(session, cancelled.post.id, by=team.officer)
    assert [c.disposition for c in (edited, cancelled)] == [Disposition.RETURNED] * 2


def test_case_that_ended_takes_no_more_decisions(session: Session) -> None:
    team = make_team(session)
    person = make_decision_maker(session, team.area)
    case = make_case(session, team, text=PLATE)
    posts.take_back(session, case.post.id, by=team.officer)
    with pytest.raises(Conflict, match="returned meanwhile"):
        release(session, case, "personal_data", person)
    with pytest.raises(Conflict, match="returned meanwhile"):
        holds.return_to_author(session, case.id, "Again.", by=person)


def test_resubmitted_draft_gets_a_case_of_its_own(session: Session) -> None:
    team = make_team(session)
    first = make_case(session, team, text=PLATE)
    posts.take_back(session, first.post.id, by=team.officer)
    posts.submit(session, first.post.id, by=team.officer)
    states = session.scalars(select(Case.state).order_by(Case.id)).all()
    assert states == [CaseState.DISPOSED, CaseState.OPEN]


def test_sweep_opens_a_case_that_is_missing_once(session: Session) -> None:
    team = make_team(session)
    make_case(session, team, text=PLATE)
    session.execute(delete(Case))
    session.expire_all()
    assert holds.repair(session) == 1
    assert holds.repair(session) == 0
    opened = session.scalars(select(Case)).one()
    assert (opened.categories, opened.priority) == ("personal_data", "P2")


def test_held_correction_is_released_like_a_draft(session: Session) -> None:
    team = make_team(session)
    person = make_decision_maker(session, team.area)
    post = make_post(session, team, state=PostState.SCHEDULED)
    POST.apply(session, post, "start", by=team.officer)
    post.public_revision = post.revision
    correction = correcting.start_correction(
        session, post.id, words(team, text=PLATE), "A plate was missing.", by=team.officer
    )
    correcting.submit_correction(session, correction.id, by=team.officer)
    case = session.scalars(select(Case)).one()
    assert (case.correction_id, correction.state) == (correction.id, CorrectionState.HELD)
    release(session, case, "personal_data", person)
    assert correction.state is CorrectionState.SUBMITTED
    assert case.disposition is Disposition.RELEASED
    assert post.state is PostState.RELEASED


def test_held_correction_is_returned_like_a_draft(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    POST.apply(session, post, "start", by=team.officer)
    post.public_revision = post.revision
    correction = correcting.start_correction(
        session, post.id, words(team, text=PLATE), "A plate was missing.", by=team.officer
    )
    correcting.submit_correction(session, correction.id, by=team.officer)
    case = session.scalars(select(Case)).one()
    session.execute(delete(Case))
    session.expire_all()
    assert holds.repair(session) == 1
    case = session.scalars(select(Case)).one()
    holds.return_to_author(session, case.id, "Leave it out.", by=team.supervisor)
    assert (correction.state, case.disposition) == (CorrectionState.DRAFT, Disposition.RETURNED)


def test_trail_tells_the_whole_hold(session: Session) -> None:
    team = make_team(session)
    person = make_decision_maker(session, team.area)
    case = release(session, make_case(session, team, text=PLATE), "personal_data", person)
    lines = session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject_kind.in_(("case", "post")))
        .where(AuditEvent.verb != "create")
        .order_by(AuditEvent.at)
    )
    assert [(line.subject_kind, line.verb) for line in lines] == [
        ("post", "hold"),
        ("case", "release"),
        ("post", "release"),
        ("case", "dispose"),
    ]
    assert case.releases[0].reason == WHY


def test_people_see_the_cases_of_their_areas(session: Session) -> None:
    team = make_team(session)
    case = make_case(session, team, text=PLATE)
    assert session.scalar(queries.open_count(team.supervisor)) == 1
    assert session.scalar(queries.open_count(team.district_supervisor)) == 1
    assert session.scalar(queries.open_count(team.other_supervisor)) == 0
    assert session.scalar(queries.open_count(team.officer)) == 0
    assert list(queries.page(session, team.supervisor).items) == [case]
    assert list(queries.page(session, team.supervisor, 1, CLOSED).items) == []
    with pytest.raises(NotAllowed):
        queries.must_see(team.other_supervisor, case)


def test_colleague_with_a_hand_in_it_doesnt_release(session: Session) -> None:
    team = make_team(session)
    colleague = make_colleague(session, team)
    give_role(session, colleague, Role.DECISION_MAKER, team.area)
    post = make_post(session, team)
    posts.save(session, post.id, words(team, text=PLATE), by=colleague)
    posts.submit(session, post.id, by=team.officer)
    case = session.scalars(select(Case)).one()
    with pytest.raises(NotAllowed, match="You wrote"):
        release(session, case, "personal_data", colleague)
