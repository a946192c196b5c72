"""Two moderators at the same cases: each is claimed, decided and acknowledged by one of them."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation import desks, handing_over, intake, service
from moderation.models import Case, HandOver
from moderation.states import CaseState
from tests.factories.contacts import make_contact
from tests.factories.moderation import make_contact_case
from tests.factories.posts import make_team
from tests.factories.users import make_user
from vcp.contacts.events import ContactRaised
from vcp.contacts.states import Disposition
from vcp.kernel.audit import AuditEvent
from vcp.kernel.db import db, transaction
from vcp.kernel.errors import Conflict
from vcp.kernel.permissions import Role
from vcp.users.models import User

CASES = 200
TRIES = 30


def race(app: Flask, people: list[int], work: Callable[[Session, User], None]) -> None:
    """Let each person do the work in a thread of their own, begun together."""
    barrier, broken = threading.Barrier(len(people)), []

    def run(person_id: int) -> None:
        with app.app_context():
            person = db.session.get_one(User, person_id)
            barrier.wait()
            try:
                work(db.session, person)
            except Exception as error:  # noqa: BLE001 - told by the test's own thread
                broken.append(error)

    threads = [threading.Thread(target=run, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not broken


def verbs(session: Session, verb: str, kind: str = "case") -> Counter[str]:
    rows = session.scalars(
        select(AuditEvent.subject_id).where(
            AuditEvent.verb == verb, AuditEvent.subject_kind == kind
        )
    )
    return Counter(rows)


@pytest.mark.parametrize("claims_first", [True, False], ids=["claimed first", "straight away"])
def test_none_of_200_cases_is_decided_twice(
    app: Flask, session: Session, claims_first: bool
) -> None:
    team = make_team(session)
    people = [make_user(session, role=Role.MODERATOR, area=team.area).id for _ in range(2)]
    ids = [make_contact_case(session, team).id for _ in range(CASES)]
    session.commit()
    won: dict[int, list[int]] = {person: [] for person in people}
    lost: Counter[int] = Counter()

    def work(current: Session, person: User) -> None:
        del current
        person_id = person.id
        for case_id in ids:
            try:
                if claims_first:
                    with transaction() as unit:
                        service.claim(unit, case_id, by=unit.get_one(User, person_id))
                with transaction() as unit:
                    me = unit.get_one(User, person_id)
                    service.dispose(unit, case_id, Disposition.NO_ACTION, "Seen.", by=me)
                won[person_id].append(case_id)
            except Conflict:
                lost[person_id] += 1

    race(app, people, work)
    session.expire_all()
    decided = Counter(case_id for cases in won.values() for case_id in cases)
    assert sorted(decided) == sorted(ids)
    assert set(decided.values()) == {1}
    assert sum(lost.values()) == CASES
    assert set(verbs(session, "dispose").values()) == {1}
    for person_id, cases in won.items():
        rows = session.scalars(select(Case).where(Case.id.in_(cases)))
        assert {(row.state, row.disposed_by_id) for row in rows} <= {
            (CaseState.DISPOSED, person_id)
        }


def test_two_messages_at_once_make_one_case(app: Flask, session: Session) -> None:
    team = make_team(session)
    contacts = [
        make_contact(session, team, category="crime_report", priority="P3").id for _ in range(TRIES)
    ]
    people = [make_user(session).id for _ in range(3)]
    session.commit()

    def work(current: Session, who: User) -> None:
        del current, who
        for contact_id in contacts:
            for _ in range(5):  # as the ingest tries again what lost to another
                try:
                    with transaction() as unit:
                        intake.open_for_contact(unit, ContactRaised(contact_id))
                    break
                except Conflict:
                    continue
            else:
                raise AssertionError(contact_id)

    race(app, people, work)
    rows = session.scalars(select(Case.contact_id)).all()
    assert Counter(rows) == Counter(contacts)
    assert len(verbs(session, "create")) == TRIES


def test_link_pressed_by_several_at_once_acknowledges_once(app: Flask, session: Session) -> None:
    team = make_team(session)
    desks.ensure_defaults(session, {"control_room": "control@carrowdale.police.example"})
    person = make_user(session, role=Role.MODERATOR, area=team.area)
    desk = desks.first_choice(session, "emergency_in_progress")
    assert desk is not None
    tokens = []
    for number in range(TRIES):
        case = make_contact_case(session, team)
        row = handing_over.hand_over(session, case.id, desk.id, "", by=person)
        row.token_sha256 = handing_over.sha256(f"link {number}")
        tokens.append(f"link {number}")
    session.commit()
    done: Counter[str] = Counter()

    def work(current: Session, who: User) -> None:
        del current
        name = f"Person {who.id}"
        for token in tokens:
            try:
                with transaction() as unit:
                    handing_over.acknowledge(unit, token, name)
                done[token] += 1
            except Conflict:
                pass

    people = [make_user(session).id for _ in range(3)]
    session.commit()
    race(app, people, work)
    assert done == Counter(tokens)
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(HandOver)) == TRIES
    assert set(verbs(session, "acknowledge", "hand_over").values()) == {1}
