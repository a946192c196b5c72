"""An answer to a resident: who may give it, where it goes, and what its contact learns."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.leave import revoke_capability
from officer_profiles.models import CapabilityKind
from officer_profiles.queries import in_force
from tests.factories.contacts import HANDLE, make_contact, make_message
from tests.factories.posts import Team, make_post, make_team, words
from vcp.channels.adapters import limits_of
from vcp.contacts import threads
from vcp.contacts.models import ContactKind, Message
from vcp.kernel import clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotShown
from vcp.networks.base import Receipt
from vcp.posts import answering, claiming, sendable, service
from vcp.posts.freezing import frozen
from vcp.posts.models import Delivery, Post
from vcp.posts.publishing import settle_as_published
from vcp.posts.states import DELIVERY, PostState

SAID = "Thank you for telling us. It will be mended on Friday."


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def message(session: Session, team: Team) -> Message:
    return make_message(session, team)


def answered(session: Session, team: Team, message: Message, text: str = SAID) -> Post:
    """An answer of the team's officer, approved and scheduled."""
    post = service.create_draft(
        session, team.persona.id, words(team, text=text), by=team.officer, answers=message
    )
    service.submit(session, post.id, by=team.officer)
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    return post


def go_out(session: Session, delivery: Delivery, remote_id: str = "ours-1") -> None:
    DELIVERY.apply(session, delivery, "claim", by=claiming.PUBLISHER)
    receipt = Receipt(remote_id, f"https://towns.example/@harbour/{remote_id}", clock.now())
    settle_as_published(session, delivery, receipt, "publish")


def test_an_answer_goes_where_the_message_came_from_and_nowhere_else(
    session: Session, team: Team, message: Message
) -> None:
    post = answered(session, team, message)
    assert [d.channel_id for d in post.deliveries] == [team.mastodon.id]
    sent = json.loads(post.deliveries[0].payload)
    assert sent["in_reply_to"] == message.remote_id
    assert sent["text"] == f"@{HANDLE} {SAID}"
    assert sent["visibility"] == "public"


@pytest.mark.parametrize(
    "theirs, ours",
    [("public", "public"), ("unlisted", "unlisted"), ("private", "direct"), ("direct", "direct")],
)
def test_an_answer_is_seen_by_no_more_people_than_what_it_answers(
    session: Session, team: Team, theirs: str, ours: str
) -> None:
    message = make_message(session, team, visibility=theirs)
    post = answered(session, team, message)
    assert json.loads(post.deliveries[0].payload)["visibility"] == ours


def test_an_answer_to_a_question_on_our_site_names_nobody(session: Session, team: Team) -> None:
    asked = make_contact(session, team, kind=ContactKind.QUESTION, handle="Robin")
    message = make_message(session, team, contact=asked)
    post = answered(session, team, message)
    assert [d.channel_id for d in post.deliveries] == [team.own_feed.id]
    assert json.loads(post.deliveries[0].payload)["text"] == SAID


def test_an_edit_cannot_send_an_answer_elsewhere(
    session: Session, team: Team, message: Message
) -> None:
    post = service.create_draft(
        session, team.persona.id, words(team, text=SAID), by=team.officer, answers=message
    )
    both = (team.own_feed.id, team.mastodon.id)
    service.save(session, post.id, words(team, text="Other.", channel_ids=both), by=team.officer)
    assert post.revision is not None
    assert [target.channel_id for target in post.revision.targets] == [team.mastodon.id]


def test_the_name_of_whom_it_answers_counts_towards_the_length(
    session: Session, team: Team, message: Message
) -> None:
    fits = "x" * limits_of(team.mastodon).characters
    post = service.create_draft(
        session, team.persona.id, words(team, text=fits), by=team.officer, answers=message
    )
    with pytest.raises(Invalid, match="take out"):
        service.submit(session, post.id, by=team.officer)


def test_replying_needs_a_leave_of_its_own(session: Session, team: Team, message: Message) -> None:
    leave = in_force(team.persona, team.mastodon.id, CapabilityKind.REPLY)
    assert leave is not None
    revoke_capability(session, leave.id, by=team.supervisor)
    post = service.create_draft(
        session, team.persona.id, words(team, text=SAID), by=team.officer, answers=message
    )
    with pytest.raises(Invalid, match="no leave to reply"):
        service.submit(session, post.id, by=team.officer)


def test_a_leave_that_ends_after_approval_stops_the_answer_and_not_the_posts(
    session: Session, team: Team, message: Message
) -> None:
    reply, other = (
        answered(session, team, message),
        make_post(session, team, state=PostState.SCHEDULED),
    )
    leave = in_force(team.persona, team.mastodon.id, CapabilityKind.REPLY)
    assert leave is not None
    revoke_capability(session, leave.id, by=team.supervisor)
    asked = {"channel_ids": [team.mastodon.id], "now": clock.now()}
    due = [row.delivery_id for row in session.execute(sendable.OLDEST_OF_EACH, asked)]
    assert due == [d.id for d in other.deliveries if d.channel_id == team.mastodon.id]
    assert reply.deliveries[0].id not in due


def test_nobody_approves_their_own_answer(session: Session, team: Team, message: Message) -> None:
    post = service.create_draft(
        session, team.persona.id, words(team, text=SAID), by=team.officer, answers=message
    )
    service.submit(session, post.id, by=team.officer)
    assert post.revision is not None
    with pytest.raises(NotAllowed):
        service.approve(session, post.id, post.revision.sha256, by=team.officer)


def test_who_may_not_see_the_contact_may_not_answer_it(
    session: Session, team: Team, message: Message
) -> None:
    with pytest.raises(NotShown):
        answering.message(session, message.id, by=team.other_supervisor)


def test_the_contact_learns_when_it_was_answered(
    session: Session, team: Team, message: Message
) -> None:
    post = answered(session, team, message)
    assert message.contact.answered_at is None
    go_out(session, post.deliveries[0])
    assert message.contact.answered_at is not None
    lines = session.scalars(select(AuditEvent.verb).where(AuditEvent.subject_kind == "contact"))
    assert "answer" in set(lines)


def test_what_is_said_under_our_answer_belongs_to_the_same_conversation(
    session: Session, team: Team, message: Message
) -> None:
    go_out(session, answered(session, team, message).deliveries[0], "ours-7")
    found = threads.thread_of(session, team.mastodon.id, "ours-7")
    assert found == message.contact.thread_key


def test_a_contact_under_a_post_is_with_the_persona_that_posted(
    session: Session, team: Team
) -> None:
    post = make_post(session, team, state=PostState.SCHEDULED)
    copy = next(d for d in post.deliveries if d.channel_id == team.mastodon.id)
    go_out(session, copy, "post-9")
    message = make_message(
        session,
        team,
        in_reply_to_id="post-9",
        for_contact={"persona_id": None, "area_path": team.district.path},
    )
    assert message.contact.persona_id == team.persona.id
    assert message.contact.area_path == team.area.path


def test_the_conversation_shows_what_became_of_each_answer(
    session: Session, team: Team, message: Message
) -> None:
    out, waiting = answered(session, team, message), answered(session, team, message, "More soon.")
    go_out(session, out.deliveries[0])
    service.cancel(session, answered(session, team, message, "Never.").id, by=team.officer)
    shown = answering.answers_of(session, message.contact)
    assert [(answer.post_id, answer.text) for answer in shown] == [
        (out.id, SAID),
        (waiting.id, "More soon."),
    ]
    assert shown[0].url == "https://towns.example/@harbour/ours-1"


def test_the_frozen_words_of_a_post_that_answers_nothing_name_nothing(
    session: Session, team: Team
) -> None:
    post = make_post(session, team, state=PostState.SCHEDULED)
    assert post.revision is not None
    sent = frozen(post, post.revision, team.mastodon, clock.now())
    assert sent["in_reply_to"] is None


def test_only_a_draft_can_be_submitted_twice(
    session: Session, team: Team, message: Message
) -> None:
    post = answered(session, team, message)
    with pytest.raises(Conflict):
        service.submit(session, post.id, by=team.officer)


def test_nothing_is_said_in_public_in_a_conversation_that_turned_private(
    session: Session, team: Team, message: Message
) -> None:
    make_message(session, team, contact=message.contact, visibility="direct")
    post = answered(session, team, message)
    assert json.loads(post.deliveries[0].payload)["visibility"] == "direct"


def test_what_we_posted_is_known_when_somebody_answers_it(session: Session, team: Team) -> None:
    """A short answer to an appeal means little without the appeal."""
    post = make_post(session, team, state=PostState.SCHEDULED)
    copy = next(d for d in post.deliveries if d.channel_id == team.mastodon.id)
    go_out(session, copy, "appeal-1")
    part = threads.part_of(session, team.mastodon.id, "appeal-1")
    assert part is not None
    assert post.revision is not None
    assert (part.thread_key, part.text) == ("appeal-1", post.revision.text)


def test_a_question_asked_after_the_one_that_was_answered_keeps_its_clock(
    session: Session, team: Team, message: Message
) -> None:
    post = answered(session, team, message)
    later = make_message(
        session, team, contact=message.contact, posted_at=message.posted_at + timedelta(hours=1)
    )
    go_out(session, post.deliveries[0])
    assert message.contact.answered_at is None
    assert message.contact.due_at == later.posted_at + timedelta(hours=72)
