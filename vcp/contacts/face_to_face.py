"""Conversations that officers had face to face, logged on a phone in under a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from vcp.areas import queries as areas
from vcp.contacts.access import spoken_ids
from vcp.contacts.clocks import ANSWER_WITHIN, lane_of
from vcp.contacts.events import ContactRaised
from vcp.contacts.models import FACE_TO_FACE, Contact, ContactKind
from vcp.contacts.states import CONTACT
from vcp.contacts.working import LONGEST_NOTE, check_judgement
from vcp.kernel import clock
from vcp.kernel.errors import Invalid
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check
from vcp.triage.inbound_categories import INBOUND

#: A conversation of longer ago is not remembered well enough to be a record.
LONGEST_AGO = timedelta(days=31)
LONGEST_NAME, LONGEST_PLACE = 120, 300


@dataclass(frozen=True)
class Conversation:
    """What an officer writes down of a conversation."""

    kind: str
    at: datetime
    area_id: int
    category: str
    summary: str
    place: str = ""
    #: Only with the person's consent, and as they want to be called.
    who: str = ""
    is_answer_promised: bool = False
    #: The persona that they spoke as, when they are one.
    persona_id: int | None = None


def log(session: Session, told: Conversation, *, by: Person) -> Contact:
    """Store a conversation as a contact; one that asks for police action goes to the desk.

    Raises: Invalid, naming the field; NotAllowed outside their areas; NotFound.
    """
    area = areas.by_id(session, told.area_id)
    check(by, Permission.WORK_CONTACTS, area.path, subject_kind="contact")
    now = clock.now()
    _checked(told, now)
    if told.persona_id is not None and told.persona_id not in spoken_ids(session, by):
        raise Invalid("Choose a persona that you speak as.", "persona")
    priority = INBOUND[told.category].priority.value
    contact = Contact(
        kind=ContactKind(told.kind),
        channel_id=None,
        handle=None,
        thread_key=None,
        display_name=told.who,
        persona_id=told.persona_id,
        area_id=area.id,
        area_path=area.path,
        lane=lane_of(told.category),
        category=told.category,
        priority=priority,
        summary=told.summary,
        place=told.place,
        first_at=told.at,
        last_at=told.at,
        due_at=told.at + ANSWER_WITHIN if told.is_answer_promised else None,
        seen_at=now,
        logged_by_id=by.id,
    )
    CONTACT.started(session, contact, by=by, kind=told.kind, category=told.category)
    raise_event(session, ContactRaised(contact.id))
    return contact


def _checked(told: Conversation, now: datetime) -> None:
    if told.kind not in FACE_TO_FACE:
        raise Invalid("Choose what it was.", "kind")
    if not told.summary:
        raise Invalid("Write in a sentence or two what it was about.", "summary")
    if told.at > now + timedelta(minutes=1):
        raise Invalid("That time lies ahead. Give the time when you spoke.", "at")
    if told.at < now - LONGEST_AGO:
        raise Invalid("That is more than a month ago. Check the date.", "on")
    limits = {"summary": LONGEST_NOTE, "who": LONGEST_NAME, "place": LONGEST_PLACE}
    for field, most in limits.items():
        if len(getattr(told, field)) > most:
            raise Invalid(f"Shorten it to {most:,} characters.", field)
    if told.category in INBOUND:
        check_judgement(told.category, INBOUND[told.category].priority.value)
    else:
        raise Invalid("Choose a category from the list.", "category")
