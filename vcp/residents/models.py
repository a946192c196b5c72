"""Which public pages are out of date: rows, so that no lost job leaves a page stale."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from vcp.kernel.db import Base


class StalePage(Base):
    """One group of public files that must be rendered again."""

    __tablename__ = "stale_page"
    __table_args__ = (Index("uq_stale_page_kind_ref", "kind", "ref", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What is rendered: officer, place, post, or site (home, lists, register, fixed pages).
    kind: Mapped[str] = mapped_column(String(16))
    #: Which one, by id; empty for site.
    ref: Mapped[str] = mapped_column(String(40), default="")
    wanted_at: Mapped[datetime]
