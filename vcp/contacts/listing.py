"""The list of contacts, and searching in it: only ever among what the person may see anyway."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload

from officer_profiles.models import Persona
from vcp.contacts.access import is_visible, spoken_for
from vcp.contacts.models import Contact, Lane, Message
from vcp.contacts.states import ContactState
from vcp.kernel import clock
from vcp.kernel.pages import Page, paginate
from vcp.kernel.permissions import Person
from vcp.triage.inbound_categories import INBOUND

LONGEST_SEARCH = 200
MINE, CLOSED = "mine", "closed"
#: No answer in time: by the clock while it is open, or by the resident's own word.
LATE = "late"
#: How long a closed contact stays among those, from the resident's word.
CLOSED_STAYS_LATE = timedelta(days=30)
OPEN = (ContactState.OPEN, ContactState.WAITING)


@dataclass(frozen=True)
class Filters:
    """What a person wants to see of the list; empty stands for everything that is open."""

    whose: str = ""
    state: str = ""
    category: str = ""
    lane: str = ""
    area_path: str = ""
    words: str = ""


def listed(session: Session, person: Person, wanted: Filters, number: int = 1) -> Page[Contact]:
    """Return one page: the most urgent first, then by clock; of closed ones the newest first."""
    rows = (
        select(Contact)
        .where(is_visible(person), *_narrowed(person, wanted))
        .options(
            joinedload(Contact.persona).options(
                lazyload(Persona.members), lazyload(Persona.capabilities)
            ),
            joinedload(Contact.area),
            joinedload(Contact.channel),
        )
    )
    if wanted.state == CLOSED:
        rows = rows.order_by(Contact.state_changed_at.desc(), Contact.id.desc())
    else:
        rows = rows.order_by(
            Contact.priority,
            Contact.state != ContactState.OPEN,
            Contact.due_at.is_(None),
            Contact.due_at,
            Contact.last_at.desc(),
            Contact.id,
        )
    return paginate(session, rows, number)


def _narrowed(person: Person, wanted: Filters) -> list[ColumnElement[bool]]:
    if wanted.state == LATE:
        narrowed: list[ColumnElement[bool]] = [_is_late()]
    else:
        states = (ContactState.CLOSED,) if wanted.state == CLOSED else OPEN
        narrowed = [Contact.state.in_(states)]
    if wanted.whose == MINE:
        narrowed.append(
            or_(
                Contact.persona_id.in_(spoken_for(person)),
                Contact.logged_by_id == person.id,
            )
        )
    if wanted.category in INBOUND:
        narrowed.append(Contact.category == wanted.category)
    if wanted.lane in tuple(Lane):
        narrowed.append(Contact.lane == Lane(wanted.lane))
    if wanted.area_path:
        narrowed.append(Contact.area_path.startswith(wanted.area_path, autoescape=True))
    if words := wanted.words.strip()[:LONGEST_SEARCH]:
        narrowed.append(_has(words))
    return narrowed


def _is_late() -> ColumnElement[bool]:
    now = clock.now()
    return or_(
        and_(
            Contact.missed_at.is_not(None),
            or_(Contact.answered_at.is_(None), Contact.answered_at < Contact.missed_at),
            # Closing it answers nobody; but what lies long back, nobody answers any more.
            or_(Contact.state.in_(OPEN), Contact.missed_at > now - CLOSED_STAYS_LATE),
        ),
        and_(
            Contact.state == ContactState.OPEN,
            Contact.answered_at.is_(None),
            Contact.due_at <= now,
        ),
    )


def _has(words: str) -> ColumnElement[bool]:
    """Say whether a handle, a name, a place or what was said has these words in it."""
    said = exists().where(
        Message.contact_id == Contact.id, Message.text.icontains(words, autoescape=True)
    )
    # A handle is typed with its sign or without.
    handle = words.removeprefix("@") or words
    return or_(
        Contact.handle.icontains(handle, autoescape=True),
        Contact.display_name.icontains(words, autoescape=True),
        Contact.summary.icontains(words, autoescape=True),
        Contact.place.icontains(words, autoescape=True),
        said,
    )


def waiting_count(session: Session, person: Person) -> int:
    """Return how many contacts of this person's own personas are owed an answer now."""
    rows = select(func.count(Contact.id)).where(
        Contact.persona_id.in_(spoken_for(person)),
        Contact.state == ContactState.OPEN,
        Contact.answered_at.is_(None),
        Contact.due_at.is_not(None),
    )
    return session.scalar(rows) or 0


def first_words(session: Session, contacts: list[Contact]) -> dict[int, Message]:
    """Return the newest message of each contact, by contact id. One query for all."""
    newest = (
        select(func.max(Message.id))
        .where(Message.contact_id.in_([contact.id for contact in contacts]))
        .group_by(Message.contact_id)
    )
    rows = session.scalars(
        select(Message).where(Message.id.in_(newest)).options(lazyload(Message.changes))
    )
    return {row.contact_id: row for row in rows}
