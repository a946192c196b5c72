"""Gaps in the ledger: what a database that was put back doesn't know about any more."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from vcp.kernel.db import Base


class LedgerGap(Base):
    """A time of which the ledger knows nothing, though deliveries may have left in it."""

    __tablename__ = "ledger_gap"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The attempt that this machine remembers and the database doesn't; null when a person said so.
    missing_attempt: Mapped[str | None] = mapped_column(String(36), unique=True)
    #: Networks are read from here on.
    since: Mapped[datetime]
    noticed_at: Mapped[datetime]
    #: When every account had been read past it.
    ended_at: Mapped[datetime | None]


class GapCheck(Base):
    """A delivery that may have left in a gap: its account is read before anything is sent there."""

    __tablename__ = "gap_check"
    __table_args__ = (
        Index(
            "ix_gap_check_open",
            "channel_id",
            sqlite_where=text("checked_at IS NULL"),
            postgresql_where=text("checked_at IS NULL"),
        ),
    )

    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("delivery.id"), primary_key=True)
    gap_id: Mapped[int] = mapped_column(ForeignKey("ledger_gap.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    #: When the network is read next.
    next_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    #: `found`, `absent`, `asked` or `moot`; null until it is known.
    result: Mapped[str | None] = mapped_column(String(8))
