"""`vcp posts` and `vcp cases`: the same rules as the pages, and the trail says how."""

import json
from collections.abc import Callable
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Case
from tests.factories.moderation import make_decision_maker
from tests.factories.posts import PLATE, TEXT, Team, make_colleague, make_post, make_team, words
from vcp.cli import main
from vcp.kernel.audit import AuditEvent
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.posts import service
from vcp.posts.models import Post
from vcp.posts.states import PostState
from vcp.posts.words import Options, Part, Poll, Variant, words_of

Run = Callable[..., Result]


@pytest.fixture
def run(session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Type a command, as somebody at a terminal of this installation."""
    monkeypatch.setenv("VCP_MODE", "test")
    monkeypatch.setenv("VCP_INSTANCE", str(settings.instance))
    monkeypatch.setenv("VCP_DATABASE_URL", settings.database)

    def typed(*typed_words: object) -> Result:
        session.commit()
        result = Context().run(CliRunner().invoke, main, [str(word) for word in typed_words])
        session.expire_all()
        return result

    return typed


def row(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output.splitlines()[-1])
    return found


def create(run: Run, team: Team, *more: object) -> dict[str, Any]:
    return row(
        run(
            *("posts", "create", "--persona", team.persona.slug),
            *("--as", team.officer.email, "--json", *more),
        )
    )


def test_post_goes_from_draft_to_scheduled_by_command(
    session: Session, run: Run, tmp_path: Path
) -> None:
    team = make_team(session)
    picture = tmp_path / "dog.png"
    Image.new("RGB", (20, 20), "brown").save(picture)
    made = create(run, team, "--text", TEXT, "--image", picture, "--alt", "A brown dog")
    assert made["state"] == "draft"
    assert made["channel_ids"] == sorted([team.own_feed.id, team.mastodon.id])
    by_officer = ("--as", team.officer.email, "--json")
    by_supervisor = ("--as", team.supervisor.email, "--json")
    assert row(run("posts", "submit", made["id"], *by_officer))["state"] == "submitted"
    approved = row(run("posts", "approve", made["id"], "--sha256", made["sha256"], *by_supervisor))
    assert approved["state"] == "scheduled"
    listed = row(run("posts", "list", "--json"))
    assert listed == {**approved}
    assert set(
        session.scalars(
            select(AuditEvent.via).where(AuditEvent.verb.in_(("submit", "approve", "schedule")))
        )
    ) == {"command"}


def test_video_by_command_is_refused_by_its_name_and_with_what_to_do(
    session: Session, run: Run, tmp_path: Path
) -> None:
    team = make_team(session)
    film = tmp_path / "x.mp4"
    film.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    asked = ("posts", "create", "--persona", team.persona.slug, "--as", team.officer.email)
    refused = run(*asked, "--text", TEXT, "--image", film, "--alt", "A dog runs")
    assert refused.exit_code == 1
    assert "This file is a video" in refused.output
    assert "page where a post is written" in refused.output
    assert session.scalars(select(Post)).all() == []


@pytest.mark.parametrize("who", ["officer", "other_supervisor", "administrator"])
def test_refusal_ends_with_one_line_and_is_in_the_trail(
    session: Session, run: Run, who: str
) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    person = getattr(team, who)
    result = run("posts", "approve", post.id, "--as", person.email)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert post.state is PostState.SUBMITTED
    event = session.scalars(select(AuditEvent).where(AuditEvent.verb == "refused")).one()
    assert (event.actor_id, event.via) == (person.actor_id, "command")
    assert (event.subject_kind, event.subject_id) == ("post", str(post.id))


def test_co_author_is_refused_by_command(session: Session, run: Run) -> None:
    team = make_team(session)
    colleague = make_colleague(session, team, role=Role.SUPERVISOR)
    post = make_post(session, team)
    service.save(session, post.id, words(team, text=TEXT + " Bye."), by=colleague)
    service.submit(session, post.id, by=team.officer)
    result = run("posts", "approve", post.id, "--as", colleague.email)
    assert result.exit_code == 1
    assert "another person must decide" in result.output


def test_words_are_bound_by_their_hash(session: Session, run: Run) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    result = run(
        *("posts", "approve", post.id, "--sha256", "0" * 64, "--as", team.supervisor.email)
    )
    assert result.exit_code == 1
    assert "words changed since you looked" in result.output


def test_other_verbs_do_what_the_pages_do(session: Session, run: Run) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    by_officer, by_supervisor = ("--as", team.officer.email), ("--as", team.supervisor.email)
    assert run("posts", "send-back", post.id, "--reason", "No.", *by_supervisor).exit_code == 0
    assert post.state is PostState.DRAFT
    assert run("posts", "submit", post.id, *by_officer).exit_code == 0
    assert run("posts", "take-back", post.id, *by_officer).exit_code == 0
    assert post.state is PostState.DRAFT
    assert run("posts", "cancel", post.id, *by_officer).exit_code == 0
    assert post.state is PostState.CANCELLED
    result = run("posts", "withdraw", post.id, "--reason", "mistake", *by_supervisor)
    assert result.exit_code == 1
    assert "cancelled" in result.output


@pytest.mark.parametrize(
    "more, message",
    [
        (("--at", "2020-01-01T10:00"), "has passed"),
        (("--at", "soon"), "Give the date and the time"),
        (("--channel", "999999"), "doesn't exist"),
        (("--language", "English"), "Choose the language"),
    ],
)
def test_bad_input_makes_nothing(
    session: Session, run: Run, more: tuple[str, ...], message: str
) -> None:
    team = make_team(session)
    result = run(
        *("posts", "create", "--persona", team.persona.slug, "--text", TEXT),
        *("--as", team.officer.email, *more),
    )
    assert result.exit_code == 1
    assert message in result.output
    assert session.scalars(select(Post)).unique().all() == []


def test_held_draft_is_released_by_command(session: Session, run: Run) -> None:
    team = make_team(session)
    person = make_decision_maker(session, team.area, "personal_data")
    made = create(run, team, "--text", PLATE)
    held = row(run("posts", "submit", made["id"], "--as", team.officer.email, "--json"))
    assert held["state"] == "held"
    case = row(run("cases", "--json"))
    assert (case["priority"], case["categories"]) == ("P2", ["personal_data"])
    typed = ("cases", "release", case["id"], "personal_data", "--reason", "Asked for.")
    assert run(*typed, "--as", team.supervisor.email).exit_code == 1
    released = row(run(*typed, "--as", person.email, "--json"))
    assert (released["state"], released["disposition"]) == ("disposed", "released")
    assert session.get_one(Post, made["id"]).state is PostState.SUBMITTED


def test_held_draft_is_returned_by_command(session: Session, run: Run) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.HELD, text=PLATE)
    case = session.scalars(select(Case)).one()
    result = run(
        *("cases", "return", case.id, "--reason", "No plates.", "--as", team.supervisor.email)
    )
    assert result.exit_code == 0, result.output
    assert (post.state, post.returned_reason) == (PostState.DRAFT, "No plates.")


def test_a_thread_with_a_poll_is_written_from_a_file(
    session: Session, run: Run, tmp_path: Path
) -> None:
    team = make_team(session)
    Image.new("RGB", (60, 40), "teal").save(tmp_path / "map.png")
    file = tmp_path / "further.json"
    said = {
        "more": [{"text": "Second.", "images": [{"file": "map.png", "alt": "A map."}]}],
        "variants": {"x": {"parts": [{"text": "Short.", "images": [1]}]}},
        "poll": {"choices": ["Tuesday", "Friday"], "minutes": 60, "as_text": True},
        "options": {"visibility": "unlisted"},
    }
    file.write_text(json.dumps(said))
    made = create(run, team, "--text", TEXT, "--further", file)
    post = session.get_one(Post, made["id"])
    words = words_of(service.newest(post))
    assert words.sha256 == made["sha256"]
    (second,) = words.more
    assert (second.text, second.images[0].alt_text) == ("Second.", "A map.")
    assert words.variants == (Variant("x", (Part("Short.", second.images),), None),)
    assert words.poll == Poll(("Tuesday", "Friday"), 60, as_text=True)
    assert words.options == Options("unlisted")


@pytest.mark.parametrize(
    "said",
    [
        "not JSON",
        '{"parts": []}',
        '{"more": [{"words": "no text"}]}',
        '{"variants": {"x": {"parts": [{"text": "a", "images": [9]}]}}}',
        '{"variants": {"pigeon": {"parts": [{"text": "a"}]}}}',
        '{"options": {"visibility": "secret"}}',
    ],
)
def test_a_file_that_cannot_be_read_makes_nothing(
    session: Session, run: Run, tmp_path: Path, said: str
) -> None:
    team = make_team(session)
    file = tmp_path / "further.json"
    file.write_text(said)
    result = run(
        *("posts", "create", "--persona", team.persona.slug, "--text", TEXT),
        *("--as", team.officer.email, "--further", file),
    )
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert session.query(Post).count() == 0
