"""Who may look at a contact, and who may work on it.

A contact is for those who speak as its persona, and for the staff of its area; a private one for
those who speak as the persona, and for the supervisors and moderators of the area. What was asked
of a place is for the officers of that place. A complaint about police is never worked by those it
is about.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import Session

from officer_profiles.models import PersonaMember
from vcp.contacts.clocks import FORMS
from vcp.contacts.models import Contact
from vcp.kernel.errors import NotAllowed, NotFound, NotShown
from vcp.kernel.permissions import Permission, Person, allowed_paths, may

NO_SUCH = "There is no such contact among those that you may see."
COMPLAINT = "police_complaint"


def spoken_for(person: Person) -> Select[int]:
    """Select the ids of the personas that this person speaks as."""
    return select(PersonaMember.persona_id).where(
        PersonaMember.user_id == person.id, PersonaMember.removed_at.is_(None)
    )


def spoken_ids(session: Session, person: Person) -> set[int]:
    """Return the ids of the personas that this person speaks as."""
    return set(session.scalars(spoken_for(person)))


def is_visible(person: Person) -> ColumnElement[bool]:
    """Say in SQL whether this person may look at the contact."""
    return or_(
        Contact.persona_id.in_(spoken_for(person)),
        and_(
            or_(
                Contact.is_private.is_(False),
                # Asked of a place on our own site: its officers are whom the resident wrote to.
                and_(Contact.persona_id.is_(None), Contact.kind.in_(FORMS)),
            ),
            _within(person, Permission.SEE_CONTACTS),
        ),
        _within(person, Permission.WORK_CASES),
    )


def _within(person: Person, permission: Permission) -> ColumnElement[bool]:
    paths = allowed_paths(person, permission)
    return or_(false(), *(Contact.area_path.startswith(path) for path in paths))


def is_visible_to(session: Session, person: Person, contact_id: int) -> bool:
    """Say whether this person may look at the contact."""
    rows = select(Contact.id).where(Contact.id == contact_id, is_visible(person))
    return session.scalar(rows) is not None


def one(session: Session, person: Person, contact_id: int, *options: Any) -> Contact:
    """Return a contact that this person may look at.

    Raises: NotFound; NotShown, which says the same, when it isn't theirs to see.
    """
    rows = select(Contact).where(Contact.id == contact_id, is_visible(person)).options(*options)
    found = session.scalars(rows).one_or_none()
    if found is not None:
        return found
    if session.get(Contact, contact_id) is None:
        raise NotFound(NO_SUCH)
    raise NotShown(NO_SUCH, attempted="see", subject_kind="contact", subject_id=contact_id)


def speaks_for(session: Session, person: Person, contact: Contact) -> bool:
    """Say whether this person speaks as the persona that was written to."""
    if contact.persona_id is None:
        return False
    found = spoken_for(person).where(PersonaMember.persona_id == contact.persona_id)
    return session.scalar(found.limit(1)) is not None


def refusal(session: Session, person: Person, contact: Contact) -> str | None:
    """Return why this person, who may look at the contact, doesn't work on it; None: they may."""
    is_theirs = speaks_for(session, person, contact)
    if contact.category == COMPLAINT:
        if is_theirs or not may(person, Permission.WORK_CASES, contact.area_path):
            return (
                "This is a complaint about police. A supervisor or moderator who isn't concerned "
                "passes it to professional standards."
            )
        return None
    has_role = bool(allowed_paths(person, Permission.WORK_CONTACTS))
    if has_role and (is_theirs or may(person, Permission.WORK_CONTACTS, contact.area_path)):
        return None
    return "You may read this contact, but your roles don't let you work on it."


def for_work(session: Session, person: Person, contact_id: int, verb: str) -> Contact:
    """Return a contact that this person may work on.

    Raises: NotFound, NotShown; NotAllowed when they may only look.
    """
    contact = one(session, person, contact_id)
    if (why := refusal(session, person, contact)) is not None:
        raise NotAllowed(why, attempted=verb, subject_kind="contact", subject_id=contact_id)
    return contact
