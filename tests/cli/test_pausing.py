"""`vcp pause`: the same rules as the pages, without a browser."""

import json
from collections.abc import Callable
from contextvars import Context
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from tests.factories.pauses import make_force_supervisor
from tests.factories.posts import Team, make_post, make_team
from vcp.cli import main
from vcp.kernel.settings import Settings
from vcp.posts.states import PostState


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def vcp(
    session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Run a command; what the test holds is stored first."""
    for name, value in (("MODE", "test"), ("DATABASE_URL", settings.database)):
        monkeypatch.setenv(f"VCP_{name}", value)

    def run(*asked: str) -> Any:
        session.commit()
        command = [*asked, "--instance", str(settings.instance)]
        result = Context().run(CliRunner().invoke, main, command)
        assert "Traceback" not in result.output
        session.expire_all()
        return result

    return run


def lines(result: Any) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_everything_is_stopped_by_one_and_lifted_by_two(
    session: Session, team: Team, vcp: Callable[..., Any]
) -> None:
    chief = make_force_supervisor(session)
    stop = vcp(
        "pause", "--everything", "--reason", "Stolen", "--as", team.supervisor.email, "--json"
    )
    (row,) = lines(stop)
    assert (row["scope"], row["state"], row["takes_two"]) == ("everything", "in_force", True)
    make_post(session, team, state=PostState.SCHEDULED)
    rows = lines(vcp("deliveries", "--json"))
    assert all("Stolen" in row["stopped_by"] for row in rows)

    lift = ("pause", "--lift", str(row["id"]), "--reason", "Over", "--json", "--as")
    assert lines(vcp(*lift, chief.email))[0]["state"] == "lift_proposed"
    again = vcp(*lift, chief.email)
    assert again.exit_code == 1
    assert "another person" in again.output
    assert lines(vcp(*lift, team.administrator.email))[0]["state"] == "lifted"
    (listed,) = lines(vcp("pause", "--list", "--json"))
    assert (listed["lifted_by"], listed["proposed_by"]) == (team.administrator.email, chief.email)

    rows = lines(vcp("deliveries", "--json"))
    assert all("became due" in row["stopped_by"] for row in rows)
    by = ("--as", team.supervisor.email)
    assert vcp("pause", "--let-go", rows[0]["id"], *by).exit_code == 0
    assert vcp("pause", "--cancel", rows[1]["id"], *by).exit_code == 0
    rows = lines(vcp("deliveries", "--json"))
    assert [row["stopped_by"] for row in rows] == [None, None]
    assert [row["state"] for row in rows] == ["queued", "cancelled"]


@pytest.mark.parametrize("scope", ["area", "persona", "network", "channel"])
def test_a_part_is_paused_by_its_name(team: Team, vcp: Callable[..., Any], scope: str) -> None:
    named = {
        "area": team.district.slug,
        "persona": team.persona.slug,
        "network": "mastodon",
        "channel": team.mastodon.name,
    }[scope]
    by = team.administrator.email
    (row,) = lines(vcp("pause", f"--{scope}", named, "--reason", "Why", "--as", by, "--json"))
    assert (row["scope"], row["takes_two"]) == (scope, False)
    refused = vcp("pause", f"--{scope}", named, "--as", team.officer.email, "--reason", "Why")
    assert refused.exit_code == 1
    assert lines(vcp("pause", "--lift", str(row["id"]), "--reason", "Over", "--as", by, "--json"))


def test_one_thing_is_asked_at_a_time_and_by_somebody(team: Team, vcp: Callable[..., Any]) -> None:
    assert vcp("pause").exit_code == 2
    assert vcp("pause", "--everything", "--list").exit_code == 2
    assert vcp("pause", "--everything", "--reason", "Why").exit_code == 2
    assert "Nothing to show" in vcp("pause", "--list").output
