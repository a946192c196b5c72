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
from vcp.networks.base import Replies, Visibility
from vcp.posts.addressing import OWN, said_on
from vcp.posts.fitting import POLL_TIMES
from vcp.posts.revisions import length_on, misfits
from vcp.posts.wording import sent_to
from vcp.posts.words import Poll, Words

MASTODON, BLUESKY, X = "mastodon", "bluesky", "x"
#: The networks that can cover images.
COVERING = (MASTODON, BLUESKY)


@dataclass(frozen=True)
class ShownImage:
    """An image as a page shows it."""

    url: str
    alt: str


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
        # A word to sign, since an empty text gets no line before the signature.
        extra = len(said_on(persona, channel, "x", answers)) - 1
        shown.append(
            {
                "channel": channel.name,
                "limit": limits.characters,
                "url_length": limits.url_length,
                "extra": extra,
            }
        )
    return shown


def shown_images(words: Words) -> tuple[ShownImage, ...]:
    """Return the images of the words as a page shows them."""
    return tuple(
        ShownImage(media_url(image.digest, image.media_type), image.alt_text)
        for image in words.images
    )


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
    return [
        replace(
            one,
            part=number,
            parts=len(parts),
            is_varied=words.variant(channel.network) is not None and channel.network != OWN,
            problems=tuple(problems) if number == len(parts) else (),
        )
        for number, one in enumerate(shown, start=1)
    ]


def _preview(
    persona: Persona,
    channel: Channel,
    words: Words,
    at: datetime | None,
    answers: Message | None,
) -> Preview:
    limits = limits_of(channel)
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
