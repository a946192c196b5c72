"""The pages of posts, as a browser without scripts uses them."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.personas import make_persona
from tests.factories.posts import PLATE, TEXT, make_post, make_team, words
from tests.factories.users import make_user, sign_in
from tests.posts.composer import CLEAN, only_post, rewrite, typed, words_in, write
from vcp.kernel.permissions import Role
from vcp.posts import correcting
from vcp.posts.models import Approval, Post
from vcp.posts.states import POST, PostState

#: What one page may ask of the database.
MOST_QUERIES = 15


def test_draft_is_kept_and_can_be_gone_on_with(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    page = client.get("/staff/posts/new")
    assert page.status_code == 200
    answer = write(client, team)
    post = only_post(session)
    assert (answer.status_code, answer.location) == (302, f"/staff/posts/{post.id}/edit")
    again = client.get(answer.location).text
    assert CLEAN in again
    assert "Mastodon" in again or "Harbour M" in again


def test_submitting_from_the_composer_passes_it_on(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    answer = write(client, team, action="submit")
    post = only_post(session)
    assert (answer.status_code, post.state) == (302, PostState.SUBMITTED)
    shown = client.get(answer.location).text
    assert "Waiting for approval" in shown
    assert "supervisor of Harbour" in shown


@pytest.mark.parametrize("typed_time", [{"on": "2027-06-20", "at": "09:00"}, {"at": "09:00"}])
def test_a_time_beside_as_soon_as_approved_is_asked_about(
    client: Client, session: Session, typed_time: dict[str, str]
) -> None:
    """Else a post for June goes out today."""
    team = make_team(session)
    sign_in(client, team.officer)
    answer = write(client, team, when="now", action="submit", **typed_time)
    assert answer.status_code == 422
    assert "Choose “At a date and time”, or empty the date and the time." in answer.text
    assert CLEAN in answer.text
    assert 'value="09:00"' in answer.text
    assert session.scalars(select(Post)).unique().all() == []


def test_plate_is_marked_and_the_submit_held(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    answer = write(client, team, text=PLATE, action="submit")
    assert only_post(session).state is PostState.HELD
    shown = client.get(answer.location).text
    assert re.search(r"<mark[^>]*>AB12 CDE", shown)
    assert "Held." in shown
    assert "Take back" in shown


def test_check_shows_the_findings_and_stores_nothing(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    shown = write(client, team, text=PLATE, action="check")
    assert shown.status_code == 200
    assert re.search(r"<mark[^>]*>AB12 CDE", shown.text)
    assert "What to do:" in shown.text
    assert "How Harbour M will show it" in shown.text
    assert session.scalars(select(Post)).unique().all() == []


def test_scripts_get_the_findings_as_a_piece(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    piece = client.post("/staff/posts/check", data=typed(team, text=PLATE))
    assert piece.status_code == 200
    assert re.search(r"<mark[^>]*>AB12 CDE", piece.text)
    assert "<html" not in piece.text
    assert "Nothing found" in client.post("/staff/posts/check", data=typed(team)).text


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"text": ""}, "Write something first"),
        ({"text": "x" * 501}, "take out 1"),
        ({"channel_ids": []}, "at least one channel"),
        ({"channel_ids": ["999999"]}, "exist"),
        ({"channel_ids": ["abc"]}, "coerced"),
        ({"language": "klingon"}, "Choose one from the list"),
        ({"when": "later", "on": "2020-01-01", "at": "10:00"}, "has passed"),
        ({"when": "later", "on": "2027-03-28", "at": "01:30"}, "clocks go forward"),
        ({"when": "later", "on": "", "at": ""}, "Give the date and the time"),
        ({"last_on": "2020-01-01", "last_at": "10:00"}, "has passed"),
    ],
)
@pytest.mark.usefixtures("clock")
def test_bad_input_keeps_what_was_typed_and_changes_nothing(
    client: Client, session: Session, changed: dict[str, Any], message: str
) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    answer = write(
        client, team, **{"content_warning": "Typed by hand", "action": "submit", **changed}
    )
    assert answer.status_code == 422
    assert message in answer.text
    assert "There is a problem" in answer.text
    assert "Typed by hand" in answer.text
    assert session.scalars(select(Post)).unique().all() == []


@pytest.mark.usefixtures("clock")
def test_hour_that_comes_twice_is_asked_and_then_taken(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    later = {"when": "later", "on": "2026-10-25", "at": "01:30"}
    asked = write(client, team, **later)
    assert asked.status_code == 422
    assert "comes twice" in asked.text
    assert 'name="which_hour"' in asked.text
    assert write(client, team, **later, which_hour="1").status_code == 302
    post = only_post(session)
    assert post.wanted_at is not None
    assert post.wanted_at.isoformat() == "2026-10-25T01:30:00+00:00"
    assert 'value="1" checked' in client.get(f"/staff/posts/{post.id}/edit").text


def approve(client: Client, post: Post, sha: str | None = None, **more: Any) -> Any:
    assert post.revision is not None
    data = {"revision_sha256": sha or post.revision.sha256, **more}
    return client.post(f"/staff/posts/{post.id}/approve", data=data)


def test_supervisor_approves_what_is_on_the_page(client: Client, session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    sign_in(client, team.supervisor)
    waiting = client.get("/staff/posts/awaiting").text
    assert f"/staff/posts/{post.id}" in waiting
    assert "1<span" in waiting  # the number in the menu
    page = client.get(f"/staff/posts/{post.id}").text
    assert TEXT in page
    assert post.revision is not None
    assert f'value="{post.revision.sha256}"' in page
    assert "How Harbour M will show it" in page
    answer = approve(client, post)
    assert (answer.status_code, answer.location) == (302, "/staff/posts/awaiting")
    assert post.state is PostState.SCHEDULED
    assert approve(client, post).status_code == 302  # a double click
    assert len(session.scalars(select(Approval)).unique().all()) == 1


def test_page_that_is_out_of_date_approves_nothing(client: Client, session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    sign_in(client, team.supervisor)
    answer = approve(client, post, sha="0" * 64)
    assert answer.status_code == 409
    assert "words changed since you looked" in answer.text
    assert post.state is PostState.SUBMITTED


@pytest.mark.parametrize("who", ["officer", "other_supervisor", "administrator"])
def test_replayed_form_of_anybody_else_is_refused(
    client: Client, session: Session, who: str
) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    sign_in(client, getattr(team, who))
    assert approve(client, post).status_code == 403
    assert post.state is PostState.SUBMITTED


def test_sending_back_needs_a_reason(client: Client, session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    sign_in(client, team.supervisor)
    answer = client.post(f"/staff/posts/{post.id}/send-back", data={"reason": " "})
    assert answer.status_code == 422
    assert "Say what should change" in answer.text
    answer = client.post(f"/staff/posts/{post.id}/send-back", data={"reason": "Name the street."})
    assert (answer.status_code, post.state) == (302, PostState.DRAFT)
    sign_in(client, team.officer)
    assert "Name the street." in client.get(f"/staff/posts/{post.id}/edit").text


def test_words_somebody_else_saved_are_not_overwritten(client: Client, session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team)
    sign_in(client, team.officer)
    answer = rewrite(client, team, post, based_on="0" * 64)
    assert answer.status_code == 409
    assert "saved other words" in answer.text
    assert CLEAN in answer.text
    assert words_in(session) == [TEXT]


def test_several_personas_are_offered(client: Client, session: Session) -> None:
    team = make_team(session)
    other = make_persona(session, area=team.area, members=(team.officer,), name="Harbour Team")
    sign_in(client, team.officer)
    page = client.get("/staff/posts/new").text
    assert f"/staff/posts/new?persona={other.slug}" in page
    assert client.get(f"/staff/posts/new?persona={other.slug}").status_code == 200


def test_nobody_writes_in_anothers_name(client: Client, session: Session) -> None:
    team = make_team(session)
    stranger = make_user(session, area=team.area)
    sign_in(client, stranger)
    assert client.get(f"/staff/posts/new?persona={team.persona.slug}").status_code == 403
    assert write(client, team).status_code == 403
    assert "any persona yet" in client.get("/staff/posts/new").text


def test_withdrawing_asks_what_residents_are_told(client: Client, session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    POST.apply(session, post, "start", by=team.officer)
    post.public_revision = post.revision
    sign_in(client, team.supervisor)
    path = f"/staff/posts/{post.id}/withdraw"
    assert "It said something that was wrong." in client.get(path).text
    assert client.post(path, data={}).status_code == 422
    answer = client.post(path, data={"reason": "mistake", "note": "Wrong street"})
    assert (answer.status_code, post.state) == (302, PostState.WITHDRAWN)
    assert "Residents read: It said" in client.get(answer.location).text


def test_correction_goes_through_a_second_person(client: Client, session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    POST.apply(session, post, "start", by=team.officer)
    post.public_revision = post.revision
    sign_in(client, team.officer)
    assert TEXT in client.get(f"/staff/posts/{post.id}/correct").text
    answer = client.post(
        f"/staff/posts/{post.id}/correct",
        data=typed(team, text="Forty-one bikes.", reason="We miscounted.", action="submit"),
        content_type="multipart/form-data",
    )
    assert answer.status_code == 302
    path = answer.location
    assert "Waiting for approval" in client.get(path).text
    sign_in(client, team.supervisor)
    assert path in client.get("/staff/posts/awaiting").text
    page = client.get(path).text
    sha = re.findall(r'name="revision_sha256"[^>]*value="([0-9a-f]{64})"', page)[0]
    answer = client.post(f"{path}/approve", data={"revision_sha256": sha})
    assert answer.status_code == 302
    assert post.public_revision is not None
    assert post.public_revision.text == "Forty-one bikes."
    assert sorted(d.kind.value for d in post.deliveries) == ["correct"] * 2 + ["publish"] * 2


@pytest.mark.parametrize(
    "path", ["", "/all", "/awaiting", "/coming", "/stopped", "/all?state=draft&page=2"]
)
def test_lists_take_few_queries(
    client: Client, session: Session, path: str, count_queries: Any
) -> None:
    team = make_team(session)
    for number in range(30):
        state = (PostState.DRAFT, PostState.SUBMITTED, PostState.SCHEDULED)[number % 3]
        make_post(session, team, state=state, text=f"Number {number}")
    sign_in(client, team.supervisor)
    with count_queries() as queries:
        assert client.get(f"/staff/posts{path}").status_code == 200
    assert len(queries) <= MOST_QUERIES, queries


def test_auditor_reads_and_decides_nothing(client: Client, session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    sign_in(client, make_user(session, role=Role.AUDITOR, area=team.area))
    page = client.get(f"/staff/posts/{post.id}")
    assert page.status_code == 200
    assert '<h2 class="govuk-heading-m" id="decide">' not in page.text
    assert approve(client, post).status_code == 403


@pytest.mark.parametrize("page", ["", "/edit", "/cancel"])
@pytest.mark.parametrize("state", [PostState.DRAFT, PostState.SUBMITTED, PostState.SCHEDULED])
def test_page_of_a_post_takes_few_queries(
    client: Client, session: Session, state: PostState, page: str, count_queries: Any
) -> None:
    team = make_team(session)
    post = make_post(session, team, state=state)
    sign_in(client, team.officer)
    path = f"/staff/posts/{post.id}{page}"
    with count_queries() as queries:
        assert client.get(path).status_code == 200
    assert len(queries) <= MOST_QUERIES, queries


def test_page_to_approve_on_takes_few_queries(
    client: Client, session: Session, count_queries: Any
) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    sign_in(client, team.supervisor)
    path = f"/staff/posts/{post.id}"
    with count_queries() as queries:
        assert client.get(path).status_code == 200
    assert len(queries) <= MOST_QUERIES, queries


def test_page_of_a_correction_takes_few_queries(
    client: Client, session: Session, count_queries: Any
) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    POST.apply(session, post, "start", by=team.officer)
    post.public_revision = post.revision
    made = correcting.start_correction(
        session, post.id, words(team, text=CLEAN), "A mistake.", by=team.officer
    )
    correcting.submit_correction(session, made.id, by=team.officer)
    sign_in(client, team.supervisor)
    path = f"/staff/posts/corrections/{made.id}"
    with count_queries() as queries:
        assert client.get(path).status_code == 200
    assert len(queries) <= MOST_QUERIES, queries
