"""Wordings of a post: written once, never changed, checked before they may be submitted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from officer_profiles.models import Persona
from vcp.channels.adapters import limits_of
from vcp.channels.models import Channel
from vcp.channels.queries import near
from vcp.contacts.models import Message
from vcp.kernel import clock
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.media import ENDINGS
from vcp.kernel.permissions import Person
from vcp.kernel.renditions import KINDS as STILL
from vcp.kernel.renditions import can_be_made
from vcp.networks.base import Limits, count_characters
from vcp.posts import filming, fitting, gaps
from vcp.posts.addressing import OWN, leave_for, said_on
from vcp.posts.carding import with_cards
from vcp.posts.models import Post, Revision, RevisionImage, RevisionTarget
from vcp.posts.wording import sent_to
from vcp.posts.words import (
    LONGEST_ALT,
    LONGEST_TEXT,
    LONGEST_WARNING,
    MOST_IMAGES,
    ImageRef,
    Words,
    further_of,
    words_of,
)

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_LONGEST_LANGUAGE = 8


def write(session: Session, post: Post, words: Words, *, by: Person) -> Revision:
    """Store these words as the newest revision of the post."""
    newest = session.scalar(select(func.max(Revision.number)).where(Revision.post_id == post.id))
    revision = Revision(
        post_id=post.id,
        number=(newest or 0) + 1,
        text=words.text,
        content_warning=words.content_warning,
        language=words.language,
        written_by_id=by.id,
        written_at=clock.now(),
        further=further_of(words),
        sha256=words.sha256,
        warning_reason="",
        images=[
            RevisionImage(
                position=position,
                part=part,
                digest=image.digest,
                media_type=image.media_type,
                width=image.width,
                height=image.height,
                alt_text=image.alt_text,
            )
            for position, (part, image) in enumerate(_images_by_part(words))
        ],
        targets=[RevisionTarget(channel_id=channel_id) for channel_id in words.channel_ids],
    )
    session.add(revision)
    session.flush()
    session.refresh(revision, ["targets", "written_by"])
    return revision


def _images_by_part(words: Words) -> list[tuple[int, ImageRef]]:
    return [
        (number, image) for number, part in enumerate(words.parts, start=1) for image in part.images
    ]


def unused(session: Session, post: Post, revision: Revision, *, by: Person) -> Revision:
    """Return the revision, or a copy of it when it was submitted before.

    What one submission was screened, held or approved as stays readable as it was.
    """
    if revision.submitted_at is None:
        return revision
    return write(session, post, words_of(revision), by=by)


def must_be_whole(revision: Revision) -> None:
    """Refuse a revision whose stored words are no longer those of its hash.

    Or one with a gap that nobody filled. Raises: Conflict.
    """
    if words_of(revision).sha256 != revision.sha256:
        raise Conflict(
            "The stored words are not those that were submitted. Nobody may approve them: send "
            "them back, and tell an administrator."
        )
    try:
        gaps.must_be_filled(words_of(revision).fields())
    except Invalid as error:
        raise Conflict(f"{error.message} Send it back, so that its author can.") from error


def storable(
    session: Session, words: Words, persona: Persona, answers: Message | None = None
) -> Words:
    """Return the words as a draft of this persona, or an answer to a message, keeps them.

    Raises: Invalid when even a draft can't hold them; the error names the field.
    """
    words = filming.with_captions(with_cards(session, _where_it_goes(words, answers).clean()))
    if len(words.text) > LONGEST_TEXT:
        raise Invalid(f"A post holds at most {LONGEST_TEXT:,} characters. Shorten it.", "text")
    if len(words.content_warning or "") > LONGEST_WARNING:
        raise Invalid(
            f"A content warning holds at most {LONGEST_WARNING} characters. Shorten it.",
            "content_warning",
        )
    if len(words.language) > _LONGEST_LANGUAGE or not _LANGUAGE.fullmatch(words.language):
        raise Invalid("Choose the language that the post is written in.", "language")
    if len(words.images) > MOST_IMAGES:
        raise Invalid(f"A post takes at most {MOST_IMAGES} images. Remove one.", "images")
    if any(len(image.alt_text) > LONGEST_ALT for image in words.all_images):
        raise Invalid(f"An alt text holds at most {LONGEST_ALT:,} characters.", "images")
    fitting.must_be_storable(words)
    # Those of another area are as good as none: not even their names are shown.
    around = near(Channel.area_path, [persona.area_path])
    known = session.scalars(
        select(Channel.id).where(Channel.id.in_(words.channel_ids or (0,)), around)
    )
    if set(words.channel_ids) - set(known):
        raise Invalid("One of the channels doesn't exist. Choose from those listed.", "channel_ids")
    return words


def _where_it_goes(words: Words, answers: Message | None) -> Words:
    """Return the words of an answer with the one place and time it can have."""
    if answers is None:
        return words
    return replace(
        words,
        channel_ids=(answers.channel_id,),
        wanted_local=None,
        wanted_fold=None,
        not_after_local=None,
    )


def must_be_ready(
    session: Session,
    persona: Persona,
    words: Words,
    channels: Sequence[Channel],
    answers: Message | None = None,
) -> None:
    """Refuse words that could not go out as they are.

    Raises: Invalid, naming the field, with what to do.
    """
    if problem := personas.persona_stopped_because(session, persona):
        raise Invalid(problem, "text")
    if not channels:
        raise Invalid("Choose at least one channel.", "channel_ids")
    for channel in channels:
        stopped = personas.stopped_because(session, persona, channel, leave_for(answers))
        if stopped:
            raise Invalid(f"{stopped} Until then leave {channel.name} out.", "channel_ids")
    must_fit(persona, words, channels, answers)


def must_fit(
    persona: Persona, words: Words, channels: Sequence[Channel], answers: Message | None = None
) -> None:
    """Refuse words that lack something, or that one of the channels would not take.

    Raises: Invalid, naming the field, with what to do.
    """
    if not words.text and not words.images:
        raise Invalid("Write something first.", "text")
    gaps.must_be_filled(words.fields())
    for number, image in enumerate(words.all_images, start=1):
        if not image.alt_text:
            raise Invalid(
                f"Say what image {number} shows, for people who can't see it. It can't go out "
                "without.",
                f"alt{number}",
            )
    filming.must_be_shown_well(words)
    fitting.must_be_whole(words, channels, answers)
    for channel in channels:
        for field, problem in misfits(persona, channel, words, answers, channels):
            raise Invalid(problem, field)


def length_on(
    persona: Persona, channel: Channel, words: Words, limits: Limits, answers: Message | None
) -> int:
    """Return the length that the channel counts, with what is added to it and the warning."""
    said = said_on(persona, channel, words.text, answers)
    return count_characters(said, limits, words.content_warning)


def misfits(
    persona: Persona,
    channel: Channel,
    words: Words,
    answers: Message | None = None,
    channels: Sequence[Channel] = (),
) -> list[tuple[str, str]]:
    """Return what this channel, one of these, would not take: the field, and what to do."""
    found = fitting.poll_misfits(channel, words)
    parts = sent_to(words, channel, channels)
    numbers = {image: number for number, image in enumerate(words.all_images, start=1)}
    for number, said in enumerate(parts, start=1):
        field = "text" if number == 1 or channel.network == OWN else f"part{number}"
        if words.variant(channel.network) and channel.network != OWN:
            field = f"{channel.network}_text"
        of_part = f" of part {number}" if len(parts) > 1 else ""
        found += _part_misfits(persona, channel, said, answers, (field, of_part), numbers)
    return found


def _part_misfits(
    persona: Persona,
    channel: Channel,
    words: Words,
    answers: Message | None,
    named: tuple[str, str],
    numbers: Mapping[ImageRef, int],
) -> list[tuple[str, str]]:
    """Return what the channel would not take of one part, whose field and place are `named`."""
    limits, name = limits_of(channel), channel.name
    field, of_part = named
    found = []
    over = length_on(persona, channel, words, limits, answers) - limits.characters
    if over > 0:
        problem = f"{name} takes {limits.characters} characters: take out {over}{of_part}."
        found.append((field, problem))
    over = len(words.images) - limits.media_count
    if over > 0:
        problem = f"{name} takes at most {limits.media_count} images: remove {over}{of_part}."
        found.append(("images", problem))
    for image in words.images:
        number = numbers[image]
        if len(image.alt_text) > limits.alt_characters:
            most = limits.alt_characters
            problem = (
                f"{name} takes alt texts of {most} characters: shorten that of image {number}."
            )
            found.append((f"alt{number}", problem))
        if image.media_type not in ENDINGS:
            found.append(("images", f"{name} doesn't take image {number}: leave it out."))
    found += [("images", problem) for problem in filming.misfits(channel, words)]
    is_still = any(image.media_type in STILL for image in words.images)
    if is_still and not can_be_made(limits.media_bytes, limits.media_types):
        found.append(("images", f"{name} takes no images: leave them out, or leave {name} out."))
    return found


def with_channels(words: Words, revision: Revision) -> Words:
    """Return the words meant for the same channels as this revision."""
    return replace(words, channel_ids=words_of(revision).channel_ids)


def channels_of(session: Session, words: Words) -> list[Channel]:
    """Return the channels that the words are meant for, our own feed first."""
    rows = session.scalars(select(Channel).where(Channel.id.in_(words.channel_ids or (0,)))).all()
    return sorted(rows, key=lambda channel: (channel.network != "own", channel.name))
