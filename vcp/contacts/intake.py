"""From an arrival to a message in its contact, screened, with its case: one unit of work each."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from officer_profiles.models import Persona
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.contacts import queries, screening, working
from vcp.contacts.arriving import LEASE_S
from vcp.contacts.clocks import answer_due, lane_of
from vcp.contacts.events import MessageArrived, MessageChanged
from vcp.contacts.looking import first_look
from vcp.contacts.models import (
    Arrival,
    ArrivalKind,
    ChangeKind,
    Contact,
    ContactKind,
    Lane,
    Message,
    MessageChange,
    ThreadPart,
)
from vcp.contacts.payloads import Asked, in_plain_letters, to_asked, to_inbound, unreadable
from vcp.contacts.states import CONTACT, ContactState
from vcp.contacts.threads import INGEST, part_of
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.events import raise_event
from vcp.networks.base import Inbound
from vcp.triage.findings import Priority, Verdict
from vcp.triage.kept import as_json

#: What ended a process twice, or failed twice, is given to a person as it came.
MOST_TRIES = 2
#: What failed so often for whatever reason is stored as plainly as it can be.
PLAINLY_AFTER = 5
_UNREAD = "Reading this message failed, so nobody has judged it."
_FORMS = {ArrivalKind.QUESTION: ContactKind.QUESTION, ArrivalKind.FEEDBACK: ContactKind.FEEDBACK}
#: In characters: with the number of its arrival it fits where remote ids are kept.
_NAME_KEPT = 480
_PRIVATE = ("private", "direct")


@dataclass(frozen=True)
class Place:
    """Whose a contact is."""

    persona_id: int | None
    area_id: int
    area_path: str


def handle(session: Session, arrival_id: int) -> bool:
    """Make of an arrival what it is; false when another was quicker, or it must wait.

    The try was counted and committed before: `vcp.contacts.arriving.take_up`.
    """
    taken = session.execute(
        update(Arrival)
        .where(Arrival.id == arrival_id, Arrival.handled_at.is_(None))
        .values(handled_at=clock.now(), lease_until=None)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]  # CursorResult, typed as Result
        return False
    arrival = session.get_one(Arrival, arrival_id, populate_existing=True)
    if arrival.kind is ArrivalKind.MESSAGE:
        _heard(session, arrival)
    elif arrival.kind in _FORMS:
        _asked(session, arrival)
    else:
        message = queries.message_of(session, arrival.channel_id, arrival.remote_id)
        if message is None:
            _put_off(session, arrival)
            return False
        _changed(session, arrival, message)
    return True


def _put_off(session: Session, arrival: Arrival) -> None:
    """Leave a change to later: the words that it changes wait themselves, or are being handled."""
    arrival.handled_at = None
    arrival.tries = max(0, arrival.tries - 1)  # waiting is no failing
    arrival.lease_until = clock.now() + timedelta(seconds=LEASE_S)
    session.flush()


def glance(kind: ArrivalKind, payload: str) -> Priority:
    """Return how urgent an arrival looks by its words alone, so that the worst comes first."""
    try:
        if kind in _FORMS:
            asked = to_asked(payload)
            return screening.screened(asked.text, language=asked.language).priority
        item = to_inbound(payload)
        return screening.screened(
            item.text, language=item.language, content_warning=item.content_warning
        ).priority
    except (ValueError, TypeError, LookupError):
        return Priority.P2


def _heard(session: Session, arrival: Arrival) -> None:
    item = _item(arrival)
    item = replace(item, remote_id=_name_for(session, arrival))
    channel = arrival.channel
    at = _moment(item.posted_at or item.noticed_at, arrival.received_at)
    above = item.in_reply_to_id and part_of(session, channel.id, item.in_reply_to_id)
    thread_key = above.thread_key if above else item.in_reply_to_id or item.remote_id
    verdict = _verdict(session, arrival, item, at, above.text if above else "")
    message = _message(arrival, item, at, verdict)
    contact = _contact_of(session, channel.id, item.handle, thread_key)
    if contact is None:
        contact = _new_contact(
            session, message, ContactKind.NETWORK, thread_key, _place_of(session, channel)
        )
    _join(session, contact, message)


def _item(arrival: Arrival) -> Inbound:
    """Return what was said; of what can't be read even later, that it came."""
    try:
        item = to_inbound(arrival.payload)
    except (ValueError, TypeError, LookupError):
        if not _is_given_up(arrival):
            raise
        return unreadable(arrival.remote_id, arrival.payload)
    if arrival.failures < PLAINLY_AFTER:
        return item
    plainest = unreadable(arrival.remote_id, item.raw)
    return replace(plainest, text=in_plain_letters(item.text), language=None)


def _asked_what(arrival: Arrival) -> Asked:
    """Return what a form said; of one that can't be read even later, that it came."""
    try:
        asked = to_asked(arrival.payload)
    except (ValueError, TypeError, LookupError):
        if not _is_given_up(arrival):
            raise
        return Asked(text="")
    if arrival.failures < PLAINLY_AFTER:
        return asked
    return Asked(in_plain_letters(asked.text), area_id=asked.area_id)


def _is_given_up(arrival: Arrival) -> bool:
    return arrival.tries > MOST_TRIES or arrival.failures >= MOST_TRIES


def _name_for(session: Session, arrival: Arrival) -> str:
    """Return the id of a message at its network; one of its own where another message has that."""
    name = arrival.remote_id
    if arrival.failures < MOST_TRIES:
        return name
    is_taken = queries.message_of(session, arrival.channel_id, name) is not None
    return f"{name[:_NAME_KEPT]}#{arrival.id}" if is_taken else name


def _asked(session: Session, arrival: Arrival) -> None:
    asked, remote_id = _asked_what(arrival), _name_for(session, arrival)
    kind = _FORMS[arrival.kind]
    if arrival.tries > MOST_TRIES or not asked.text:
        verdict = screening.unscreened(_UNREAD, arrival.glance)
    else:
        verdict = screening.screened(asked.text, language=asked.language)
    name = asked.name or "Resident"
    message = Message(
        arrival_id=arrival.id,
        channel_id=arrival.channel_id,
        remote_id=remote_id,
        handle=name.lower()[:300],
        display_name=name[:300],
        text=asked.text,
        language=asked.language,
        visibility="direct",
        media=[],
        posted_at=arrival.received_at,
        received_at=arrival.received_at,
        category=verdict.category,
        priority=verdict.priority.value,
        verdict=as_json(verdict),
    )
    place = _place_asked(session, asked.persona_slug, asked.area_id, arrival.channel)
    contact = _new_contact(session, message, kind, remote_id, place)
    contact.token_sha256 = asked.token_sha256 if remote_id == arrival.remote_id else None
    _join(session, contact, message)


def _changed(session: Session, arrival: Arrival, message: Message) -> None:
    contact = message.contact
    is_gone = arrival.kind is ArrivalKind.DELETION
    change = MessageChange(
        message_id=message.id,
        arrival_id=arrival.id,
        kind=ChangeKind.DELETED if is_gone else ChangeKind.EDITED,
        at=arrival.received_at,
    )
    if is_gone:
        message.look_again_at = None
    else:
        item = _item(arrival)
        change.at = _moment(item.edited_at, arrival.received_at)
        verdict = _verdict(session, arrival, item, change.at, "")
        change.text = item.text
        change.category, change.priority = verdict.category, verdict.priority.value
        change.verdict = as_json(verdict)
        _raise(contact, change.category, change.priority)
    session.add(change)
    session.flush()
    record(
        session,
        INGEST,
        "delete" if is_gone else "edit",
        "message",
        message.id,
        contact=contact.id,
        priority=change.priority or None,
    )
    raise_event(session, MessageChanged(message.id, change.id, contact.id))


def _verdict(
    session: Session, arrival: Arrival, item: Inbound, at: datetime, asked_about: str
) -> Verdict:
    # Of what can't be read, all there is stands where the network's own answer would.
    if arrival.tries > MOST_TRIES or item.raw == arrival.payload:
        return screening.unscreened(_UNREAD, arrival.glance)
    return screening.screened(
        screening.without_our_name(item.text, arrival.channel.handle or ""),
        language=item.language,
        content_warning=item.content_warning,
        media=item.media,
        asked_about=asked_about,
        earlier=queries.earlier_priorities(session, arrival.channel_id, item.handle, at),
    )


def _message(arrival: Arrival, item: Inbound, at: datetime, verdict: Verdict) -> Message:
    return Message(
        arrival_id=arrival.id,
        channel_id=arrival.channel_id,
        remote_id=item.remote_id,
        author_id=item.author_id,
        handle=item.handle,
        display_name=item.display_name,
        profile_url=item.profile_url,
        text=item.text,
        content_warning=item.content_warning,
        language=item.language,
        visibility=item.visibility,
        url=item.url,
        in_reply_to_id=item.in_reply_to_id,
        media=[
            {"kind": one.kind, "description": one.description, "url": one.url} for one in item.media
        ],
        posted_at=at,
        received_at=arrival.received_at,
        category=verdict.category,
        priority=verdict.priority.value,
        verdict=as_json(verdict),
        look_again_at=first_look(item.remote_id, arrival.received_at),
    )


def _contact_of(session: Session, channel_id: int, handle: str, thread_key: str) -> Contact | None:
    return session.scalar(
        select(Contact).where(
            Contact.channel_id == channel_id,
            Contact.handle == handle,
            Contact.thread_key == thread_key,
        )
    )


def _new_contact(
    session: Session, message: Message, kind: ContactKind, thread_key: str, place: Place
) -> Contact:
    contact = Contact(
        kind=kind,
        channel_id=message.channel_id,
        handle=message.handle,
        display_name=message.display_name,
        thread_key=thread_key,
        is_private=message.visibility in _PRIVATE,
        persona_id=place.persona_id,
        area_id=place.area_id,
        area_path=place.area_path,
        lane=lane_of(message.category),
        category=message.category,
        priority=message.priority,
        first_at=message.posted_at,
        last_at=message.posted_at,
        due_at=answer_due(kind, message.category, message.priority, message.posted_at),
    )
    CONTACT.started(session, contact, by=INGEST, priority=contact.priority, kind=kind.value)
    return contact


def _join(session: Session, contact: Contact, message: Message) -> None:
    """Put a message into its contact, which it may open again, raise, and make private."""
    is_known = part_of(session, message.channel_id, message.remote_id) is not None
    message.contact = contact
    contact.display_name = message.display_name or contact.display_name
    contact.last_at = max(contact.last_at, message.posted_at)
    contact.is_private = contact.is_private or message.visibility in _PRIVATE
    _raise(contact, message.category, message.priority)
    session.add(message)
    if not is_known:
        session.add(
            ThreadPart(
                channel_id=message.channel_id,
                remote_id=message.remote_id,
                thread_key=contact.thread_key or message.remote_id,
            )
        )
    session.flush()
    _hear_again(session, contact, message)
    record(
        session,
        INGEST,
        "receive",
        "message",
        message.id,
        contact=contact.id,
        category=message.category,
        priority=message.priority,
    )
    raise_event(session, MessageArrived(message.id, contact.id))


def _hear_again(session: Session, contact: Contact, message: Message) -> None:
    """Let the clock run for what is said later in a conversation."""
    due = answer_due(contact.kind, message.category, message.priority, message.posted_at)
    if contact.state is ContactState.WAITING:
        working.run_on(session, contact, by=INGEST)
    is_owed_anew = contact.answered_at is not None or contact.state is ContactState.CLOSED
    if contact.state is ContactState.CLOSED:
        CONTACT.apply(session, contact, "reopen", by=INGEST, message=message.id)
        contact.disposition, contact.reason, contact.closed_by_id = None, "", None
    if due is not None and (is_owed_anew or contact.due_at is None):
        contact.due_at, contact.answered_at = due, None


def _raise(contact: Contact, category: str, priority: str) -> None:
    """Raise a contact to what was said now; a machine lowers nothing."""
    if Priority(priority).outranks(Priority(contact.priority)):
        contact.category, contact.priority = category, priority
    if lane_of(category) is Lane.OPERATIONAL:
        contact.lane = Lane.OPERATIONAL


def _place_of(session: Session, channel: Channel) -> Place:
    """Give what comes on a channel that one persona alone uses to that persona."""
    speaker = personas.only_speaker(session, channel.id)
    return Place(None, channel.area_id, channel.area_path) if speaker is None else Place(*speaker)


def _place_asked(session: Session, slug: str | None, area_id: int | None, feed: Channel) -> Place:
    """Give what a form of ours was asked to whom it was asked; what is gone leaves it to all."""
    persona = session.scalar(select(Persona).where(Persona.slug == slug)) if slug else None
    if persona is not None:
        return Place(persona.id, persona.area_id, persona.area_path)
    area = session.get(Area, area_id) if area_id is not None else None
    return Place(None, area.id, area.path) if area else Place(None, feed.area_id, feed.area_path)


def _moment(said: datetime | None, seen_at: datetime) -> datetime:
    """Take the network's own time, but for what lies in the future: that would stop a clock."""
    return seen_at if said is None else min(said, seen_at)
