"""Threads, own words for a network, polls and options: what a draft may hold, what may go out."""

from collections.abc import Iterator, Sequence

from vcp.channels.adapters import limits_of
from vcp.channels.models import Channel
from vcp.contacts.models import Message
from vcp.kernel.errors import Invalid
from vcp.networks.base import Replies, Visibility
from vcp.networks.registry import NETWORKS
from vcp.posts.addressing import OWN
from vcp.posts.wording import has_polls, sent_to
from vcp.posts.words import (
    LONGEST_TEXT,
    LONGEST_WARNING,
    MOST_IMAGES,
    MOST_PARTS,
    VARIED,
    Poll,
    Variant,
    Words,
)

FEWEST_CHOICES, MOST_CHOICES = 2, 4
LONGEST_CHOICE = 100
#: Minutes. Source: docs.x.com, "Create or Edit Post"; Mastodon's own limits are wider.
SHORTEST_POLL, LONGEST_POLL = 5, 7 * 24 * 60
#: How long a poll may be open, and what people call that.
POLL_TIMES = (
    (5, "5 minutes"),
    (30, "30 minutes"),
    (60, "1 hour"),
    (360, "6 hours"),
    (1440, "1 day"),
    (4320, "3 days"),
    (10080, "7 days"),
)


def must_be_storable(words: Words) -> None:
    """Refuse what even a draft can't hold.

    Raises: Invalid, naming the field.
    """
    if len(words.parts) > MOST_PARTS:
        raise Invalid(f"A thread has at most {MOST_PARTS} parts. Take some out.", "more")
    for number, part in enumerate(words.more, start=2):
        if len(part.text) > LONGEST_TEXT:
            raise Invalid(
                f"A part holds at most {LONGEST_TEXT:,} characters. Shorten part {number}.",
                f"part{number}",
            )
        if len(part.images) > MOST_IMAGES:
            raise Invalid(f"A part takes at most {MOST_IMAGES} images. Remove one.", "images")
    for variant in words.variants:
        _variant_must_be_storable(words, variant)
    _options_must_be_known(words)


def _variant_must_be_storable(words: Words, variant: Variant) -> None:
    field, name = f"{variant.network}_text", name_of(variant.network)
    if variant.network not in VARIED or len(words.variants) > len(VARIED):
        raise Invalid("There can't be other words for this network.", "text")
    if not 0 < len(variant.parts) <= MOST_PARTS:
        raise Invalid(f"The words for {name} have at most {MOST_PARTS} parts.", field)
    if sum(len(part.text) for part in variant.parts) > LONGEST_TEXT:
        raise Invalid(f"The words for {name} are too long. Shorten them.", field)
    if len(variant.content_warning or "") > LONGEST_WARNING:
        raise Invalid(f"The warning for {name} is too long. Shorten it.", field)
    images = [image for part in variant.parts for image in part.images]
    if set(images) - set(words.all_images):
        raise Invalid(f"The words for {name} show an image that the post hasn't.", field)


def _options_must_be_known(words: Words) -> None:
    if words.options.visibility not in {Visibility.PUBLIC, Visibility.UNLISTED}:
        raise Invalid("Choose who sees the post from the list.", "visibility")
    if words.options.replies not in set(Replies):
        raise Invalid("Choose who may reply from the list.", "replies")
    if words.poll and len(words.poll.choices) > MOST_CHOICES:
        raise Invalid(f"A poll has at most {MOST_CHOICES} choices.", "poll_choices")
    if words.poll and any(len(choice) > LONGEST_CHOICE for choice in words.poll.choices):
        raise Invalid(f"A choice holds at most {LONGEST_CHOICE} characters.", "poll_choices")


def must_be_whole(words: Words, channels: Sequence[Channel], answers: Message | None) -> None:
    """Refuse a thread with an empty part, and a poll that can't be asked.

    Raises: Invalid, naming the field, with what to do.
    """
    for number, part in enumerate(words.more, start=2):
        if not part.text and not part.images:
            raise Invalid(f"Part {number} is empty. Write it, or remove it.", f"part{number}")
    for variant in words.variants:
        for number, part in enumerate(variant.parts, start=1):
            if not part.text and not part.images:
                raise Invalid(
                    f"Part {number} of the words for {name_of(variant.network)} is empty. Write "
                    "it, or take its line of dashes out.",
                    f"{variant.network}_text",
                )
    if words.poll:
        for field, problem in _poll_problems(words, words.poll, channels, answers):
            raise Invalid(problem, field)


def _poll_problems(
    words: Words, poll: Poll, channels: Sequence[Channel], answers: Message | None
) -> Iterator[tuple[str, str]]:
    if answers is not None:
        yield "poll_choices", "An answer to one person can't hold a poll. Empty its choices."
    if not words.text:
        yield "text", "Write the question of the poll first."
    if len(poll.choices) < FEWEST_CHOICES or not all(poll.choices):
        yield "poll_choices", "A poll needs two choices at least. Add one, or empty them all."
    if len(set(poll.choices)) < len(poll.choices):
        yield "poll_choices", "Two choices of the poll are the same. Change one."
    if not SHORTEST_POLL <= poll.minutes <= LONGEST_POLL:
        yield "poll_minutes", "A poll is open for 5 minutes to 7 days. Choose from the list."
    if not any(has_polls(channel) for channel in channels):
        yield (
            "poll_choices",
            "None of the chosen channels has polls. Choose one that has, or empty the choices.",
        )


def poll_misfits(channel: Channel, words: Words) -> list[tuple[str, str]]:
    """Return what stands against asking the poll on this channel: the field, and what to do."""
    poll, name = words.poll, channel.name
    if poll is None or channel.network == OWN:
        return []
    if not has_polls(channel):
        if poll.as_text:
            return []
        problem = f"{name} has no polls. Choose to list the choices there, or leave {name} out."
        return [("poll_as_text", problem)]
    limits, found = limits_of(channel), []
    if len(poll.choices) > limits.poll_choices:
        found.append(f"{name} takes {limits.poll_choices} choices. Take some out.")
    found += [
        f"{name} takes choices of {limits.poll_choice_characters} characters: shorten “{choice}”."
        for choice in poll.choices
        if len(choice) > limits.poll_choice_characters
    ]
    if sent_to(words, channel, [channel])[0].images:
        found.append(
            f"{name} takes a poll or images, not both. Move the images to another part, or write "
            f"other words for {name_of(channel.network)} without them."
        )
    return [("poll_choices", problem) for problem in found]


def must_keep_shape(was: Words, words: Words, channels: Sequence[Channel]) -> None:
    """Refuse a correction that would add or take away posts, or ask something else.

    Raises: Invalid, naming the field, with what to do.
    """
    for channel in channels:
        before, after = (len(sent_to(one, channel, channels)) for one in (was, words))
        if before != after:
            raise Invalid(
                f"On {channel.name} {before} parts are out. A correction changes their words, and "
                "neither adds nor takes away parts: withdraw the post and write it anew for that.",
                "text",
            )
    if was.poll != words.poll:
        raise Invalid(
            "People may have voted already, so a correction can't change the poll. Withdraw the "
            "post and write it anew.",
            "poll_choices",
        )
    if was.options != words.options:
        raise Invalid(
            "Who sees the post and who may reply can't be changed once it is out.", "visibility"
        )


def name_of(network: str) -> str:
    """Return what people call a network."""
    return NETWORKS.get(network, network)
