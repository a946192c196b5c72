"""Our accounts, watched: what was last seen there, what isn't ours, and what we say about it."""

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Enum, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vcp.channels.models import Channel
from vcp.kernel.db import Base
from vcp.kernel.lifecycle import state_type
from vcp.posts.models import Delivery
from vcp.posts.states import AlarmState
from vcp.users.models import User


class AccountWatch(Base):
    """How far one account has been watched, and who does so now."""

    __tablename__ = "account_watch"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    #: What was there before isn't foreign.
    baseline_at: Mapped[datetime]
    #: Where the first list was cut off: ids below it are older than what was read then.
    baseline_floor: Mapped[str | None] = mapped_column(String(500))
    #: Everything up to here was compared.
    read_to: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]
    #: When edits, deletions and the profile were last looked for.
    thorough_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text)
    #: Handle, name, address and links as the account last showed them.
    profile: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    channel: Mapped[Channel] = relationship(lazy="joined")


class WatchedPost(Base):
    """A post of an account as it was when nobody had reason to doubt it."""

    __tablename__ = "watched_post"
    __table_args__ = (UniqueConstraint("channel_id", "remote_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    remote_id: Mapped[str] = mapped_column(String(500))
    #: Null for what was on the account before it was ours.
    delivery_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    edit_mark: Mapped[str] = mapped_column(String(500))
    #: How many sends of corrections explain what it looks like.
    corrections: Mapped[int] = mapped_column(default=0)
    #: When it was first listed; null for one that never was.
    seen_at: Mapped[datetime | None]
    #: When the network was last asked for it, since it wasn't listed.
    asked_at: Mapped[datetime | None]
    #: Since when the network says that it isn't there.
    missing_at: Mapped[datetime | None]


class AlarmKind(enum.StrEnum):
    """What happened on an account of ours without us."""

    POSTED = "posted"
    BOOSTED = "boosted"
    EDITED = "edited"
    DELETED = "deleted"
    RENAMED = "renamed"
    PROFILE = "profile"
    #: A copy of our own words that the ledger doesn't know as one.
    STRAY = "stray"


class AccountAlarm(Base):
    """One thing that happened on an account of ours and isn't in the ledger."""

    __tablename__ = "account_alarm"
    __table_args__ = (
        Index("ix_account_alarm_state_raised_at", "state", "raised_at"),
        # One alarm a thing, whatever two processes think at once.
        Index(
            "uq_account_alarm_open",
            "channel_id",
            "kind",
            "remote_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    kind: Mapped[AlarmKind] = mapped_column(
        Enum(
            AlarmKind,
            native_enum=False,
            create_constraint=True,
            length=16,
            name="kind_known",
            values_callable=lambda kinds: [kind.value for kind in kinds],
        )
    )
    #: The post at the network; empty for what is about the account itself.
    remote_id: Mapped[str] = mapped_column(String(500), default="")
    url: Mapped[str | None] = mapped_column(String(500))
    #: Evidence, never shown to the public: what was seen first, and last when it changed again.
    seen_text: Mapped[str] = mapped_column(Text)
    last_text: Mapped[str | None] = mapped_column(Text)
    #: The network's own moment, where it has one.
    happened_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    #: How often it happened while the alarm was open.
    times: Mapped[int] = mapped_column(default=1)
    #: When people were written to; null where a mail about this account had just gone out.
    told_at: Mapped[datetime | None]
    #: Our own post that it is about.
    delivery_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("delivery.id"))
    state: Mapped[AlarmState] = mapped_column(state_type(AlarmState))
    state_changed_at: Mapped[datetime]
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    acknowledged_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    #: Why it was closed so, for colleagues.
    reason: Mapped[str] = mapped_column(Text, default="")
    disavowal_id: Mapped[int | None] = mapped_column(ForeignKey("disavowal.id"), index=True)
    version: Mapped[int] = mapped_column()

    channel: Mapped[Channel] = relationship(lazy="joined")
    delivery: Mapped[Delivery | None] = relationship()
    acknowledged_by: Mapped[User | None] = relationship(foreign_keys=[acknowledged_by_id])
    closed_by: Mapped[User | None] = relationship(foreign_keys=[closed_by_id])
    disavowal: Mapped["Disavowal | None"] = relationship(back_populates="alarms")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name


class Disavowal(Base):
    """What the force says in public about an account: words that two people approved before."""

    __tablename__ = "disavowal"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: In its public address.
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    #: True when it is about everything on the account since then, not one thing.
    is_whole_account: Mapped[bool]
    happened_at: Mapped[datetime]
    #: The words as they were published, gaps filled; SHA-256 of the text that was approved.
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    approved_sha256: Mapped[str] = mapped_column(String(64))
    published_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_at: Mapped[datetime | None]

    channel: Mapped[Channel] = relationship(lazy="joined")
    published_by: Mapped[User] = relationship(foreign_keys=[published_by_id])
    alarms: Mapped[list[AccountAlarm]] = relationship(back_populates="disavowal")
