"""Which conversation a remote id belongs to, whose it is, and that it was answered."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from vcp.contacts.clocks import answer_due
from vcp.contacts.models import Contact, Message, ThreadPart
from vcp.kernel.audit import record
from vcp.kernel.context import Actor, Machine
from vcp.kernel.db import at_end

INGEST = Machine("ingest")


def part_of(session: Session, channel_id: int, remote_id: str) -> ThreadPart | None:
    """Return what is known of these words: their conversation, and what they said if ours."""
    return session.scalar(
        select(ThreadPart).where(
            ThreadPart.channel_id == channel_id, ThreadPart.remote_id == remote_id
        )
    )


def thread_of(session: Session, channel_id: int, remote_id: str) -> str | None:
    """Return the key of the conversation that these words belong to, if we know them."""
    part = part_of(session, channel_id, remote_id)
    return part.thread_key if part else None


def note_part(
    session: Session, channel_id: int, remote_id: str, thread_key: str, *, text: str = ""
) -> None:
    """Remember that these words belong to that conversation; saying it twice changes nothing.

    `text` is for words of ours: a short answer to them means little without. The publisher notes
    one for each post that it sends, so those of a unit are stored together.
    """
    at_end(session, _store_parts, (channel_id, remote_id, thread_key, text))


def _store_parts(session: Session, parts: Collection[tuple[int, str, str, str]]) -> None:
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    names = ("channel_id", "remote_id", "thread_key", "text")
    session.execute(
        insert(ThreadPart.__table__).on_conflict_do_nothing(),  # type: ignore[arg-type]  # a Table
        [dict(zip(names, part, strict=True)) for part in sorted(parts)],
    )


def belongs_to(
    session: Session,
    contact: Contact,
    *,
    persona_id: int | None,
    area_id: int,
    area_path: str,
    by: Actor = INGEST,
) -> None:
    """Say which persona a contact is with, and in which area."""
    contact.persona_id, contact.area_id, contact.area_path = persona_id, area_id, area_path
    session.flush()
    record(session, by, "place", "contact", contact.id, persona=persona_id, area=area_id)


def answered(session: Session, message: Message, at: datetime, *, by: Actor) -> None:
    """Note that this message was answered; what was asked after it keeps a clock of its own."""
    contact = message.contact
    owed = [due for later in _later(session, message) if (due := _due(contact, later)) is not None]
    if owed:
        contact.due_at = min(owed)
    elif contact.answered_at is None:
        contact.answered_at = at
    session.flush()
    record(session, by, "answer", "contact", contact.id, at=at.isoformat(), message=message.id)


def _later(session: Session, message: Message) -> Sequence[Message]:
    rows = select(Message).where(
        Message.contact_id == message.contact_id, Message.posted_at > message.posted_at
    )
    return session.scalars(rows).all()


def _due(contact: Contact, message: Message) -> datetime | None:
    return answer_due(contact.kind, message.category, message.priority, message.posted_at)
