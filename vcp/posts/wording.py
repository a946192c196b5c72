"""What each channel is sent: the main words or its own, part by part, as one `Words` each."""

from collections.abc import Sequence
from dataclasses import replace

from vcp.channels.adapters import limits_of
from vcp.channels.models import Channel
from vcp.posts.addressing import OWN
from vcp.posts.filming import video_in
from vcp.posts.link_cards import WITH_CARDS, LinkCard, first_link
from vcp.posts.words import Part, Words


def sent_to(words: Words, channel: Channel, channels: Sequence[Channel]) -> tuple[Words, ...]:
    """Return the words of each part as this channel is sent them; our own feed has one part.

    Where the network has no polls the choices are in the text, with where one of the other
    `channels` lets people vote.
    """
    if channel.network == OWN:
        return (whole(words),)
    variant = words.variant(channel.network)
    warning = variant.content_warning if variant else words.content_warning
    said = [
        # The first keeps whatever else a post may have.
        replace(
            words if number == 1 else Words("", language=words.language, options=words.options),
            text=part.text,
            images=part.images,
            content_warning=warning,
            channel_ids=words.channel_ids,
            more=(),
            variants=(),
            cards=_cards_of(words, part, channel),
            captions=words.captions if video_in(part.images) else None,
        )
        for number, part in enumerate(parts_for(words, channel), start=1)
    ]
    if words.poll and not has_polls(channel):
        said[0] = replace(said[0], poll=None, text=_listed(said[0], channels))
    return tuple(said)


def parts_for(words: Words, channel: Channel) -> Sequence[Part]:
    """Return what is written for this channel; our own feed shows the main words as one."""
    if channel.network == OWN:
        one = whole(words)
        return (Part(one.text, one.images),)
    variant = words.variant(channel.network)
    return variant.parts if variant else words.parts


def whole(words: Words) -> Words:
    """Return a thread as one, as our own page shows it."""
    text = "\n\n".join(part.text for part in words.parts if part.text)
    return replace(words, text=text, images=words.all_images, more=(), variants=())


def has_polls(channel: Channel) -> bool:
    """Say whether people can vote there."""
    return limits_of(channel).poll_choices > 0


def _cards_of(words: Words, part: Part, channel: Channel) -> tuple[LinkCard, ...]:
    """Return the card of the part's own link, where the network shows ours."""
    link = first_link(part.text) if channel.network in WITH_CARDS else None
    return tuple(card for card in words.cards if card.uri == link)


def _listed(words: Words, channels: Sequence[Channel]) -> str:
    """Return the text with the choices under it, and where to vote."""
    choices = words.poll.choices if words.poll else ()
    lines = [f"{number}. {choice}" for number, choice in enumerate(choices, start=1)]
    for channel in channels:
        if has_polls(channel) and (place := channel.profile_url or channel.handle):
            lines.append(f"Vote: {place}")
            break
    return "\n".join([*((words.text, "") if words.text else ()), *lines])
