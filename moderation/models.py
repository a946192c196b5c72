"""Cases, the releases given for a held draft, hand-overs, and the desks that take them."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Enum,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.states import CaseState, HandOverState
from vcp.contacts.models import Contact
from vcp.contacts.states import Disposition
from vcp.kernel.db import Base
from vcp.kernel.lifecycle import state_type
from vcp.posts.models import Correction, Post, Revision
from vcp.users.models import User


class Case(Base):
    """One item of the moderation queue: about a contact, or about a held draft."""

    __tablename__ = "moderation_case"
    __table_args__ = (
        Index("ix_moderation_case_queue", "state", "priority", "due_at"),
        CheckConstraint("priority IN ('P1', 'P2', 'P3', 'P4')", name="priority_known"),
        UniqueConstraint("revision_id"),
        CheckConstraint(
            "(contact_id IS NULL) <> (post_id IS NULL)", name="about_a_contact_or_a_draft"
        ),
        CheckConstraint("(post_id IS NULL) = (revision_id IS NULL)", name="a_draft_has_words"),
        # What more a resident says joins the case that is open.
        Index(
            "uq_moderation_case_open_contact",
            "contact_id",
            unique=True,
            sqlite_where=text("state <> 'disposed'"),
            postgresql_where=text("state <> 'disposed'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id"))
    area_path: Mapped[str] = mapped_column(String(120), index=True)
    #: The categories found, worst first, joined by a comma; of a draft, each needs its decision
    #: maker.
    categories: Mapped[str] = mapped_column(String(400))
    priority: Mapped[str] = mapped_column(String(2))
    state: Mapped[CaseState] = mapped_column(state_type(CaseState))
    state_changed_at: Mapped[datetime]
    #: Of a contact, the network's own time of the message that opened it.
    opened_at: Mapped[datetime]
    #: When a person should have looked at it, and when one first did.
    due_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    #: When it should have been handed over or answered, and when it was.
    act_due_at: Mapped[datetime | None]
    acted_at: Mapped[datetime | None]
    #: When we had the newest of what must be acted on: what was begun before doesn't act on it.
    asked_at: Mapped[datetime | None]
    #: Any change that the desk should see; a stream of changes polls the newest.
    changed_at: Mapped[datetime] = mapped_column(index=True)
    #: Whether somebody was told that it waits too long: 0 to 3 quarters of its clock.
    reminders: Mapped[int] = mapped_column(default=0)
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    claimed_at: Mapped[datetime | None]
    disposition: Mapped[Disposition | None] = mapped_column(
        Enum(
            Disposition,
            native_enum=False,
            create_constraint=True,
            length=16,
            name="disposition_known",
            values_callable=lambda kinds: [k.value for k in kinds],
        )
    )
    reason: Mapped[str] = mapped_column(Text, default="")
    disposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[int] = mapped_column()

    contact: Mapped[Contact | None] = relationship()
    held_post: Mapped[Post | None] = relationship()
    correction: Mapped[Correction | None] = relationship()
    held_revision: Mapped[Revision | None] = relationship()
    claimed_by: Mapped[User | None] = relationship(foreign_keys=[claimed_by_id])
    disposed_by: Mapped[User | None] = relationship(foreign_keys=[disposed_by_id])
    hand_overs: Mapped[list["HandOver"]] = relationship(order_by="HandOver.id", lazy="selectin")
    releases: Mapped[list["Release"]] = relationship(order_by="Release.id", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    @property
    def post(self) -> Post:
        """The held post; a case about a contact has none, and asking is a fault of ours."""
        if self.held_post is None:
            raise ValueError(f"case {self.id} is about no draft")
        return self.held_post

    @property
    def revision(self) -> Revision:
        """The held words, as `post`."""
        if self.held_revision is None:
            raise ValueError(f"case {self.id} is about no draft")
        return self.held_revision


class Release(Base):
    """One decision maker's reasoned yes to a held draft, for one category."""

    __tablename__ = "case_release"
    __table_args__ = (UniqueConstraint("case_id", "category", "released_by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"))
    category: Mapped[str] = mapped_column(String(40))
    released_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    released_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)

    released_by: Mapped[User] = relationship(lazy="joined")


class Desk(Base):
    """Who takes what this desk hands over: the control room, the crime desk, the press office."""

    __tablename__ = "hand_over_desk"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: control_room, crime, safeguarding, intelligence, standards, press, …
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    #: After how many minutes without an acknowledgement a hand-over is overdue.
    acknowledge_minutes: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class HandOver(Base):
    """One case passed to a desk, which must say that it has it."""

    __tablename__ = "hand_over"
    __table_args__ = (Index("ix_hand_over_state_due_at", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("hand_over_desk.id"))
    state: Mapped[HandOverState] = mapped_column(state_type(HandOverState))
    state_changed_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    sent_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    due_at: Mapped[datetime]
    #: What the desk was told besides the messages: threat, harm, risk, who is vulnerable.
    note: Mapped[str] = mapped_column(Text, default="")
    #: SHA-256 of the single-use secret in the mailed link; null when no mail was sent.
    token_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    acknowledged_at: Mapped[datetime | None]
    #: Who took it, as they or the member of staff who rang them wrote it.
    acknowledged_name: Mapped[str] = mapped_column(String(120), default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: The number that the force's own system gave it.
    reference: Mapped[str] = mapped_column(String(120), default="")
    version: Mapped[int] = mapped_column()

    desk: Mapped[Desk] = relationship(lazy="joined")
    sent_by: Mapped[User] = relationship(foreign_keys=[sent_by_id], lazy="joined")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name
