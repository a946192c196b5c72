"""Slots, quiet hours, windows before elections, bank holidays: what they offer and warn of."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.contacts import make_message
from tests.factories.posts import make_post, make_team, words
from tests.factories.schedule import make_quiet_hours, make_slot, make_window
from tests.factories.users import sign_in
from vcp.kernel.errors import Invalid, NotAllowed
from vcp.posts import bank_holidays, service, slots, time_warnings, times
from vcp.posts.schedule_models import QuietHours
from vcp.posts.states import PostState
from vcp.posts.times import Kind

pytestmark = pytest.mark.usefixtures("clock")


def free(session: Session, team: object) -> str:
    found = slots.next_free(session, team.persona)  # type: ignore[attr-defined]  # a team
    return found.local if found else "none"


def test_next_free_slot_is_one_that_nothing_has_taken(session: Session) -> None:
    """It is Monday, ten o'clock: today's has passed."""
    team = make_team(session)
    assert free(session, team) == "none"
    make_slot(session, team)
    assert free(session, team) == "2026-06-16T08:15"
    post = make_post(session, team, wanted_local="2026-06-16T08:15")
    assert free(session, team) == "2026-06-17T08:15"
    own = slots.next_free(session, team.persona, post.id)
    assert own is not None
    assert own.local == "2026-06-16T08:15", "its own place counts as free"
    service.cancel(session, post.id, by=team.officer)
    assert free(session, team) == "2026-06-16T08:15"


def test_slot_on_working_days_skips_the_weekend(session: Session) -> None:
    team = make_team(session)
    make_slot(session, team, days="SA", name="Market")
    assert free(session, team) == "2026-06-20T08:15"


def test_slot_of_another_persona_isnt_offered(session: Session) -> None:
    team = make_team(session)
    make_slot(session, team, area_id=team.other_area.id, area_path=team.other_area.path)
    assert free(session, team) == "none"
    make_slot(session, team, persona_id=team.persona.id)
    assert free(session, team) == "2026-06-16T08:15"


def test_slot_is_a_choice_beside_now_and_a_time(client: Client, session: Session) -> None:
    team = make_team(session)
    make_slot(session, team)
    sign_in(client, team.officer)
    path = f"/staff/posts/new?persona={team.persona.slug}"
    assert "In the next free slot: Morning, 16 June 2026 at 08:15 BST" in client.get(path).text
    typed = {"text": "Bikes.", "language": "en", "when": "slot", "action": "save"}
    saved = client.post(path, data={**typed, "channel_ids": str(team.own_feed.id)})
    assert saved.status_code == 302
    post_id = int(saved.headers["Location"].split("/")[3])
    assert service.found(session, post_id).wanted_local == "2026-06-16T08:15"
    without = client.post(
        f"/staff/posts/{post_id}/edit", data={**typed, "when": "elsewhere", "action": "save"}
    )
    assert without.status_code == 422


@pytest.mark.parametrize(
    "local, is_quiet",
    [
        ("2026-06-19T21:59", False),
        ("2026-06-19T22:00", True),
        ("2026-06-20T06:59", True),
        ("2026-06-20T07:00", False),
        ("2026-06-20T22:30", False),
        ("2026-06-21T03:00", False),
    ],
)
def test_quiet_hours_over_midnight_belong_to_the_eve(
    session: Session, local: str, is_quiet: bool
) -> None:
    """From Friday at ten until Saturday at seven."""
    row = QuietHours(days="FR", begins="22:00", ends="07:00")
    moment = datetime.fromisoformat(local)
    assert time_warnings.is_quiet(row, moment) == is_quiet


def test_scheduling_into_quiet_hours_warns_and_the_approver_must_answer(session: Session) -> None:
    team = make_team(session)
    make_quiet_hours(session, team)
    post = make_post(session, team, wanted_local="2026-06-16T23:00", state=PostState.SUBMITTED)
    sha = service.newest(post).sha256
    with pytest.raises(Invalid, match="warns"):
        service.approve(session, post.id, sha, by=team.supervisor)
    service.approve(session, post.id, sha, by=team.supervisor, warning_answer="It is the match.")
    assert post.state is PostState.SCHEDULED


def test_what_is_sent_at_once_is_never_in_quiet_hours(session: Session) -> None:
    team = make_team(session)
    make_quiet_hours(session, team, begins="00:00", ends="23:59")
    assert make_post(session, team, state=PostState.SCHEDULED).state is PostState.SCHEDULED


def test_quiet_hours_of_another_area_are_not_ours(session: Session) -> None:
    team = make_team(session)
    make_quiet_hours(session, team, area_id=team.other_area.id, area_path=team.other_area.path)
    post = make_post(session, team, wanted_local="2026-06-16T23:00", state=PostState.SCHEDULED)
    assert post.state is PostState.SCHEDULED


@pytest.mark.parametrize("where", ["area", "district"])
def test_posting_before_an_election_needs_a_reason_and_an_answer(
    session: Session, where: str
) -> None:
    team = make_team(session)
    area = getattr(team, where)
    make_window(session, team, area_id=area.id, area_path=area.path)
    post = make_post(session, team, wanted_local="2026-07-02T09:00")
    with pytest.raises(Invalid, match="Say why") as refused:
        service.submit(session, post.id, by=team.officer)
    assert refused.value.field == "warning_reason"
    service.submit(session, post.id, by=team.officer, warning_reason="A road is closed.")
    sha = service.newest(post).sha256
    with pytest.raises(Invalid, match="warns"):
        service.approve(session, post.id, sha, by=team.supervisor)
    service.approve(session, post.id, sha, by=team.supervisor, warning_answer="Agreed.")
    assert post.state is PostState.SCHEDULED


def test_answer_to_a_resident_needs_no_reason_before_an_election(session: Session) -> None:
    team = make_team(session)
    make_window(session, team, first_day=date(2026, 6, 1))
    message = make_message(session, team, text="When do you mark bikes again?")
    post = service.create_draft(
        session, team.persona.id, words(team, text="On Friday."), by=team.officer, answers=message
    )
    service.submit(session, post.id, by=team.officer)
    assert post.state is PostState.SUBMITTED


def test_days_outside_the_window_need_nothing(session: Session) -> None:
    team = make_team(session)
    make_window(session, team)
    for local in ("2026-06-30T23:59", "2026-08-01T00:00"):
        post = make_post(session, team, wanted_local=local, text=local, state=PostState.SCHEDULED)
        assert post.state is PostState.SCHEDULED


def test_words_about_politics_are_held_in_a_window_and_only_warned_about_outside(
    session: Session,
) -> None:
    team = make_team(session)
    text = "So proud of our new mayor."
    outside = make_post(session, team, text=text, wanted_local="2026-06-20T09:00")
    service.submit(session, outside.id, by=team.officer)
    assert outside.state is PostState.SUBMITTED
    make_window(session, team)
    inside = make_post(session, team, text=text, wanted_local="2026-07-02T09:00")
    service.submit(session, inside.id, by=team.officer, warning_reason="Asked for.")
    assert inside.state is PostState.HELD


def test_composer_shows_what_warns_about_the_time_and_takes_the_reason(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    make_window(session, team)
    sign_in(client, team.officer)
    path = f"/staff/posts/new?persona={team.persona.slug}"
    typed = {
        "text": "Bikes.",
        "language": "en",
        "channel_ids": str(team.own_feed.id),
        "when": "later",
        "on": "2026-07-02",
        "at": "09:00",
    }
    checked = client.post(path, data={**typed, "action": "check"})
    assert "before an election" in checked.text
    assert 'name="warning_reason"' in checked.text
    refused = client.post(path, data={**typed, "action": "submit"})
    assert refused.status_code == 422
    assert 'name="warning_reason"' in refused.text
    assert "An election is near" in refused.text
    kept = client.post(path, data={**typed, "action": "submit", "warning_reason": "Needed."})
    assert kept.status_code == 302


def test_bank_holidays_are_those_of_the_place(app: Flask, session: Session) -> None:
    spring = date(2026, 8, 31)
    assert bank_holidays.on(spring) is not None
    settings = app.extensions["vcp_settings"]
    app.extensions["vcp_settings"] = settings.model_copy(update={"bank_holidays": "GB-SCT"})
    assert bank_holidays.on(spring) is None
    assert bank_holidays.on(date(2026, 11, 30)) is not None
    app.extensions["vcp_settings"] = settings.model_copy(update={"bank_holidays": ""})
    assert bank_holidays.between(date(2026, 1, 1), date(2026, 12, 31)) == {}
    assert bank_holidays.is_known("GB-NIR")
    assert not bank_holidays.is_known("GB-XX")


def test_scheduling_on_a_bank_holiday_is_said(client: Client, session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, wanted_local="2026-12-25T09:00")
    sign_in(client, team.officer)
    assert "25 December 2026 is a bank holiday" in client.get(f"/staff/posts/{post.id}").text


def test_supervisor_sets_times_of_the_own_area_only(session: Session) -> None:
    team = make_team(session)
    slot = times.add_slot(session, team.area.id, "Noon", ["SU", "MO"], "12:00", by=team.supervisor)
    assert slot.days == "MO,SU"
    with pytest.raises(NotAllowed):
        times.add_slot(session, team.area.id, "Noon", ["MO"], "12:00", by=team.other_supervisor)
    with pytest.raises(NotAllowed):
        times.remove(session, Kind.SLOT, slot.id, by=team.officer)
    times.remove(session, Kind.SLOT, slot.id, by=team.district_supervisor)
    assert times.slots(session, team.supervisor) == []


def test_times_that_cant_be_are_refused(session: Session) -> None:
    team = make_team(session)
    person, area = team.supervisor, team.area.id
    with pytest.raises(Invalid, match="at least one day"):
        times.add_slot(session, area, "Noon", [], "12:00", by=person)
    with pytest.raises(Invalid, match="time of day"):
        times.add_slot(session, area, "Noon", ["MO"], "24:00", by=person)
    with pytest.raises(Invalid, match="end when they begin"):
        times.add_quiet_hours(session, area, ["MO"], "10:00", "10:00", by=person)
    with pytest.raises(Invalid, match="before the first"):
        times.add_window(session, area, date(2026, 7, 2), date(2026, 7, 1), "", by=person)
    with pytest.raises(Invalid, match="120 days"):
        times.add_window(session, area, date(2026, 1, 1), date(2026, 7, 1), "", by=person)


def test_late_answer_to_a_warning_sends_nothing_by_surprise(session: Session) -> None:
    team = make_team(session)
    make_quiet_hours(session, team)
    post = make_post(session, team, wanted_local="2026-06-15T22:30", state=PostState.SUBMITTED)
    assert post.wanted_at == datetime(2026, 6, 15, 21, 30, tzinfo=UTC)
    service.save(session, post.id, words(team, text="Other"), by=team.officer)
    assert post.state is PostState.DRAFT
