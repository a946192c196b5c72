"""Channels: the force's accounts on networks, and its own feed."""

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vcp.areas.models import Area
from vcp.channels.states import ChannelState, ConnectionState
from vcp.kernel.db import Base
from vcp.kernel.lifecycle import state_type
from vcp.users.models import User


class SettlePolicy(enum.StrEnum):
    """How an unknown outcome on this channel is settled."""

    READ = "read"
    PERSON = "person"
    #: Where reading is dear: after the last reading, one identical resend; then a person.
    ONE_RETRY = "one_retry"


class Channel(Base):
    """One outlet on one network, or our own feed."""

    __tablename__ = "channel"
    __table_args__ = (
        # One account is one channel, and the own feed (account "own") is there once.
        Index(
            "uq_channel_account",
            "network",
            "base_url",
            "account_id",
            unique=True,
            sqlite_where=text("state <> 'disconnected'"),
            postgresql_where=text("state <> 'disconnected'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(Text, default="")
    hours: Mapped[str] = mapped_column(String(200), default="")
    base_url: Mapped[str] = mapped_column(String(300), default="")
    #: The account's own id at the network, pinned when it was first verified.
    account_id: Mapped[str | None] = mapped_column(String(300))
    handle: Mapped[str | None] = mapped_column(String(300))
    profile_url: Mapped[str | None] = mapped_column(String(500))
    #: Links that the account's own profile shows, for whoever confirms that it is ours.
    profile_links: Mapped[list[str] | None] = mapped_column(JSON)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    area_path: Mapped[str] = mapped_column(String(120), index=True)
    #: A shared channel adds the persona's signature to each post.
    is_shared: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ChannelState] = mapped_column(state_type(ChannelState))
    state_changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    #: Sealed to the vault's public key and bound to `channel:<id>`.
    sealed_credentials: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: What the server said it takes (`vcp.networks.base.Limits` as JSON), and when.
    limits: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    limits_probed_at: Mapped[datetime | None]
    #: Seconds after a send before the network's answer "not there" counts.
    settle_after_s: Mapped[int] = mapped_column(default=20)
    settle_policy: Mapped[SettlePolicy] = mapped_column(
        Enum(
            SettlePolicy,
            native_enum=False,
            create_constraint=True,
            length=16,
            name="settle_policy_known",
            values_callable=lambda kinds: [k.value for k in kinds],
        ),
        default=SettlePolicy.READ,
    )
    #: Nothing is sent before this: the network asked us to wait.
    wait_until: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    connected_at: Mapped[datetime | None]

    area: Mapped[Area] = relationship()
    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])
    confirmed_by: Mapped[User | None] = relationship(foreign_keys=[confirmed_by_id])

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    @property
    def vault_name(self) -> str:
        """What the sealed credentials are bound to."""
        return f"channel:{self.id}"


class Connection(Base):
    """One try at connecting an account: sealed by the web process, finished by the publisher."""

    __tablename__ = "connection"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    state: Mapped[ConnectionState] = mapped_column(state_type(ConnectionState), index=True)
    state_changed_at: Mapped[datetime]
    #: SHA-256 of the OAuth `state` value that the browser must bring back.
    oauth_state_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    #: Sealed JSON, bound to the channel: our registration with the server.
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: The same for the code that came back; the web process can't open the other one to add it.
    sealed_code: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: True once there is a code or a token for the publisher to work with.
    is_ready: Mapped[bool] = mapped_column(default=False)
    message: Mapped[str | None] = mapped_column(Text)
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime]

    channel: Mapped[Channel] = relationship()
    started_by: Mapped[User | None] = relationship()


class Condition(Base):
    """How a channel fares at work; kept apart, so that nobody who edits the channel is disturbed.

    Money is in millionths of a US dollar.
    """

    __tablename__ = "channel_condition"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    #: Sends in a row that failed for want of an answer or a connection.
    failures: Mapped[int] = mapped_column(default=0)
    #: Nothing is sent before this: the channel rests after failures. One send then tries it.
    rests_until: Mapped[datetime | None]
    rests_since: Mapped[datetime | None]
    #: When the network ends our sign-in by itself, as far as it says; and for how many days before
    #: that people were warned last.
    sign_in_ends_at: Mapped[datetime | None]
    warned_days: Mapped[int | None]
    #: What a person allowed a month; null: what the settings say.
    budget: Mapped[int | None] = mapped_column(BigInteger)
    #: What was spent in `spent_month`, such as 2026-11.
    spent: Mapped[int] = mapped_column(BigInteger, default=0)
    spent_month: Mapped[str] = mapped_column(String(7), default="")
    #: The month for which people were told that most of the budget is spent.
    budget_warned: Mapped[str] = mapped_column(String(7), default="")
    #: Nothing that costs is sent before this: the month's budget is spent.
    broke_until: Mapped[datetime | None]
    #: The longest that the server was seen to take to show a new post (ms), how often that was
    #: measured, and when last.
    lag_ms: Mapped[int | None]
    lag_samples: Mapped[int] = mapped_column(default=0)
    lag_at: Mapped[datetime | None]


class Spending(Base):
    """One thing that a network charges for; a post is counted before its first byte leaves."""

    __tablename__ = "channel_spending"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    at: Mapped[datetime]
    #: `create`, `create_with_link` or `read`.
    what: Mapped[str] = mapped_column(String(16))
    count: Mapped[int]
    #: For all of them, in millionths of a US dollar.
    cost: Mapped[int] = mapped_column(BigInteger)
    #: The attempt at sending that it belongs to; null for a reading.
    attempt_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, unique=True)
