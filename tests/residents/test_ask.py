"""Asking and giving feedback without an account, and finding the answer again."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.states import PersonaState
from tests.client import Client
from tests.factories.posts import Team, words
from tests.factories.public import send_due
from tests.factories.users import make_user, sign_in
from vcp.contacts import arriving, intake
from vcp.contacts.models import Arrival, ArrivalKind, Contact, ContactKind, Message
from vcp.contacts.payloads import to_asked
from vcp.kernel.audit import AuditEvent
from vcp.posts import service
from vcp.users.throttle import FORMS_ADDRESS, FORMS_ALL

TEXT = "When does the footbridge open again?"


@pytest.fixture(autouse=True)
def _time(clock: time_machine.Traveller) -> None:
    """Time stands still, so that each test says how long somebody took."""


def opened(client: Client, path: str) -> str:
    page = client.get(path)
    assert page.status_code == 200
    found = re.search(r'name="form_key"[^>]*value="([^"]+)"', page.text)
    assert found
    return found[1]


def send(
    client: Client,
    clock: time_machine.Traveller,
    path: str = "/ask?officer=persona-x",
    **typed: str,
) -> str:
    """Fill in and send the form as a person does; return where the answer will be."""
    key = opened(client, path)
    clock.shift(30)
    answer = client.post(path, data={"text": TEXT, "name": "Robin", "form_key": key} | typed)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def ingest(session: Session) -> None:
    """Handle what waits, as the ingest does."""
    waiting = list(session.scalars(select(Arrival.id).where(Arrival.handled_at.is_(None))))
    for arrival_id in arriving.take_up(session, waiting):
        assert intake.handle(session, arrival_id)
    session.commit()


@pytest.fixture
def path(team: Team, session: Session) -> str:
    team.persona.slug = "sam-okoro"
    session.commit()
    return "/ask?officer=sam-okoro"


def test_a_question_is_stored_at_once_and_found_under_its_secret_link(
    client: Client, session: Session, path: str, team: Team, clock: time_machine.Traveller
) -> None:
    link = send(client, clock, path)
    arrival = session.scalars(select(Arrival)).one()
    asked = to_asked(arrival.payload)
    assert (arrival.kind, arrival.channel_id) == (ArrivalKind.QUESTION, team.own_feed.id)
    assert (asked.text, asked.name, asked.persona_slug) == (TEXT, "Robin", "sam-okoro")
    secret = link.rsplit("/", maxsplit=1)[1]
    assert secret not in arrival.payload + arrival.remote_id
    page = client.get(link)
    assert "We have your question" in page.text
    assert TEXT in page.text
    assert "PC Sam Okoro" in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "no-store"


def test_what_was_asked_becomes_a_private_contact_of_the_officer_with_a_clock(
    client: Client, session: Session, path: str, team: Team, clock: time_machine.Traveller
) -> None:
    link = send(client, clock, path)
    ingest(session)
    contact = session.scalars(select(Contact)).one()
    assert (contact.kind, contact.persona_id) == (ContactKind.QUESTION, team.persona.id)
    assert contact.due_at == contact.first_at + timedelta(hours=72)
    assert contact.is_private
    assert "Received" in client.get(link).text
    staff = Client(client.application, session)
    sign_in(staff, team.officer)
    assert TEXT in staff.get(f"/staff/contacts/{contact.id}").text
    assert "Being looked at" in client.get(link).text


def test_feedback_for_a_place_goes_to_that_place(
    client: Client, session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    send(client, clock, f"/ask?place={team.area.slug}&about=feedback")
    ingest(session)
    contact = session.scalars(select(Contact)).one()
    assert (contact.kind, contact.area_id) == (ContactKind.FEEDBACK, team.area.id)
    colleague = make_user(session, area=team.area)
    elsewhere = make_user(session, area=team.other_area)
    staff = Client(client.application, session)
    for person, status in ((team.officer, 200), (colleague, 200), (elsewhere, 404)):
        sign_in(staff, person)
        assert staff.get(f"/staff/contacts/{contact.id}").status_code == status


def test_what_was_asked_of_an_officer_is_not_for_every_colleague(
    client: Client, session: Session, path: str, team: Team, clock: time_machine.Traveller
) -> None:
    send(client, clock, path)
    ingest(session)
    contact = session.scalars(select(Contact)).one()
    staff = Client(client.application, session)
    sign_in(staff, make_user(session, area=team.area))
    assert staff.get(f"/staff/contacts/{contact.id}").status_code == 404
    sign_in(staff, team.supervisor)
    assert staff.get(f"/staff/contacts/{contact.id}").status_code == 200


def test_the_same_form_sent_twice_is_stored_once(
    client: Client, session: Session, path: str, clock: time_machine.Traveller
) -> None:
    key = opened(client, path)
    clock.shift(30)
    data = {"text": TEXT, "form_key": key}
    links = {client.post(path, data=data).location for _ in range(3)}
    assert len(links) == 1
    assert len(session.scalars(select(Arrival)).all()) == 1


def test_other_words_in_a_form_that_was_sent_are_never_lost(
    client: Client, session: Session, path: str, clock: time_machine.Traveller
) -> None:
    key = opened(client, path)
    clock.shift(30)
    first = client.post(path, data={"text": TEXT, "form_key": key}).location
    more = f"{TEXT} He has a knife."
    again = client.post(path, data={"text": more, "form_key": key})
    assert again.status_code == 422
    assert more in again.text
    assert "not sent yet: press Send" in again.text
    assert f'href="{first}"' in again.text
    found = re.search(r'name="form_key"[^>]*value="([^"]+)"', again.text)
    assert found
    clock.shift(30)
    second = client.post(path, data={"text": more, "form_key": found[1]})
    assert second.status_code == 303
    assert second.location != first
    kept = [to_asked(one.payload).text for one in session.scalars(select(Arrival))]
    assert sorted(kept) == sorted([TEXT, more])


def test_one_form_is_of_one_kind_wherever_it_is_sent(
    client: Client, session: Session, path: str, clock: time_machine.Traveller
) -> None:
    key = opened(client, path)
    clock.shift(30)
    for address in (path, f"{path}&about=feedback"):
        sent = client.post(address, data={"text": TEXT, "form_key": key})
        assert sent.status_code == 303
    assert session.scalars(select(Arrival)).one().kind is ArrivalKind.QUESTION
    ingest(session)
    assert session.scalars(select(Message)).one().text == TEXT


def test_what_was_typed_is_kept_when_something_is_wrong(
    client: Client, session: Session, path: str, clock: time_machine.Traveller
) -> None:
    key = opened(client, path)
    clock.shift(30)
    for data, told in (
        ({"text": " ", "name": "Robin Ash"}, "Write what you want to say."),
        ({"text": "a" * 3_412, "name": "Robin Ash"}, "It has 3,412 now."),
        ({"text": "ok", "name": "Robin Ash" * 10}, "Shorten it to 80 characters."),
        ({"text": "🏳️‍🌈" * 800, "name": "Robin Ash"}, "It has 3,200 now."),
        ({"text": TEXT, "name": "Robin Ash", "form_key": "forged"}, "press Send again"),
        ({"text": TEXT, "name": "Robin Ash", "website": "https://x.example"}, "Empty it"),
    ):
        answer = client.post(path, data={"form_key": key} | data)
        assert answer.status_code == 422
        assert told in answer.text
        assert "Robin Ash" in answer.text
    assert session.scalars(select(Arrival)).all() == []


def test_a_program_that_sends_at_once_is_asked_again_and_a_person_isnt_lost(
    client: Client, session: Session, path: str, clock: time_machine.Traveller
) -> None:
    key = opened(client, path)
    quick = client.post(path, data={"text": TEXT, "form_key": key})
    assert quick.status_code == 422
    assert TEXT in quick.text
    clock.shift(5)
    assert client.post(path, data={"text": TEXT, "form_key": key}).status_code == 303


def test_a_form_left_open_for_days_keeps_its_words_and_works_again(
    client: Client, session: Session, path: str, clock: time_machine.Traveller
) -> None:
    key = opened(client, path)
    clock.shift(timedelta(days=2))
    stale = client.post(path, data={"text": TEXT, "form_key": key})
    assert stale.status_code == 422
    found = re.search(r'name="form_key"[^>]*value="([^"]+)"', stale.text)
    assert found
    assert found[1] != key
    clock.shift(5)
    assert client.post(path, data={"text": TEXT, "form_key": found[1]}).status_code == 303


def test_one_connection_cannot_flood_us_and_what_it_wrote_last_is_kept(
    client: Client, session: Session, path: str, clock: time_machine.Traveller
) -> None:
    key = opened(client, path)
    clock.shift(5)
    data = {"text": TEXT, "form_key": key}
    for _ in range(FORMS_ADDRESS):
        assert client.post(path, data=data).status_code == 303
    refused = client.post(path, data=data)
    assert refused.status_code == 429
    assert TEXT in refused.text
    other = client.post(path, data=data, environ_base={"REMOTE_ADDR": "2001:db8::1"})
    assert other.status_code == 303
    clock.shift(601)
    assert client.post(path, data=data).status_code == 303
    assert FORMS_ALL > FORMS_ADDRESS


def test_urgent_words_are_answered_with_999_in_big_letters(
    client: Client, session: Session, path: str, clock: time_machine.Traveller
) -> None:
    link = send(client, clock, path, text="Someone is breaking into the flat next door right now")
    for _ in range(2):
        page = client.get(link).text
        assert re.search(r"<h1[^>]*>Is it happening now\? Call <a[^>]*>999</a></h1>", page)
        ingest(session)
    assert session.scalars(select(Message)).one().priority == "P1"


def test_an_approved_answer_is_read_under_the_link_and_by_officers_in_the_conversation(
    app: Flask,
    client: Client,
    session: Session,
    path: str,
    team: Team,
    clock: time_machine.Traveller,
) -> None:
    link = send(client, clock, path)
    ingest(session)
    message = session.scalars(select(Message)).one()
    said = words(team, text="It opens again on Friday.", channel_ids=(team.own_feed.id,))
    post = service.create_draft(session, team.persona.id, said, by=team.officer, answers=message)
    service.submit(session, post.id, by=team.officer)
    assert "It opens again on Friday." not in client.get(link).text
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    send_due(app, session, team.own_feed)
    clock.shift(timedelta(hours=80))
    page = client.get(link).text
    assert "We have answered" in page
    assert "It opens again on Friday." in page
    assert "Tell a supervisor" not in page
    staff = Client(client.application, session)
    sign_in(staff, team.officer)
    shown = staff.get(f"/staff/contacts/{message.contact_id}").text
    assert "It opens again on Friday." in shown
    assert "Published" in shown
    assert "Answered" in shown


def test_who_has_no_answer_in_72_hours_can_say_so_once_and_the_supervisor_sees_it(
    client: Client, session: Session, path: str, team: Team, clock: time_machine.Traveller
) -> None:
    link = send(client, clock, path)
    ingest(session)
    assert "Tell a supervisor" not in client.get(link).text
    client.post(f"{link}/missed")
    contact = session.scalars(select(Contact)).one()
    assert contact.missed_at is None
    clock.shift(timedelta(hours=73))
    assert "Tell a supervisor" in client.get(link).text
    for _ in range(2):
        assert client.post(f"{link}/missed").status_code == 303
    assert contact.missed_at is not None
    assert "A supervisor sees that" in client.get(link).text
    events = select(AuditEvent).where(AuditEvent.verb == "say_missed")
    assert len(session.scalars(events).all()) == 1
    staff = Client(client.application, session)
    sign_in(staff, team.supervisor)
    assert "The resident says that no answer came" in staff.get("/staff/contacts").text


def test_a_browser_that_lost_its_cookie_keeps_the_words_and_stores_nothing(
    client: Client, session: Session, path: str, clock: time_machine.Traveller
) -> None:
    key = opened(client, path)
    clock.shift(30)
    lost = client.post(path, data={"text": TEXT, "form_key": key}, csrf=False)
    assert lost.status_code == 400
    assert TEXT in lost.text
    assert "keeps no cookies" in lost.text
    assert session.scalars(select(Arrival)).all() == []


def test_a_secret_that_isnt_one_leads_nowhere(client: Client, session: Session, path: str) -> None:
    assert client.get("/asked/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404
    assert client.post("/asked/AAAAAAAAAAAAAAAAAAAAAA/missed").status_code == 404


def test_an_officer_who_isnt_here_hands_the_question_to_the_place(
    client: Client, session: Session, path: str, team: Team, clock: time_machine.Traveller
) -> None:
    team.persona.state = PersonaState.SUSPENDED
    assert "is not here at present" in client.get(path).text
    send(client, clock, path)
    asked = to_asked(session.scalars(select(Arrival)).one().payload)
    assert (asked.persona_slug, asked.area_id) == (None, team.area.id)


def test_nobody_asks_an_officer_that_there_isnt(client: Client, path: str) -> None:
    assert client.get("/ask?officer=nobody").status_code == 404
    assert client.get("/ask?place=nowhere").status_code == 404
    assert client.get("/ask").status_code == 200


def test_the_address_of_the_form_decides_nothing_else(client: Client, path: str) -> None:
    page = client.get(f"{path}&_external=1&_scheme=javascript&_anchor=x").text
    assert 'action="/ask?officer=sam-okoro"' in page
    assert "javascript" not in page
