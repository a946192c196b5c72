"""What holds publishing back: pauses, what became due while one stood, budgets of personas."""

import enum
import uuid
from datetime import datetime

from sqlalchemy import Enum, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from officer_profiles.models import Persona
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.kernel.db import Base
from vcp.kernel.lifecycle import state_type
from vcp.posts.models import Delivery
from vcp.posts.states import PauseState
from vcp.users.models import User


class PauseScope(enum.StrEnum):
    """What a pause covers."""

    EVERYTHING = "everything"
    #: An area and everything below it.
    AREA = "area"
    PERSONA = "persona"
    NETWORK = "network"
    CHANNEL = "channel"


class Stops(enum.StrEnum):
    """What of it stops: a budget's breaker leaves the desk able to answer."""

    ALL = "all"
    POSTS = "posts"
    ANSWERS = "answers"


class Decision(enum.StrEnum):
    """What a person decided about a delivery that became due while stopped."""

    LET_GO = "let_go"
    NEW_TIME = "new_time"
    CANCELLED = "cancelled"


def _known(kinds: type[enum.StrEnum], name: str) -> Enum:
    return Enum(
        kinds,
        native_enum=False,
        create_constraint=True,
        length=16,
        name=name,
        values_callable=lambda values: [value.value for value in values],
    )


class Pause(Base):
    """A stop of publishing: who set it, when, why, what it covers, and who lifted it."""

    __tablename__ = "pause"
    __table_args__ = (
        # The publisher asks for those in force before every send.
        Index(
            "ix_pause_in_force",
            "scope",
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[PauseScope] = mapped_column(_known(PauseScope, "scope_known"))
    stops: Mapped[Stops] = mapped_column(_known(Stops, "stops_known"), default=Stops.ALL)
    #: Whose people decide about it; of an area's pause also what it covers.
    area_path: Mapped[str] = mapped_column(String(120))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    persona_id: Mapped[int | None] = mapped_column(ForeignKey("persona.id"))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"))
    network: Mapped[str | None] = mapped_column(String(16))
    #: Set by the breaker of a posting budget, not by a person.
    is_breaker: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text)
    #: Null: the breaker.
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime]
    state: Mapped[PauseState] = mapped_column(state_type(PauseState))
    state_changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    lift_reason: Mapped[str] = mapped_column(Text, default="")
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(index=True)

    area: Mapped[Area | None] = relationship()
    persona: Mapped[Persona | None] = relationship()
    channel: Mapped[Channel | None] = relationship()
    set_by: Mapped[User | None] = relationship(foreign_keys=[set_by_id])
    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])
    lifted_by: Mapped[User | None] = relationship(foreign_keys=[lifted_by_id])

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    @property
    def takes_two(self) -> bool:
        """Whether lifting it takes two people."""
        return self.is_breaker or self.scope is PauseScope.EVERYTHING


class HeldBack(Base):
    """A delivery that became due while a pause stood: it goes only when a person lets it."""

    __tablename__ = "held_back"
    __table_args__ = (
        Index(
            "uq_held_back_open",
            "delivery_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("delivery.id"))
    pause_id: Mapped[int] = mapped_column(ForeignKey("pause.id"))
    held_at: Mapped[datetime]
    #: Null: it still waits for a person.
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decision: Mapped[Decision | None] = mapped_column(_known(Decision, "decision_known"))

    delivery: Mapped[Delivery] = relationship()
    pause: Mapped[Pause] = relationship()


class PersonaBudget(Base):
    """A persona's own number of posts, in place of the one that the settings give."""

    __tablename__ = "persona_budget"

    persona_id: Mapped[int] = mapped_column(ForeignKey("persona.id"), primary_key=True)
    #: Null: as the settings say.
    posts_per_hour: Mapped[int | None]
    posts_per_day: Mapped[int | None]
    set_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime]
