"""Questions and feedback from residents: stored whole at once, and found again by a secret link.

A form is shown with a secret of its own. Whoever sends the form finds what became of it under that
secret; only its SHA-256 is stored, so sending the same form twice stores it once.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from officer_profiles.models import Persona
from officer_profiles.states import PersonaState
from vcp.areas import queries as areas
from vcp.areas.models import Area
from vcp.channels import queries as channels
from vcp.contacts import arriving
from vcp.contacts.events import AnswerMissed
from vcp.contacts.models import Arrival, ArrivalKind, Contact, Message
from vcp.contacts.payloads import Asked, to_asked
from vcp.contacts.states import ContactState
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, NotFound, Unavailable
from vcp.kernel.events import raise_event
from vcp.posts.answering import Answer, answers_of
from vcp.triage.findings import Priority
from vcp.triage.inbound import screen_inbound

RESIDENT = Machine("resident")
SECRET_BYTES = 16
#: A person needs longer than this, in seconds, to read the page and write.
QUICKEST_S = 2
#: How long a form that was opened can be sent, in seconds.
OPEN_S = 24 * 3600
NOBODY_YET = "Nobody can be asked here yet. Call 101, or 999 in an emergency."
NO_SUCH = "There is nothing under this address. Check that you have copied all of it."


@dataclass(frozen=True)
class Whom:
    """Whom a resident asks: an officer or office, or the team of a place."""

    name: str
    area: Area
    persona: Persona | None = None
    #: Why it isn't the officer that was asked for.
    instead_of: str = ""


@dataclass(frozen=True)
class OpenForm:
    """What a form carries: its secret, when it was shown, and what for."""

    secret: str
    shown_at_s: int
    #: Signed with the secret, so that one secret can't bring two arrivals of two kinds.
    kind: ArrivalKind

    def is_too_quick(self, now: datetime) -> bool:
        """Say whether it came back faster than a person writes."""
        return now.timestamp() - self.shown_at_s < QUICKEST_S

    def is_too_old(self, now: datetime) -> bool:
        """Say whether it was open for too long."""
        return now.timestamp() - self.shown_at_s > OPEN_S


@dataclass(frozen=True)
class Standing:
    """What a resident may know of what they sent."""

    kind: ArrivalKind
    text: str
    sent_at: datetime
    to: str
    is_urgent: bool
    is_read: bool
    is_closed: bool
    due_at: datetime | None
    may_say_missed: bool
    missed_at: datetime | None
    answers: Sequence[Answer]


def whom(session: Session, *, officer: str = "", place: str = "") -> Whom:
    """Return who is asked; without either, the whole force.

    Raises: NotFound when there is no such officer or place; Unavailable before there is a force.
    """
    if "\0" in officer + place:  # which PostgreSQL can't even be asked for
        raise NotFound("There is no such officer or place.")
    if officer:
        return _officer(session, officer)
    area = areas.by_slug(session, place) if place else areas.force(session)
    if area is None:
        raise Unavailable(NOBODY_YET)
    area = _in_force(session, area)
    return Whom(area.name, area)


def _officer(session: Session, slug: str) -> Whom:
    persona = session.scalar(select(Persona).where(Persona.slug == slug))
    if persona is None or persona.state is PersonaState.DRAFT:
        raise NotFound("There is no such officer. The list of officers has all of them.")
    expires = persona.verification_expires_at
    is_here = expires is None or expires > clock.now()
    if persona.state is PersonaState.VERIFIED and is_here:
        return Whom(persona.display_name, persona.area, persona)
    area = _in_force(session, persona.area)
    return Whom(area.name, area, instead_of=persona.display_name)


def _in_force(session: Session, area: Area) -> Area:
    """Return the area, or the nearest around it that is still used."""
    today = clock.now().date()
    around = [area, *reversed(areas.ancestors(session, area))]
    return next((one for one in around if areas.is_in_force(one, today)), area)


def new_form(keys: Sequence[str], kind: ArrivalKind = ArrivalKind.QUESTION) -> str:
    """Return what a form carries, signed; `keys` are the signing keys, newest first."""
    secret, shown_at_s = secrets.token_urlsafe(SECRET_BYTES), int(clock.now().timestamp())
    return _signer(keys).dumps({"secret": secret, "at": shown_at_s, "kind": kind.value})


def opened(keys: Sequence[str], carried: str) -> OpenForm | None:
    """Return what a form carried; None when we didn't sign it."""
    try:
        kept = _signer(keys).loads(carried)
    except BadData:
        return None
    return OpenForm(str(kept["secret"]), int(kept["at"]), ArrivalKind(kept["kind"]))


def _signer(keys: Sequence[str]) -> URLSafeSerializer:
    # itsdangerous takes the oldest key first and signs with the last.
    return URLSafeSerializer([*reversed(keys)], salt="vcp ask")


def receive(session: Session, form: OpenForm, to: Whom, *, text: str, name: str = "") -> str:
    """Store what a resident sent, before anything looks at it, and return the text that is stored.

    That is another one when this very form brought other words before: those here aren't stored.

    Raises: Unavailable before there is a force.
    """
    feed = channels.own_feed(session)
    if feed is None:
        raise Unavailable(NOBODY_YET)
    key = _sha256(form.secret)
    asked = Asked(
        text=text,
        name=name,
        persona_slug=to.persona.slug if to.persona else None,
        area_id=to.area.id,
        token_sha256=key,
    )
    if arriving.store_asked(session, feed.id, form.kind, key, asked):
        return text
    before = _arrival(session, feed.id, key)
    return to_asked(before.payload).text if before else text


def standing(session: Session, secret: str) -> Standing:
    """Return what became of what was sent with this secret.

    Raises: NotFound.
    """
    arrival, contact = _found(session, secret)
    asked = to_asked(arrival.payload)
    answers = [one for one in answers_of(session, contact) if one.is_out] if contact else []
    is_closed = contact is not None and contact.state is ContactState.CLOSED
    now = clock.now()
    due_at = contact.due_at if contact else None
    return Standing(
        kind=arrival.kind,
        text=asked.text,
        sent_at=arrival.received_at,
        to=_addressee(session, asked, contact),
        is_urgent=_is_urgent(session, arrival, asked),
        is_read=contact is not None and contact.seen_at is not None,
        is_closed=is_closed,
        due_at=due_at,
        may_say_missed=_may_say_missed(contact, answers, now),
        missed_at=contact.missed_at if contact else None,
        answers=answers,
    )


def say_missed(session: Session, secret: str) -> Contact:
    """Note that the resident had no answer in time; their supervisor sees it.

    Raises: NotFound; Conflict when the time isn't over, or it was said or answered before.
    """
    _, contact = _found(session, secret)
    answers = [one for one in answers_of(session, contact) if one.is_out] if contact else []
    if contact is None or not _may_say_missed(contact, answers, clock.now()):
        raise Conflict("There is nothing to report: look at the page again to see where it stands.")
    contact.missed_at = clock.now()
    session.flush()
    record(session, RESIDENT, "say_missed", "contact", contact.id)
    raise_event(session, AnswerMissed(contact.id))
    return contact


def _may_say_missed(contact: Contact | None, answers: Sequence[Answer], now: datetime) -> bool:
    if contact is None or answers or contact.missed_at is not None or contact.due_at is None:
        return False
    return contact.state is not ContactState.WAITING and contact.due_at <= now


def _found(session: Session, secret: str) -> tuple[Arrival, Contact | None]:
    feed = channels.own_feed(session)
    arrival = _arrival(session, feed.id, _sha256(secret)) if feed else None
    if arrival is None:
        raise NotFound(NO_SUCH)
    contact = session.scalar(
        select(Contact)
        .join(Message, Message.contact_id == Contact.id)
        .where(Message.arrival_id == arrival.id)
        .options(joinedload(Contact.area))
    )
    return arrival, contact


def _arrival(session: Session, channel_id: int, key: str) -> Arrival | None:
    kinds = (ArrivalKind.QUESTION, ArrivalKind.FEEDBACK)
    return session.scalar(
        select(Arrival).where(
            Arrival.channel_id == channel_id, Arrival.remote_id == key, Arrival.kind.in_(kinds)
        )
    )


def _addressee(session: Session, asked: Asked, contact: Contact | None) -> str:
    if contact is not None:
        return contact.persona.display_name if contact.persona else contact.area.name
    if asked.persona_slug:
        persona = session.scalar(select(Persona).where(Persona.slug == asked.persona_slug))
        return persona.display_name if persona else ""
    area = session.get(Area, asked.area_id) if asked.area_id else None
    return area.name if area else ""


def _is_urgent(session: Session, arrival: Arrival, asked: Asked) -> bool:
    """Say whether they should ring now: by the stored verdict, or before that by the screen."""
    stored = session.scalar(select(Message.priority).where(Message.arrival_id == arrival.id))
    priority = stored or screen_inbound(asked.text, language=asked.language).priority
    return priority == Priority.P1


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
