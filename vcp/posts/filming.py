"""The video of a post: alone, with captions or a reason, no larger than a channel takes."""

from collections.abc import Sequence
from dataclasses import replace

from vcp.channels.adapters import limits_of
from vcp.channels.models import Channel
from vcp.kernel import videos
from vcp.kernel.errors import Invalid
from vcp.kernel.media import media_url
from vcp.kernel.settings import settings
from vcp.kernel.videos import MP4, StoredVideo
from vcp.networks.registry import NETWORKS
from vcp.posts.captions import Captions
from vcp.posts.words import ImageRef, Words

LONGEST_REASON = 300


def video_in(images: Sequence[ImageRef]) -> ImageRef | None:
    """Return the video among what a post shows."""
    return next((image for image in images if image.media_type == MP4), None)


def with_captions(words: Words) -> Words:
    """Return the words with captions as they are kept; without a video there are none.

    Raises: Invalid for captions that aren't WebVTT, or a reason that is too long; Unavailable.
    """
    video, captions = video_in(words.all_images), words.captions
    if video is None or captions is None:
        return replace(words, captions=None)
    text, why_none = videos.clean_captions(captions.text), " ".join(captions.why_none.split())
    if len(why_none) > LONGEST_REASON:
        raise Invalid(f"Say in {LONGEST_REASON} characters why there are none.", "no_captions")
    if text:
        videos.keep_captions(settings(), video.digest, text)
    return replace(words, captions=Captions(text, why_none) if text or why_none else None)


def must_be_shown_well(words: Words) -> None:
    """Refuse a video among other things, or one that people who can't hear get nothing of.

    Raises: Invalid, naming the field.
    """
    if video_in(words.all_images) is None:
        return
    if len(words.all_images) > 1:
        raise Invalid(
            "A post shows one video, or images: remove the others, also those of later parts.",
            "images",
        )
    if not words.images:
        raise Invalid("The first part of a thread shows the video: move it there.", "images")
    for variant in words.variants:
        if any(part.images for part in variant.parts[1:]) or len(variant.parts[0].images) > 1:
            raise Invalid(
                f"On {NETWORKS[variant.network]} too the first part shows the video, once.",
                f"{variant.network}_text",
            )
    if words.captions is None:
        raise Invalid(
            "Add captions to the video, for people who can't hear it, or say why there are none.",
            "captions",
        )


def misfits(channel: Channel, words: Words) -> list[str]:
    """Return what about the video the channel doesn't take, with what to do."""
    video, limits, name = video_in(words.images), limits_of(channel), channel.name
    if video is None:
        return []
    if not limits.video_bytes:
        return [f"{name} doesn't take video: leave it out, or leave {name} out."]
    kept, found = _kept(video), []
    if kept is not None and kept.size > limits.video_bytes:
        most = limits.video_bytes / 1_048_576
        found.append(f"{name} takes videos of {most:.0f} MB: cut it, or leave {name} out.")
    if kept is not None and limits.video_seconds and kept.seconds > limits.video_seconds:
        most = limits.video_seconds
        found.append(f"{name} takes videos of {most:.0f} seconds: cut it, or leave {name} out.")
    return found


def poster_url(image: ImageRef) -> str | None:
    """Return the address of a video's first picture."""
    return media_url(image.digest, "image/jpeg") if image.media_type == MP4 else None


def captions_url(image: ImageRef, captions: Captions | None) -> str | None:
    """Return the address of a video's captions."""
    if image.media_type != MP4 or captions is None or not captions.text:
        return None
    return f"/media/{videos.captions_name(image.digest, captions.text)}"


def _kept(video: ImageRef) -> StoredVideo | None:
    try:
        return videos.stored_video(settings(), video.digest)
    except Invalid:
        return None  # said when the draft is next typed; a page that shows it must not fail
