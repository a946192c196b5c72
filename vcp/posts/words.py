"""The words of a post, and the hash that a second person's yes is bound to."""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any, Self

import rfc8785

from vcp.kernel.videos import said_in
from vcp.posts.captions import Captions
from vcp.posts.link_cards import LinkCard
from vcp.posts.models import Revision

#: What people may type; networks take far less of the text.
LONGEST_TEXT = 10_000
LONGEST_WARNING = 300
LONGEST_ALT = 1_500
MOST_IMAGES = 4

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class ImageRef:
    """A stored image and what it shows, in words for people who can't see it."""

    digest: str
    media_type: str
    width: int
    height: int
    alt_text: str


@dataclass(frozen=True)
class Words:
    """Everything that a second person says yes to, and when it should go out.

    Times are local, as typed: `2026-03-29T09:30`; `wanted_fold` says which of the two hours is
    meant when the clocks go back: 0 the first, 1 the second.
    """

    text: str
    language: str = "en"
    content_warning: str | None = None
    images: tuple[ImageRef, ...] = ()
    channel_ids: tuple[int, ...] = ()
    wanted_local: str | None = None
    wanted_fold: int | None = None
    not_after_local: str | None = None
    card: LinkCard | None = None
    #: Of the video, if there is one.
    captions: Captions | None = None

    @property
    def sha256(self) -> str:
        """The hash of what leaves: text, warning, language, images with alt text, channels."""
        said: dict[str, Any] = {
            "text": self.text,
            "content_warning": self.content_warning or None,
            "language": self.language,
            "images": [[i.digest, i.media_type, i.alt_text] for i in self.images],
            "channels": sorted(set(self.channel_ids)),
        }
        # What a post doesn't have isn't in it: the hash of plain words stays what it was.
        if self.card:
            card = self.card
            said["card"] = [card.uri, card.title, card.description, list(card.image or ())]
        if self.captions:
            said["captions"] = [self.captions.text, self.captions.why_none]
        return hashlib.sha256(rfc8785.dumps(said)).hexdigest()

    def clean(self) -> Self:
        """Return the words as they are stored: one kind of line end, nothing unprintable."""
        return replace(
            self,
            text=_printable(self.text),
            content_warning=_printable(self.content_warning or "") or None,
            channel_ids=tuple(sorted(set(self.channel_ids))),
            images=tuple(replace(i, alt_text=_printable(i.alt_text)) for i in self.images),
            card=_clean_card(self.card),
        )

    def fields(self) -> dict[str, str]:
        """Return every field that holds words, by the name that a finding gives it."""
        found = {"text": self.text}
        if self.content_warning:
            found["content_warning"] = self.content_warning
        for number, image in enumerate(self.images, start=1):
            if image.alt_text:
                found[f"alt:{number}"] = image.alt_text
        if self.card:
            said = {"card_title": self.card.title, "card_description": self.card.description}
            found |= {field: text for field, text in said.items() if text}
        if self.captions and self.captions.text:
            found["captions"] = said_in(self.captions.text)
        return found


def _printable(text: str) -> str:
    # Half a surrogate or a NUL is no character to any database or network.
    whole = text.encode("utf-8", "replace").decode()
    return _CONTROLS.sub("", "\n".join(whole.splitlines())).strip()


def _clean_card(card: LinkCard | None) -> LinkCard | None:
    if card is None:
        return None
    # One line each, as networks show them.
    title, description = (
        " ".join(_printable(text).split()) for text in (card.title, card.description)
    )
    return replace(card, title=title, description=description)


def words_of(revision: Revision) -> Words:
    """Return a stored revision's words, without times: those belong to the post."""
    return Words(
        text=revision.text,
        language=revision.language,
        content_warning=revision.content_warning,
        images=tuple(
            ImageRef(i.digest, i.media_type, i.width, i.height, i.alt_text) for i in revision.images
        ),
        channel_ids=tuple(sorted(target.channel_id for target in revision.targets)),
        card=revision.card.as_card() if revision.card else None,
        captions=revision.captions.as_captions() if revision.captions else None,
    )
