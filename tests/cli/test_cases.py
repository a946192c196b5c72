"""`vcp cases --json`: each case on a line, without anybody's words."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from moderation import desks, handing_over
from tests.factories.moderation import make_case, make_contact_case
from tests.factories.posts import PLATE, make_team
from tests.factories.users import make_user
from vcp.cli import main
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings


def test_every_case_is_on_a_line_with_its_clock_and_hand_overs(
    session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = make_team(session)
    desks.ensure_defaults(session, {"control_room": "control@carrowdale.police.example"})
    person = make_user(session, role=Role.MODERATOR, area=team.area)
    draft = make_case(session, team, text=PLATE)
    waits = make_contact_case(session, team, text="Robin's own words")
    given = make_contact_case(session, team)
    room = desks.first_choice(session, "emergency_in_progress")
    assert room is not None
    handing_over.hand_over(session, given.id, room.id, "Go.", by=person)
    session.commit()
    monkeypatch.setenv("VCP_MODE", "test")
    monkeypatch.setenv("VCP_INSTANCE", str(settings.instance))
    monkeypatch.setenv("VCP_DATABASE_URL", settings.database)
    result = CliRunner().invoke(main, ["cases", "--json"])
    assert result.exit_code == 0, result.output
    held, contact, handed = (json.loads(line) for line in result.output.splitlines())
    assert (held["id"], held["kind"], held["awaited"]) == (draft.id, "draft", "decide")
    assert held["releases"] == [{"category": "personal_data", "needed": 1, "have": 0}]
    assert (contact["id"], contact["kind"]) == (waits.id, "contact")
    assert contact["contact_id"] == waits.contact_id
    assert (contact["awaited"], contact["is_overdue"]) == ("look", False)
    assert (contact["hand_overs"], contact["claimed_by"]) == ([], None)
    assert (handed["awaited"], handed["claimed_by"]) == ("acknowledgement", person.email)
    assert [(h["desk"], h["state"]) for h in handed["hand_overs"]] == [("control_room", "sent")]
    assert handed["acted_at"] is not None
    for words in ("Robin", "Go.", "AB12"):
        assert words not in result.output
