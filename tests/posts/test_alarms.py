"""Alarms about our accounts: who works on them, how they end, and what is said in public."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories.alarms import COINS, approve_statements, make_alarm
from tests.factories.posts import Team, make_team
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotShown
from vcp.kernel.mail import Mail
from vcp.kernel.settings import Settings
from vcp.posts import alarm_queries, alarms, disavowing, standard
from vcp.posts.states import AlarmState
from vcp.posts.watch_models import AccountAlarm, AlarmKind, Disavowal


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def alarm(session: Session, team: Team) -> AccountAlarm:
    return make_alarm(session, team.mastodon)


def say(
    session: Session, alarm: AccountAlarm, team: Team, settings: Settings, *, whole: bool = False
) -> Disavowal:
    words = disavowing.ready(session, alarm, settings, is_whole_account=whole)
    assert words is not None
    return disavowing.disavow(
        session,
        alarm.id,
        words.sha256,
        is_whole_account=whole,
        settings=settings,
        by=team.supervisor,
    )


def lines(session: Session, verb: str, subject: str) -> int:
    rows = select(func.count()).where(AuditEvent.verb == verb, AuditEvent.subject_kind == subject)
    return session.scalar(rows) or 0


def test_those_concerned_are_told_at_once_and_not_what_was_seen(
    session: Session, team: Team, alarm: AccountAlarm
) -> None:
    mails = session.scalars(select(Mail)).all()
    told = {mail.to_address for mail in mails}
    people = (team.officer, team.supervisor, team.district_supervisor, team.administrator)
    assert {person.email for person in people} <= told
    assert team.other_supervisor.email not in told
    assert all(mail.is_urgent and COINS not in mail.body + mail.subject for mail in mails)
    assert f"/staff/alarms/{alarm.id}" in mails[0].body


def test_ours_by_hand_closes_it_with_a_reason(
    session: Session, team: Team, alarm: AccountAlarm
) -> None:
    with pytest.raises(Invalid):
        alarms.call_ours(session, alarm.id, " ", by=team.supervisor)
    alarms.acknowledge(session, alarm.id, by=team.administrator)
    alarms.call_ours(session, alarm.id, "Sam, at the market.", by=team.supervisor)
    assert (alarm.state, alarm.reason) == (AlarmState.OURS, "Sam, at the market.")
    assert lines(session, "call_ours", "alarm") == lines(session, "acknowledge", "alarm") == 1
    with pytest.raises(Conflict):
        alarms.acknowledge(session, alarm.id, by=team.supervisor)
    alarms.reopen(session, alarm.id, by=team.supervisor)
    assert alarm.state is AlarmState.OPEN


def test_officers_see_it_and_do_not_decide(
    session: Session, team: Team, alarm: AccountAlarm
) -> None:
    assert session.scalar(alarm_queries.open_count(team.officer)) == 1
    with pytest.raises(NotAllowed):
        alarms.explain(session, alarm.id, "Nothing.", by=team.officer)
    with pytest.raises(NotShown):
        alarm_queries.one(session, team.other_supervisor, alarm.id)
    assert session.scalar(alarm_queries.open_count(team.other_supervisor)) == 0


def test_an_administrator_has_no_power_over_public_words(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    sha256 = approve_statements(session)
    with pytest.raises(NotAllowed):
        disavowing.disavow(
            session,
            alarm.id,
            sha256,
            is_whole_account=False,
            settings=settings,
            by=team.administrator,
        )


def test_words_that_two_people_have_not_approved_are_never_published(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    standard.ensure_proposed(session)
    assert disavowing.ready(session, alarm, settings, is_whole_account=False) is None
    reply = next(r for r in standard.every(session) if r.category == "disavow_posted")
    standard.approve(session, reply.id, reply.sha256, by=team.supervisor)
    with pytest.raises(Conflict, match="Two people"):
        disavowing.disavow(
            session,
            alarm.id,
            reply.sha256,
            is_whole_account=False,
            settings=settings,
            by=team.supervisor,
        )


def test_other_words_than_were_shown_are_not_published(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    approve_statements(session)
    with pytest.raises(Conflict, match="changed"):
        disavowing.disavow(
            session,
            alarm.id,
            "0" * 64,
            is_whole_account=False,
            settings=settings,
            by=team.supervisor,
        )


def test_what_is_said_is_filled_from_the_record_and_repeats_nothing(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    approve_statements(session)
    said = say(session, alarm, team, settings)
    assert str(team.mastodon.handle) in said.text
    assert settings.force_name in said.text
    assert COINS not in said.text
    assert "{" not in said.text
    assert (alarm.state, alarm.disavowal_id) == (AlarmState.DISAVOWED, said.id)
    with pytest.raises(Conflict):
        say(session, alarm, team, settings)


@pytest.mark.parametrize("kind", list(disavowing.CATEGORY))
def test_there_are_words_for_each_kind(
    session: Session, team: Team, settings: Settings, kind: AlarmKind
) -> None:
    approve_statements(session)
    assert say(session, make_alarm(session, team.mastodon, kind=kind), team, settings).text


def test_a_copy_of_our_own_words_is_not_disowned(
    session: Session, team: Team, settings: Settings
) -> None:
    approve_statements(session)
    stray = make_alarm(session, team.mastodon, kind=AlarmKind.STRAY)
    with pytest.raises(Conflict):
        say(session, stray, team, settings)


def test_disowning_the_account_closes_all_its_alarms_and_no_other_ones(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    approve_statements(session)
    second = make_alarm(session, team.mastodon)
    elsewhere = make_alarm(session, team.own_feed)
    said = say(session, second, team, settings, whole=True)
    assert said.is_whole_account
    assert said.happened_at == alarm.happened_at
    assert [one.state for one in (alarm, second, elsewhere)] == [
        AlarmState.DISAVOWED,
        AlarmState.DISAVOWED,
        AlarmState.OPEN,
    ]


def test_explaining_the_last_of_them_takes_the_statement_back(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    approve_statements(session)
    second = make_alarm(session, team.mastodon)
    said = say(session, second, team, settings, whole=True)
    alarms.explain(session, alarm.id, "A test by the press office.", by=team.supervisor)
    assert said.withdrawn_at is None
    with pytest.raises(NotAllowed):
        alarms.explain(session, second.id, "The same.", by=team.administrator)
    alarms.explain(session, second.id, "The same.", by=team.supervisor)
    assert said.withdrawn_at is not None
    assert lines(session, "publish", "disavowal") == lines(session, "withdraw", "disavowal") == 1


def test_an_alarm_that_was_raised_again_is_not_opened_twice(session: Session, team: Team) -> None:
    first = make_alarm(session, team.mastodon, kind=AlarmKind.RENAMED, remote_id="")
    alarms.explain(session, first.id, "The press office.", by=team.supervisor)
    second = make_alarm(session, team.mastodon, kind=AlarmKind.RENAMED, remote_id="")
    assert second.id != first.id
    session.commit()
    with pytest.raises(Conflict, match="newer"):
        alarms.reopen(session, first.id, by=team.supervisor)
