"""Answers: which message a post answers, who may give it, and what became of each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload, selectinload

from officer_profiles import queries as personas
from officer_profiles.models import CapabilityKind, Persona
from vcp.contacts import access, threads
from vcp.contacts.events import MessageArrived
from vcp.contacts.models import Contact, Message
from vcp.kernel import clock
from vcp.kernel.context import Machine
from vcp.kernel.errors import NotFound
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Person
from vcp.posts import following, guards
from vcp.posts.addressing import OWN
from vcp.posts.events import Answered
from vcp.posts.models import Delivery, DeliveryKind, Post
from vcp.posts.pause_queries import UNSENT, Stopping, stopping
from vcp.posts.queries import outward_state
from vcp.posts.states import DeliveryState, PostState

PUBLISHER = Machine("publisher")


@dataclass(frozen=True)
class Answer:
    """One answer of ours in a conversation, as pages show it."""

    post_id: int
    public_id: str
    persona: str
    text: str
    #: `outward_state` of its post.
    state: str
    #: When it went out; before that, when it was begun.
    at: datetime
    #: Where the network shows it.
    url: str | None
    is_standard: bool
    #: What stops it from going out now, as a sentence.
    stopped: str | None = None

    @property
    def is_out(self) -> bool:
        """Whether the resident can read it."""
        return self.state in {"published", "partly_published"}


def message(session: Session, message_id: int, *, by: Person) -> Message:
    """Return a message that this person may answer.

    Raises: NotFound; NotAllowed.
    """
    found = session.get(Message, message_id)
    if found is None:
        raise NotFound("There is no such message. Look for the contact in the list.")
    access.for_work(session, by, found.contact_id, "answer")
    return found


def quoted(session: Session, post: Post, person: Person) -> Message | None:
    """Return the message that a post answers, for a person who may read it.

    Whoever decides about the answer may; else what residents wrote is for who may see the contact.
    """
    if post.answers is None:
        return None
    contact_id = post.answers.contact_id
    may_see = access.is_visible_to(session, person, contact_id)
    return post.answers if may_see or guards.may_approve(person, post) else None


def personas_for(session: Session, answered: Message, person: Person) -> list[Persona]:
    """Return the personas of this person that may reply where the message came from.

    The one that the conversation is with comes first.
    """
    mine = [
        persona
        for persona in personas.personas_of(session, person)
        if personas.in_force(persona, answered.channel_id, CapabilityKind.REPLY) is not None
    ]
    return sorted(mine, key=lambda persona: persona.id != answered.contact.persona_id)


def language_of(answered: Message) -> str | None:
    """Return the language that the message says it is in: people are answered in their own."""
    return (answered.language or "").partition("-")[0].lower() or None


def place_contact(session: Session, event: MessageArrived) -> None:
    """Give a contact that begins under a post of ours to the persona that posted."""
    arrived = session.get_one(Message, event.message_id)
    if arrived.in_reply_to_id is None or _is_known(session, arrived):
        return
    post = session.scalar(
        select(Post)
        .join(Delivery, Delivery.post_id == Post.id)
        .where(
            Delivery.channel_id == arrived.channel_id,
            Delivery.remote_id == arrived.in_reply_to_id,
            Delivery.kind == DeliveryKind.PUBLISH,
        )
    )
    if post is not None:
        threads.belongs_to(
            session,
            arrived.contact,
            persona_id=post.persona_id,
            area_id=post.area_id,
            area_path=post.area_path,
        )


def _is_known(session: Session, arrived: Message) -> bool:
    """Say whether the contact had a message before this one."""
    others = exists().where(Message.contact_id == arrived.contact_id, Message.id != arrived.id)
    return bool(session.scalar(select(others)))


def note_published(session: Session, delivery: Delivery) -> None:
    """Note what we said and where, so that what is said under it is understood and found again.

    An answer is told to its contact as well.
    """
    if delivery.kind is not DeliveryKind.PUBLISH:
        return
    answered = delivery.post.answers if delivery.post.answers_id is not None else None
    if delivery.remote_id is not None and delivery.channel.network != OWN:
        key = answered.contact.thread_key if answered else None
        threads.note_part(
            session,
            delivery.channel_id,
            delivery.remote_id,
            key or following.first_id(session, delivery) or delivery.remote_id,
            text=delivery.text,
        )
    if answered is not None and delivery.part == 1:
        at = delivery.published_at or clock.now()
        threads.answered(session, answered, at, by=PUBLISHER)
        begun_at = delivery.post.created_at
        raise_event(session, Answered(answered.contact_id, delivery.post_id, begun_at=begun_at))


def answers_of(session: Session, contact: Contact) -> list[Answer]:
    """Return our answers in this conversation, oldest first, cancelled ones left out."""
    rows = session.scalars(
        select(Post)
        .join(Message, Message.id == Post.answers_id)
        .where(Message.contact_id == contact.id, Post.state != PostState.CANCELLED)
        .order_by(Post.id)
        .options(joinedload(Post.persona), selectinload(Post.deliveries))
    ).unique()
    posts = list(rows)
    waiting = [d for post in posts for d in post.deliveries if d.state in UNSENT]
    stops = stopping(session, waiting) if waiting else Stopping((), ())
    return [_shown(post, stops) for post in posts]


def _shown(post: Post, stops: Stopping) -> Answer:
    words = post.public_revision or post.revision
    out = [
        d
        for d in post.deliveries
        if d.kind is DeliveryKind.PUBLISH and d.state is DeliveryState.PUBLISHED
    ]
    return Answer(
        post_id=post.id,
        public_id=post.public_id,
        persona=post.persona.display_name,
        text=words.text if words else "",
        state=outward_state(post),
        at=(out[0].published_at if out else None) or post.released_at or post.created_at,
        url=out[0].remote_url if out else None,
        is_standard=post.standard_reply_id is not None,
        stopped=stops.post(post),
    )
