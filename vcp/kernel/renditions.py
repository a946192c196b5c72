"""Smaller or plainer copies of stored images, for networks that don't take them as they are.

The same image and the same limits always give the same bytes, so that a yes to the image is a yes
to its copies: nothing is chosen when one is made.
"""

import hashlib
import io
from collections.abc import Collection
from itertools import product

from PIL import Image

from vcp.kernel import media
from vcp.kernel.errors import Invalid
from vcp.kernel.media import StoredImage
from vcp.kernel.settings import Settings

#: What copies are made of, what people see best first.
KINDS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
#: Below this many bytes a picture of noise can't be promised any more.
FEWEST_BYTES = 20_000
#: Longest sides in pixels, and JPEG's or WebP's quality at each.
SIDES = (2560, 2048, 1600, 1280, 1024, 800, 640, 480, 320, 240, 160, 80)
QUALITIES = (85, 70, 55)


def can_be_made(most_bytes: int, media_types: Collection[str]) -> bool:
    """Say whether any image can be made to suit a network that takes this."""
    return most_bytes >= FEWEST_BYTES and any(kind in media_types for kind in KINDS)


def suits(image: StoredImage, most_bytes: int, media_types: Collection[str]) -> bool:
    """Say whether the image can go out as it is."""
    return image.media_type in media_types and image.path.stat().st_size <= most_bytes


def suited(
    settings: Settings, image: StoredImage, most_bytes: int, media_types: Collection[str]
) -> StoredImage:
    """Return the image as it is if it suits, else the largest copy of it that does.

    Raises: Invalid when none can be made; Unavailable when it can't be written.
    """
    if suits(image, most_bytes, media_types):
        return image
    if not can_be_made(most_bytes, media_types):
        raise Invalid("The network takes no image that can be made of this one. Leave it out.")
    media_type = next(kind for kind in KINDS if kind in media_types)
    with media.decoding, Image.open(image.path) as kept:
        kept.load()
        whole = _opaque(kept) if media_type == "image/jpeg" else kept.copy()
        longest = max(whole.size)
        sides = (longest, *(side for side in SIDES if side < longest))
        for side, quality in product(sides, QUALITIES):
            data, size = _encoded(whole, KINDS[media_type], side, quality)
            if len(data) <= most_bytes:
                return _stored(settings, data, media_type, size)
    raise Invalid("This image can't be made small enough for the network. Leave it out.")


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _encoded(
    whole: Image.Image, kind: str, side: int, quality: int
) -> tuple[bytes, tuple[int, int]]:
    small = whole.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    options = {"JPEG": {"quality": quality, "optimize": True, "progressive": True}}
    options |= {"WEBP": {"quality": quality}, "PNG": {"optimize": True}}
    out = io.BytesIO()
    small.save(out, kind, **options[kind])
    return out.getvalue(), small.size


def _stored(settings: Settings, data: bytes, media_type: str, size: tuple[int, int]) -> StoredImage:
    digest = hashlib.sha256(data).hexdigest()
    path = media.media_path(settings, digest, media_type)
    media.write_once(path, data)
    return StoredImage(digest, media_type, *size, path)
