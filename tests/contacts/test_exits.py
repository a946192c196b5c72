"""Whatever keeps failing stops nobody, and a person sees it."""

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Case
from tests.factories.inbound import CHATTER, URGENT, said
from tests.factories.posts import Team, make_team
from vcp.contacts import arriving, checks, handling, intake
from vcp.contacts.models import Arrival, ArrivalKind, ChangeKind, Contact, Message, MessageChange
from vcp.contacts.payloads import Asked, from_asked
from vcp.kernel import clock as our_clock

TEXT = "When does the footbridge open again?"
KEY = "f" * 64


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def try_often(session: Session, clock: time_machine.Traveller, times: int) -> None:
    for _ in range(times):
        handling.handle_waiting()
        clock.shift(arriving.SELDOM_S + 1)
    session.rollback()


def form(session: Session, team: Team, kind: ArrivalKind, asked: Asked | str) -> None:
    payload = from_asked(asked) if isinstance(asked, Asked) else asked
    now = our_clock.now()
    session.add(
        Arrival(
            channel_id=team.own_feed.id,
            kind=kind,
            remote_id=KEY,
            payload=payload,
            received_at=now,
        )
    )
    session.commit()


def test_two_arrivals_under_one_name_both_reach_a_person(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    form(session, team, ArrivalKind.QUESTION, Asked(TEXT, token_sha256=KEY))
    form(session, team, ArrivalKind.FEEDBACK, Asked(URGENT, token_sha256=KEY))
    try_often(session, clock, intake.MOST_TRIES + 1)
    first, second = session.scalars(select(Message).order_by(Message.id))
    assert (first.text, first.priority) == (URGENT, "P1"), "the worst comes first"
    assert (second.text, second.contact.token_sha256) == (TEXT, None)
    assert first.contact_id != second.contact_id


def test_a_form_that_cannot_be_read_reaches_a_person_without_its_words(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    form(session, team, ArrivalKind.QUESTION, "{")
    try_often(session, clock, intake.MOST_TRIES + 1)
    contact = session.scalars(select(Contact)).one()
    assert (contact.category, contact.priority) == ("not_screened", "P2")
    assert session.scalars(select(Case)).one().contact_id == contact.id


def test_an_edit_that_cannot_be_read_is_noted_for_a_person(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    arriving.store(session, team.mastodon.id, [said(CHATTER, remote_id="a")])
    session.commit()
    handling.handle_waiting()
    edit = said(URGENT, remote_id="a", edited_at=our_clock.now())
    arriving.store(session, team.mastodon.id, [edit])
    session.scalars(select(Arrival).where(Arrival.kind == ArrivalKind.EDIT)).one().payload = "{"
    session.commit()
    try_often(session, clock, intake.MOST_TRIES + 1)
    change = session.scalars(select(MessageChange)).one()
    assert (change.kind, change.priority) == (ChangeKind.EDITED, "P2")


def test_words_that_no_table_takes_are_stored_as_plainly_as_they_can_be(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    arriving.store(session, team.mastodon.id, [said(f"{URGENT} \ud800")])
    session.commit()
    try_often(session, clock, intake.PLAINLY_AFTER + 1)
    message = session.scalars(select(Message)).one()
    assert (message.text, message.priority) == (f"{URGENT} ?", "P1")


def test_what_fails_for_ever_blocks_no_other_and_doctor_tells_of_it(
    session: Session,
    team: Team,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arriving.store(session, team.mastodon.id, [said() for _ in range(12)])
    session.commit()
    bad = session.scalars(select(Arrival.id).order_by(Arrival.id)).all()[0]
    whole = intake.handle

    def broken(current: Session, arrival_id: int) -> bool:
        if arrival_id == bad:
            raise LookupError
        return whole(current, arrival_id)

    monkeypatch.setattr(intake, "handle", broken)
    assert handling.handle_waiting() == 11
    try_often(session, clock, 8)
    assert session.get_one(Arrival, bad).handled_at is None
    assert not {one.name: one.is_well for one in checks.checks()}["arrivals"]
