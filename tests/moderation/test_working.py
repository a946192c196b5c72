"""Working a case: every move from every state, who gets it, how it may end."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import desks, handing_over, intake, queries, service
from moderation.clocks import running, spoken
from moderation.models import Case
from moderation.states import CASE, HAND_OVER, CaseState, HandOverState
from tests.factories.areas import BY
from tests.factories.contacts import make_contact, make_message
from tests.factories.moderation import make_case, make_contact_case
from tests.factories.posts import PLATE, Team, make_team
from tests.factories.users import make_user
from vcp.contacts.states import CONTACT, Disposition
from vcp.kernel import clock as clocks
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.permissions import Role
from vcp.users.models import User

ROOM = {"control_room": "control@carrowdale.police.example"}
WHY = "Nothing in it."


@pytest.fixture
def team(session: Session) -> Team:
    desks.ensure_defaults(session, ROOM)
    return make_team(session)


def moderator(session: Session, team: Team) -> User:
    return make_user(session, role=Role.MODERATOR, area=team.area)


def brought_to(session: Session, case: Case, state: CaseState, by: User) -> Case:
    if state is not CaseState.OPEN:
        service.claim(session, case.id, by=by)
    if state is CaseState.DISPOSED:
        service.dispose(session, case.id, Disposition.NO_ACTION, WHY, by=by)
    return case


MOVES: dict[str, Callable[[Session, Case, User], Case]] = {
    "claim": lambda session, case, by: service.claim(session, case.id, by=by),
    "put_back": lambda session, case, by: service.put_back(session, case.id, by=by),
    "dispose": lambda session, case, by: service.dispose(
        session, case.id, Disposition.NO_ACTION, WHY, by=by
    ),
    "reopen": lambda session, case, by: service.reopen(session, case.id, "Again.", by=by),
}


@pytest.mark.parametrize("state, verb", list(product(CaseState, MOVES)))
def test_every_move_from_every_state(
    session: Session, team: Team, state: CaseState, verb: str
) -> None:
    person = moderator(session, team)
    case = brought_to(session, make_contact_case(session, team), state, person)
    if CASE.allows(state, verb) or (state, verb) == (CaseState.IN_REVIEW, "claim"):
        MOVES[verb](session, case, person)
        assert case.state is CASE.moves[verb][1]
    else:
        with pytest.raises(Conflict):
            MOVES[verb](session, case, person)
        assert case.state is state


def test_hand_overs_table_of_moves() -> None:
    assert {
        (state, verb)
        for state, verb in product(HandOverState, HAND_OVER.moves)
        if HAND_OVER.allows(state, verb)
    } == {
        (HandOverState.SENT, "acknowledge"),
        (HandOverState.OVERDUE, "acknowledge"),
        (HandOverState.SENT, "run_late"),
    }


def test_who_may_not_work_cases_is_refused(session: Session, team: Team) -> None:
    case = make_contact_case(session, team)
    elsewhere = make_user(session, role=Role.MODERATOR, area=team.other_area)
    others = [
        make_user(session, role=role, area=team.area)
        for role in Role
        if role not in (Role.MODERATOR, Role.SUPERVISOR)
    ]
    for person in (*others, elsewhere):
        for move in MOVES.values():
            with pytest.raises(NotAllowed):
                move(session, case, person)
    assert case.state is CaseState.OPEN


def test_ends_need_a_reason_and_must_be_so(session: Session, team: Team) -> None:
    person, case = moderator(session, team), make_contact_case(session, team)
    first, draft = make_contact_case(session, team), make_case(session, team, text=PLATE)

    def refused(
        disposition: Disposition, reason: str = WHY, original: int | None = None
    ) -> str | None:
        with pytest.raises(Invalid) as caught:
            service.dispose(session, case.id, disposition, reason, by=person, duplicate_of=original)
        return caught.value.field

    assert refused(Disposition.NOT_CREDIBLE, " ") == "reason"
    assert refused(Disposition.RELEASED) == "disposition"
    assert refused(Disposition.REPLIED) == "disposition", "nobody has answered"
    assert refused(Disposition.HANDED_OVER) == "disposition", "no desk has it"
    for wrong in (None, case.id, draft.id, 999_999):
        assert refused(Disposition.DUPLICATE, original=wrong) == "duplicate_of"
    service.dispose(session, case.id, Disposition.DUPLICATE, WHY, by=person, duplicate_of=first.id)
    assert case.reason == f"Duplicate of case {first.id}. {WHY}"
    assert case.disposed_by_id == person.id
    with pytest.raises(Conflict, match="held draft"):
        service.dispose(session, draft.id, Disposition.NO_ACTION, WHY, by=person)


def test_handed_over_means_that_a_desk_said_so(session: Session, team: Team) -> None:
    person, case = moderator(session, team), make_contact_case(session, team)
    room = desks.first_choice(session, "emergency_in_progress")
    assert room is not None
    row = handing_over.hand_over(session, case.id, room.id, "", by=person)
    with pytest.raises(Invalid, match="No desk has said"):
        service.dispose(session, case.id, Disposition.HANDED_OVER, WHY, by=person)
    handing_over.record_acknowledgement(session, row.id, "Jo Poe", "INC 7", by=person)
    service.dispose(session, case.id, Disposition.HANDED_OVER, WHY, by=person)
    assert row.recorded_by_id == person.id


def test_more_words_join_the_open_case_and_raise_it(session: Session, team: Team) -> None:
    contact = make_contact(session, team)
    case = make_contact_case(session, team, category="crime_report", priority="P3", contact=contact)
    person = moderator(session, team)
    seen = case.version
    make_message(session, team, contact=contact, category="emergency_in_progress", priority="P1")
    assert (case.priority, case.categories) == ("P1", "emergency_in_progress,crime_report")
    assert case.due_at - case.opened_at < timedelta(hours=1)
    make_message(session, team, contact=contact, category="spam_abuse", priority="P4")
    assert case.categories == "emergency_in_progress,crime_report"
    session.flush()
    with pytest.raises(Conflict, match="Something new"):
        service.dispose(session, case.id, Disposition.NO_ACTION, WHY, by=person, version=seen)
    assert len(queries.of_contact(session, contact.id)) == 1


def test_what_comes_after_the_hand_over_must_be_acted_on_again(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    person, contact = moderator(session, team), make_contact(session, team)
    case = make_contact_case(session, team, contact=contact)
    room = desks.first_choice(session, "emergency_in_progress")
    assert room is not None
    handing_over.hand_over(session, case.id, room.id, "", by=person, taken_by="Jo Poe")
    assert running(case, clocks.now()) is None
    clock.shift(3600)
    make_message(session, team, contact=contact, category="emergency_in_progress", priority="P1")
    left = running(case, clocks.now())
    assert left is not None
    assert (left.what, left.is_overdue) == ("act", False)


def test_after_the_end_more_words_open_a_new_case(session: Session, team: Team) -> None:
    person, contact = moderator(session, team), make_contact(session, team)
    old = make_contact_case(session, team, contact=contact)
    service.dispose(session, old.id, Disposition.NO_ACTION, WHY, by=person)
    new = make_contact_case(session, team, contact=contact)
    assert new.id != old.id
    with pytest.raises(Conflict, match=f"case {new.id}"):
        service.reopen(session, old.id, "Again.", by=person)


def test_opened_again_it_must_be_acted_on_from_now(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    person, case = moderator(session, team), make_contact_case(session, team)
    room = desks.first_choice(session, "emergency_in_progress")
    assert room is not None
    handing_over.hand_over(session, case.id, room.id, "", by=person, taken_by="Jo Poe")
    service.dispose(session, case.id, Disposition.HANDED_OVER, WHY, by=person)
    clock.shift(86_400)
    service.reopen(session, case.id, "It goes on.", by=person)
    left = running(case, clocks.now())
    assert left is not None
    assert (left.what, left.left_s) == ("act", 600)


def test_sweep_opens_what_a_message_lacks_and_nothing_else(session: Session, team: Team) -> None:
    message = make_message(session, team, category="crime_report", priority="P3", is_heard=False)
    make_message(session, team, is_heard=False)
    ended = make_contact_case(session, team)
    service.dispose(session, ended.id, Disposition.NO_ACTION, WHY, by=moderator(session, team))
    gone = make_message(session, team, category="crime_report", priority="P3", is_heard=False)
    CONTACT.apply(session, gone.contact, "close", by=BY)
    assert intake.repair(session) == 1
    assert intake.repair(session) == 0
    case = queries.open_of_contact(session, message.contact_id)
    assert case is not None
    assert case.opened_at == message.posted_at


def test_first_look_is_kept_and_changes_nothing_to_decide_on(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    case, person = make_contact_case(session, team), moderator(session, team)
    version = case.version
    service.saw(session, case.id, make_user(session, role=Role.AUDITOR, area=team.area))
    session.refresh(case)
    assert case.seen_at is None
    service.saw(session, case.id, person)
    first = clocks.now()
    clock.shift(60)
    service.saw(session, case.id, person)
    session.refresh(case)
    assert (case.seen_at, case.version) == (first, version)


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "less than a minute"),
        (61, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (7500, "2 hours 5 minutes"),
        (86_400, "24 hours"),
        (200_000, "2 days"),
    ],
)
def test_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_every_step_is_in_the_trail(session: Session, team: Team) -> None:
    person, case = moderator(session, team), make_contact_case(session, team)
    service.claim(session, case.id, by=person)
    service.put_back(session, case.id, by=person)
    service.dispose(session, case.id, Disposition.NOT_CREDIBLE, WHY, by=person)
    service.reopen(session, case.id, "Again.", by=person)
    rows = session.scalars(
        select(AuditEvent).where(AuditEvent.subject_kind == "case").order_by(AuditEvent.at)
    )
    verbs = [row.verb for row in rows]
    assert verbs == ["create", "claim", "put_back", "dispose", "reopen"]
