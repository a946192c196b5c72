"""What stands in braces waits to be filled, on every field, and never goes out."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import IMAGE, Team, make_post, make_team, words
from tests.factories.public import make_public_post
from tests.factories.users import sign_in
from tests.posts.composer import only_post, rewrite, write
from vcp.kernel.errors import Conflict, Invalid
from vcp.posts import correcting, gaps, service
from vcp.posts.freezing import queue_deliveries
from vcp.posts.models import Delivery, DeliveryKind, Post
from vcp.posts.states import PostState
from vcp.posts.words import words_of

SURGERY = "Our next surgery is at {place} on {date}."
FIELDS: dict[str, dict[str, Any]] = {
    "text": {"text": SURGERY},
    "content_warning": {"content_warning": "About {what}"},
    "images": {"images": (replace(IMAGE, alt_text="The library in {place}."),)},
}


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.mark.parametrize("text", ["{place}", "{ place }", "{}", "{{place}}", "a {1, 2} b", "{{x"])
def test_only_a_pair_of_braces_on_a_line_is_a_gap(text: str) -> None:
    assert bool(gaps.unfilled({"text": text})) == (text != "{{x")


@given(st.text(alphabet="ab {}\n", max_size=30))
def test_the_pieces_are_the_text_and_gaps_are_in_braces(text: str) -> None:
    for one in gaps.unfilled({"text": text}):
        assert "".join(piece.text for piece in one.pieces) == text
        assert [p.text for p in one.pieces if p.is_gap] == [f"{{{gap}}}" for gap in one.gaps]


@given(st.dictionaries(st.sampled_from(["place", "date"]), st.text(alphabet="ab c", max_size=9)))
def test_filling_leaves_only_the_gaps_without_a_value(values: dict[str, str]) -> None:
    given_values = {name: value for name, value in values.items() if value}
    left = gaps.names_in([gaps.filled(SURGERY, values)])
    assert left == [name for name in ("place", "date") if name not in given_values]


@pytest.mark.parametrize("field", FIELDS)
def test_a_draft_keeps_gaps_and_a_submit_refuses_them(
    session: Session, team: Team, field: str
) -> None:
    post = make_post(session, team, **FIELDS[field])
    with pytest.raises(Invalid, match="Nobody has filled") as refused:
        service.submit(session, post.id, by=team.officer)
    assert refused.value.field == field
    assert post.state is PostState.DRAFT


@pytest.mark.parametrize("field", FIELDS)
def test_what_was_submitted_before_the_rule_is_not_approved(
    session: Session, team: Team, field: str
) -> None:
    post = make_post(session, team, state=PostState.SUBMITTED, images=(IMAGE,))
    sha256 = _slip_in(session, post, field)
    with pytest.raises(Conflict, match="Nobody has filled"):
        service.approve(session, post.id, sha256, by=team.supervisor)
    assert session.scalars(select(Delivery)).all() == []


def test_what_was_approved_before_the_rule_gets_no_time_and_is_not_frozen(
    session: Session, team: Team
) -> None:
    post = make_post(session, team, state=PostState.SUBMITTED, images=(IMAGE,))
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    before = len(session.scalars(select(Delivery)).all())
    _slip_in(session, post, "text")
    assert post.wanted_at is None
    with pytest.raises(Conflict, match="Nobody has filled"):
        queue_deliveries(
            session,
            post,
            post.revision,
            kind=DeliveryKind.CORRECT,
            due_at=post.created_at,
            not_after=post.created_at,
            by=team.supervisor,
        )
    post.state = PostState.APPROVED
    with pytest.raises(Conflict, match="Nobody has filled"):
        service.schedule(session, post.id, None, by=team.supervisor)
    assert len(session.scalars(select(Delivery)).all()) == before


def test_a_correction_with_a_gap_is_refused(client: Client, session: Session, team: Team) -> None:
    post = make_public_post(client.application, session, team)
    fix = correcting.start_correction(
        session, post.id, words(team, text=SURGERY), "Wrong place.", by=team.officer
    )
    with pytest.raises(Invalid, match=r"{place} and {date}"):
        correcting.submit_correction(session, fix.id, by=team.officer)


def test_check_and_the_findings_while_writing_mark_the_gap(
    client: Client, session: Session, team: Team
) -> None:
    sign_in(client, team.officer)
    for answer in (
        write(client, team, text=SURGERY, action="check"),
        client.post("/staff/posts/check", data={"text": SURGERY, "language": "en"}),
    ):
        assert answer.status_code == 200
        assert ">{place}<span" in answer.text
        assert "Gaps to fill" in answer.text
    assert "Gaps to fill" not in write(client, team, action="check").text


def test_submitting_from_the_composer_says_which_gap_and_keeps_the_words(
    client: Client, session: Session, team: Team
) -> None:
    sign_in(client, team.officer)
    write(client, team, text=SURGERY)
    post = only_post(session)
    answer = rewrite(client, team, post, text=SURGERY, action="submit")
    assert answer.status_code == 422
    assert "Nobody has filled {place} and {date} yet." in answer.text
    assert SURGERY in answer.text
    assert only_post(session).state is PostState.DRAFT


def _slip_in(session: Session, post: Post, field: str) -> str:
    """Put a gap into stored words, as a revision from before this rule may have one."""
    assert post.revision is not None
    revision = post.revision
    if field == "images":
        revision.images[0].alt_text = "The library in {place}."
    else:
        setattr(revision, field, SURGERY)
    revision.sha256 = words_of(revision).sha256
    session.flush()
    return revision.sha256
