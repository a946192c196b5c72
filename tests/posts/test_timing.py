"""Local times: both clock changes, the past, and the far future."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import make_post, make_team, words
from vcp.kernel.errors import Invalid
from vcp.posts import service, timing
from vcp.posts.states import PostState

LONDON = ZoneInfo("Europe/London")
#: The clocks go forward on 28 March 2027 and back on 25 October 2026.
MISSING, TWICE = "2027-03-28T01:30", "2026-10-25T01:30"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "local, moment",
    [
        ("2026-07-01T09:30", "2026-07-01T08:30"),
        ("2026-12-01T09:30", "2026-12-01T09:30"),
        ("2027-03-28T00:59", "2027-03-28T00:59"),
        ("2027-03-28T02:00", "2027-03-28T01:00"),
        ("2026-10-25T00:59", "2026-10-24T23:59"),
        ("2026-10-25T02:00", "2026-10-25T02:00"),
    ],
)
def test_local_time_means_one_moment(local: str, moment: str) -> None:
    assert timing.moment_of(local, LONDON) == utc(moment)


@pytest.mark.parametrize("local", ["2027-03-28T01:00", MISSING, "2027-03-28T01:59"])
def test_hour_that_doesnt_exist_is_refused_with_another(local: str) -> None:
    with pytest.raises(Invalid, match=r"no 01:\d\d on 28 March 2027.*such as 02:"):
        timing.moment_of(local, LONDON)
    with pytest.raises(Invalid, match="clocks go forward"):
        timing.moment_of(local, LONDON, fold=1)


@pytest.mark.parametrize("local", ["2026-10-25T01:00", TWICE, "2026-10-25T01:59"])
def test_hour_that_comes_twice_is_asked_about(local: str) -> None:
    with pytest.raises(timing.AskWhichHour, match=r"first \(BST\) or the second \(GMT\)") as asked:
        timing.moment_of(local, LONDON)
    first, second = asked.value.choices
    assert (second - first).total_seconds() == 3600
    assert timing.moment_of(local, LONDON, fold=0) == first
    assert timing.moment_of(local, LONDON, fold=1) == second


@pytest.mark.parametrize("local", ["", "tomorrow", "2026-02-30T10:00", "2026-07-01", "25:00"])
def test_what_is_no_time_is_refused(local: str) -> None:
    with pytest.raises(Invalid, match="Give the date and the time"):
        timing.moment_of(local, LONDON)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "local, message",
    [
        ("2026-06-15T09:59", "has passed"),
        ("2026-06-15T10:00", "has passed"),
        ("2027-06-17T10:00", "more than a year"),
        (MISSING, "clocks go forward"),
        (TWICE, "comes twice"),
    ],
)
def test_draft_with_a_time_that_cant_be_used_changes_nothing(
    session: Session, local: str, message: str
) -> None:
    team = make_team(session)
    post = make_post(session, team)
    before = post.revision_id
    with pytest.raises(Invalid, match=message) as refused:
        service.save(session, post.id, words(team, text="New", wanted_local=local), by=team.officer)
    assert refused.value.field == "wanted_local"
    assert (post.revision_id, post.wanted_at) == (before, None)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("fold, moment", [(0, "2026-10-25T00:30"), (1, "2026-10-25T01:30")])
def test_post_goes_out_in_the_hour_that_was_meant(session: Session, fold: int, moment: str) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED, wanted_local=TWICE, wanted_fold=fold)
    session.refresh(post)
    assert {delivery.due_at for delivery in post.deliveries} == {utc(moment)}
    assert (post.wanted_local, post.zone) == (TWICE, "Europe/London")


@pytest.mark.usefixtures("clock")
def test_summer_and_winter_posts_keep_their_local_hour(session: Session) -> None:
    """Written in summer for a winter morning: nine o'clock stays nine o'clock."""
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED, wanted_local="2026-12-01T09:00")
    session.refresh(post)
    assert {delivery.due_at for delivery in post.deliveries} == {utc("2026-12-01T09:00")}


@pytest.mark.usefixtures("clock")
def test_last_moment_is_kept_or_a_day_after_it_is_due(session: Session) -> None:
    team = make_team(session)
    chosen = make_post(
        session,
        team,
        state=PostState.SCHEDULED,
        wanted_local="2026-06-15T12:00",
        not_after_local="2026-06-15T13:00",
    )
    usual = make_post(session, team, state=PostState.SCHEDULED, text="Another one")
    session.refresh(chosen)
    session.refresh(usual)
    assert {d.not_after for d in chosen.deliveries} == {utc("2026-06-15T12:00")}
    assert {d.not_after for d in usual.deliveries} == {utc("2026-06-16T09:00")}


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("last", ["2026-06-15T11:59", "2026-06-15T12:00"])
def test_last_moment_must_come_after_the_time(session: Session, last: str) -> None:
    team = make_team(session)
    with pytest.raises(Invalid, match="before the post goes out") as refused:
        make_post(session, team, wanted_local="2026-06-15T12:00", not_after_local=last)
    assert refused.value.field == "not_after_local"


def test_time_that_passed_before_submitting_is_refused(
    session: Session, clock: time_machine.Traveller
) -> None:
    team = make_team(session)
    post = make_post(session, team, wanted_local="2026-06-15T10:30")
    clock.shift(3600)
    with pytest.raises(Invalid, match="has passed"):
        service.submit(session, post.id, by=team.officer)
    assert post.state is PostState.DRAFT
    # The draft itself can still be worked on.
    service.save(
        session,
        post.id,
        words(team, text="Other words", wanted_local="2026-06-15T10:30"),
        by=team.officer,
    )


def test_late_approval_sends_nothing_and_asks_for_a_new_time(
    session: Session, clock: time_machine.Traveller
) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED, wanted_local="2026-06-15T10:30")
    clock.shift(3600)
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    session.refresh(post)
    assert post.state is PostState.APPROVED
    assert post.deliveries == []
    with pytest.raises(Invalid, match="has passed"):
        service.schedule(session, post.id, "2026-06-15T10:45", by=team.officer)
    service.schedule(session, post.id, "2026-06-15T12:00", by=team.officer)
    session.refresh(post)
    assert post.state is PostState.SCHEDULED
    assert {d.due_at for d in post.deliveries} == {utc("2026-06-15T11:00")}


def test_late_approval_can_be_sent_now(session: Session, clock: time_machine.Traveller) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED, wanted_local="2026-06-15T10:30")
    clock.shift(3600)
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    service.schedule(session, post.id, None, by=team.supervisor)
    session.refresh(post)
    assert {d.due_at for d in post.deliveries} == {utc("2026-06-15T10:00")}
