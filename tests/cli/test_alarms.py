"""`vcp alarms --json` and what `vcp doctor` says of our accounts."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from tests.factories.alarms import COINS, make_alarm
from tests.factories.posts import make_team
from vcp.cli import main
from vcp.kernel.settings import Settings
from vcp.posts import checks


def test_every_alarm_is_on_a_line_without_what_was_seen(
    session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = make_team(session)
    alarm = make_alarm(session, team.mastodon)
    session.commit()
    monkeypatch.setenv("VCP_MODE", "test")
    monkeypatch.setenv("VCP_INSTANCE", str(settings.instance))
    monkeypatch.setenv("VCP_DATABASE_URL", settings.database)
    result = CliRunner().invoke(main, ["alarms", "--json"])
    assert result.exit_code == 0, result.output
    (line,) = result.output.splitlines()
    row = json.loads(line)
    assert (row["id"], row["kind"], row["state"]) == (alarm.id, "posted", "open")
    assert (row["remote_id"], row["account"]) == (alarm.remote_id, team.mastodon.handle)
    assert COINS not in line


def test_the_doctor_tells_of_alarms_and_of_accounts_that_nobody_watches(session: Session) -> None:
    team = make_team(session)
    session.commit()
    before = {check.name: check.is_well for check in checks.checks()}
    assert before["accounts are ours alone"]
    assert before["accounts watched"]
    make_alarm(session, team.mastodon)
    team.mastodon.sealed_credentials = b"not opened here"
    session.commit()
    after = {check.name: check for check in checks.checks()}
    assert not after["accounts are ours alone"].is_well
    assert team.mastodon.name in after["accounts watched"].advice
    assert not after["accounts watched"].is_well
