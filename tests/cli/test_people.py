"""`vcp users` and `vcp areas`: the same rules as the pages, said in one line."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.areas import make_area
from tests.factories.users import PASSWORD, SECRET, code_now, make_user
from vcp.areas import queries as areas
from vcp.cli import main
from vcp.kernel.audit import AuditEvent
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.users import access, queries
from vcp.users.states import UserState

PRODUCTION = {
    "VCP_MODE": "production",
    "VCP_SECRET_KEYS": json.dumps(["s" * 40]),
    "VCP_BASE_URL": "https://vcp.force.example",
    "VCP_SMTP_HOST": "mail.force.example",
}


class Vcp:
    """The command, on this test's database."""

    def __init__(self, settings: Settings, session: Session) -> None:
        self.session = session
        self.env = {
            "VCP_MODE": "test",
            "VCP_INSTANCE": str(settings.instance),
            "VCP_DATABASE_URL": settings.database_url,
        }

    def __call__(self, *words: str, stdin: str = "", **env: str) -> Result:
        self.session.commit()
        result = CliRunner().invoke(main, words, input=stdin, env={**self.env, **env})
        self.session.rollback()
        self.session.expire_all()
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    def json(self, *words: str, **more: Any) -> dict[str, Any]:
        result = self(*words, "--json", **more)
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.output)
        return found


@pytest.fixture
def vcp(app: Flask, settings: Settings, session: Session) -> Vcp:
    return Vcp(settings, session)


def test_the_first_administrator_is_added_on_an_empty_installation(
    vcp: Vcp, session: Session, settings: Settings
) -> None:
    said = vcp.json("users", "add", "Boss@Force.example", "The Boss", "--role", "administrator")
    user = queries.by_email(session, "boss@force.example")
    force = areas.force(session)
    assert user is not None
    assert force is not None
    assert force.name == settings.force_name
    assert [(g.role, g.area_path) for g in user.grants] == [(Role.ADMINISTRATOR, force.path)]
    assert access.whose_password(session, user.email, said["password"]) == user.id
    assert access.take_code(session, settings, user, said["recovery_codes"][0])


def test_password_and_secret_may_be_given(vcp: Vcp, session: Session, settings: Settings) -> None:
    make_area(session, kind="district", name="North")
    roles = ("--role", "officer:north", "--role", "decision_maker:north:identifies_child")
    secret = ("--password-stdin", "--totp-secret", SECRET.lower())
    vcp.json("users", "add", "a@b.example", "A", *roles, *secret, stdin=f"{PASSWORD}\n")
    user = queries.by_email(session, "a@b.example")
    assert user is not None
    assert [(g.role, g.category) for g in user.grants] == [
        (Role.OFFICER, None),
        (Role.DECISION_MAKER, "identifies_child"),
    ]
    assert access.whose_password(session, user.email, PASSWORD) == user.id
    assert access.take_code(session, settings, user, code_now())
    held = user.grants[1]
    assert f"decision_maker:{held.area_path}:identifies_child" in vcp("users", "list").output


@pytest.mark.parametrize(
    "words, message",
    [
        (("no-address", "A", "--role", "officer"), "not an e-mail address"),
        (("a@b.example", "A", "--role", "king"), "is no role"),
        (("a@b.example", "A", "--role", "officer:nowhere"), "There is no area"),
        (("a@b.example", "A", "--role", "decision_maker::nonsense"), "is no category"),
        (("a@b.example", "A", "--role", "officer::sub_judice"), "Only a decision maker"),
        (("a@b.example", " ", "--role", "officer"), "Give a name"),
        (("a@b.example", "A", "--role", "officer", "--totp-secret", "1"), "base 32"),
        (("a@b.example", "A", "--role", "officer", "--password-stdin"), "as one line"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_changes_nothing(
    vcp: Vcp, session: Session, words: tuple[str, ...], message: str
) -> None:
    make_area(session, kind="force")
    result = vcp("users", "add", *words)
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output
    assert not queries.anybody(session)


def test_in_production_a_link_is_printed_and_nobody_is_added_without_an_administrator(
    vcp: Vcp, session: Session
) -> None:
    first = vcp("users", "add", "a@b.example", "A", "--role", "administrator", **PRODUCTION)
    assert first.exit_code == 0, first.output
    assert "https://vcp.force.example/links/" in first.output
    assert "password" not in first.output
    user = queries.by_email(session, "a@b.example")
    assert user is not None
    assert user.state == UserState.INVITED
    second = vcp("users", "add", "c@d.example", "C", "--role", "administrator", **PRODUCTION)
    assert second.exit_code == 1
    assert "--as" in second.output
    chosen = ("--password-stdin", "--role", "officer")
    third = vcp("users", "add", "c@d.example", "C", *chosen, stdin="x\n", **PRODUCTION)
    assert third.exit_code != 0
    assert queries.by_email(session, "c@d.example") is None


def test_in_production_a_command_needs_the_second_factor(
    vcp: Vcp, session: Session, settings: Settings
) -> None:
    strict = settings.model_copy(update={"secret_keys": []})
    keys = json.dumps([strict.signing_keys()[0]])
    boss = make_user(session, role=Role.ADMINISTRATOR, settings=settings)
    user = make_user(session)
    env = {**PRODUCTION, "VCP_SECRET_KEYS": keys}
    words = ("users", "suspend", user.email, "--reason", "a reason", "--as", boss.email)
    assert vcp(*words, "--otp", "000000", **env).exit_code == 1
    assert user.state == UserState.ACTIVE
    assert vcp(*words, "--otp", code_now(), **env).exit_code == 0
    assert user.state == UserState.SUSPENDED


def test_suspending_restoring_leaving(vcp: Vcp, session: Session) -> None:
    boss, user = make_user(session, role=Role.ADMINISTRATOR), make_user(session)
    for verb, state in (
        ("suspend", UserState.SUSPENDED),
        ("restore", UserState.ACTIVE),
        ("depart", UserState.DEPARTED),
    ):
        result = vcp("users", verb, user.email, "--reason", "a reason", "--as", boss.email)
        assert result.exit_code == 0, result.output
        assert user.state == state
    event = session.scalars(select(AuditEvent).where(AuditEvent.verb == "depart")).one()
    assert (event.actor_id, event.via) == (boss.actor_id, "command")


def test_a_refusal_is_said_and_recorded(vcp: Vcp, session: Session) -> None:
    boss, supervisor = (
        make_user(session, role="administrator"),
        make_user(session, role="supervisor"),
    )
    for by, words in (
        (boss, ("users", "grant", boss.email, "supervisor")),
        (supervisor, ("users", "grant", boss.email, "officer")),
        (boss, ("users", "suspend", boss.email, "--reason", "a reason")),
    ):
        result = vcp(*words, "--as", by.email)
        assert result.exit_code == 1
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.at.desc())).first()
        assert event is not None
        assert (event.verb, event.actor_id, event.via) == ("refused", by.actor_id, "command")


def test_roles_are_given_and_taken_away(vcp: Vcp, session: Session) -> None:
    boss, user = make_user(session, role=Role.ADMINISTRATOR), make_user(session)
    make_area(session, kind="district", name="North")
    assert vcp("users", "grant", user.email, "supervisor:north", "--as", boss.email).exit_code == 0
    assert {g.role for g in user.grants} == {Role.OFFICER, Role.SUPERVISOR}
    revoked = vcp("users", "revoke", user.email, "supervisor:north", "--as", boss.email)
    assert revoked.exit_code == 0
    assert {g.role for g in user.grants} == {Role.OFFICER}
    again = vcp("users", "revoke", user.email, "supervisor:north", "--as", boss.email)
    assert again.exit_code == 1


def test_who_runs_the_machine_helps_the_only_administrator_and_nobody_else(
    vcp: Vcp, session: Session
) -> None:
    boss, user = make_user(session, role=Role.ADMINISTRATOR), make_user(session)
    assert vcp("users", "link", user.email, "join").exit_code == 1
    result = vcp("users", "link", boss.email, "join")
    assert result.exit_code == 0
    assert "/links/" in result.output


def test_listing(vcp: Vcp, session: Session) -> None:
    user = make_user(session, name="PC Ashby")
    rows = [json.loads(line) for line in vcp("users", "list", "--json").output.splitlines()]
    role = {"role": "officer", "area_path": "/1/", "category": None}
    assert rows == [
        {
            "id": user.id,
            "email": user.email,
            "name": "PC Ashby",
            "state": "active",
            "roles": [role],
        }
    ]
    assert "PC Ashby" in vcp("users", "list").output


def test_areas_are_added_imported_and_listed(vcp: Vcp, session: Session, tmp_path: Path) -> None:
    assert vcp("areas", "add", "force", "Carrowdale", "--from", "2020-01-01").exit_code == 0
    assert vcp("areas", "add", "district", "North", "--parent", "carrowdale").exit_code == 0
    file = tmp_path / "areas.csv"
    file.write_text("kind,name,parent,valid_from\nneighbourhood,Quays,north,2100-01-01\n")
    assert "a dry run" in vcp("areas", "import", str(file), "--dry-run").output
    assert len(areas.tree(session)) == 2
    assert vcp("areas", "import", str(file)).exit_code == 0
    rows = [json.loads(line) for line in vcp("areas", "list", "--json").output.splitlines()]
    assert [row["slug"] for row in rows] == ["carrowdale", "north", "quays"]
    file.write_text("kind,name,parent,valid_from\nbeat,Pier,north,2100-01-01\n")
    refused = vcp("areas", "import", str(file))
    assert refused.exit_code == 1
    assert "nothing was stored" in refused.output
