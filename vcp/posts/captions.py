"""What is said in a video, for people who can't hear it."""

from dataclasses import dataclass

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from vcp.kernel.db import Base


@dataclass(frozen=True)
class Captions:
    """WebVTT, or why there is none: nobody speaks, say."""

    text: str = ""
    why_none: str = ""


class RevisionCaptions(Base):
    """The captions of a revision's video."""

    __tablename__ = "revision_captions"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    why_none: Mapped[str] = mapped_column(Text)

    @classmethod
    def of(cls, captions: Captions | None) -> "RevisionCaptions | None":
        """Return the row that keeps them."""
        return cls(text=captions.text, why_none=captions.why_none) if captions else None

    def as_captions(self) -> Captions:
        """Return what is kept."""
        return Captions(self.text, self.why_none)
