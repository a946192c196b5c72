"""Posts, the exact words approved, and one delivery for each channel."""

import enum
import json
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Enum,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from officer_profiles.models import Persona
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.contacts.models import Message
from vcp.kernel.db import Base
from vcp.kernel.lifecycle import state_type
from vcp.posts.states import CorrectionState, DeliveryState, PostState, StandardReplyState
from vcp.users.models import User


def whole_text(text: str, further: dict[str, Any] | None) -> str:
    """Return the main words of all parts of a revision, from its two columns."""
    return "\n\n".join([text, *(further or {}).get("more", ())])


class Post(Base):
    """One thing said in public by a persona."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_state_area", "state", "area_path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: In every public address; says nothing about how many posts there are.
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    persona_id: Mapped[int] = mapped_column(ForeignKey("persona.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    area_path: Mapped[str] = mapped_column(String(120))
    state: Mapped[PostState] = mapped_column(state_type(PostState))
    state_changed_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    #: The newest words: what is being written, or waits for a yes.
    revision_id: Mapped[int | None] = mapped_column(
        ForeignKey("revision.id", use_alter=True, name="fk_post_revision_id_revision")
    )
    #: The words that residents see, once released.
    public_revision_id: Mapped[int | None] = mapped_column(
        ForeignKey("revision.id", use_alter=True, name="fk_post_public_revision_id_revision")
    )
    #: The chosen moment; null: as soon as it is approved.
    wanted_at: Mapped[datetime | None] = mapped_column(index=True)
    #: What the author typed and where: `2026-03-29T09:30` and `Europe/London`.
    wanted_local: Mapped[str | None] = mapped_column(String(16))
    zone: Mapped[str] = mapped_column(String(64))
    #: Nothing is sent after this moment.
    not_after: Mapped[datetime | None]
    released_at: Mapped[datetime | None] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None] = mapped_column(String(300))
    #: Why it was last sent back, in the approver's or decision maker's words.
    returned_reason: Mapped[str | None] = mapped_column(Text)
    #: The message that it answers; null for a post that speaks first.
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    #: The standard reply that it is, unchanged.
    standard_reply_id: Mapped[int | None] = mapped_column(ForeignKey("standard_reply.id"))
    #: Whether it is the template of a series, or one of its posts: others needn't be asked about.
    in_series: Mapped[bool] = mapped_column(default=False, server_default=false())

    persona: Mapped[Persona] = relationship(lazy="joined")
    author: Mapped[User] = relationship(lazy="joined")
    area: Mapped[Area] = relationship()
    answers: Mapped[Message | None] = relationship()
    revision: Mapped["Revision | None"] = relationship(
        foreign_keys=[revision_id], post_update=True, lazy="joined"
    )
    public_revision: Mapped["Revision | None"] = relationship(
        foreign_keys=[public_revision_id], post_update=True
    )
    deliveries: Mapped[list["Delivery"]] = relationship(
        back_populates="post", order_by="Delivery.created_at"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class Revision(Base):
    """One wording of a post, with its images and channels; never changed once written."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("post_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    content_warning: Mapped[str | None] = mapped_column(String(300))
    language: Mapped[str] = mapped_column(String(8))
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
    #: The rest of a thread, other words for a network, poll, options, cards of links and captions,
    #: as `vcp.posts.words` reads them; null for plain words.
    further: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    #: SHA-256 over everything that leaves, as `Words.sha256` makes it.
    sha256: Mapped[str] = mapped_column(String(64))
    #: `vcp.triage` verdict at submit, as JSON; null before.
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime | None]
    #: The author's reason for a P3 warning.
    warning_reason: Mapped[str] = mapped_column(Text, default="")

    written_by: Mapped[User] = relationship(foreign_keys=[written_by_id], lazy="joined")
    images: Mapped[list["RevisionImage"]] = relationship(
        order_by="RevisionImage.position", lazy="selectin"
    )
    targets: Mapped[list["RevisionTarget"]] = relationship(lazy="selectin")

    @property
    def whole_text(self) -> str:
        """The main words of all parts."""
        return whole_text(self.text, self.further)


class RevisionImage(Base):
    """An image of a revision, by what is in it, with its required alt text."""

    __tablename__ = "revision_image"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), index=True)
    position: Mapped[int]
    #: The part of the thread that shows it, from 1.
    part: Mapped[int] = mapped_column(default=1)
    #: SHA-256 of the re-encoded bytes; the file is `INSTANCE/media/<digest>.<ending>`.
    digest: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(32))
    width: Mapped[int]
    height: Mapped[int]
    alt_text: Mapped[str] = mapped_column(Text)


class RevisionTarget(Base):
    """A channel that a revision is meant for."""

    __tablename__ = "revision_target"
    __table_args__ = (UniqueConstraint("revision_id", "channel_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))

    channel: Mapped[Channel] = relationship(lazy="joined")


class Correction(Base):
    """A new wording for a released post, on its way through screening and a second person."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[CorrectionState] = mapped_column(state_type(CorrectionState))
    state_changed_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[int] = mapped_column()

    post: Mapped[Post] = relationship(lazy="joined")
    revision: Mapped[Revision] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class Approval(Base):
    """A second person's yes to exactly one revision."""

    __tablename__ = "approval"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    revision_sha256: Mapped[str] = mapped_column(String(64))
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime]
    #: The approver's answer to a P3 warning.
    warning_answer: Mapped[str] = mapped_column(Text, default="")
    voided_at: Mapped[datetime | None]

    approved_by: Mapped[User] = relationship(lazy="joined")


class DeliveryKind(enum.StrEnum):
    """Whether a delivery puts a post out or changes one that is out."""

    PUBLISH = "publish"
    CORRECT = "correct"


class Delivery(Base):
    """One part of one approved revision on one channel: the queue of what must not be lost."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("revision_id", "channel_id", "kind", "part"),
        Index("ix_delivery_state_due_at", "state", "due_at"),
        # The next of a channel, however many wait there.
        Index("ix_delivery_channel_turn", "channel_id", "state", "due_at", "created_at"),
        # One write in flight per channel, whatever two publishers think at once.
        Index(
            "uq_delivery_channel_sending",
            "channel_id",
            unique=True,
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        # A remote id settles one delivery only, also when two texts are the same.
        Index(
            "uq_delivery_channel_remote",
            "channel_id",
            "remote_id",
            unique=True,
            sqlite_where=text("kind = 'publish' AND remote_id IS NOT NULL"),
            postgresql_where=text("kind = 'publish' AND remote_id IS NOT NULL"),
        ),
    )

    #: Also the idempotency key, the same for every attempt.
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    kind: Mapped[DeliveryKind] = mapped_column(
        Enum(
            DeliveryKind,
            native_enum=False,
            create_constraint=True,
            length=8,
            name="kind_known",
            values_callable=lambda kinds: [kind.value for kind in kinds],
        ),
        default=DeliveryKind.PUBLISH,
    )
    #: Of a thread, from 1; our own feed carries a thread as one.
    part: Mapped[int] = mapped_column(default=1)
    state: Mapped[DeliveryState] = mapped_column(state_type(DeliveryState))
    state_changed_at: Mapped[datetime]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime]
    not_after: Mapped[datetime]
    #: The frozen bytes: canonical JSON of what is sent, and its SHA-256.
    payload: Mapped[str] = mapped_column(Text)
    payload_sha256: Mapped[str] = mapped_column(String(64))
    #: A TID for networks whose record keys are ours to choose; fixed at approval.
    record_key: Mapped[str] = mapped_column(String(13))
    #: Counts claims; every later update is guarded by it.
    attempt: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    #: Start of the current attempt, committed before the first byte leaves.
    sent_at: Mapped[datetime | None]
    #: When to look again: a retry, or the next reading of the network.
    next_at: Mapped[datetime | None]
    #: How often the network was read without finding it since it became unknown.
    reads: Mapped[int] = mapped_column(default=0)
    remote_id: Mapped[str | None] = mapped_column(String(500))
    remote_url: Mapped[str | None] = mapped_column(String(500))
    published_at: Mapped[datetime | None]
    #: What went wrong, as a sentence for people.
    problem: Mapped[str | None] = mapped_column(Text)
    #: When it was sent once more by itself, on a channel set to `one_retry`; it may be there twice.
    resent_at: Mapped[datetime | None]
    #: Set when it must come down; wins over any pending send.
    withdraw_wanted_at: Mapped[datetime | None]
    withdraw_checks: Mapped[int] = mapped_column(default=0)

    post: Mapped[Post] = relationship(back_populates="deliveries")
    revision: Mapped[Revision] = relationship()
    channel: Mapped[Channel] = relationship(lazy="joined")
    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.number")

    @property
    def text(self) -> str:
        """The very words that it sends."""
        return str(json.loads(self.payload)["text"])

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class Attempt(Base):
    """One try at sending one delivery; its id is made before anything is sent."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("delivery.id"))
    number: Mapped[int]
    owner: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    #: published, not_sent, refused, ambiguous, unauthorised or late; null while it runs.
    outcome: Mapped[str | None] = mapped_column(String(16))
    detail: Mapped[str | None] = mapped_column(Text)
    #: The post at the network that a later part of a thread was sent as a reply to.
    reply_to: Mapped[str | None] = mapped_column(String(500))


class StandardReply(Base):
    """Words that two people approved beforehand, sent unchanged; gaps are filled from settings."""

    __tablename__ = "standard_reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The category of message that it answers, and its language.
    category: Mapped[str] = mapped_column(String(40), index=True)
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    #: SHA-256 over category, language and text: what the approvals are bound to.
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[StandardReplyState] = mapped_column(state_type(StandardReplyState))
    state_changed_at: Mapped[datetime]
    #: Null for the texts that come with the product.
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    written_by: Mapped[User | None] = relationship()
    approvals: Mapped[list["StandardReplyApproval"]] = relationship(
        order_by="StandardReplyApproval.id", lazy="selectin"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class StandardReplyApproval(Base):
    """One person's yes to exactly these words."""

    __tablename__ = "standard_reply_approval"
    __table_args__ = (UniqueConstraint("standard_reply_id", "approved_by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    standard_reply_id: Mapped[int] = mapped_column(ForeignKey("standard_reply.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime]

    approved_by: Mapped[User] = relationship(lazy="joined")
