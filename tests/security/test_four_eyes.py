"""Two people, whichever way somebody tries: by the page, by a form sent again, by command."""

from collections.abc import Callable
from contextvars import Context
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import Team, make_colleague, make_team, words
from tests.factories.public import make_public_post
from tests.factories.users import give_role, sign_in
from tests.posts.composer import CLEAN, jpeg, kept_images, only_post, rewrite, write
from vcp.cli import main
from vcp.kernel.audit import AuditEvent
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.posts import correcting
from vcp.posts.models import Approval, Correction, Post
from vcp.posts.states import CorrectionState, DeliveryState, PostState
from vcp.users.models import User

ATTACKERS = (
    "author",
    "author who supervises",
    "author who administrates and supervises",
    "co-author of one word",
    "administrator",
    "supervisor of another area",
    "officer of the area",
)


def attacker(session: Session, team: Team, who: str) -> User:
    """Return the person who tries; all but the post's own words are theirs already."""
    if who.startswith("author"):
        if "supervises" in who:
            give_role(session, team.officer, Role.SUPERVISOR, team.area)
        if "administrates" in who:
            give_role(session, team.officer, Role.ADMINISTRATOR)
        return team.officer
    if who == "administrator":
        return team.administrator
    if who == "supervisor of another area":
        return team.other_supervisor
    is_author = who.startswith("co-author")
    return make_colleague(session, team, role=Role.SUPERVISOR if is_author else Role.OFFICER)


def waiting_post(client: Client, session: Session, team: Team, who: str) -> tuple[Post, User]:
    """Return a submitted post, and the person who will try to approve it."""
    person = attacker(session, team, who)
    sign_in(client, team.officer)
    write(client, team)
    post = only_post(session)
    if who.startswith("co-author"):
        sign_in(client, person)
        assert rewrite(client, team, post, text=CLEAN.replace("dog", "cat")).status_code == 302
    sign_in(client, team.officer)
    client.post(f"/staff/posts/{post.id}/submit")
    assert post.state is PostState.SUBMITTED
    return post, person


def refusals(session: Session, person: User, via: str) -> int:
    asked = select(func.count()).where(
        AuditEvent.verb == "refused",
        AuditEvent.actor_id == person.actor_id,
        AuditEvent.via == via,
    )
    return session.scalar(asked) or 0


def sha(post: Post) -> str:
    assert post.revision is not None
    return post.revision.sha256


def nobody_said_yes(session: Session, post: Post) -> bool:
    session.expire_all()
    approvals = session.scalars(select(Approval)).unique().all()
    return post.state is PostState.SUBMITTED and not approvals and not post.deliveries


@pytest.fixture
def approve_by_command(
    session: Session, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Post, User], Any]:
    for name, value in (("MODE", "test"), ("DATABASE_URL", settings.database)):
        monkeypatch.setenv(f"VCP_{name}", value)

    def approve(post: Post, person: User) -> Any:
        asked = ["posts", "approve", str(post.id), "--as", person.email]
        asked += ["--instance", str(settings.instance), "--sha256", sha(post)]
        session.commit()
        return Context().run(CliRunner().invoke, main, asked)

    return approve


@pytest.mark.parametrize("who", ATTACKERS)
def test_nobody_with_a_hand_in_it_and_nobody_without_the_role_approves(
    client: Client,
    session: Session,
    approve_by_command: Callable[[Post, User], Any],
    who: str,
) -> None:
    post, person = waiting_post(client, session, make_team(session), who)
    sign_in(client, person)
    page = client.get(f"/staff/posts/{post.id}")
    assert f"/staff/posts/{post.id}/approve" not in page.text
    seen = refusals(session, person, "page")
    form = {"revision_sha256": sha(post), "warning_answer": ""}
    for tries in (1, 2):
        assert client.post(f"/staff/posts/{post.id}/approve", data=form).status_code == 403
        assert refusals(session, person, "page") == seen + tries
    result = approve_by_command(post, person)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert refusals(session, person, "command") == 1
    assert nobody_said_yes(session, post)


def test_the_form_that_the_supervisor_was_given_works_for_nobody_else(
    client: Client, session: Session
) -> None:
    """Copied with its hidden fields, and its token, into the author's own browser."""
    team = make_team(session)
    post, author = waiting_post(client, session, team, "author")
    sign_in(client, team.supervisor)
    page = client.get(f"/staff/posts/{post.id}").text
    assert sha(post) in page
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    sign_in(client, author)
    form = {"revision_sha256": sha(post), "csrf_token": token}
    assert client.post(f"/staff/posts/{post.id}/approve", data=form, csrf=False).status_code == 400
    assert nobody_said_yes(session, post)


def test_role_taken_away_between_looking_and_deciding_is_gone(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    post, _ = waiting_post(client, session, team, "author")
    sign_in(client, team.supervisor)
    assert "approve" in client.get(f"/staff/posts/{post.id}").text
    team.supervisor.granted[0].revoked_at = post.state_changed_at
    form = {"revision_sha256": sha(post)}
    assert client.post(f"/staff/posts/{post.id}/approve", data=form).status_code == 403
    assert nobody_said_yes(session, post)


@pytest.fixture
def team_out(app: Flask, session: Session) -> Team:
    """A team with a post that is out, and a submitted correction of it."""
    team = make_team(session)
    post = make_public_post(app, session, team)
    other = words(team, text=CLEAN, channel_ids=(team.own_feed.id,))
    row = correcting.start_correction(session, post.id, other, "A typo.", by=team.officer)
    correcting.submit_correction(session, row.id, by=team.officer)
    return team


@pytest.mark.parametrize(
    "who", ["author who supervises", "administrator", "supervisor of another area"]
)
def test_a_correction_takes_two_people_as_well(
    client: Client, session: Session, team_out: Team, who: str
) -> None:
    person = attacker(session, team_out, who)
    correction = session.scalars(select(Correction)).unique().one()
    sign_in(client, person)
    before = refusals(session, person, "page")
    form = {"revision_sha256": correction.revision.sha256}
    answer = client.post(f"/staff/posts/corrections/{correction.id}/approve", data=form)
    assert answer.status_code == 403
    assert refusals(session, person, "page") == before + 1
    assert correction.state is CorrectionState.SUBMITTED


CHANGES: dict[str, dict[str, Any]] = {
    "one character of the text": {"text": CLEAN[:-1] + "!"},
    "one character of the alt text": {"images-0-alt_text": "A red square!"},
    "a target": {},
    "the image": {"action": "remove-0"},
    "the content warning": {"content_warning": "Dogs"},
    "the language": {"language": "cy"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_changing_anything_after_approval_puts_the_post_back(
    client: Client, session: Session, change: str
) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    write(client, team, upload=jpeg(), upload_alt="A red square")
    post = only_post(session)
    kept = kept_images(client.get(f"/staff/posts/{post.id}/edit").text)
    client.post(f"/staff/posts/{post.id}/submit")
    sign_in(client, team.supervisor)
    client.post(f"/staff/posts/{post.id}/approve", data={"revision_sha256": sha(post)})
    assert post.state is PostState.SCHEDULED
    approved = sha(post)

    sign_in(client, team.officer)
    assert rewrite(client, team, post, **kept).status_code == 302
    assert (post.state, sha(post)) == (PostState.SCHEDULED, approved)
    changed = {"channel_ids": [team.own_feed.id]} if change == "a target" else CHANGES[change]
    assert rewrite(client, team, post, **{**kept, **changed}).status_code == 302
    session.expire_all()
    assert post.state is PostState.DRAFT
    assert sha(post) != approved
    assert {delivery.state for delivery in post.deliveries} == {DeliveryState.CANCELLED}
    approval = session.scalars(select(Approval)).unique().one()
    assert approval.voided_at is not None
    # The yes to the old words is worth nothing for the new ones.
    client.post(f"/staff/posts/{post.id}/submit")
    sign_in(client, team.supervisor)
    form = {"revision_sha256": approved}
    assert client.post(f"/staff/posts/{post.id}/approve", data=form).status_code == 409
    # Held, where the language has no rules to screen by.
    assert post.state in {PostState.SUBMITTED, PostState.HELD}
