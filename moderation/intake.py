"""Cases about contacts: opened, or raised, in the transaction of the message that caused them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation import queries, service
from moderation.clocks import ACTED_WITHIN, SEEN_WITHIN
from moderation.models import Case
from moderation.states import CASE
from vcp.contacts.events import ContactClosing, ContactRaised, MessageArrived, MessageChanged
from vcp.contacts.models import Contact, Message, MessageChange
from vcp.contacts.states import ContactState
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict
from vcp.posts.events import Answered
from vcp.triage.findings import Priority

SCREEN = Machine("screen")
PUBLISHER = Machine("publisher")
REPAIR_BATCH = 50
#: As many as the column holds.
MOST_CATEGORIES = 8


def open_for_message(session: Session, event: MessageArrived) -> None:
    """Put a message of P1 to P3 in front of a person: in a case of its own, or the open one."""
    message = session.get_one(Message, event.message_id)
    _needed(session, message.contact, message.category, message.priority, message.posted_at)


def raise_for_change(session: Session, event: MessageChanged) -> None:
    """Look again at what its author edited: it may raise, and never lowers."""
    change = session.get_one(MessageChange, event.change_id)
    contact = session.get_one(Contact, event.contact_id)
    if change.priority:
        _needed(session, contact, change.category, change.priority, change.at)


def open_for_contact(session: Session, event: ContactRaised) -> None:
    """Put what an officer logged, or gave another priority, in front of the desk."""
    contact = session.get_one(Contact, event.contact_id)
    _needed(session, contact, contact.category, contact.priority, clock.now())


def refuse_while_open(session: Session, event: ContactClosing) -> None:
    """Keep a contact open while its case is.

    Raises: Conflict.
    """
    if queries.open_of_contact(session, event.contact_id) is not None:
        raise Conflict(
            "The desk still has the case of this contact. When the desk has decided, you can "
            "close the contact."
        )


def note_answer(session: Session, event: Answered) -> None:
    """Note that the open case of a contact was acted on: its resident has an answer.

    One that was begun before the newest grave message acted on nothing of it.
    """
    case = queries.open_of_contact(session, event.contact_id)
    if case is None:
        return
    if service.came_after(case, event.begun_at):
        service.touch(session, case.id)
    else:
        service.acted(session, case, by=PUBLISHER, how="answer")


def repair(session: Session) -> int:
    """Open the cases that open contacts lack, and return how many; the clock calls this."""
    lacking = session.scalars(
        select(Contact)
        .where(Contact.state == ContactState.OPEN, Contact.priority.in_(SEEN_WITHIN))
        .where(~select(Case.id).where(Case.contact_id == Contact.id).exists())
        .limit(REPAIR_BATCH)
    ).all()
    for contact in lacking:
        _needed(session, contact, contact.category, contact.priority, contact.last_at)
    return len(lacking)


def _needed(
    session: Session, contact: Contact, category: str, priority: str, at: datetime
) -> Case | None:
    rank = Priority(priority)
    case = queries.open_of_contact(session, contact.id)
    if case is not None:
        _join(session, case, category, rank, at)
        return case
    if rank not in SEEN_WITHIN:
        return None
    try:
        with session.begin_nested():
            return _open(session, contact, category, rank, at)
    except IntegrityError:
        # Another unit has just opened it: the index lets one of the two.
        case = queries.open_of_contact(session, contact.id)
        if case is None:
            raise
        _join(session, case, category, rank, at)
        return case


def _open(session: Session, contact: Contact, category: str, rank: Priority, at: datetime) -> Case:
    case = Case(
        contact_id=contact.id,
        area_path=contact.area_path,
        categories=category,
        priority=rank.value,
        opened_at=at,
        due_at=at + SEEN_WITHIN[rank],
        act_due_at=at + ACTED_WITHIN[rank],
        asked_at=clock.now(),
        changed_at=clock.now(),
        reason="",
    )
    told = {"priority": rank.value, "category": category, "contact": contact.id}
    CASE.started(session, case, by=SCREEN, **told)
    return case


def _join(session: Session, case: Case, category: str, rank: Priority, at: datetime) -> None:
    """Add what came to the case that is open; whoever is about to decide must read it first."""
    case.changed_at = clock.now()
    if rank not in SEEN_WITHIN:
        return
    case.asked_at = case.changed_at
    outranks = rank.outranks(Priority(case.priority))
    known = case.categories.split(",")
    if category not in known:
        ordered = [category, *known] if outranks else [*known, category]
        case.categories = ",".join(ordered[:MOST_CATEGORIES])
    if outranks:
        record(session, SCREEN, "raise", "case", case.id, old=case.priority, new=rank.value)
        case.priority = rank.value
        case.reminders = 0
    case.due_at = min(case.due_at, at + SEEN_WITHIN[rank])
    if case.acted_at is None and case.act_due_at is not None:
        case.act_due_at = min(case.act_due_at, at + ACTED_WITHIN[rank])
    else:
        # What was done about it was done about less than there is now.
        case.acted_at, case.act_due_at, case.reminders = None, at + ACTED_WITHIN[rank], 0
