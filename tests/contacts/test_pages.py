"""What officers see of contacts and do with them, without scripts."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Case
from tests.client import Client
from tests.factories.areas import BY
from tests.factories.contacts import QUESTION, make_contact, make_message
from tests.factories.personas import add_member, make_persona
from tests.factories.posts import make_team
from tests.factories.users import make_user, sign_in
from vcp.contacts import listing
from vcp.contacts.models import ChangeKind, Contact, ContactKind, MessageChange
from vcp.contacts.states import CONTACT, ContactState, Disposition
from vcp.kernel import clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.permissions import Role


def events(session: Session, contact: Contact, verb: str) -> list[AuditEvent]:
    rows = select(AuditEvent).where(
        AuditEvent.subject_kind == "contact",
        AuditEvent.subject_id == str(contact.id),
        AuditEvent.verb == verb,
    )
    return list(session.scalars(rows))


def test_officer_reads_the_list_and_the_conversation_and_is_in_the_trail(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    contact = make_message(session, team).contact
    sign_in(client, team.officer)
    listed = client.get("/staff/contacts")
    assert f"/staff/contacts/{contact.id}" in listed.text
    assert "Answer due in 2 days" in listed.text
    page = client.get(f"/staff/contacts/{contact.id}")
    assert QUESTION in page.text
    assert [event.actor_id for event in events(session, contact, "look")] == [team.officer.actor_id]
    assert contact.seen_at is not None


def test_search_finds_handles_and_words_and_its_words_are_in_the_trail(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    make_message(session, team, handle="wren@towns.example", text="The bins again.")
    other = make_message(session, team, handle="lark@towns.example", text="100% of the lamps.")
    sign_in(client, team.officer)
    assert "The bins again." not in client.get("/staff/contacts?q=lamps").text
    found = client.get("/staff/contacts?q=%40lark%40towns").text
    assert f"/staff/contacts/{other.contact_id}" in found
    assert "The bins again." not in found
    assert "The bins again." not in client.get("/staff/contacts?q=0%25").text
    looks = session.scalars(
        select(AuditEvent).where(AuditEvent.verb == "look", AuditEvent.subject_id == "list")
    )
    payloads = [event.payload.body for event in looks if event.payload]
    assert any('"q":"lamps"' in body for body in payloads)


def test_a_contact_of_another_area_is_not_there(client: Client, session: Session) -> None:
    team = make_team(session)
    contact = make_message(session, team).contact
    sign_in(client, team.other_supervisor)
    assert f"/staff/contacts/{contact.id}" not in client.get("/staff/contacts").text
    assert f"/staff/contacts/{contact.id}" not in client.get("/staff/contacts?q=library").text
    assert client.get(f"/staff/contacts/{contact.id}").status_code == 404
    data = {"note-text": "Looking around."}
    assert client.post(f"/staff/contacts/{contact.id}/note", data=data).status_code == 404


def test_a_private_contact_is_for_its_persona_and_those_who_oversee(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    contact = make_message(session, team, visibility="direct").contact
    colleague = make_user(session, area=team.area)
    moderator = make_user(session, role=Role.MODERATOR, area=team.district)
    for person, status in (
        (team.officer, 200),
        (team.supervisor, 200),
        (moderator, 200),
        (colleague, 404),
    ):
        sign_in(client, person)
        assert client.get(f"/staff/contacts/{contact.id}").status_code == status
    assert f"/staff/contacts/{contact.id}" not in client.get("/staff/contacts").text


def test_whoever_speaks_as_the_persona_sees_its_contacts_in_other_areas(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    guest = make_user(session, area=team.other_area)
    add_member(session, persona=team.persona, user=guest)
    contact = make_message(session, team).contact
    sign_in(client, guest)
    assert client.get(f"/staff/contacts/{contact.id}").status_code == 200


def test_a_complaint_is_worked_by_somebody_it_isnt_about(client: Client, session: Session) -> None:
    team = make_team(session)
    contact = make_message(session, team, category="police_complaint", priority="P3").contact
    path, data = f"/staff/contacts/{contact.id}", {"note-text": "Passed on."}
    sign_in(client, team.officer)
    assert "complaint about police" in client.get(path).text
    assert client.post(f"{path}/note", data=data).status_code == 403
    sign_in(client, team.supervisor)
    assert client.post(f"{path}/note", data=data).status_code == 302


def test_notes_stay_and_an_empty_one_is_refused(client: Client, session: Session) -> None:
    team = make_team(session)
    contact = make_message(session, team).contact
    path = f"/staff/contacts/{contact.id}"
    sign_in(client, team.officer)
    assert client.post(f"{path}/note", data={"note-text": " "}).status_code == 422
    assert client.post(f"{path}/note", data={"note-text": "Rang them."}).status_code == 302
    assert "Rang them." in client.get(path).text
    assert len(events(session, contact, "note")) == 1


def test_the_clock_stands_still_while_the_resident_is_waited_for(
    client: Client, session: Session, clock: object
) -> None:
    team = make_team(session)
    contact = make_message(session, team).contact
    due, path = contact.due_at, f"/staff/contacts/{contact.id}"
    assert due is not None
    sign_in(client, team.officer)
    assert client.post(f"{path}/wait", data={"wait-text": "Which lamp?"}).status_code == 302
    assert contact.state is ContactState.WAITING
    assert "Stopped: waiting for the resident" in client.get(path).text
    clock.shift(timedelta(minutes=10))  # type: ignore[attr-defined]  # time_machine's Traveller
    assert client.post(f"{path}/resume").status_code == 302
    assert (contact.state, contact.waited_s) == (ContactState.OPEN, 600)
    assert contact.due_at == due + timedelta(minutes=10)


def test_an_overdue_contact_stands_out(client: Client, session: Session) -> None:
    team = make_team(session)
    late = make_message(session, team, posted_at=clock.now() - timedelta(days=5)).contact
    said = make_message(session, team, for_contact={"missed_at": clock.now()}).contact
    fresh = make_message(session, team).contact
    sign_in(client, team.officer)
    assert "Answer overdue by 2 days" in client.get("/staff/contacts").text
    page = client.get("/staff/contacts?state=late").text
    for contact, is_late in ((late, True), (said, True), (fresh, False)):
        assert (f'/staff/contacts/{contact.id}"' in page) == is_late


def test_a_refused_form_that_shows_the_conversation_again_is_a_look(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    contact = make_message(session, team).contact
    sign_in(client, team.officer)
    refused = client.post(f"/staff/contacts/{contact.id}/note")
    assert refused.status_code == 422
    assert QUESTION in refused.text
    assert [event.actor_id for event in events(session, contact, "look")] == [team.officer.actor_id]
    assert contact.seen_at is not None
    data = {"note-text": "The lamp is mended."}
    assert client.post(f"/staff/contacts/{contact.id}/note", data=data).status_code == 302
    assert len(events(session, contact, "look")) == 1, "nothing was shown"


def test_only_a_look_by_whoever_may_work_on_it_tells_the_resident_that_it_was_read(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    contact = make_message(session, team, category="police_complaint", priority="P3").contact
    path, version = f"/staff/contacts/{contact.id}", contact.version
    for person, is_read in ((team.officer, False), (team.supervisor, True)):
        sign_in(client, person)
        assert client.get(path).status_code == 200
        session.refresh(contact)
        assert (contact.seen_at is not None) == is_read
    assert contact.version == version, "a look makes nobody's decision fail"


def test_no_area_in_the_address_breaks_the_list(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    for area in ("9" * 5000, "²", "-1", "%00", "9" * 12):
        assert client.get(f"/staff/contacts?area={area}").status_code == 200


def test_late_shows_what_a_resident_misses_until_an_answer_follows(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    now = clock.now()
    before, after = now - timedelta(hours=1), now + timedelta(hours=1)
    unanswered, answered, long_ago, asked_anew = (
        make_message(session, team, for_contact={"missed_at": missed, "answered_at": at}).contact
        for missed, at in (
            (now, None),
            (now, after),
            (now - listing.CLOSED_STAYS_LATE, None),
            (now, before),
        )
    )
    for contact in (unanswered, answered, long_ago):
        CONTACT.apply(session, contact, "close", by=BY)
    sign_in(client, team.supervisor)
    page = client.get("/staff/contacts?state=late").text
    for contact, is_late in (
        (unanswered, True),
        (answered, False),
        (long_ago, False),
        (asked_anew, True),
    ):
        assert (f'/staff/contacts/{contact.id}"' in page) == is_late


def test_closing_needs_an_ending_and_a_reason_and_can_be_undone(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    contact = make_message(session, team).contact
    path = f"/staff/contacts/{contact.id}"
    sign_in(client, team.officer)
    refused = client.post(f"{path}/close", data={"close-reason": "They saw the lamp mended."})
    assert refused.status_code == 422
    assert "They saw the lamp mended." in refused.text
    data = {"close-disposition": "released", "close-reason": "No."}
    assert client.post(f"{path}/close", data=data).status_code == 422
    data = {"close-disposition": "signposted", "close-reason": "The council mends lamps."}
    assert client.post(f"{path}/close", data=data).status_code == 302
    assert (contact.state, contact.disposition) == (ContactState.CLOSED, Disposition.SIGNPOSTED)
    assert f"/staff/contacts/{contact.id}" not in client.get("/staff/contacts").text
    assert f"/staff/contacts/{contact.id}" in client.get("/staff/contacts?state=closed").text
    assert client.post(f"{path}/close", data=data).status_code == 409
    assert client.post(f"{path}/reopen", data={"reopen-text": "Dark again."}).status_code == 302
    assert (contact.state, contact.disposition) == (ContactState.OPEN, None)


def test_a_contact_stays_open_while_the_desk_has_its_case(client: Client, session: Session) -> None:
    team = make_team(session)
    contact = make_message(session, team, category="crime_report", priority="P3").contact
    sign_in(client, team.supervisor)
    data = {"close-disposition": "replied", "close-reason": "Told them to ring 101."}
    page = client.get(f"/staff/contacts/{contact.id}").text
    assert "The desk works on this." in page
    assert "How did it end?" not in page
    answer = client.post(f"/staff/contacts/{contact.id}/close", data=data)
    assert answer.status_code == 409
    assert "The desk still has the case" in answer.text
    assert "Told them to ring 101." in answer.text
    assert contact.state is ContactState.OPEN


def test_a_person_raises_and_the_desk_gets_a_case(client: Client, session: Session) -> None:
    team = make_team(session)
    contact = make_message(session, team).contact
    path = f"/staff/contacts/{contact.id}/judge"
    sign_in(client, team.officer)
    wrong = {"judge-category": "crime_report", "judge-priority": "P1", "judge-reason": "x"}
    answer = client.post(path, data=wrong)
    assert answer.status_code == 422
    assert "Crime report is P2 to P3." in answer.text
    right = wrong | {"judge-priority": "P3", "judge-reason": "The lamp was smashed on purpose."}
    assert client.post(path, data=right).status_code == 302
    assert (contact.category, contact.priority, contact.lane) == (
        "crime_report",
        "P3",
        "operational",
    )
    case = session.scalars(select(Case).where(Case.contact_id == contact.id)).one()
    assert case.priority == "P3"
    (event,) = events(session, contact, "judge")
    assert (event.old_state, event.new_state) == ("P4", "P3")


def test_edits_deletions_and_media_are_shown_as_words(client: Client, session: Session) -> None:
    team = make_team(session)
    message = make_message(
        session,
        team,
        text="First words.",
        media=[{"kind": "image", "description": "A broken lamp", "url": "https://a.example/1.jpg"}],
    )
    second = make_message(session, team, text="Taken away later.", contact=message.contact)
    for one, kind, text in (
        (message, ChangeKind.EDITED, "Second words."),
        (second, ChangeKind.DELETED, ""),
    ):
        session.add(
            MessageChange(
                message_id=one.id, arrival_id=one.arrival_id, kind=kind, at=clock.now(), text=text
            )
        )
    sign_in(client, team.officer)
    page = client.get(f"/staff/contacts/{message.contact_id}").text
    for words in ("First words.", "Second words.", "Taken away later.", "A broken lamp"):
        assert words in page
    assert "Its author has taken this away." in page
    assert "<img" not in page


def test_a_conversation_is_logged_on_a_phone_with_three_fields(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    page = client.get("/staff/contacts/log").text
    assert 'type="date"' in page
    typed = {
        "kind": "surgery",
        "summary": "Parking at the school gate.",
        "category": "asb_service_request",
        "area": str(team.area.id),
        "on": clock.now().date().isoformat(),
        "at": "00:01",
        "is_answer_promised": "y",
    }
    refused = client.post("/staff/contacts/log", data=typed | {"kind": ""})
    assert refused.status_code == 422
    assert "Parking at the school gate." in refused.text
    answer = client.post("/staff/contacts/log", data=typed)
    assert answer.status_code == 302
    contact = session.scalars(select(Contact)).one()
    assert (contact.kind, contact.persona_id) == (ContactKind.SURGERY, team.persona.id)
    assert contact.due_at == contact.first_at + timedelta(hours=72)
    assert "Parking at the school gate." in client.get(answer.location).text


def test_a_crime_heard_of_on_the_street_goes_to_the_desk(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    typed = {
        "kind": "visit",
        "summary": "Shed broken into last night.",
        "category": "crime_report",
        "area": str(team.area.id),
        "on": clock.now().date().isoformat(),
        "at": "00:01",
    }
    assert client.post("/staff/contacts/log", data=typed).status_code == 302
    assert session.scalars(select(Case)).one().priority == "P3"


def test_nothing_is_logged_ahead_of_time_long_ago_or_elsewhere(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    now = clock.now()
    typed = {
        "kind": "event",
        "summary": "Summer fair.",
        "category": "praise_chatter",
        "area": str(team.area.id),
        "on": now.date().isoformat(),
        "at": "00:01",
    }
    for wrong, status in (
        ({"on": (now + timedelta(days=2)).date().isoformat()}, 422),
        ({"on": (now - timedelta(days=90)).date().isoformat()}, 422),
        ({"on": "tomorrow"}, 422),
        ({"area": str(team.other_area.id)}, 403),
        ({"category": "not_screened"}, 422),
    ):
        assert client.post("/staff/contacts/log", data=typed | wrong).status_code == status
    assert session.scalars(select(Contact)).all() == []


def test_two_handles_of_one_name_stay_two_contacts(client: Client, session: Session) -> None:
    """The same name on two servers may be two people: only a human may say otherwise."""
    team = make_team(session)
    first = make_contact(session, team, handle="robin@towns.example")
    second = make_contact(session, team, handle="robin@other.example")
    assert first.id != second.id
    sign_in(client, team.officer)
    page = client.get(f"/staff/contacts/{first.id}").text
    assert "other.example" not in page


def test_mine_shows_only_what_was_said_to_my_personas(client: Client, session: Session) -> None:
    team = make_team(session)
    other = make_persona(session, area=team.area, name="PC Kit Marlow")
    mine = make_message(session, team).contact
    theirs = make_message(session, team, for_contact={"persona_id": other.id}).contact
    sign_in(client, team.officer)
    page = client.get("/staff/contacts?whose=mine").text
    assert f"/staff/contacts/{mine.id}" in page
    assert f"/staff/contacts/{theirs.id}" not in page
    assert f"/staff/contacts/{theirs.id}" in client.get("/staff/contacts").text
