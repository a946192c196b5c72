"""What residents read when something on an account of ours isn't ours."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.alarms import COINS, approve_statements, make_alarm
from tests.factories.posts import Team, make_team
from tests.factories.public import page_of, render
from vcp.kernel import clock
from vcp.kernel.settings import Settings
from vcp.posts import alarms, disavowing
from vcp.posts.watch_models import AccountAlarm, Disavowal
from vcp.residents import checking
from vcp.residents.site import site_of
from vcp.residents.stale import mark_run_out
from vcp.residents.verdicts import Outcome, Verdict

WHERE = ("/statements/", "/")


@pytest.fixture
def team(session: Session) -> Team:
    approve_statements(session)
    return make_team(session)


@pytest.fixture
def alarm(session: Session, team: Team) -> AccountAlarm:
    return make_alarm(session, team.mastodon, remote_id="113")


def say(
    session: Session, alarm: AccountAlarm, team: Team, settings: Settings, *, whole: bool = False
) -> Disavowal:
    words = disavowing.ready(session, alarm, settings, is_whole_account=whole)
    assert words is not None
    made = disavowing.disavow(
        session,
        alarm.id,
        words.sha256,
        is_whole_account=whole,
        settings=settings,
        by=team.supervisor,
    )
    render(session)
    return made


def places(team: Team) -> tuple[str, ...]:
    return (*WHERE, f"/officers/{team.persona.slug}/")


def words(page: str) -> str:
    return " ".join("".join(etree.HTML(page).itertext()).split())


def verdict(app: Flask, session: Session, typed: str) -> Verdict:
    return checking.check(session, site_of(app), typed)


def test_what_we_say_is_read_where_residents_look(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    render(session)
    said = say(session, alarm, team, settings)
    for path in places(team):
        page = page_of(settings, path)
        assert said.text in words(page), path
        assert COINS not in page
    feed = json.loads((settings.site / "statements" / "feed.json").read_text())
    (item,) = feed["items"]
    assert item["content_text"] == said.text
    atom = etree.parse(settings.site / "statements" / "feed.atom")
    assert said.text.partition(".")[0] in "".join(atom.getroot().itertext())


def test_what_was_taken_back_says_so_and_warns_no_more(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    said = say(session, alarm, team, settings)
    alarms.explain(session, alarm.id, "The press office.", by=team.supervisor)
    render(session)
    assert "Taken back" in words(page_of(settings, "/statements/"))
    for path in places(team)[1:]:
        assert said.text not in words(page_of(settings, path))


def test_a_warning_about_one_post_leaves_the_first_pages_after_a_while(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    said = say(session, alarm, team, settings)
    said.published_at = clock.now() - timedelta(days=14, minutes=1)
    mark_run_out(session)
    render(session)
    assert said.text in words(page_of(settings, "/statements/"))
    for path in places(team)[1:]:
        assert said.text not in words(page_of(settings, path))


def test_checking_the_foreign_post_says_that_it_is_not_ours(
    app: Flask, session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    local = str(team.mastodon.handle).partition("@")[0]
    address = f"{team.mastodon.base_url}/@{local}/113"
    assert verdict(app, session, address).outcome is Outcome.UNKNOWN_POST
    said = say(session, alarm, team, settings)
    found = verdict(app, session, address)
    assert (found.outcome, found.statement) == (Outcome.DISAVOWED, said.text)
    alarms.explain(session, alarm.id, "The press office.", by=team.supervisor)
    assert verdict(app, session, address).outcome is Outcome.UNKNOWN_POST


def test_checking_an_account_that_we_do_not_control_says_so(
    app: Flask, session: Session, team: Team, alarm: AccountAlarm, settings: Settings
) -> None:
    handle = f"@{team.mastodon.handle}"
    assert verdict(app, session, handle).statement == ""
    said = say(session, alarm, team, settings, whole=True)
    found = verdict(app, session, handle)
    assert (found.outcome, found.statement) == (Outcome.GENUINE, said.text)


def test_the_page_to_check_shows_it(
    session: Session, team: Team, alarm: AccountAlarm, settings: Settings, client: Client
) -> None:
    said = say(session, alarm, team, settings, whole=True)
    client.get("/check")
    page = client.post("/check", data={"what": f"@{team.mastodon.handle}"}).text
    assert said.text in words(page)
