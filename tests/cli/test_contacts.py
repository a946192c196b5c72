"""`vcp contacts`: conversations for other programs, and the look in the trail."""

import json

from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.inbound import URGENT, said, take_in
from tests.factories.posts import make_team
from vcp.cli import main
from vcp.contacts import arriving
from vcp.kernel.audit import AuditEvent
from vcp.kernel.settings import Settings


def run(settings: Settings, *options: str) -> str:
    """Run the command on this installation; return what it printed."""
    environment = {
        "VCP_MODE": "test",
        "VCP_INSTANCE": str(settings.instance),
        "VCP_DATABASE_URL": settings.database,
    }
    done = CliRunner().invoke(main, ["contacts", *options], env=environment)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_contacts_are_listed_without_words_unless_asked_for(
    session: Session, settings: Settings
) -> None:
    team = make_team(session)
    first = said(URGENT, remote_id="a")
    items = [said("Hello", remote_id="b", in_reply_to_id="a"), first]
    arriving.store(session, team.mastodon.id, items)
    take_in(session)
    session.commit()
    (row,) = [json.loads(line) for line in run(settings, "--json").splitlines()]
    assert (row["priority"], row["handle"], row["state"]) == ("P1", "robin@towns.example", "open")
    assert [one["remote_id"] for one in row["messages"]] == ["a", "b"]
    assert URGENT not in json.dumps(row)
    (row,) = [json.loads(line) for line in run(settings, "--json", "--text").splitlines()]
    assert row["messages"][0]["text"] == URGENT
    assert "robin@towns.example" in run(settings)


def test_the_look_is_in_the_trail(session: Session, settings: Settings) -> None:
    make_team(session)
    session.commit()
    run(settings, "--json", "--text")
    event = session.scalars(select(AuditEvent).where(AuditEvent.verb == "export")).one()
    assert (event.subject_kind, event.via, event.actor_id) == (
        "contact",
        "command",
        "machine:command",
    )
    assert event.payload is not None
    assert "system_user" in event.payload.body
