"""Cases about contacts: opened, or raised, in the transaction of the message that caused them."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Case
from moderation.states import CASE, CaseState
from vcp.contacts.events import ContactClosing, ContactRaised, MessageArrived, MessageChanged
from vcp.contacts.models import Contact, Message, MessageChange
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict
from vcp.triage.findings import Priority

#: A person has looked within this time, and handed over or answered within that.
#: Source: the force's triage policy.
SEEN_WITHIN = {
    Priority.P1: timedelta(minutes=5),
    Priority.P2: timedelta(minutes=30),
    Priority.P3: timedelta(hours=4),
}
ACTED_WITHIN = {
    Priority.P1: timedelta(minutes=10),
    Priority.P2: timedelta(minutes=60),
    Priority.P3: timedelta(hours=24),
}
SCREEN = Machine("screen")


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
    if session.scalar(
        select(Case.id).where(Case.contact_id == event.contact_id, Case.state != CaseState.DISPOSED)
    ):
        raise Conflict(
            "The desk still has the case of this contact. When the desk has decided, you can "
            "close the contact."
        )


def _needed(
    session: Session, contact: Contact, category: str, priority: str, at: datetime
) -> Case | None:
    rank = Priority(priority)
    if rank not in SEEN_WITHIN:
        return None
    case = session.scalar(
        select(Case).where(Case.contact_id == contact.id, Case.state != CaseState.DISPOSED)
    )
    if case is not None:
        _raise(session, case, category, rank, at)
        return case
    case = Case(
        contact=contact,
        area_path=contact.area_path,
        categories=category,
        priority=priority,
        opened_at=at,
        due_at=at + SEEN_WITHIN[rank],
        act_due_at=at + ACTED_WITHIN[rank],
        changed_at=clock.now(),
        reason="",
    )
    CASE.started(session, case, by=SCREEN, priority=priority, category=category, contact=contact.id)
    return case


def _raise(session: Session, case: Case, category: str, rank: Priority, at: datetime) -> None:
    case.changed_at = clock.now()
    if category not in case.categories.split(","):
        case.categories = ",".join([category, *case.categories.split(",")][:8])
    if rank.outranks(Priority(case.priority)):
        record(session, SCREEN, "raise", "case", case.id, old=case.priority, new=rank.value)
        case.priority = rank.value
    case.due_at = min(case.due_at, at + SEEN_WITHIN[rank])
    case.act_due_at = min(case.act_due_at or at + ACTED_WITHIN[rank], at + ACTED_WITHIN[rank])
