"""What each channel will show: the very text with its signature, its length, what doesn't fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from officer_profiles.models import Persona
from officer_profiles.states import PersonaState
from vcp.channels.adapters import limits_of
from vcp.channels.models import Channel
from vcp.channels.queries import is_near
from vcp.contacts.models import Message
from vcp.kernel.media import media_url
from vcp.kernel.videos import MP4
from vcp.networks.base import Replies, Visibility
from vcp.posts import carding, filming
from vcp.posts.addressing import OWN, said_on
from vcp.posts.fitting import POLL_TIMES
from vcp.posts.link_cards import LinkCard
from vcp.posts.revisions import length_on, misfits
from vcp.posts.suiting import needing_copies
from vcp.posts.wording import parts_for, sent_to
from vcp.posts.words import ImageRef, Poll, Words

MASTODON, BLUESKY, X = "mastodon", "bluesky", "x"
#: The networks that can cover images.
COVERING = (MASTODON, BLUESKY)
#: Stands for what is written, where only what is put around it matters: nobody types this.
_WORDS = "\uf8ff"


@dataclass(frozen=True)
class ShownImage:
    """An image as a page shows it."""

    url: str
    alt: str
    is_video: bool = False
    poster_url: str | None = None
    captions_url: str | None = None
    #: Why a video has none.
    why_no_captions: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Preview:
    """One channel's view of a post."""

    channel: str
    network: str
    name: str
    handle: str | None
    photo_url: str | None
    text: str
    language: str
    content_warning: str | None
    images: tuple[ShownImage, ...]
    length: int
    limit: int
    is_verified: bool
    at: datetime | None
    problems: tuple[str, ...]
    poll: Poll | None = None
    #: How long people may vote.
    poll_time: str = ""
    #: What else is asked of the network, as sentences.
    options: tuple[str, ...] = ()
    part: int = 1
    parts: int = 1
    #: Whether the network has words of its own.
    is_varied: bool = False
    #: What the channel does by itself, and isn't wrong.
    notes: tuple[str, ...] = ()
    #: The link's card, and the picture on it.
    card: LinkCard | None = None
    card_image_url: str | None = None


def previews(
    persona: Persona,
    channels: Sequence[Channel],
    words: Words,
    at: datetime | None = None,
    answers: Message | None = None,
) -> list[Preview]:
    """Return how each channel of the persona's area, or around it, will show each part."""
    return [
        shown
        for channel in channels
        if is_near(channel.area_path, [persona.area_path])
        for shown in _previews(persona, channel, channels, words, at, answers)
    ]


def counters(
    persona: Persona, channels: Sequence[Channel], answers: Message | None = None
) -> list[dict[str, object]]:
    """Return what the page's script needs to count along while somebody writes."""
    shown: list[dict[str, object]] = []
    for channel in channels:
        limits = limits_of(channel)
        before, _, after = said_on(persona, channel, _WORDS, answers).partition(_WORDS)
        shown.append(
            {
                "channel": channel.name,
                "limit": limits.characters,
                "counting": limits.counting,
                "url_length": limits.url_length,
                # Whom it answers and who signs, and what is left of that without any words.
                "before": before,
                "after": after,
                "alone": said_on(persona, channel, "", answers),
            }
        )
    return shown


def shown_images(words: Words) -> tuple[ShownImage, ...]:
    """Return the images of the words as a page shows them."""
    return tuple(
        ShownImage(
            media_url(image.digest, image.media_type),
            image.alt_text,
            is_video=image.media_type == MP4,
            poster_url=filming.poster_url(image),
            captions_url=filming.captions_url(image, words.captions),
            why_no_captions=_why_none(image, words),
            language=words.language,
        )
        for image in words.images
    )


def _why_none(image: ImageRef, words: Words) -> str:
    has_none = image.media_type == MP4 and words.captions and not words.captions.text
    return words.captions.why_none if has_none and words.captions else ""


def _previews(
    persona: Persona,
    channel: Channel,
    channels: Sequence[Channel],
    words: Words,
    at: datetime | None,
    answers: Message | None,
) -> list[Preview]:
    """Return each part, the last with what stands against any of them."""
    problems = [problem for _, problem in misfits(persona, channel, words, answers, channels)]
    parts = sent_to(words, channel, channels)
    shown = [_preview(persona, channel, said, at, answers) for said in parts]
    written = parts_for(words, channel)
    return [
        replace(
            one,
            part=number,
            parts=len(parts),
            is_varied=words.variant(channel.network) is not None and channel.network != OWN,
            problems=tuple(problems) if number == len(parts) else (),
            notes=_notes(channel, words, said, written[number - 1].text),
        )
        for number, (one, said) in enumerate(zip(shown, parts, strict=True), start=1)
    ]


def _preview(
    persona: Persona,
    channel: Channel,
    words: Words,
    at: datetime | None,
    answers: Message | None,
) -> Preview:
    limits = limits_of(channel)
    card = carding.shown_on(channel, words)
    photo = None
    if persona.photo_digest and persona.photo_media_type:
        photo = media_url(persona.photo_digest, persona.photo_media_type)
    return Preview(
        channel=channel.name,
        network=channel.network,
        name=persona.display_name,
        handle=channel.handle,
        photo_url=photo,
        text=said_on(persona, channel, words.text, answers),
        language=words.language,
        content_warning=words.content_warning,
        images=shown_images(words),
        length=length_on(persona, channel, words, limits, answers),
        limit=limits.characters,
        is_verified=persona.state is PersonaState.VERIFIED,
        at=at,
        problems=(),
        card=card,
        card_image_url=media_url(*card.image) if card and card.image else None,
        poll=words.poll,
        poll_time=dict(POLL_TIMES).get(words.poll.minutes, "") if words.poll else "",
        options=_options_shown(channel, words),
    )


_REPLIES = {
    Replies.FOLLOWING: "Only accounts that it follows may reply.",
    Replies.MENTIONED: "Only accounts that are mentioned may reply.",
}


def _options_shown(channel: Channel, words: Words) -> tuple[str, ...]:
    """Say what is asked of this network, if it can do it."""
    asked, found = words.options, []
    if channel.network == MASTODON and asked.visibility == Visibility.UNLISTED:
        found.append("Left out of public timelines.")
    if channel.network in COVERING and asked.covers_images and words.images:
        found.append("Images are covered until somebody asks for them.")
    if channel.network == X and asked.replies != Replies.EVERYONE:
        found.append(_REPLIES[Replies(asked.replies)])
    return tuple(found)


def _notes(channel: Channel, words: Words, said: Words, written: str) -> tuple[str, ...]:
    """Say what the channel does by itself with a part; `written` is it without a poll's choices."""
    copied, found = needing_copies(channel, said.images), []
    if copied:
        images = words.all_images
        named = " and ".join(str(images.index(image) + 1) for image in copied)
        found.append(
            f"{channel.name} gets a copy of image {named}: it doesn't take the file as it is."
        )
    if note := carding.note_on(channel, replace(said, text=written)):
        found.append(note)
    return tuple(found)
