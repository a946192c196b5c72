"""Series: one yes to the words, each post once at its local time, and nothing by surprise."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_colleague, make_team, words
from tests.factories.schedule import (
    SURGERY,
    approve,
    make_plan,
    make_quiet_hours,
    make_series,
    make_window,
)
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.mail import Mail
from vcp.posts import approvals, moving, series, series_making, service
from vcp.posts.models import Post
from vcp.posts.schedule_models import Occurrence, Series
from vcp.posts.series_rules import Every, Rule
from vcp.posts.states import POST, DeliveryState, PostState

TUESDAY = date(2026, 6, 16)
AUTUMN = datetime(2026, 10, 15, 9, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def occurrences(session: Session, row: Series) -> list[Occurrence]:
    session.flush()
    asked = select(Occurrence).where(Occurrence.series_id == row.id).order_by(Occurrence.day)
    return list(session.scalars(asked))


def made(session: Session, row: Series) -> list[Post]:
    return [found.post for found in occurrences(session, row) if found.post is not None]


def only(posts: list[Post]) -> Post:
    assert len(posts) == 1, posts
    return posts[0]


@pytest.mark.usefixtures("clock")
def test_post_of_a_series_is_made_a_week_ahead_from_the_approved_words(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team)
    series_making.make(session, row.id)
    post = only(made(session, row))
    assert post.state is PostState.SCHEDULED
    assert post.wanted_at == utc("2026-06-16T08:30")
    assert post.not_after == utc("2026-06-16T09:30")
    assert service.newest(post).text == SURGERY
    yes = approvals.in_force(session, post, post.revision_id)
    assert yes is not None
    assert yes.approved_by_id == team.supervisor.id
    assert yes.revision_sha256 == service.newest(row.template).sha256
    session.refresh(post)
    assert {delivery.state for delivery in post.deliveries} == {DeliveryState.QUEUED}
    assert len(post.deliveries) == 2
    assert row.template.deliveries == [], "its own words never go out"


def test_nothing_is_made_twice_and_nothing_skipped(
    session: Session, clock: time_machine.Traveller
) -> None:
    team = make_team(session)
    row = make_series(session, team, rule=Rule(Every.DAY, times=30))
    for _ in range(20):
        series_making.make(session, row.id)
        series_making.make(session, row.id)
        clock.shift(timedelta(days=1))
    days = [found.day for found in occurrences(session, row)]
    assert days == [TUESDAY + timedelta(days=number) for number in range(len(days))]
    assert len(days) == 26
    assert len(made(session, row)) == 26


@pytest.mark.parametrize("month, offset", [(10, 1), (3, 1)])
def test_half_past_nine_stays_half_past_nine_when_the_clocks_change(
    session: Session, clock: time_machine.Traveller, month: int, offset: int
) -> None:
    """The weekly surgery, over the Sunday on which the clocks go back, and forward."""
    before = {10: datetime(2026, 10, 12, 9, tzinfo=UTC), 3: datetime(2027, 3, 15, 9, tzinfo=UTC)}
    clock.move_to(before[month])
    team = make_team(session)
    row = make_series(session, team, starts_on=before[month].date())
    for _ in range(3):
        series_making.make(session, row.id)
        clock.shift(timedelta(days=7))
    posts = made(session, row)
    assert {post.wanted_local[-5:] for post in posts if post.wanted_local} == {"09:30"}
    hours = [post.wanted_at.hour for post in posts if post.wanted_at]
    assert hours == ([8, 8, 9] if month == 10 else [9, 9, 8])
    assert len(set(hours)) == 1 + offset


def test_hour_that_doesnt_exist_is_told_ahead_and_not_sent(
    session: Session, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2027, 3, 24, 9, tzinfo=UTC))
    team = make_team(session)
    row = make_series(
        session, team, rule=Rule(Every.DAY, times=10), at="01:30", starts_on=date(2027, 3, 25)
    )
    series_making.make(session, row.id)
    missed = [found for found in occurrences(session, row) if found.missed_because]
    assert [found.day for found in missed] == [date(2027, 3, 28)]
    assert "clocks go forward" in (missed[0].missed_because or "")
    post = series.take_out(session, row.id, date(2027, 3, 28), by=team.officer)
    assert post.state is PostState.DRAFT


def test_hour_that_comes_twice_means_the_first(
    session: Session, clock: time_machine.Traveller
) -> None:
    clock.move_to(datetime(2026, 10, 24, 9, tzinfo=UTC))
    team = make_team(session)
    rule = Rule(Every.WEEK, ("SU",), times=1)
    row = make_series(session, team, rule=rule, at="01:30", starts_on=date(2026, 10, 25))
    series_making.make(session, row.id)
    assert only(made(session, row)).wanted_at == utc("2026-10-25T00:30")


@pytest.mark.usefixtures("clock")
def test_nothing_is_made_before_a_second_person_has_said_yes(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team, approved=False)
    assert series_making.make(session, row.id) == []
    service.submit(session, row.template_id, by=team.officer)
    assert series_making.make(session, row.id) == []
    sha = service.newest(row.template).sha256
    with pytest.raises(NotAllowed):
        service.approve(session, row.template_id, sha, by=team.officer)
    service.approve(session, row.template_id, sha, by=team.supervisor)
    assert len(series_making.make(session, row.id)) == 1


def test_late_approval_sends_nothing_by_surprise(
    session: Session, clock: time_machine.Traveller
) -> None:
    team = make_team(session)
    row = make_series(session, team, approved=False)
    clock.move_to(datetime(2026, 6, 16, 8, 45, tzinfo=UTC))
    approve(session, team, row)
    series_making.make(session, row.id)
    first, *later = occurrences(session, row)
    assert first.day == TUESDAY
    assert first.missed_because == series_making.NOT_APPROVED
    assert [found.day for found in later] == [TUESDAY + timedelta(days=7)]
    told = session.scalars(select(Mail).where(Mail.subject.startswith("Not sent"))).all()
    assert [mail.to_address for mail in told] == [team.officer.email]


@pytest.mark.parametrize("minutes, is_sent", [(30, True), (61, False), (60 * 24 * 3, False)])
def test_what_was_missed_while_nothing_ran_is_sent_in_time_or_listed(
    session: Session, clock: time_machine.Traveller, minutes: int, is_sent: bool
) -> None:
    team = make_team(session)
    row = make_series(session, team)
    clock.move_to(datetime(2026, 6, 16, 8, 30, tzinfo=UTC) + timedelta(minutes=minutes))
    series_making.make(session, row.id)
    first = occurrences(session, row)[0]
    assert first.day == TUESDAY
    assert (first.post is not None) == is_sent
    assert (first.missed_because == series_making.LATE) != is_sent


@pytest.mark.usefixtures("clock")
def test_editing_the_words_undoes_what_was_made_and_other_words_need_another_yes(
    session: Session,
) -> None:
    team = make_team(session)
    row = make_series(session, team)
    series_making.make(session, row.id)
    old = only(made(session, row))
    service.save(session, row.template_id, words(team, text="Now at the hall."), by=team.officer)
    assert old.state is PostState.CANCELLED
    session.refresh(old)
    assert {delivery.state for delivery in old.deliveries} == {DeliveryState.CANCELLED}
    assert approvals.in_force(session, old, old.revision_id) is None
    assert series_making.make(session, row.id) == []
    approve(session, team, row)
    series_making.make(session, row.id)
    new = only(made(session, row))
    assert new.id != old.id
    assert service.newest(new).text == "Now at the hall."


def test_editing_leaves_alone_what_is_out(session: Session, clock: time_machine.Traveller) -> None:
    team = make_team(session)
    row = make_series(session, team)
    series_making.make(session, row.id)
    post = only(made(session, row))
    POST.apply(session, post, "start", by=series_making.CLOCK)
    clock.shift(timedelta(days=2))
    service.take_back(session, row.template_id, by=team.officer)
    assert post.state is PostState.RELEASED


@pytest.mark.usefixtures("clock")
def test_another_rule_needs_another_yes_but_another_name_doesnt(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team)
    series_making.make(session, row.id)
    series.change(session, row.id, make_plan(name="Surgery"), by=team.officer)
    assert row.template.state is PostState.APPROVED
    series.change(session, row.id, make_plan(at="10:00"), by=team.officer)
    assert row.template.state is PostState.DRAFT
    assert made(session, row) == []


@pytest.mark.usefixtures("clock")
def test_nobody_approves_days_that_changed_since_they_looked(session: Session) -> None:
    """The words are the same, so their hash alone would let it through."""
    team = make_team(session)
    row = make_series(session, team, approved=False)
    service.submit(session, row.template_id, by=team.officer)
    read = series.sha256_of(row)
    series.must_be_as_read(session, row.template_id, read)
    series.change(session, row.id, make_plan(rule=Rule(Every.DAY, times=9)), by=team.officer)
    service.submit(session, row.template_id, by=team.officer)
    with pytest.raises(Conflict, match="changed since you looked"):
        series.must_be_as_read(session, row.template_id, read)


@pytest.mark.usefixtures("clock")
def test_day_that_was_moved_goes_its_own_way(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team)
    series_making.make(session, row.id)
    post = only(made(session, row))
    moving.move(session, post.id, "2026-06-17T11:00", by=team.officer)
    assert post.state is PostState.DRAFT, "another time is an edit"
    assert occurrences(session, row)[0].own_since is not None
    series_making.make(session, row.id)
    assert only(made(session, row)) is post, "its day isn't made again"
    service.save(session, row.template_id, words(team, text="Other words."), by=team.officer)
    assert post.state is PostState.DRAFT, "and it keeps its words"


@pytest.mark.usefixtures("clock")
def test_day_left_out_is_never_made(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team, except_days=(TUESDAY,))
    assert series_making.make(session, row.id) == []
    later = TUESDAY + timedelta(days=7)
    series.drop(session, row.id, later, by=team.officer)
    assert "EXDATE;TZID=Europe/London:20260616T093000,20260623T093000" in series.as_ical(
        row, [TUESDAY, later]
    )
    with pytest.raises(Invalid, match="no day of this series"):
        series.drop(session, row.id, TUESDAY + timedelta(days=1), by=team.officer)


@pytest.mark.usefixtures("clock")
def test_leaving_a_day_out_cancels_what_was_made(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team)
    series_making.make(session, row.id)
    post = only(made(session, row))
    series.drop(session, row.id, TUESDAY, by=team.officer)
    assert post.state is PostState.CANCELLED
    assert series_making.make(session, row.id) == []


@pytest.mark.usefixtures("clock")
def test_stopped_series_sends_nothing_more(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team)
    series_making.make(session, row.id)
    post = only(made(session, row))
    series.stop(session, row.id, by=team.supervisor)
    assert (row.template.state, post.state) == (PostState.CANCELLED, PostState.CANCELLED)
    with pytest.raises(Conflict, match="was stopped"):
        series.change(session, row.id, make_plan(), by=team.officer)


def test_approval_runs_out_after_half_a_year(
    session: Session, clock: time_machine.Traveller
) -> None:
    team = make_team(session)
    row = make_series(session, team)
    team.persona.verification_expires_at = None
    clock.shift(timedelta(days=190))
    yes = approvals.in_force(session, row.template, row.template.revision_id)
    assert yes is not None
    due = series.moment_of(row, date(2026, 12, 22))
    assert series_making.why_not(session, row, yes, due) == series_making.RUN_OUT


@pytest.mark.usefixtures("clock")
def test_persona_without_leave_makes_nothing(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team)
    for leave in team.persona.capabilities:
        leave.revoked_at = leave.granted_at
    session.flush()
    assert series_making.make(session, row.id) == []


@pytest.mark.usefixtures("clock")
def test_quiet_hours_are_warned_about_at_approval(session: Session) -> None:
    team = make_team(session)
    make_quiet_hours(session, team, begins="09:00", ends="10:00", days="TU")
    row = make_series(session, team, approved=False)
    service.submit(session, row.template_id, by=team.officer)
    sha = service.newest(row.template).sha256
    with pytest.raises(Invalid, match="warns"):
        service.approve(session, row.template_id, sha, by=team.supervisor)
    service.approve(session, row.template_id, sha, by=team.supervisor, warning_answer="Agreed.")
    assert len(series_making.make(session, row.id)) == 1


def test_election_that_nobody_spoke_of_stops_the_series(
    session: Session, clock: time_machine.Traveller
) -> None:
    team = make_team(session)
    row = make_series(session, team)
    make_window(session, team)
    clock.move_to(datetime(2026, 6, 30, 12, tzinfo=UTC))
    series_making.make(session, row.id)
    assert date(2026, 7, 7) not in [found.day for found in occurrences(session, row)]
    clock.move_to(datetime(2026, 7, 7, 8, 31, tzinfo=UTC))
    series_making.make(session, row.id)
    last = occurrences(session, row)[-1]
    assert (last.day, last.missed_because) == (date(2026, 7, 7), series_making.ELECTION)
    service.take_back(session, row.template_id, by=team.officer)
    approve(session, team, row, reason="The surgery is not political.")
    series_making.make(session, row.id)
    assert [found.day for found in occurrences(session, row) if found.post][-1] == date(2026, 7, 14)


@pytest.mark.usefixtures("clock")
def test_words_of_a_series_cant_be_sent_or_moved_themselves(session: Session) -> None:
    team = make_team(session)
    row = make_series(session, team)
    with pytest.raises(Conflict, match="words of a series"):
        service.schedule(session, row.template_id, None, by=team.officer)
    with pytest.raises(Conflict, match="words of a series"):
        moving.move(session, row.template_id, "2026-06-17T11:00", by=team.officer)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "changed, message",
    [
        ({"name": " "}, "name"),
        ({"at": "25:00"}, "time of day"),
        ({"rule": Rule(Every.WEEK, (), times=3)}, "at least one day"),
        ({"rule": Rule(Every.WEEK, ("TU",))}, "until which day"),
        ({"rule": Rule(Every.WEEK, ("TU",), times=0)}, "from 1 to"),
        ({"rule": Rule(Every.WEEK, ("TU",), until=date(2029, 1, 1))}, "too long"),
        ({"rule": Rule(Every.WEEK, ("TU",), until=date(2026, 6, 1))}, "would go out any more"),
        ({"rule": Rule(Every.MONTH_BY_DATE, month_day=31, times=3)}, "1 to 28"),
    ],
)
def test_rule_that_cant_be_kept_is_refused(
    session: Session, changed: dict[str, Any], message: str
) -> None:
    team = make_team(session)
    with pytest.raises(Invalid, match=message):
        series.start(session, team.persona.id, make_plan(**changed), by=team.officer)


@pytest.mark.usefixtures("clock")
def test_series_belongs_to_those_who_write_as_its_persona(session: Session) -> None:
    team: Team = make_team(session)
    row = make_series(session, team)
    for person in (team.supervisor, team.administrator, team.other_supervisor):
        with pytest.raises(NotAllowed):
            series.drop(session, row.id, TUESDAY, by=person)
    series.drop(session, row.id, TUESDAY, by=make_colleague(session, team))
