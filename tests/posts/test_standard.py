"""Standard replies: two people approve the words once, then one key sends them unchanged."""

import json

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories.contacts import make_contact, make_message
from tests.factories.posts import Team, make_team
from tests.factories.users import make_user
from vcp.contacts.models import Message
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.posts import standard, standard_sending
from vcp.posts.models import Approval, Post, StandardReply
from vcp.posts.standard_texts import TEXTS
from vcp.posts.states import PostState, StandardReplyState

BREAK_IN = "someone is breaking into the flat next door right now"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def reply_to(session: Session, category: str = "emergency_in_progress") -> StandardReply:
    standard.ensure_proposed(session)
    return next(r for r in standard.every(session) if (r.category, r.language) == (category, "en"))


def approve(session: Session, team: Team, category: str) -> StandardReply:
    reply = reply_to(session, category)
    for person in (team.supervisor, team.district_supervisor):
        standard.approve(session, reply.id, reply.sha256, by=person)
    return reply


@pytest.fixture
def emergency(session: Session, team: Team) -> Message:
    approve(session, team, "emergency_in_progress")
    return make_message(
        session, team, text=BREAK_IN, category="emergency_in_progress", priority="P1"
    )


def test_the_products_own_texts_are_proposed_once_and_sent_by_nobody(
    session: Session, team: Team
) -> None:
    assert standard.ensure_proposed(session) == len(TEXTS)
    assert standard.ensure_proposed(session) == 0
    message = make_message(session, team, category="crime_report", priority="P3")
    assert standard.offered(session, message) is None
    with pytest.raises(Conflict, match="no approved standard reply"):
        standard_sending.send(session, message.id, by=team.supervisor)


def test_one_yes_is_not_enough_and_one_person_says_it_once(session: Session, team: Team) -> None:
    reply = reply_to(session)
    standard.approve(session, reply.id, reply.sha256, by=team.supervisor)
    assert reply.state is StandardReplyState.PROPOSED
    with pytest.raises(Conflict, match="Another person must"):
        standard.approve(session, reply.id, reply.sha256, by=team.supervisor)
    standard.approve(session, reply.id, reply.sha256, by=team.district_supervisor)
    assert reply.state is StandardReplyState.APPROVED


def test_nobody_approves_a_standard_reply_that_they_wrote(session: Session, team: Team) -> None:
    reply = standard.propose(session, "crime_report", "en", "Thank you.", by=team.supervisor)
    with pytest.raises(NotAllowed, match="You wrote this"):
        standard.approve(session, reply.id, reply.sha256, by=team.supervisor)


def test_officers_and_administrators_do_not_decide_about_them(session: Session, team: Team) -> None:
    reply = reply_to(session)
    for person in (team.officer, team.administrator):
        with pytest.raises(NotAllowed):
            standard.approve(session, reply.id, reply.sha256, by=person)


def test_a_yes_to_other_words_does_not_count(session: Session, team: Team) -> None:
    reply = reply_to(session)
    with pytest.raises(Conflict, match="the words that you read"):
        standard.approve(session, reply.id, "0" * 64, by=team.supervisor)


def test_a_new_reply_takes_the_place_of_the_old_one_when_it_is_approved(
    session: Session, team: Team
) -> None:
    old = approve(session, team, "crime_report")
    new = standard.propose(session, "crime_report", "en", "Report it: {url}", by=team.supervisor)
    third = make_user(session, role=Role.SUPERVISOR, area=team.area, name="Mo Field")
    standard.approve(session, new.id, new.sha256, by=third)
    assert old.state is StandardReplyState.APPROVED
    standard.approve(session, new.id, new.sha256, by=team.district_supervisor)
    assert (old.state, new.state) == (StandardReplyState.RETIRED, StandardReplyState.APPROVED)


@pytest.mark.parametrize("text", ["", "x" * 301, "Ring {phone}", "A { alone"])
def test_words_that_could_not_be_sent_are_refused(session: Session, team: Team, text: str) -> None:
    with pytest.raises(Invalid):
        standard.propose(session, "crime_report", "en", text, by=team.supervisor)


def test_there_is_no_standard_reply_to_a_plea_about_safety(session: Session, team: Team) -> None:
    with pytest.raises(Invalid, match="own words"):
        standard.propose(session, "safeguarding", "en", "We have seen this.", by=team.supervisor)


def test_sending_it_is_a_post_with_exactly_the_approved_words(
    session: Session, team: Team, emergency: Message
) -> None:
    post = standard_sending.send(session, emergency.id, by=team.supervisor)
    assert post.state is PostState.SCHEDULED
    sent = json.loads(post.deliveries[0].payload)
    assert sent["text"] == f"@{emergency.handle} {TEXTS['emergency_in_progress', 'en']}"
    assert sent["in_reply_to"] == emergency.remote_id
    yes = session.scalars(select(Approval).where(Approval.post_id == post.id)).one()
    assert yes.approved_by_id == team.district_supervisor.id


def test_gaps_are_filled_from_settings_alone(
    session: Session, team: Team, settings: Settings
) -> None:
    approve(session, team, "identity_check")
    message = make_message(session, team, category="identity_check", priority="P3")
    post = standard_sending.send(session, message.id, by=team.supervisor)
    assert f"{settings.base_url}/register/" in json.loads(post.deliveries[0].payload)["text"]


def test_an_empty_setting_stops_the_reply_that_needs_it(session: Session, team: Team) -> None:
    approve(session, team, "media_enquiry")
    message = make_message(session, team, category="media_enquiry", priority="P3")
    with pytest.raises(Invalid, match="press_url"):
        standard_sending.send(session, message.id, by=team.supervisor)


def test_two_keys_send_one_reply(session: Session, team: Team, emergency: Message) -> None:
    standard_sending.send(session, emergency.id, by=team.supervisor)
    with pytest.raises(Conflict, match="sent to them already"):
        standard_sending.send(session, emergency.id, by=team.supervisor)
    assert session.scalar(select(func.count()).select_from(Post)) == 1


def test_nothing_standard_is_sent_about_somebodys_safety(session: Session, team: Team) -> None:
    message = make_message(session, team, category="safeguarding", priority="P1")
    with pytest.raises(Conflict, match="own words"):
        standard_sending.send(session, message.id, by=team.supervisor)


def test_nothing_standard_is_sent_to_a_person_who_threatens(session: Session, team: Team) -> None:
    approve(session, team, "threat_to_person")
    message = make_message(session, team, category="threat_to_person", priority="P1")
    with pytest.raises(Invalid, match="person who threatens"):
        standard_sending.send(session, message.id, by=team.supervisor)
    told = standard_sending.send(session, message.id, by=team.supervisor, third_party=True)
    assert told.standard_reply_id is not None


def test_a_later_message_of_a_safer_kind_does_not_open_the_way(
    session: Session, team: Team
) -> None:
    """What counts is the worst of the conversation, not the newest message."""
    approve(session, team, "crime_report")
    contact = make_contact(session, team, category="safeguarding", priority="P2")
    message = make_message(session, team, contact=contact, category="crime_report", priority="P3")
    with pytest.raises(Conflict, match="own words"):
        standard_sending.send(session, message.id, by=team.supervisor)


def test_a_welsh_message_gets_the_welsh_reply_and_english_where_there_is_none(
    session: Session, team: Team
) -> None:
    approve(session, team, "crime_report")
    message = make_message(session, team, category="crime_report", priority="P3", language="cy")
    assert (reply := standard.offered(session, message)) is not None
    assert reply.language == "en"
    welsh = next(
        r for r in standard.every(session) if (r.category, r.language) == ("crime_report", "cy")
    )
    for person in (team.supervisor, team.district_supervisor):
        standard.approve(session, welsh.id, welsh.sha256, by=person)
    assert standard.offered(session, message) is welsh


def test_people_of_another_area_send_nothing(
    session: Session, team: Team, emergency: Message
) -> None:
    with pytest.raises(NotAllowed):
        standard_sending.send(session, emergency.id, by=team.other_supervisor)


def test_a_retired_reply_is_sent_no_more(session: Session, team: Team, emergency: Message) -> None:
    reply = standard.offered(session, emergency)
    assert reply is not None
    standard.retire(session, reply.id, by=team.supervisor)
    with pytest.raises(Conflict, match="no approved"):
        standard_sending.send(session, emergency.id, by=team.supervisor)


def finding(category: str) -> dict[str, object]:
    words = {"rule": "a", "priority": "P1", "start": 0, "end": 4, "why": "", "advice": ""}
    return {**words, "category": category, "field": "text"}


def test_a_plea_beside_an_emergency_gets_a_persons_own_words(
    session: Session, team: Team, emergency: Message
) -> None:
    """What was the gravest sign names the message; the others are in it all the same."""
    signs = [finding("emergency_in_progress"), finding("safeguarding")]
    emergency.verdict = {**emergency.verdict, "findings": signs}
    assert standard.offered(session, emergency) is None
    with pytest.raises(Conflict, match="own words"):
        standard_sending.send(session, emergency.id, by=team.supervisor)


def test_a_threat_that_follows_an_emergency_is_asked_about(
    session: Session, team: Team, emergency: Message
) -> None:
    make_message(
        session, team, contact=emergency.contact, category="threat_to_person", priority="P1"
    )
    with pytest.raises(Invalid, match="person who threatens"):
        standard_sending.send(session, emergency.id, by=team.supervisor)
