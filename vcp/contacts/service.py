"""What higher features tell a contact: whose it is, and what we said in it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.contacts.models import Contact, ThreadPart
from vcp.kernel.audit import record
from vcp.kernel.context import Machine

INTAKE = Machine("intake")


def belongs_to(
    session: Session, contact: Contact, *, persona_id: int | None, area_id: int, area_path: str
) -> None:
    """Give a contact to a persona and its area; who may see it follows from that."""
    if (contact.persona_id, contact.area_id) == (persona_id, area_id):
        return
    contact.persona_id = persona_id
    contact.area_id, contact.area_path = area_id, area_path
    session.flush()
    record(session, INTAKE, "place", "contact", contact.id, persona=persona_id, area_path=area_path)


def note_ours(
    session: Session, channel_id: int, remote_id: str, thread_key: str, text: str = ""
) -> None:
    """Remember which conversation words of ours belong to; what is said under them joins it.

    `text` is what we said: a short answer to it means little without.
    """
    known = thread_part(session, channel_id, remote_id)
    if known is None:
        session.add(
            ThreadPart(channel_id=channel_id, remote_id=remote_id, thread_key=thread_key, text=text)
        )
        session.flush()
    elif text:
        known.text = text


def thread_part(session: Session, channel_id: int, remote_id: str) -> ThreadPart | None:
    """Return what is known of this id of the network."""
    return session.scalar(
        select(ThreadPart).where(
            ThreadPart.channel_id == channel_id, ThreadPart.remote_id == remote_id
        )
    )


def answered(session: Session, contact: Contact, at: datetime | None) -> None:
    """Note that an answer went out at this time; a second one changes nothing."""
    if contact.answered_at is None and at is not None:
        contact.answered_at = at
        session.flush()
