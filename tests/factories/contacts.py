"""Invented residents: what they wrote, and the contacts that it makes."""

import json
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.areas import BY
from tests.factories.posts import Team
from vcp.channels.models import Channel
from vcp.contacts.clocks import answer_due, lane_of
from vcp.contacts.events import MessageArrived
from vcp.contacts.models import (
    FACE_TO_FACE,
    Arrival,
    ArrivalKind,
    Contact,
    ContactKind,
    Message,
    ThreadPart,
)
from vcp.contacts.states import CONTACT
from vcp.kernel import clock
from vcp.kernel.events import raise_event

_numbers = count(1)
QUESTION = "When will somebody look at the street light outside the library?"
HANDLE = "robin@towns.example"


def make_contact(
    session: Session,
    team: Team,
    *,
    handle: str = HANDLE,
    kind: ContactKind = ContactKind.NETWORK,
    channel: Channel | None = None,
    thread_key: str = "",
    category: str = "asb_service_request",
    priority: str = "P4",
    first_at: datetime | None = None,
    **changed: Any,
) -> Contact:
    """A conversation with the team's persona that has no message yet."""
    number, began = next(_numbers), first_at or clock.now()
    forms = (ContactKind.QUESTION, ContactKind.FEEDBACK)
    is_spoken = kind in FACE_TO_FACE
    where = channel or (team.own_feed if kind in forms else team.mastodon)
    row: dict[str, Any] = {
        "kind": kind,
        "channel_id": None if is_spoken else where.id,
        "handle": None if is_spoken else handle,
        "display_name": "Robin Ash",
        "thread_key": None if is_spoken else thread_key or f"thread-{number}",
        "persona_id": team.persona.id,
        "area_id": team.area.id,
        "area_path": team.area.path,
        "lane": lane_of(category),
        "category": category,
        "priority": priority,
        "first_at": began,
        "last_at": began,
        "due_at": answer_due(kind, category, priority, began),
    }
    contact = Contact(**row | changed)
    CONTACT.started(session, contact, by=BY)
    return contact


def make_message(
    session: Session,
    team: Team,
    *,
    text: str = QUESTION,
    contact: Contact | None = None,
    category: str = "asb_service_request",
    priority: str = "P4",
    posted_at: datetime | None = None,
    is_heard: bool = True,
    for_contact: dict[str, Any] | None = None,
    **changed: Any,
) -> Message:
    """A message as the ingest stores it, in a contact of its own unless one is given.

    Who listens hears of it, so one of P1 to P3 opens a case; `changed` are columns of the message.
    """
    number, at = next(_numbers), posted_at or clock.now()
    remote_id = changed.setdefault("remote_id", f"message-{number}")
    contact = contact or make_contact(
        session,
        team,
        handle=changed.get("handle", HANDLE),
        category=category,
        priority=priority,
        first_at=at,
        **{"thread_key": remote_id} | (for_contact or {}),
    )
    judged = {"category": category, "priority": priority}
    message = _message(session, contact, remote_id, text, at, judged | changed)
    contact.last_at = max(contact.last_at, at)
    contact.priority = min(contact.priority, priority)
    contact.is_private = contact.is_private or message.visibility in ("private", "direct")
    session.flush()
    if is_heard:
        raise_event(session, MessageArrived(message.id, contact.id))
    return message


def _message(
    session: Session,
    contact: Contact,
    remote_id: str,
    text: str,
    at: datetime,
    changed: dict[str, Any],
) -> Message:
    """The message, what it was made from, and the place in its conversation."""
    assert contact.channel_id is not None
    assert contact.handle is not None
    where = {"channel_id": contact.channel_id, "remote_id": remote_id}
    arrival = Arrival(
        **where,
        kind=ArrivalKind.MESSAGE,
        payload=json.dumps({"text": text}),
        received_at=at,
        tries=1,
        handled_at=at,
    )
    session.add(arrival)
    session.flush()
    row: dict[str, Any] = where | {
        "arrival_id": arrival.id,
        "contact": contact,
        "author_id": f"author-of-{contact.handle}",
        "handle": contact.handle,
        "display_name": contact.display_name,
        "profile_url": "https://towns.example/@robin",
        "text": text,
        "language": "en",
        "visibility": "public",
        "url": f"https://towns.example/@robin/{remote_id}",
        "media": [],
        "posted_at": at,
        "received_at": at,
        "verdict": _verdict(changed["category"], changed["priority"]),
    }
    message = Message(**row | changed)
    session.add(message)
    session.add(ThreadPart(**where, thread_key=contact.thread_key or remote_id))
    return message


def _verdict(category: str, priority: str) -> dict[str, Any]:
    return {
        "category": category,
        "priority": priority,
        "findings": [],
        "score": None,
        "versions": {},
        "screened": True,
        "degraded": False,
    }
