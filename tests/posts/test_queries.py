"""What lists show, and what becomes of a post as worked out from its deliveries."""

from collections.abc import Sequence

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from officer_profiles.states import PERSONA
from tests.factories.posts import make_post, make_team
from tests.factories.users import make_user
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.posts import queries
from vcp.posts.states import POST, DeliveryState, PostState
from vcp.users import service as users

D = DeliveryState


@pytest.mark.parametrize(
    "states, outward",
    [
        ((D.QUEUED, D.QUEUED), "publishing"),
        ((D.PUBLISHED, D.QUEUED), "publishing"),
        ((D.PUBLISHED, D.OUTCOME_UNKNOWN), "publishing"),
        ((D.PUBLISHED, D.BLOCKED_AUTH), "publishing"),
        ((D.FAILED, D.RETRY_WAIT), "publishing"),
        ((D.PUBLISHED, D.PUBLISHED), "published"),
        ((D.PUBLISHED, D.FAILED), "partly_published"),
        ((D.PUBLISHED, D.EXPIRED), "partly_published"),
        ((D.FAILED, D.FAILED), "failed"),
        ((D.EXPIRED, D.CANCELLED), "failed"),
        ((D.PUBLISHED, D.NEEDS_PERSON), "needs_person"),
        ((D.FAILED, D.NEEDS_PERSON), "needs_person"),
    ],
)
def test_outward_state_is_worked_out_from_the_deliveries(
    session: Session, states: Sequence[DeliveryState], outward: str
) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    assert queries.outward_state(post) == "scheduled"
    POST.apply(session, post, "start", by=team.officer)
    session.refresh(post)
    for delivery, state in zip(post.deliveries, states, strict=True):
        delivery.state = state
    assert queries.outward_state(post) == outward


def test_number_waiting_is_what_the_person_may_approve(session: Session) -> None:
    team = make_team(session)
    make_post(session, team, state=PostState.SUBMITTED)
    make_post(session, team, state=PostState.SUBMITTED)
    make_post(session, team)
    assert queries.waiting_count(session, team.supervisor) == 2
    assert queries.waiting_count(session, team.district_supervisor) == 2
    assert queries.awaiting_approval(session, team.supervisor).total == 2
    for person in (team.officer, team.other_supervisor, team.administrator):
        assert queries.waiting_count(session, person) == 0


def test_own_posts_dont_wait_for_oneself(session: Session) -> None:
    team = make_team(session)
    users.grant_role(session, team.officer.id, Role.SUPERVISOR, team.area.id, team.administrator)
    make_post(session, team, state=PostState.SUBMITTED)
    assert queries.waiting_count(session, team.officer) == 0
    assert queries.awaiting_others(session, team.officer) == 1


def test_what_comes_next_is_first(session: Session) -> None:
    team = make_team(session)
    later = make_post(session, team, state=PostState.SCHEDULED, wanted_local="2027-01-10T09:00")
    sooner = make_post(session, team, state=PostState.SCHEDULED, wanted_local="2027-01-09T09:00")
    make_post(session, team)
    assert list(queries.coming(session, team.supervisor).items) == [sooner, later]
    assert list(queries.coming(session, team.other_supervisor).items) == []


def test_lists_keep_to_the_persons_own_and_areas(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team)
    stranger = make_user(session, area=team.other_area)
    assert list(queries.mine(session, team.officer).items) == [post]
    assert list(queries.mine(session, team.supervisor).items) == []
    assert list(queries.in_areas(session, team.supervisor).items) == [post]
    assert list(queries.in_areas(session, stranger).items) == []
    none = queries.in_areas(session, team.supervisor, 1, PostState.RELEASED)
    assert list(none.items) == []


@pytest.mark.usefixtures("clock")
def test_leavers_posts_stop_and_their_supervisor_is_told(session: Session) -> None:
    team = make_team(session)
    waiting = make_post(session, team, state=PostState.SCHEDULED, wanted_local="2026-06-16T09:00")
    make_post(session, team)
    assert queries.stopped_for(session, team.supervisor) == []
    session.execute(delete(Mail))
    users.suspend(session, team.officer.id, "Under investigation.", team.administrator)
    assert queries.stopped_for(session, team.supervisor) == [waiting]
    assert queries.stopped_for(session, team.other_supervisor) == []
    assert "suspended" in (queries.stopped_because(waiting) or "")
    told = session.scalars(select(Mail.to_address).where(Mail.subject.startswith("Stopped"))).all()
    assert sorted(told) == sorted([team.supervisor.email, team.district_supervisor.email])


def test_suspended_personas_posts_are_listed_as_stopped(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    assert queries.stopped_because(post) is None
    PERSONA.apply(session, team.persona, "suspend", by=team.supervisor)
    assert queries.stopped_for(session, team.supervisor) == [post]
    assert "is suspended" in (queries.stopped_because(post) or "")
