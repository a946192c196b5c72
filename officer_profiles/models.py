"""Personas: who the public sees, who speaks as them, and what they may do on which channel."""

import enum
from datetime import datetime

from sqlalchemy import Enum, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from officer_profiles.states import PersonaState
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.kernel.db import Base
from vcp.kernel.lifecycle import state_type
from vcp.users.models import User


class PersonaKind(enum.StrEnum):
    """Whether a persona is one officer or an office."""

    OFFICER = "officer"
    OFFICE = "office"


class Persona(Base):
    """The public, overt, verified identity of one officer or office."""

    __tablename__ = "persona"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PersonaKind] = mapped_column(
        Enum(
            PersonaKind,
            native_enum=False,
            create_constraint=True,
            length=8,
            name="kind_known",
            values_callable=lambda kinds: [kind.value for kind in kinds],
        )
    )
    slug: Mapped[str] = mapped_column(String(140), unique=True)
    #: As the public reads it: "PC Sam Okoro", "Harbour Neighbourhood Team".
    display_name: Mapped[str] = mapped_column(String(120))
    rank: Mapped[str] = mapped_column(String(60), default="")
    collar_number: Mapped[str] = mapped_column(String(20), default="")
    #: Added to a post on a shared channel: "PC 4417".
    signature: Mapped[str] = mapped_column(String(60))
    photo_digest: Mapped[str | None] = mapped_column(String(64))
    #: As `vcp.kernel.media` kept it: "image/jpeg", "image/png" or "image/webp".
    photo_media_type: Mapped[str | None] = mapped_column(String(20))
    photo_alt: Mapped[str] = mapped_column(String(300), default="")
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    area_path: Mapped[str] = mapped_column(String(120), index=True)
    language: Mapped[str] = mapped_column(String(8), default="en")
    topics: Mapped[str] = mapped_column(Text, default="")
    #: The block that every resident reads; verification needs all four.
    who_i_am: Mapped[str] = mapped_column(Text, default="")
    can_do: Mapped[str] = mapped_column(Text, default="")
    cannot_do: Mapped[str] = mapped_column(Text, default="")
    hours: Mapped[str] = mapped_column(String(300), default="")
    who_else: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[PersonaState] = mapped_column(state_type(PersonaState))
    state_changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: Who last changed what the public reads; they don't verify it.
    edited_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    verified_at: Mapped[datetime | None]
    verification_expires_at: Mapped[datetime | None]
    #: What the verifying supervisor saw and checked, in their words.
    verification_basis: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None]
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("persona.id"))

    area: Mapped[Area] = relationship()
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])
    edited_by: Mapped[User | None] = relationship(foreign_keys=[edited_by_id])
    verified_by: Mapped[User | None] = relationship(foreign_keys=[verified_by_id])
    successor: Mapped["Persona | None"] = relationship(remote_side="Persona.id")
    members: Mapped[list["PersonaMember"]] = relationship(back_populates="persona", lazy="selectin")
    capabilities: Mapped[list["Capability"]] = relationship(
        back_populates="persona", lazy="selectin"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class PersonaMember(Base):
    """A member of staff who speaks as a persona; an officer's persona has exactly one."""

    __tablename__ = "persona_member"
    __table_args__ = (UniqueConstraint("persona_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    persona_id: Mapped[int] = mapped_column(ForeignKey("persona.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    persona: Mapped[Persona] = relationship(back_populates="members")
    user: Mapped[User] = relationship(lazy="joined")


class CapabilityKind(enum.StrEnum):
    """What a persona may do on a channel."""

    POST = "post"
    REPLY = "reply"


class Capability(Base):
    """A supervisor's dated leave for a persona to do one thing on one channel."""

    __tablename__ = "capability"
    __table_args__ = (Index("ix_capability_persona_channel", "persona_id", "channel_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    persona_id: Mapped[int] = mapped_column(ForeignKey("persona.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    kind: Mapped[CapabilityKind] = mapped_column(
        Enum(
            CapabilityKind,
            native_enum=False,
            create_constraint=True,
            length=8,
            name="kind_known",
            values_callable=lambda kinds: [kind.value for kind in kinds],
        )
    )
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    granted_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    persona: Mapped[Persona] = relationship(back_populates="capabilities")
    channel: Mapped[Channel] = relationship(lazy="joined")
