"""What pages of an answer show of the message, to whom, and that each look is in the trail."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.contacts import QUESTION, make_message
from tests.factories.posts import Team, make_team, words
from tests.factories.users import make_user, sign_in
from vcp.contacts.models import Message
from vcp.kernel import clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.permissions import Role
from vcp.posts import service
from vcp.posts.freezing import frozen
from vcp.posts.models import Post
from vcp.posts.words import Part

SAID = "At noon, outside the library."


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def message(session: Session, team: Team) -> Message:
    return make_message(session, team, visibility="direct")


@pytest.fixture
def post(session: Session, team: Team, message: Message) -> Post:
    made = service.create_draft(
        session, team.persona.id, words(team, text=SAID), by=team.officer, answers=message
    )
    service.submit(session, made.id, by=team.officer)
    return made


def looks(session: Session, message: Message) -> int:
    rows = select(func.count()).select_from(AuditEvent)
    found = rows.where(
        AuditEvent.verb == "look",
        AuditEvent.subject_kind == "message",
        AuditEvent.subject_id == str(message.id),
    )
    return session.scalar(found) or 0


def test_who_decides_reads_what_is_answered_and_the_trail_says_so(
    session: Session, client: Client, team: Team, message: Message, post: Post
) -> None:
    sign_in(client, team.supervisor)
    assert QUESTION in client.get(f"/staff/posts/{post.id}").text
    assert looks(session, message) == 1


def test_what_a_resident_wrote_is_not_for_everybody_who_sees_posts(
    session: Session, client: Client, team: Team, message: Message, post: Post
) -> None:
    auditor = make_user(session, role=Role.AUDITOR, area=team.area, name="Lowri Audit")
    sign_in(client, auditor)
    page = client.get(f"/staff/posts/{post.id}").text
    assert SAID in page
    assert QUESTION not in page
    assert looks(session, message) == 0


def test_writing_and_mistyping_an_answer_are_looks(
    session: Session, client: Client, team: Team, message: Message
) -> None:
    sign_in(client, team.officer)
    assert QUESTION in client.get(f"/staff/posts/answers/{message.id}").text
    address = f"/staff/posts/answers/{message.id}?persona={team.persona.slug}"
    refused = client.post(address, data={"text": "", "language": "en", "action": "submit"})
    assert refused.status_code == 422
    assert QUESTION in refused.text
    assert looks(session, message) == 2


def test_an_answer_is_written_submitted_and_waits(
    session: Session, client: Client, team: Team, message: Message
) -> None:
    sign_in(client, team.officer)
    address = f"/staff/posts/answers/{message.id}?persona={team.persona.slug}"
    sent = client.post(address, data={"text": SAID, "language": "en", "action": "submit"})
    assert sent.status_code == 302
    made = session.scalars(select(Post)).unique().one()
    assert made.answers_id == message.id
    assert made.revision is not None
    assert [target.channel_id for target in made.revision.targets] == [message.channel_id]


def test_an_answer_may_be_a_thread_but_asks_nobody_to_vote(
    session: Session, client: Client, team: Team, message: Message
) -> None:
    """It goes to one network and one person: other words and polls would mean nothing."""
    sign_in(client, team.officer)
    page = client.get(f"/staff/posts/answers/{message.id}?persona={team.persona.slug}").text
    assert "Add a part" in page
    assert "Other words for" not in page
    assert "A poll" not in page
    asked = {"poll_choices-0": "Yes", "poll_choices-1": "No"}
    refused = client.post(
        f"/staff/posts/answers/{message.id}?persona={team.persona.slug}",
        data={"text": SAID, "language": "en", "when": "now", "action": "submit", **asked},
    )
    assert refused.status_code == 422
    assert "An answer to one person can&#39;t hold a poll." in refused.text


def test_every_part_of_an_answer_names_whom_it_answers(
    session: Session, team: Team, message: Message
) -> None:
    """A part that didn't would be seen by nobody where the conversation is private."""
    threaded = words(team, text=SAID, more=(Part("And bring the frame number."),))
    made = service.create_draft(
        session, team.persona.id, threaded, by=team.officer, answers=message
    )
    assert made.revision is not None
    first, second = (
        frozen(made, made.revision, team.mastodon, clock.now(), part) for part in (1, 2)
    )
    for part in (first, second):
        assert part["text"].startswith(f"@{message.handle} ")
        assert part["visibility"] == "direct"
    assert (first["in_reply_to"], second["in_reply_to"]) == (message.remote_id, None)
