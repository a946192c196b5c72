"""Arrivals, messages and contacts.

An arrival is what came, byte for byte, stored before anything looks at it. A message is an arrival
that was read and screened; it never changes: what its author edits or deletes later is a row of
its own. A contact is one conversation between us and one handle.
"""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Enum,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from officer_profiles.models import Persona
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.contacts.states import ContactState, Disposition
from vcp.kernel.db import Base
from vcp.kernel.lifecycle import state_type
from vcp.users.models import User


def _choice(kinds: type[enum.StrEnum], name: str) -> Enum:
    return Enum(
        kinds,
        native_enum=False,
        create_constraint=True,
        length=16,
        name=name,
        values_callable=lambda found: [kind.value for kind in found],
    )


class ArrivalKind(enum.StrEnum):
    """What came: words on a network, a change of them, or a form on our own site."""

    MESSAGE = "message"
    EDIT = "edit"
    DELETION = "deletion"
    QUESTION = "question"
    FEEDBACK = "feedback"


class Arrival(Base):
    """One item exactly as it came, once, before anything looked at it."""

    __tablename__ = "arrival"
    __table_args__ = (
        UniqueConstraint("channel_id", "remote_id", "kind", "fingerprint"),
        Index("ix_arrival_waiting", "handled_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: For a form of ours, the own feed.
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    kind: Mapped[ArrivalKind] = mapped_column(_choice(ArrivalKind, "kind_known"))
    #: The network's id of the words; for a form, the one-time id of the form that was shown.
    remote_id: Mapped[str] = mapped_column(String(500))
    #: Tells one edit from the next; empty for what can come once only.
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    #: JSON: `vcp.networks.base.Inbound` with the network's own answer, or the form's fields.
    payload: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    #: How often whoever began it did not live to say how it ended, and the try under way: what ends
    #: a process twice goes to a person unscreened.
    tries: Mapped[int] = mapped_column(default=0)
    #: How often handling failed in a process that lives; not counted when the store was in trouble.
    failures: Mapped[int] = mapped_column(default=0)
    #: How urgent it looked by its words alone: P1 to P4; `?` once begun, until known.
    glance: Mapped[str | None] = mapped_column(String(2))
    #: Whoever began it has until then; after that it is anybody's again.
    lease_until: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]

    channel: Mapped[Channel] = relationship(lazy="joined")


class Reader(Base):
    """How far a channel has been read, and who is reading it."""

    __tablename__ = "channel_reader"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    #: Everything the network had before this is stored; moved in the transaction of the rows.
    read_to: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]
    #: Nothing is asked before this: its turn, or the network asked us to wait.
    next_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]

    channel: Mapped[Channel] = relationship(lazy="joined")


class ContactKind(enum.StrEnum):
    """How a conversation is held: on a network, by our own forms, or face to face."""

    NETWORK = "network"
    QUESTION = "question"
    FEEDBACK = "feedback"
    SURGERY = "surgery"
    VISIT = "visit"
    BRIEFING = "briefing"
    EVENT = "event"


#: Kinds that an officer logs by hand.
FACE_TO_FACE = (ContactKind.SURGERY, ContactKind.VISIT, ContactKind.BRIEFING, ContactKind.EVENT)


class Lane(enum.StrEnum):
    """Whether it is dialogue, or asks for police action."""

    ENGAGEMENT = "engagement"
    OPERATIONAL = "operational"


class Contact(Base):
    """One conversation between a persona, or an area, and a handle."""

    __tablename__ = "contact"
    __table_args__ = (
        # Grouped by handle and thread; whether two handles are one person, a machine can't know.
        UniqueConstraint("channel_id", "handle", "thread_key"),
        Index("ix_contact_state_due_at", "state", "due_at"),
        CheckConstraint("priority IN ('P1', 'P2', 'P3', 'P4')", name="priority_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ContactKind] = mapped_column(_choice(ContactKind, "kind_known"))
    #: Where it is held; null face to face.
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"), index=True)
    handle: Mapped[str | None] = mapped_column(String(300))
    display_name: Mapped[str] = mapped_column(String(300), default="")
    #: The remote id that the conversation began with.
    thread_key: Mapped[str | None] = mapped_column(String(500))
    #: SHA-256 of the secret in the address at which a resident finds the answer to a form.
    token_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    #: True when any message was for us only: tighter access, and answers stay private.
    is_private: Mapped[bool] = mapped_column(default=False)
    persona_id: Mapped[int | None] = mapped_column(ForeignKey("persona.id"), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    area_path: Mapped[str] = mapped_column(String(120), index=True)
    lane: Mapped[Lane] = mapped_column(_choice(Lane, "lane_known"))
    category: Mapped[str] = mapped_column(String(40))
    priority: Mapped[str] = mapped_column(String(2))
    #: What it was about, in an officer's words.
    summary: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[ContactState] = mapped_column(state_type(ContactState))
    state_changed_at: Mapped[datetime]
    #: The network's own time of the first and the newest message; when a logged one took place.
    first_at: Mapped[datetime] = mapped_column(index=True)
    last_at: Mapped[datetime]
    #: When an answer is due; null when none is owed.
    due_at: Mapped[datetime | None]
    #: Since when the resident is waited for, and how long that took before: the clock stood still.
    waiting_since: Mapped[datetime | None]
    waited_s: Mapped[int] = mapped_column(default=0)
    #: When a person first looked, and when the answer went out; asked anew, it is owed anew.
    seen_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    #: When the resident told us that no answer had come in time.
    missed_at: Mapped[datetime | None]
    disposition: Mapped[Disposition | None] = mapped_column(_choice(Disposition, "how_known"))
    reason: Mapped[str] = mapped_column(Text, default="")
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    logged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[int] = mapped_column()

    channel: Mapped[Channel | None] = relationship()
    persona: Mapped[Persona | None] = relationship()
    area: Mapped[Area] = relationship()
    logged_by: Mapped[User | None] = relationship(foreign_keys=[logged_by_id])
    messages: Mapped[list["Message"]] = relationship(
        back_populates="contact", order_by="Message.posted_at, Message.id"
    )
    notes: Mapped[list["Note"]] = relationship(order_by="Note.id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class Message(Base):
    """One inbound item as it came from the network or a form, and what the screen said of it."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("channel_id", "remote_id"),
        Index("ix_message_handle_posted_at", "channel_id", "handle", "posted_at"),
        Index("ix_message_look_again_at", "channel_id", "look_again_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    arrival_id: Mapped[int] = mapped_column(ForeignKey("arrival.id"), unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    remote_id: Mapped[str] = mapped_column(String(500))
    #: The author's own id at the network: a handle may change hands.
    author_id: Mapped[str] = mapped_column(String(300), default="")
    #: `name@server`, in lower case; what a form's writer called themselves.
    handle: Mapped[str] = mapped_column(String(300))
    display_name: Mapped[str] = mapped_column(String(300), default="")
    profile_url: Mapped[str | None] = mapped_column(String(500))
    #: Made plain for reading and screening.
    text: Mapped[str] = mapped_column(Text)
    content_warning: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(35))
    #: public, unlisted, private or direct.
    visibility: Mapped[str] = mapped_column(String(16))
    url: Mapped[str | None] = mapped_column(String(500))
    in_reply_to_id: Mapped[str | None] = mapped_column(String(500))
    #: `[{kind, description, url}]`: never fetched, shown as words.
    media: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    #: The network's own time: clocks start here.
    posted_at: Mapped[datetime]
    received_at: Mapped[datetime]
    category: Mapped[str] = mapped_column(String(40))
    priority: Mapped[str] = mapped_column(String(2))
    #: `vcp.triage` verdict, as JSON.
    verdict: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: When to ask the network whether it was edited or deleted; null: no more.
    look_again_at: Mapped[datetime | None]

    contact: Mapped[Contact] = relationship(back_populates="messages")
    channel: Mapped[Channel] = relationship()
    changes: Mapped[list["MessageChange"]] = relationship(
        order_by="MessageChange.id", lazy="selectin"
    )


class ChangeKind(enum.StrEnum):
    """What an author did to words that we have."""

    EDITED = "edited"
    DELETED = "deleted"


class MessageChange(Base):
    """What the author did later; the message itself stays as it came."""

    __tablename__ = "message_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    arrival_id: Mapped[int] = mapped_column(ForeignKey("arrival.id"), unique=True)
    kind: Mapped[ChangeKind] = mapped_column(_choice(ChangeKind, "kind_known"))
    #: The network's time where it tells, else when we saw it.
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(40), default="")
    priority: Mapped[str] = mapped_column(String(2), default="")
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class ThreadPart(Base):
    """Which conversation a remote id belongs to: residents' messages and our own answers."""

    __tablename__ = "thread_part"
    __table_args__ = (UniqueConstraint("channel_id", "remote_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    remote_id: Mapped[str] = mapped_column(String(500))
    thread_key: Mapped[str] = mapped_column(String(500))
    #: Our own words, which tell what an answer to them means; empty for a resident's.
    text: Mapped[str] = mapped_column(Text, default="")


class Note(Base):
    """What a member of staff wrote down about a contact; never changed."""

    __tablename__ = "contact_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)

    written_by: Mapped[User] = relationship(lazy="joined")
