"""The card of a revision's link, as it is kept."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from vcp.kernel.db import Base
from vcp.posts.link_cards import LinkCard


class RevisionCard(Base):
    """The card of a revision's first link."""

    __tablename__ = "revision_card"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), unique=True)
    uri: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    #: A stored picture, by what is in it.
    image_digest: Mapped[str | None] = mapped_column(String(64))
    image_media_type: Mapped[str | None] = mapped_column(String(32))

    @classmethod
    def of(cls, card: LinkCard | None) -> "RevisionCard | None":
        """Return the row that keeps a card."""
        if card is None:
            return None
        digest, media_type = card.image or (None, None)
        return cls(
            uri=card.uri,
            title=card.title,
            description=card.description,
            image_digest=digest,
            image_media_type=media_type,
        )

    def as_card(self) -> LinkCard:
        """Return the card that is kept."""
        image = None
        if self.image_digest and self.image_media_type:
            image = (self.image_digest, self.image_media_type)
        return LinkCard(self.uri, self.title, self.description, image)
