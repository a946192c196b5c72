"""The cards of a revision's links, as they are kept."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from vcp.kernel.db import Base
from vcp.posts.link_cards import LinkCard


class RevisionCard(Base):
    """The card of one of a revision's links."""

    __tablename__ = "revision_card"
    __table_args__ = (UniqueConstraint("revision_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    #: In the order of the links, from 0.
    position: Mapped[int]
    uri: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    #: A stored picture, by what is in it.
    image_digest: Mapped[str | None] = mapped_column(String(64))
    image_media_type: Mapped[str | None] = mapped_column(String(32))

    @classmethod
    def of(cls, card: LinkCard, position: int) -> "RevisionCard":
        """Return the row that keeps a card."""
        digest, media_type = card.image or (None, None)
        return cls(
            position=position,
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
