"""One conversation as the desk reads it: whole, in order, with marks on the very words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from moderation.models import Case
from vcp.contacts import access
from vcp.contacts.models import Contact, ContactKind, Message, MessageChange
from vcp.kernel.permissions import Person
from vcp.posts.answering import Answer, answers_of
from vcp.triage.findings import Finding
from vcp.triage.kept import from_json
from vcp.triage.segments import Segment, segments

#: How many earlier contacts of a handle are linked; more are counted.
EARLIER = 5


@dataclass(frozen=True)
class Marked:
    """Words of a resident, cut at what the screen found in them."""

    text: str
    pieces: Sequence[Segment]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Said:
    """One thing that was said, by the resident or by us."""

    at: datetime
    message: Message | None = None
    words: Marked | None = None
    #: What its author did to it later, each with the new words.
    changes: Sequence[tuple[MessageChange, Marked]] = ()
    answer: Answer | None = None


@dataclass(frozen=True)
class Earlier:
    """What the same handle said on the same channel before."""

    count: int
    newest: Sequence[Contact]


def contact_of(session: Session, case: Case) -> Contact:
    """Return the contact of a case, with what its page shows."""
    rows = (
        select(Contact)
        .where(Contact.id == case.contact_id)
        .options(
            joinedload(Contact.channel),
            joinedload(Contact.persona).lazyload("*"),
            joinedload(Contact.area),
            selectinload(Contact.messages).selectinload(Message.changes),
            selectinload(Contact.notes),
        )
    )
    return session.scalars(rows).unique().one()


def whole(session: Session, contact: Contact) -> list[Said]:
    """Return all that was said in a contact, oldest first."""
    said = [_of_message(message) for message in contact.messages]
    said += [Said(at=answer.at, answer=answer) for answer in answers_of(session, contact)]
    return sorted(said, key=lambda one: one.at)


def earlier_of(session: Session, contact: Contact, person: Person) -> Earlier:
    """Return the handle's other contacts on this channel, as far as this person may see them.

    Names typed into a form are nobody's handle, so they lead to nothing.
    """
    if contact.kind is not ContactKind.NETWORK:
        return Earlier(0, ())
    same = (
        Contact.channel_id == contact.channel_id,
        Contact.handle == contact.handle,
        Contact.id != contact.id,
        access.is_visible(person),
    )
    count = session.scalar(select(func.count()).select_from(Contact).where(*same)) or 0
    if not count:
        return Earlier(0, ())
    rows = select(Contact).where(*same).order_by(Contact.last_at.desc()).limit(EARLIER)
    return Earlier(count, session.scalars(rows).all())


def answered_first(case: Case, contact: Contact) -> Message | None:
    """Return the message that an answer is given to: the newest of the gravest category."""
    gravest = case.categories.split(",")[0]
    of_it = [message for message in contact.messages if message.category == gravest]
    newest = of_it or contact.messages
    return newest[-1] if newest else None


def _of_message(message: Message) -> Said:
    return Said(
        at=message.posted_at,
        message=message,
        words=_marked(message.text, message.verdict),
        changes=[(change, _marked(change.text, change.verdict)) for change in message.changes],
    )


def _marked(text: str, verdict: dict[str, Any] | None) -> Marked:
    kept = from_json(verdict)
    findings = kept.findings if kept is not None else ()
    # What the screen read beside the text, such as a content warning, has places of its own.
    pointing = [f for f in findings if f.has_words and f.field == "text" and f.end <= len(text)]
    return Marked(text, segments(text, pointing) if text else [], findings)
