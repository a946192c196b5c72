"""Two people: who may say yes to which words, and what ends a yes."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.posts import IMAGE, TEXT, Team, make_colleague, make_post, make_team, words
from tests.factories.users import give_role, make_user
from vcp.kernel.errors import Conflict, NotAllowed
from vcp.kernel.permissions import Role
from vcp.posts import service
from vcp.posts.models import Approval, Post
from vcp.posts.states import DeliveryState, PostState
from vcp.posts.words import Words
from vcp.users.models import User


def sha(post: Post) -> str:
    assert post.revision is not None
    return post.revision.sha256


def refused(session: Session, post: Post, person: User) -> NotAllowed:
    with pytest.raises(NotAllowed) as caught:
        service.approve(session, post.id, sha(post), by=person)
    assert post.state is PostState.SUBMITTED
    assert not session.scalars(select(Approval)).all()
    return caught.value


def test_supervisor_of_the_area_approves(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    approval = service.approve(session, post.id, sha(post), by=team.supervisor)
    assert approval.revision_sha256 == sha(post)
    assert approval.approved_by_id == team.supervisor.id


def test_supervisor_of_the_area_above_approves(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    assert service.approve(session, post.id, sha(post), by=team.district_supervisor)


def test_supervisor_of_another_area_is_refused(session: Session) -> None:
    team = make_team(session)
    refused(session, make_post(session, team, state=PostState.SUBMITTED), team.other_supervisor)


def test_administrator_has_no_approval_power(session: Session) -> None:
    team = make_team(session)
    refused(session, make_post(session, team, state=PostState.SUBMITTED), team.administrator)


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.SUPERVISOR])
def test_no_other_role_approves(session: Session, role: Role) -> None:
    team = make_team(session)
    person = make_user(session, role=role, area=team.area)
    refused(session, make_post(session, team, state=PostState.SUBMITTED), person)


@pytest.mark.parametrize("more", [Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_author_is_refused_whatever_else_they_are(session: Session, more: Role) -> None:
    team = make_team(session)
    give_role(session, team.officer, Role.SUPERVISOR, team.area)
    give_role(session, team.officer, more)
    error = refused(session, make_post(session, team, state=PostState.SUBMITTED), team.officer)
    assert (error.attempted, error.subject_kind) == ("approve", "post")


def test_whoever_edited_one_word_is_refused(session: Session) -> None:
    team = make_team(session)
    colleague = make_colleague(session, team, role=Role.SUPERVISOR)
    post = make_post(session, team)
    service.save(session, post.id, words(team, text=TEXT + " Bye."), by=colleague)
    service.save(session, post.id, words(team), by=team.officer)  # taken out again
    service.submit(session, post.id, by=team.officer)
    refused(session, post, colleague)


def test_whoever_submitted_is_refused(session: Session) -> None:
    team = make_team(session)
    colleague = make_colleague(session, team, role=Role.SUPERVISOR)
    post = make_post(session, team)
    service.submit(session, post.id, by=colleague)
    refused(session, post, colleague)


def test_whoever_submitted_earlier_words_is_refused(session: Session) -> None:
    """The same words, sent back and submitted again by someone else, don't wash that off."""
    team = make_team(session)
    colleague = make_colleague(session, team, role=Role.SUPERVISOR)
    post = make_post(session, team)
    service.submit(session, post.id, by=colleague)
    service.send_back(session, post.id, "Not yet.", by=team.supervisor)
    service.submit(session, post.id, by=team.officer)
    refused(session, post, colleague)


def test_colleague_who_touched_nothing_may_approve(session: Session) -> None:
    team = make_team(session)
    colleague = make_colleague(session, team, role=Role.SUPERVISOR)
    post = make_post(session, team, state=PostState.SUBMITTED)
    assert service.approve(session, post.id, sha(post), by=colleague)


def test_words_that_changed_since_are_not_approved(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    looked_at = sha(post)
    service.save(session, post.id, words(team, text="Quite other words."), by=team.officer)
    service.submit(session, post.id, by=team.officer)
    with pytest.raises(Conflict, match="words changed since you looked"):
        service.approve(session, post.id, looked_at, by=team.supervisor)
    assert post.state is PostState.SUBMITTED


def test_words_changed_behind_our_back_are_not_approved(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    assert post.revision is not None
    post.revision.text = "Slipped in."
    session.flush()
    with pytest.raises(Conflict, match="not those that were submitted"):
        service.approve(session, post.id, sha(post), by=team.supervisor)


def test_saying_yes_twice_is_saying_it_once(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED)
    first = service.approve(session, post.id, sha(post), by=team.supervisor)
    assert service.approve(session, post.id, sha(post), by=team.supervisor) is first
    session.refresh(post)
    assert len(post.deliveries) == 2


def test_second_supervisor_hears_who_was_first(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED)
    with pytest.raises(Conflict, match="Imran Vale has approved this already"):
        service.approve(session, post.id, sha(post), by=team.district_supervisor)


OTHER_IMAGE = replace(IMAGE, digest="b" * 64)
CHANGES: dict[str, dict[str, object]] = {
    "one character of the text": {"text": TEXT + "!"},
    "content warning": {"content_warning": "Bikes"},
    "language": {"language": "en-GB"},
    "another image": {"images": (IMAGE, OTHER_IMAGE)},
    "no image": {"images": ()},
    "alt text": {"images": (replace(IMAGE, alt_text="A bicycle"),)},
    "one channel fewer": {"channel_ids": ()},
    "time": {"wanted_local": "2026-12-01T09:00"},
    "last moment": {"not_after_local": "2026-12-01T09:00"},
}


def changed(team: Team, change: str) -> Words:
    return words(team, **{"images": (IMAGE,), **CHANGES[change]})


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("change", CHANGES)
def test_any_change_after_approval_takes_it_back(session: Session, change: str) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED, images=(IMAGE,))
    approval = session.scalars(select(Approval)).one()
    service.save(session, post.id, changed(team, change), by=team.officer)
    session.refresh(post)
    session.refresh(approval)
    assert post.state is PostState.DRAFT
    assert approval.voided_at is not None
    assert {d.state for d in post.deliveries} == {DeliveryState.CANCELLED}


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("change", CHANGES)
def test_any_change_after_submitting_takes_it_back(session: Session, change: str) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SUBMITTED, images=(IMAGE,))
    service.save(session, post.id, changed(team, change), by=team.officer)
    assert post.state is PostState.DRAFT


def test_saving_the_same_words_changes_nothing(session: Session) -> None:
    team = make_team(session)
    post = make_post(session, team, state=PostState.SCHEDULED, images=(IMAGE,))
    before = post.revision_id
    service.save(session, post.id, words(team, images=(IMAGE,)), by=team.officer)
    assert (post.state, post.revision_id) == (PostState.SCHEDULED, before)


@pytest.mark.parametrize("who", ["supervisor", "other_supervisor", "administrator"])
def test_nobody_else_writes_in_a_personas_name(session: Session, who: str) -> None:
    """A supervisor sends back; rewriting would make them an author in another's name."""
    team = make_team(session)
    post = make_post(session, team)
    person = getattr(team, who)
    with pytest.raises(NotAllowed):
        service.create_draft(session, team.persona.id, words(team), by=person)
    with pytest.raises(NotAllowed):
        service.save(session, post.id, words(team, text="Other"), by=person)
    with pytest.raises(NotAllowed):
        service.submit(session, post.id, by=person)
    with pytest.raises(NotAllowed):
        service.take_back(session, post.id, by=person)


def test_hash_covers_each_part_that_leaves(session: Session) -> None:
    team = make_team(session)
    plain = words(team, images=(IMAGE,))
    hashes = {changed(team, change).sha256 for change in CHANGES}
    # The two changes of time leave the words as they are.
    assert len(hashes) == len(CHANGES) - 1
    assert plain.sha256 in hashes
