"""`vcp channels budget`, what `vcp channels list` tells of a channel at work, `vcp db restored`."""

from types import SimpleNamespace

from sqlalchemy.orm import Session

from tests.channels.conftest import people
from tests.cli.test_channels import Run, rows, run
from tests.factories.channels import make_channel
from tests.factories.posts import make_post, make_team
from vcp.channels import conditions, resting
from vcp.channels.models import Channel
from vcp.kernel.audit import AuditEvent
from vcp.posts import claiming
from vcp.posts.gap_models import GapCheck, LedgerGap
from vcp.posts.states import PostState

__all__ = ["people", "run"]


def x_channel(session: Session, people: SimpleNamespace) -> Channel:
    return make_channel(session, area=people.harbour, network="x")


def test_a_budget_is_set_taken_back_and_refused(
    run: Run, session: Session, people: SimpleNamespace
) -> None:
    channel = x_channel(session, people)
    asking = ("channels", "budget", channel.id)
    who = ("--as", people.admin.email, "--json")
    (row,) = rows(run(*asking, "12.5", *who))
    assert (row["budget"], row["spent"]) == ("$12.50", "$0.00")
    (row,) = rows(run(*asking, "default", *who))
    assert row["budget"] is None
    for wrong in ("a lot", "-1", "0", "nan", "inf"):
        assert run(*asking, "--", wrong, *who).exit_code != 0
    assert run(*asking, "5", "--as", people.officer.email).exit_code != 0
    verbs = [event.verb for event in session.query(AuditEvent).filter_by(verb="set_budget")]
    assert len(verbs) == 2


def test_the_list_tells_how_each_channel_fares(
    run: Run, session: Session, people: SimpleNamespace
) -> None:
    x, mastodon = x_channel(session, people), make_channel(session, area=people.harbour)
    for _ in range(resting.FAILURES):
        resting.note_failure(session, mastodon.id, "No answer.", by=claiming.PUBLISHER)
    condition = conditions.of(session, mastodon.id)
    condition.lag_ms, condition.lag_samples = 1500, 3
    listed = {row["id"]: row for row in rows(run("channels", "list", "--json"))}
    row = listed[mastodon.id]
    assert row["failures"] == resting.FAILURES
    assert "rests" in row["waits"][0]
    assert row["waits_until"]
    assert (row["lag_s"], row["lag_samples"], row["looked_for"]) == (1.5, 3, 0)
    assert (row["spent"], row["budget"]) == (None, None)
    assert row["capabilities"]["supports_edit"] is True
    assert listed[x.id]["spent"] == "$0.00"
    assert listed[x.id]["waits"] == []


def test_restored_has_what_is_unsent_looked_for_first(run: Run, session: Session) -> None:
    team = make_team(session)
    make_post(session, team, state=PostState.SCHEDULED)
    result = run("db", "restored", "--since", "2026-06-01T10:00")
    assert result.exit_code == 0, result.output
    assert "2026-06-01T10:00:00+00:00: 1 deliveries" in result.output
    (check,) = session.query(GapCheck)
    assert check.channel_id == team.mastodon.id
    assert session.query(LedgerGap).one().missing_attempt is None
    assert claiming.channels_due(session) == [team.own_feed.id]
