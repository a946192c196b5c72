"""What people do with a contact: note, wait, resume, close, reopen, judge it anew."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from vcp.contacts import access
from vcp.contacts.clocks import answer_due, lane_of
from vcp.contacts.events import ContactClosing, ContactRaised
from vcp.contacts.models import Contact, Note
from vcp.contacts.states import CONTACT, ContactState, Disposition
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Actor
from vcp.kernel.errors import Invalid
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Person
from vcp.triage.findings import Priority
from vcp.triage.inbound_categories import INBOUND, NOT_SCREENED, NOTE

LONGEST_NOTE = 4_000
PRIORITIES = tuple(priority.value for priority in Priority)
#: How a contact that an officer works can end; the other ways are a draft's or the desk's.
ENDINGS = (
    Disposition.REPLIED,
    Disposition.SIGNPOSTED,
    Disposition.REFERRED,
    Disposition.HANDED_OVER,
    Disposition.NO_ACTION,
    Disposition.NOT_CREDIBLE,
    Disposition.DUPLICATE,
)
#: What a person may choose; the other codes are the screen's own.
CHOSEN = tuple(code for code in INBOUND if code not in (NOT_SCREENED, NOTE))


def add_note(session: Session, contact_id: int, text: str, *, by: Person) -> Note:
    """Write something down about a contact, for colleagues; it can't be changed.

    Raises: Invalid without words; NotAllowed, NotFound.
    """
    contact = access.for_work(session, by, contact_id, "note")
    return _noted(session, contact, _words(text, "text", "Write the note."), by)


def wait(session: Session, contact_id: int, what_for: str, *, by: Person) -> Contact:
    """Stop the clock while the resident is asked for something.

    Raises: Invalid without words; Conflict, NotAllowed, NotFound.
    """
    contact = access.for_work(session, by, contact_id, "wait")
    asked = _words(what_for, "text", "Say what you wait for.")
    contact.waiting_since = clock.now()
    CONTACT.apply(session, contact, "wait", by=by, reason=asked)
    _noted(session, contact, f"Waiting for the resident: {asked}", by)
    return contact


def resume(session: Session, contact_id: int, *, by: Person) -> Contact:
    """Let the clock run on, by as much later as it stood still.

    Raises: Conflict, NotAllowed, NotFound.
    """
    contact = access.for_work(session, by, contact_id, "resume")
    run_on(session, contact, by=by)
    return contact


def run_on(session: Session, contact: Contact, *, by: Actor) -> None:
    """End the waiting of a contact, whoever ends it: a person, or the resident by writing.

    Raises: Conflict when it wasn't waiting.
    """
    CONTACT.apply(session, contact, "resume", by=by)
    _stop_waiting(contact)


def _stop_waiting(contact: Contact) -> None:
    if contact.waiting_since is not None:
        stood_still = clock.now() - contact.waiting_since
        contact.waited_s += int(stood_still.total_seconds())
        if contact.due_at is not None:
            contact.due_at += stood_still
        contact.waiting_since = None


def close(
    session: Session, contact_id: int, disposition: str, reason: str, *, by: Person
) -> Contact:
    """End a contact in one of the glossary's ways, with a reason.

    Raises: Invalid; Conflict while the desk has its case; NotAllowed, NotFound.
    """
    contact = access.for_work(session, by, contact_id, "close")
    if disposition not in ENDINGS:
        raise Invalid("Choose how it ended.", "disposition")
    reason = _words(reason, "reason", "Say in a sentence why it can be closed.")
    raise_event(session, ContactClosing(contact.id))
    if contact.state is ContactState.WAITING:
        _stop_waiting(contact)
    contact.disposition, contact.reason = Disposition(disposition), reason
    contact.closed_by_id = by.id
    CONTACT.apply(session, contact, "close", by=by, disposition=disposition, reason=reason)
    return contact


def reopen(session: Session, contact_id: int, reason: str, *, by: Person) -> Contact:
    """Take up a contact again that was closed.

    Raises: Invalid without a reason; Conflict, NotAllowed, NotFound.
    """
    contact = access.for_work(session, by, contact_id, "reopen")
    reason = _words(reason, "text", "Say why it is taken up again.")
    CONTACT.apply(session, contact, "reopen", by=by, reason=reason)
    contact.disposition, contact.reason, contact.closed_by_id = None, "", None
    _noted(session, contact, f"Reopened: {reason}", by)
    return contact


def judge(
    session: Session, contact_id: int, category: str, priority: str, reason: str, *, by: Person
) -> Contact:
    """Give a contact another category or priority; a person may raise it and lower it.

    Raises: Invalid for a priority that the category doesn't have; NotAllowed, NotFound.
    """
    contact = access.for_work(session, by, contact_id, "judge")
    reason = _words(reason, "reason", "Say why you judge it so.")
    check_judgement(category, priority)
    old = (contact.category, contact.priority)
    if (category, priority) == old:
        raise Invalid("It has that category and priority already.", "category")
    set_judgement(contact, category, priority)
    record(
        session,
        by,
        "judge",
        "contact",
        contact.id,
        old=old[1],
        new=priority,
        old_category=old[0],
        new_category=category,
        reason=reason,
    )
    session.flush()
    raise_event(session, ContactRaised(contact.id))
    return contact


def check_judgement(category: str, priority: str) -> None:
    """Let a person's choice pass, or say what is possible.

    Raises: Invalid.
    """
    if category not in CHOSEN:
        raise Invalid("Choose a category from the list.", "category")
    known = INBOUND[category]
    if priority not in PRIORITIES or not known.may_be(Priority(priority)):
        span = known.highest.value
        if known.lowest is not known.highest:
            span += f" to {known.lowest.value}"
        raise Invalid(f"{known.name} is {span}. Choose a priority in that range.", "priority")


def set_judgement(contact: Contact, category: str, priority: str) -> None:
    """Put category, priority, lane and clock into a contact."""
    contact.category, contact.priority = category, priority
    contact.lane = lane_of(category)
    due = answer_due(contact.kind, category, priority, contact.first_at)
    if due is None or contact.due_at is None:
        contact.due_at = due


def note_seen(session: Session, contact_id: int, person: Person) -> None:
    """Remember when somebody who may work on it first looked; the resident is told so."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.seen_at is not None:
        return
    if access.refusal(session, person, contact) is not None:
        return
    # Past the version: a look is no change that anybody's decision must take account of.
    session.execute(
        update(Contact)
        .where(Contact.id == contact_id, Contact.seen_at.is_(None))
        .values(seen_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def _noted(session: Session, contact: Contact, text: str, by: Person) -> Note:
    note = Note(contact_id=contact.id, written_by_id=by.id, written_at=clock.now(), text=text)
    session.add(note)
    session.flush()
    record(session, by, "note", "contact", contact.id, note=note.id, text=text)
    return note


def _words(text: str, field: str, otherwise: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid(otherwise, field)
    if len(text) > LONGEST_NOTE:
        raise Invalid(f"Shorten it to {LONGEST_NOTE:,} characters.", field)
    return text
