"""Images as each channel takes them: as they were approved, or a copy made by a fixed rule."""

from collections.abc import Sequence
from typing import Any

from vcp.channels.adapters import limits_of
from vcp.channels.models import Channel
from vcp.kernel import media, renditions
from vcp.kernel.media import StoredImage
from vcp.kernel.settings import settings
from vcp.kernel.videos import MP4
from vcp.posts.words import ImageRef, Words


def suited_image(channel: Channel, image: ImageRef) -> dict[str, Any]:
    """Return an image as it will be sent there, with what it was made from if that differs.

    Raises: Invalid when the channel takes no copy of it; Unavailable.
    """
    limits, kept = limits_of(channel), _stored(image)
    sent = kept
    # One that isn't there is found missing when it is to be sent, and said so then.
    if image.media_type in renditions.KINDS and kept.path.exists():
        most, types = limits.media_bytes, limits.media_types
        sent = renditions.suited(settings(), kept, most, types)
    frozen = {
        "digest": sent.digest,
        "media_type": sent.media_type,
        "alt_text": image.alt_text,
        "width": sent.width,
        "height": sent.height,
    }
    return frozen if sent.digest == kept.digest else {**frozen, "made_from": kept.digest}


def captions_of(words: Words, image: ImageRef) -> dict[str, Any]:
    """Return the captions that go out with a video."""
    kept = words.captions
    has_any = image.media_type == MP4 and kept is not None and kept.text
    return {"captions": kept.text} if has_any and kept is not None else {}


def needing_copies(channel: Channel, images: Sequence[ImageRef]) -> list[ImageRef]:
    """Return the images that the channel gets as a copy."""
    limits = limits_of(channel)
    found = []
    for image in images:
        kept = _stored(image)
        if image.media_type not in renditions.KINDS:
            continue
        if kept.path.exists() and not renditions.suits(
            kept, limits.media_bytes, limits.media_types
        ):
            found.append(image)
    return found


def _stored(image: ImageRef) -> StoredImage:
    path = media.media_path(settings(), image.digest, image.media_type)
    return StoredImage(image.digest, image.media_type, image.width, image.height, path)
