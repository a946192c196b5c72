"""Cases: items of the moderation queue, and the releases given for a held draft."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.states import CaseState, Disposition
from vcp.kernel.db import Base
from vcp.kernel.lifecycle import state_type
from vcp.posts.models import Correction, Post, Revision
from vcp.users.models import User


class Case(Base):
    """One item of the moderation queue; in this version, about a held draft."""

    __tablename__ = "moderation_case"
    __table_args__ = (
        Index("ix_moderation_case_queue", "state", "priority", "due_at"),
        CheckConstraint("priority IN ('P1', 'P2', 'P3', 'P4')", name="priority_known"),
        UniqueConstraint("revision_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    area_path: Mapped[str] = mapped_column(String(120), index=True)
    #: The categories found, worst first, joined by a comma: each needs its decision maker.
    categories: Mapped[str] = mapped_column(String(400))
    priority: Mapped[str] = mapped_column(String(2))
    state: Mapped[CaseState] = mapped_column(state_type(CaseState))
    state_changed_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    #: When a person should have looked at it.
    due_at: Mapped[datetime]
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
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

    post: Mapped[Post] = relationship(lazy="joined")
    correction: Mapped[Correction | None] = relationship()
    revision: Mapped[Revision] = relationship()
    releases: Mapped[list["Release"]] = relationship(order_by="Release.id", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


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
