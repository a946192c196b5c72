"""`vcp channels` and `vcp personas`: the same rules as the pages."""

import json
from collections.abc import Callable
from contextvars import Context
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import queries
from officer_profiles.states import PersonaState
from tests.channels.conftest import net, people
from tests.factories.channels import make_own_feed
from tests.factories.personas import make_persona
from tests.factories.users import code_now, make_user
from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_x_shapes import SECRET
from vcp.channels.models import Channel, SettlePolicy
from vcp.channels.states import ChannelState
from vcp.cli import main
from vcp.kernel.audit import AuditEvent
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.networks.registry import PASTED_KEYS

__all__ = ["net", "people"]

Run = Callable[..., Result]


@pytest.fixture
def run(session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Type a command, as somebody at a terminal of this installation."""
    monkeypatch.setenv("VCP_MODE", "test")
    monkeypatch.setenv("VCP_INSTANCE", str(settings.instance))
    monkeypatch.setenv("VCP_DATABASE_URL", settings.database)

    def typed(*words: object, stdin: str | None = None) -> Result:
        session.commit()
        result = Context().run(CliRunner().invoke, main, [str(word) for word in words], stdin)
        session.expire_all()
        return result

    return typed


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def adding(people: SimpleNamespace, net: FakeNet, token: str, *more: object) -> tuple[object, ...]:
    return (
        *("channels", "add", "mastodon", "--base-url", net.base_url, "--token", token),
        *("--name", "Harbour", "--area", people.harbour.slug, "--as", people.admin.email),
        *("--json", *more),
    )


@pytest.mark.network
def test_adding_verifies_pins_probes_and_in_test_mode_confirms(
    run: Run, session: Session, people: SimpleNamespace, net: FakeNet
) -> None:
    more = ("--shared", "--settle", "person", "--settle-after", 5)
    (row,) = rows(run(*adding(people, net, "token-officer", *more)))
    assert row["state"] == "connected"
    assert row["handle"].startswith("officer@")
    assert row["characters"] == 500
    assert row["limits_probed_at"]
    channel = session.get_one(Channel, row["id"])
    assert channel.is_shared
    assert channel.settle_policy is SettlePolicy.PERSON
    assert b"token-officer" not in (channel.sealed_credentials or b"")
    event = session.scalars(select(AuditEvent).where(AuditEvent.verb == "confirm")).all()[-1]
    assert (event.via, event.actor_id) == ("command", "machine:trial")


@pytest.mark.network
def test_a_token_can_come_from_standard_input(
    run: Run, people: SimpleNamespace, net: FakeNet
) -> None:
    (row,) = rows(run(*adding(people, net, "-"), stdin="token-officer\n"))
    assert row["handle"].startswith("officer@")


@pytest.mark.network
def test_x_is_added_with_a_file_of_keys_and_asks_a_person_when_unsure(
    run: Run, session: Session, people: SimpleNamespace, net: FakeNet
) -> None:
    keys = dict.fromkeys(PASTED_KEYS["x"], SECRET) | {"access_token": "token-officer"}
    where = ("--base-url", net.base_url, "--keys", "-", "--name", "X", "--json")
    who = ("--area", people.harbour.slug, "--as", people.admin.email)
    (row,) = rows(run("channels", "add", "x", *where, *who, stdin=json.dumps(keys)))
    assert (row["network"], row["handle"], row["state"]) == ("x", "officer", "connected")
    assert (row["characters"], row["settle"]) == (280, "person")
    channel = session.get_one(Channel, row["id"])
    assert SECRET.encode() not in (channel.sealed_credentials or b"")
    again = ("channels", "reconnect", row["id"], "--keys", "-", "--as", people.admin.email)
    refused = run(*again, stdin="not JSON")
    assert "have to be JSON" in refused.output
    assert run(*again, stdin=json.dumps(keys)).exit_code == 0


@pytest.mark.network
def test_bluesky_is_added_with_an_app_password_from_standard_input(
    run: Run, session: Session, people: SimpleNamespace, net: FakeNet
) -> None:
    where = ("--base-url", net.base_url, "--handle", "officer", "--app-password", "-")
    who = ("--area", people.harbour.slug, "--as", people.admin.email, "--name", "B", "--json")
    adding = ("channels", "add", "bluesky", *where, *who)
    (row,) = rows(run(*adding, stdin="app-officer\n"))
    assert (row["network"], row["handle"]) == ("bluesky", "officer.fakenet.test")
    assert (row["characters"], row["settle"], row["state"]) == (300, "read", "connected")
    channel = session.get_one(Channel, row["id"])
    assert b"app-officer" not in (channel.sealed_credentials or b"")
    keys = {"identifier": "other", "app_password": "app-other"}
    again = ("channels", "reconnect", row["id"], "--keys", "-", "--as", people.admin.email)
    assert "another account" in run(*again, stdin=json.dumps(keys)).output


@pytest.mark.network
def test_in_production_a_second_person_confirms_and_codes_are_asked_for(
    run: Run,
    session: Session,
    settings: Settings,
    people: SimpleNamespace,
    net: FakeNet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VCP_MODE", "production")
    monkeypatch.setenv("VCP_SECRET_KEYS", json.dumps(settings.signing_keys()))
    monkeypatch.setenv("VCP_BASE_URL", "https://carrowdale.police.example")
    monkeypatch.setenv("VCP_SMTP_HOST", "127.0.0.1")
    admin, other, chief = (
        make_user(session, role=role, settings=settings)
        for role in (Role.ADMINISTRATOR, Role.ADMINISTRATOR, Role.SUPERVISOR)
    )
    people.admin = admin
    wrong = run(*adding(people, net, "token-officer", "--otp", "000000"))
    assert wrong.exit_code == 1
    (row,) = rows(run(*adding(people, net, "token-officer", "--otp", code_now())))
    assert row["state"] == "proposed"
    confirm = ("channels", "confirm", row["id"], "--json", "--otp", code_now(), "--as")
    assert run(*confirm, other.email).exit_code == 1
    refused = session.scalars(select(AuditEvent).where(AuditEvent.verb == "refused"))
    assert other.actor_id in {event.actor_id for event in refused}
    (row,) = rows(run(*confirm, chief.email))
    assert row["state"] == "connected"


@pytest.mark.network
@pytest.mark.parametrize("token, said", [("wrong", "Nothing was connected"), ("", "access token")])
def test_a_token_that_is_refused_leaves_nothing(
    run: Run, session: Session, people: SimpleNamespace, net: FakeNet, token: str, said: str
) -> None:
    result = run(*adding(people, net, token))
    assert result.exit_code == 1
    assert said in result.output
    assert session.scalars(select(Channel).where(Channel.network == "mastodon")).all() == []


@pytest.mark.network
def test_a_person_without_the_right_is_refused_and_recorded(
    run: Run, session: Session, people: SimpleNamespace, net: FakeNet
) -> None:
    words = [
        people.sergeant.email if word == people.admin.email else word
        for word in adding(people, net, "token-officer")
    ]
    result = run(*words)
    assert result.exit_code == 1
    refused = session.scalars(select(AuditEvent).where(AuditEvent.verb == "refused")).one()
    assert refused.via == "command"
    assert net.ledger.as_json()["requests"] == []


@pytest.mark.network
def test_a_new_token_has_to_be_the_same_accounts(
    run: Run, session: Session, people: SimpleNamespace, net: FakeNet
) -> None:
    (row,) = rows(run(*adding(people, net, "token-officer")))
    again = ("--as", people.admin.email, "--json")
    wrong = run("channels", "reconnect", row["id"], "--token", "token-impostor", *again)
    assert wrong.exit_code == 1
    assert "another account" in wrong.output
    rows(run("channels", "reconnect", row["id"], "--token", "token-officer", *again))


@pytest.mark.network
def test_channels_are_listed_and_given_up(
    run: Run, session: Session, people: SimpleNamespace, net: FakeNet
) -> None:
    (row,) = rows(run(*adding(people, net, "token-officer")))
    listed = rows(run("channels", "list", "--json"))
    assert [one["network"] for one in listed] == ["own", "mastodon"]
    gone = run("channels", "disconnect", row["id"], "--reason", "old", "--as", people.admin.email)
    assert gone.exit_code == 0
    assert session.get_one(Channel, row["id"]).state is ChannelState.DISCONNECTED


def test_personas_are_verified_given_leave_and_suspended(
    run: Run, session: Session, people: SimpleNamespace
) -> None:
    feed = make_own_feed(session)
    persona = make_persona(
        session,
        area=people.harbour,
        members=(people.officer,),
        slug="sam",
        state=PersonaState.DRAFT,
    )
    act = ("--as", people.sergeant.email, "--json")
    refused = run(
        *("personas", "verify", "sam", "--basis", "Warrant card seen in person."),
        *("--as", people.officer.email),
    )
    assert refused.exit_code == 1
    (row,) = rows(run("personas", "verify", "sam", "--basis", "Warrant card seen in person.", *act))
    assert (row["state"], row["channels"]) == ("verified", [feed.id])
    (row,) = rows(run("personas", "revoke", "sam", "Public site", *act))
    assert row["channels"] == []
    (row,) = rows(run("personas", "grant", "sam", feed.id, "--days", 10, *act))
    assert row["channels"] == [feed.id]
    (row,) = rows(run("personas", "suspend", "sam", "--reason", "review", *act))
    assert "suspended" in row["stopped"]
    rows(run("personas", "restore", "sam", "--reason", "cleared", *act))
    assert queries.persona_stopped_because(session, persona) is None
    (row,) = rows(run("personas", "list", "--json"))
    assert row["members"] == [people.officer.email]


@pytest.mark.parametrize(
    "words",
    [
        ("personas", "grant", "nobody", "1"),
        ("personas", "suspend", "nobody", "--reason", "x"),
        ("channels", "confirm", "999"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    run: Run, people: SimpleNamespace, words: tuple[str, ...]
) -> None:
    result = run(*words, "--as", people.chief.email)
    assert result.exit_code == 1
    assert result.output.startswith("Error: There is no")
