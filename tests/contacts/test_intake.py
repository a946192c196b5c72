"""From what came to a message in its contact, with its case."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Case
from tests.factories.inbound import CHATTER, URGENT, said, take_in
from tests.factories.personas import grant, make_persona
from tests.factories.posts import Team, make_team
from vcp.channels.queries import own_feed
from vcp.contacts import arriving, intake, screening, threads, working
from vcp.contacts.models import (
    Arrival,
    ArrivalKind,
    ChangeKind,
    Contact,
    ContactKind,
    Lane,
    Message,
    MessageChange,
)
from vcp.contacts.payloads import Asked
from vcp.contacts.states import ContactState
from vcp.kernel import clock as our_clock
from vcp.kernel.audit import AuditEvent
from vcp.networks.base import Inbound, InboundMedia

ASB = "When will somebody look at the street light outside the library?"
HOURS_72 = timedelta(hours=72)


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def hear(session: Session, team: Team, *items: Inbound) -> list[Message]:
    arriving.store(session, team.mastodon.id, list(reversed(items)))
    take_in(session)
    return list(session.scalars(select(Message).order_by(Message.id)))


def test_what_came_is_stored_whole_before_it_is_looked_at(session: Session, team: Team) -> None:
    item = said("Help <b>me</b>", raw='{"id": "said", "odd": "\\u0000"}')
    assert arriving.store(session, team.mastodon.id, [item]) == 1
    row = session.scalars(select(Arrival)).one()
    assert (row.kind, row.tries, row.handled_at) == (ArrivalKind.MESSAGE, 0, None)
    assert "odd" in row.payload
    assert session.scalars(select(Message)).all() == []


def test_pages_that_overlap_store_nothing_twice(session: Session, team: Team) -> None:
    items = [said() for _ in range(5)]
    assert arriving.store(session, team.mastodon.id, items[:3]) == 3
    assert arriving.store(session, team.mastodon.id, items[1:]) == 2
    assert arriving.store(session, team.mastodon.id, [items[0], items[0]]) == 0
    assert take_in(session) == 5
    assert take_in(session) == 0
    assert len(session.scalars(select(Message)).all()) == 5


def test_a_message_becomes_a_contact_with_its_case_at_once(session: Session, team: Team) -> None:
    at = our_clock.now() - timedelta(seconds=30)
    (message,) = hear(session, team, said(URGENT, posted_at=at))
    contact = message.contact
    assert (message.priority, message.category) == ("P1", "emergency_in_progress")
    assert (contact.priority, contact.lane) == ("P1", Lane.OPERATIONAL)
    assert contact.first_at == message.posted_at == at
    case = session.scalars(select(Case)).one()
    assert case.contact_id == contact.id
    assert case.due_at == at + timedelta(minutes=5)
    verbs = {(e.subject_kind, e.verb) for e in session.scalars(select(AuditEvent))}
    assert {("message", "receive"), ("contact", "create"), ("case", "create")} <= verbs


def test_chatter_owes_no_answer_and_opens_no_case(session: Session, team: Team) -> None:
    (message,) = hear(session, team, said(CHATTER))
    assert (message.priority, message.contact.due_at) == ("P4", None)
    assert message.contact.lane is Lane.ENGAGEMENT
    assert session.scalars(select(Case)).all() == []


def test_a_question_is_owed_an_answer_72_hours_after_it_was_posted(
    session: Session, team: Team
) -> None:
    at = our_clock.now() - timedelta(hours=5)
    (message,) = hear(session, team, said(ASB, posted_at=at))
    assert message.category == "asb_service_request"
    assert message.contact.due_at == at + HOURS_72


def test_a_moment_in_the_future_stops_no_clock(session: Session, team: Team) -> None:
    ahead = our_clock.now() + timedelta(days=400)
    (message,) = hear(session, team, said(ASB, posted_at=ahead))
    assert message.posted_at <= our_clock.now()


def test_one_handle_in_one_thread_is_one_contact(session: Session, team: Team) -> None:
    first, second, other, deeper = hear(
        session,
        team,
        said(remote_id="a", in_reply_to_id="our-post"),
        said(remote_id="b", in_reply_to_id="our-post"),
        said(remote_id="c", in_reply_to_id="our-post", handle="ann@towns.example"),
        said(remote_id="d", in_reply_to_id="b"),
    )
    assert first.contact_id == second.contact_id == deeper.contact_id
    assert other.contact_id != first.contact_id
    assert first.contact.thread_key == "our-post"


def test_what_is_said_under_our_answer_joins_its_conversation(session: Session, team: Team) -> None:
    hear(session, team, said(remote_id="a"))
    threads.note_part(session, team.mastodon.id, "ours", "a", text="Are you safe?")
    first, second = hear(session, team, said("no", remote_id="b", in_reply_to_id="ours"))
    assert second.contact_id == first.contact_id


def test_two_handles_are_never_merged(session: Session, team: Team) -> None:
    one, two = hear(session, team, said(handle="robin@a.example"), said(handle="robin@b.example"))
    assert one.contact_id != two.contact_id


def test_a_later_message_raises_a_contact_and_never_lowers_it(session: Session, team: Team) -> None:
    hear(session, team, said(ASB, remote_id="a"))
    hear(session, team, said(URGENT, remote_id="b", in_reply_to_id="a"))
    *_, last = hear(session, team, said(CHATTER, remote_id="c", in_reply_to_id="a"))
    assert (last.contact.priority, last.contact.category) == ("P1", "emergency_in_progress")
    assert len(session.scalars(select(Case)).all()) == 1


def test_a_channel_that_one_persona_uses_is_that_personas(session: Session, team: Team) -> None:
    (message,) = hear(session, team, said())
    assert message.contact.persona_id == team.persona.id
    other = make_persona(session, area=team.other_area)
    grant(session, persona=other, channel=team.mastodon)
    *_, second = hear(session, team, said())
    assert second.contact.persona_id is None
    assert second.contact.area_path == team.mastodon.area_path


@pytest.mark.parametrize("visibility", ["private", "direct"])
def test_what_was_for_us_only_makes_the_contact_private(
    session: Session, team: Team, visibility: str
) -> None:
    hear(session, team, said(remote_id="a"))
    *_, message = hear(session, team, said(in_reply_to_id="a", visibility=visibility))
    assert message.contact.is_private


def test_a_closed_contact_opens_again_when_its_resident_writes(
    session: Session, team: Team
) -> None:
    (first,) = hear(session, team, said(ASB, remote_id="a"))
    working.close(session, first.contact_id, "replied", "Told who to ring.", by=team.officer)
    hear(session, team, said(ASB, remote_id="b", in_reply_to_id="a"))
    assert first.contact.state is ContactState.OPEN
    assert first.contact.disposition is None
    assert first.contact.due_at is not None


def test_the_clock_runs_on_when_the_resident_that_was_waited_for_writes(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    (first,) = hear(session, team, said(ASB, remote_id="a"))
    due = first.contact.due_at
    assert due is not None
    working.wait(session, first.contact_id, "Which street is it?", by=team.officer)
    clock.shift(3600)
    hear(session, team, said("Quay Street", remote_id="b", in_reply_to_id="a"))
    assert first.contact.state is ContactState.OPEN
    assert first.contact.due_at == due + timedelta(hours=1)
    assert first.contact.waited_s == 3600


def test_a_question_after_our_answer_is_owed_an_answer_of_its_own(
    session: Session, team: Team
) -> None:
    (first,) = hear(session, team, said(ASB, remote_id="a"))
    threads.answered(session, first, our_clock.now(), by=team.officer)
    hear(session, team, said(CHATTER, remote_id="b", in_reply_to_id="a"))
    assert first.contact.answered_at is not None
    hear(session, team, said(ASB, remote_id="c", in_reply_to_id="a"))
    assert first.contact.answered_at is None


def test_an_edit_is_kept_beside_the_message_and_screened_again(
    session: Session, team: Team
) -> None:
    item = said(CHATTER, remote_id="a")
    (message,) = hear(session, team, item)
    edit = said(URGENT, remote_id="a", edited_at=our_clock.now())
    hear(session, team, edit)
    hear(session, team, edit)
    change = session.scalars(select(MessageChange)).one()
    assert (change.kind, change.text, change.priority) == (ChangeKind.EDITED, URGENT, "P1")
    assert message.text == CHATTER, "the message itself stays as it came"
    assert message.contact.priority == "P1"
    assert session.scalars(select(Case)).one().contact_id == message.contact_id


def test_an_edit_that_takes_the_signs_away_lowers_nothing(session: Session, team: Team) -> None:
    (message,) = hear(session, team, said(URGENT, remote_id="a"))
    hear(session, team, said(CHATTER, remote_id="a", edited_at=our_clock.now()))
    assert message.contact.priority == "P1"


def test_a_deleted_message_stays_readable_and_is_marked(session: Session, team: Team) -> None:
    (message,) = hear(session, team, said(URGENT, remote_id="a"))
    assert arriving.store_change(session, message, None) == 1
    assert arriving.store_change(session, message, None) == 0
    take_in(session)
    session.refresh(message)
    assert [change.kind for change in message.changes] == [ChangeKind.DELETED]
    assert message.text == URGENT


def test_an_edit_waits_for_the_message_itself(session: Session, team: Team) -> None:
    item = said(CHATTER, remote_id="a")
    arriving.store(session, team.mastodon.id, [item])
    arriving.store(
        session, team.mastodon.id, [said(URGENT, remote_id="a", edited_at=our_clock.now())]
    )
    first, second = session.scalars(select(Arrival).order_by(Arrival.id))
    arriving.take_up(session, [first.id, second.id])
    assert not intake.handle(session, second.id)
    session.refresh(second)
    assert second.handled_at is None
    assert intake.handle(session, first.id)
    assert intake.handle(session, second.id)
    assert session.scalars(select(MessageChange)).one().text == URGENT


def test_a_poison_message_reaches_a_person_unscreened(session: Session, team: Team) -> None:
    arriving.store(session, team.mastodon.id, [said(CHATTER)])
    row = session.scalars(select(Arrival)).one()
    row.tries = 2
    session.flush()
    take_in(session)
    message = session.scalars(select(Message)).one()
    assert (message.category, message.priority) == ("not_screened", "P2")
    assert message.verdict["degraded"]
    assert session.scalars(select(Case)).one().priority == "P2"


def test_what_one_process_began_is_left_alone_until_its_time_is_over(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    arriving.store(session, team.mastodon.id, [said()])
    row = session.scalars(select(Arrival)).one()
    assert arriving.take_up(session, [row.id]) == [row.id]
    assert arriving.take_up(session, [row.id]) == []
    assert take_in(session) == 0
    clock.shift(arriving.LEASE_S + 1)
    assert take_in(session) == 1
    session.refresh(row)
    assert row.tries == 2


def test_the_form_of_our_site_makes_a_private_contact(session: Session, team: Team) -> None:
    own = own_feed(session)
    assert own is not None
    asked = Asked(ASB, "Ann", "en", team.persona.slug, None, "f" * 64)
    assert arriving.store_asked(session, own.id, ArrivalKind.QUESTION, "once", asked)
    assert not arriving.store_asked(session, own.id, ArrivalKind.QUESTION, "once", asked)
    take_in(session)
    contact = session.scalars(select(Contact)).one()
    assert (contact.kind, contact.persona_id) == (ContactKind.QUESTION, team.persona.id)
    assert contact.token_sha256 == "f" * 64
    assert contact.is_private
    assert contact.due_at == contact.first_at + HOURS_72
    assert contact.messages[0].text == ASB


def test_two_signs_of_one_handle_within_a_day_are_read_together(
    session: Session, team: Team
) -> None:
    hint = "I need someone to talk to"
    alone, again = hear(session, team, said(hint), said(hint))
    assert alone.priority == "P3"
    assert again.priority == "P2"


class TestScreening:
    def test_our_own_name_at_the_start_is_blanked_in_place(self) -> None:
        text = "@Officer @officer@social.example: help @officer"
        blank = screening.without_our_name(text, "officer@social.example")
        assert len(blank) == len(text)
        assert blank.strip() == "help @officer"
        assert screening.without_our_name("@officer", "officer@x.example").strip() == ""
        assert screening.without_our_name("help", "") == "help"

    def test_a_sign_in_the_warning_or_the_alt_text_counts(self) -> None:
        media = (InboundMedia("image", URGENT, ""),)
        verdict = screening.screened(CHATTER, language="en", media=media)
        assert verdict.priority == "P1"
        assert {one.field for one in verdict.findings if one.priority == "P1"} == {"alt:1"}
        warned = screening.screened(CHATTER, language="en", content_warning=URGENT)
        assert warned.priority == "P1"

    def test_a_screen_that_fails_gives_the_message_to_a_person(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr(screening, "screen_inbound", broken)
        verdict = screening.screened("hello", language="en")
        assert (verdict.priority, verdict.category, verdict.degraded) == (
            "P2",
            "not_screened",
            True,
        )
