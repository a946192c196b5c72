"""The words of a post, and the hash that a second person's yes is bound to."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import rfc8785

from vcp.kernel.videos import said_in
from vcp.posts.captions import Captions
from vcp.posts.link_cards import LinkCard
from vcp.posts.models import Revision, RevisionImage

#: What people may type; networks take far less of the text.
LONGEST_TEXT = 10_000
LONGEST_WARNING = 300
LONGEST_ALT = 1_500
#: In one part.
MOST_IMAGES = 4
MOST_PARTS = 25
#: The networks that may be given words of their own; our own feed shows the main ones.
VARIED = ("mastodon", "bluesky", "x")

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
class Part:
    """One post of a thread."""

    text: str = ""
    images: tuple[ImageRef, ...] = ()


@dataclass(frozen=True)
class Variant:
    """What one network gets instead of the main words; its images are some of the main ones."""

    network: str
    parts: tuple[Part, ...]
    content_warning: str | None = None


@dataclass(frozen=True)
class Poll:
    """A question with choices, asked by the first part."""

    choices: tuple[str, ...]
    #: How long people may vote.
    minutes: int = 1440
    #: Where a network has no polls, its text lists the choices.
    as_text: bool = False


@dataclass(frozen=True)
class Options:
    """How networks are asked to treat a post, as far as each can."""

    #: public or unlisted.
    visibility: str = "public"
    #: Images are covered until somebody asks for them; a content warning does that as well.
    covers_images: bool = False
    #: Who may reply: everyone, following or mentioned.
    replies: str = "everyone"


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
    #: The parts of a thread after the first, which is `text` and `images`.
    more: tuple[Part, ...] = ()
    variants: tuple[Variant, ...] = ()
    poll: Poll | None = None
    options: Options = field(default_factory=Options)
    #: Of the links in the parts, as far as they have any.
    cards: tuple[LinkCard, ...] = ()
    #: Of the video, if there is one.
    captions: Captions | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The main words, part by part."""
        return (Part(self.text, self.images), *self.more)

    @property
    def all_images(self) -> tuple[ImageRef, ...]:
        """The images of all parts, in order."""
        return tuple(image for part in self.parts for image in part.images)

    def variant(self, network: str) -> Variant | None:
        """Return the network's own words, if it has any."""
        return next((one for one in self.variants if one.network == network), None)

    @property
    def sha256(self) -> str:
        """The hash of everything that leaves: words, images with alt text, options, channels.

        What a post doesn't have isn't in it, so that the hash of plain words stays what it was.
        """
        said: dict[str, Any] = {
            "text": self.text,
            "content_warning": self.content_warning or None,
            "language": self.language,
            "images": _hashed_images(self.images),
            "channels": sorted(set(self.channel_ids)),
        }
        if self.more:
            said["more"] = _hashed_parts(self.more)
        if self.variants:
            said["variants"] = {
                one.network: [_hashed_parts(one.parts), one.content_warning or None]
                for one in self.variants
            }
        if self.poll:
            said["poll"] = [list(self.poll.choices), self.poll.minutes, self.poll.as_text]
        if self.options != Options():
            said["options"] = asdict(self.options)
        if self.cards:
            said["cards"] = [
                [card.uri, card.title, card.description, list(card.image or ())]
                for card in self.cards
            ]
        if self.captions:
            said["captions"] = [self.captions.text, self.captions.why_none]
        return hashlib.sha256(rfc8785.dumps(said)).hexdigest()

    def clean(self) -> Self:
        """Return the words as they are stored: one kind of line end, nothing unprintable."""
        poll = self.poll
        return replace(
            self,
            text=_printable(self.text),
            content_warning=_printable(self.content_warning or "") or None,
            channel_ids=tuple(sorted(set(self.channel_ids))),
            images=_clean_images(self.images),
            more=_clean_parts(self.more),
            variants=tuple(
                Variant(
                    one.network,
                    _clean_parts(one.parts),
                    _printable(one.content_warning or "") or None,
                )
                for one in sorted(self.variants, key=lambda one: one.network)
            ),
            poll=poll and replace(poll, choices=tuple(map(_printable, poll.choices))),
            cards=tuple(map(_clean_card, self.cards)),
        )

    def fields(self) -> dict[str, str]:
        """Return every field that holds words, by the name that a finding gives it.

        `text`, `part2:text`, `x:text`, `x:part2:text`, `content_warning`, `x:content_warning`,
        `poll:1`, `card_title`, `card2_title`, `captions`, and `alt:1` for the first of all images.
        """
        found = {"text": self.text}
        found |= _texts("", self.more, first=2)
        if self.content_warning:
            found["content_warning"] = self.content_warning
        for number, choice in enumerate(self.poll.choices if self.poll else (), start=1):
            found[f"poll:{number}"] = choice
        for variant in self.variants:
            found |= _texts(f"{variant.network}:", variant.parts, first=1)
            if variant.content_warning:
                found[f"{variant.network}:content_warning"] = variant.content_warning
        for number, image in enumerate(self.all_images, start=1):
            if image.alt_text:
                found[f"alt:{number}"] = image.alt_text
        for number, card in enumerate(self.cards, start=1):
            before = "card" if number == 1 else f"card{number}"
            said = {f"{before}_title": card.title, f"{before}_description": card.description}
            found |= {field: text for field, text in said.items() if text}
        if self.captions and self.captions.text:
            found["captions"] = said_in(self.captions.text)
        return found


def _texts(before: str, parts: Sequence[Part], *, first: int) -> dict[str, str]:
    return {
        f"{before}text" if number == 1 else f"{before}part{number}:text": part.text
        for number, part in enumerate(parts, start=first)
        if part.text
    }


def _hashed_images(images: Sequence[ImageRef]) -> list[list[str]]:
    return [[image.digest, image.media_type, image.alt_text] for image in images]


def _hashed_parts(parts: Sequence[Part]) -> list[list[Any]]:
    return [[part.text, _hashed_images(part.images)] for part in parts]


def _clean_images(images: Sequence[ImageRef]) -> tuple[ImageRef, ...]:
    return tuple(replace(image, alt_text=_printable(image.alt_text)) for image in images)


def _clean_parts(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(Part(_printable(part.text), _clean_images(part.images)) for part in parts)


def _printable(text: str) -> str:
    # Half a surrogate or a NUL is no character to any database or network.
    whole = text.encode("utf-8", "replace").decode()
    return _CONTROLS.sub("", "\n".join(whole.splitlines())).strip()


def _clean_card(card: LinkCard) -> LinkCard:
    # One line each, as networks show them.
    title, description = (
        " ".join(_printable(text).split()) for text in (card.title, card.description)
    )
    return replace(card, title=title, description=description)


def words_of(revision: Revision) -> Words:
    """Return a stored revision's words, without times: those belong to the post."""
    channel_ids = sorted(target.channel_id for target in revision.targets)
    return replace(main_words(revision), channel_ids=tuple(channel_ids))


def main_words(revision: Revision) -> Words:
    """Return a stored revision's words as far as they don't hang on its channels."""
    kept = revision.further or {}
    texts = [revision.text, *kept.get("more", ())]
    images = [_image(row) for row in revision.images]
    parts = [
        Part(
            text,
            tuple(
                image
                for row, image in zip(revision.images, images, strict=True)
                if row.part == number
            ),
        )
        for number, text in enumerate(texts, start=1)
    ]
    poll = kept.get("poll")
    return Words(
        text=revision.text,
        language=revision.language,
        content_warning=revision.content_warning,
        images=parts[0].images,
        more=tuple(parts[1:]),
        variants=tuple(_variants(kept.get("variants", {}), images)),
        poll=poll and Poll(tuple(poll["choices"]), poll["minutes"], poll["as_text"]),
        options=Options(**kept.get("options", {})),
        cards=tuple(map(_card, kept.get("cards", ()))),
        captions=Captions(**kept["captions"]) if "captions" in kept else None,
    )


def further_of(words: Words) -> dict[str, Any] | None:
    """Return what a revision keeps beside its text and images; None for plain words."""
    images = words.all_images
    kept: dict[str, Any] = {}
    if words.more:
        kept["more"] = [part.text for part in words.more]
    if words.variants:
        kept["variants"] = {
            one.network: {
                "content_warning": one.content_warning,
                "parts": [
                    {"text": part.text, "images": [images.index(image) for image in part.images]}
                    for part in one.parts
                ],
            }
            for one in words.variants
        }
    if words.poll:
        kept["poll"] = {**asdict(words.poll), "choices": list(words.poll.choices)}
    if words.options != Options():
        kept["options"] = asdict(words.options)
    if words.cards:
        kept["cards"] = [asdict(card) for card in words.cards]
    if words.captions:
        kept["captions"] = asdict(words.captions)
    return kept or None


def _image(row: RevisionImage) -> ImageRef:
    return ImageRef(row.digest, row.media_type, row.width, row.height, row.alt_text)


def _card(kept: dict[str, Any]) -> LinkCard:
    digest, media_type = kept["image"] or (None, None)
    return LinkCard(**kept | {"image": (digest, media_type) if digest else None})


def _variants(kept: dict[str, Any], images: Sequence[ImageRef]) -> Iterator[Variant]:
    for network, said in sorted(kept.items()):
        parts = (
            Part(part["text"], tuple(images[place] for place in part["images"]))
            for part in said["parts"]
        )
        yield Variant(network, tuple(parts), said["content_warning"])
