"""Images: taken in, made small, re-encoded without what a camera adds, named by what is in them.

What is stored is always written by us from pixels alone: place, time, camera and whatever else
was packed into the file that came in are gone.
"""

import contextlib
import hashlib
import io
import os
import re
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from vcp.kernel.errors import Invalid, Unavailable
from vcp.kernel.settings import Settings

#: Endings of what is stored, by media type.
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/mp4": "mp4",
}
#: What is read, in Pillow's names.
READ = ("JPEG", "PNG", "WEBP")
#: Longest side of what is stored, in pixels: more than any network shows.
LONGEST_SIDE = 2560
#: An opaque PNG above this many bytes is stored as JPEG: it is a photograph.
PNG_BYTES = 2_000_000
JPEG_QUALITY = 85
WEBP_HEADER_BYTES = 30

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BROKEN = (
    "This image is broken or not whole. Open it on your device to see that it is whole, or take "
    "it again, then choose it once more."
)
_WRONG_KIND = "This file can't be used as an image. Choose a JPEG, PNG or WebP image."
_VECTOR = "A drawing (SVG) can hold programs, so it can't be used. Export it as PNG, then add that."
_APPLE = (
    "This image is in Apple's own format (HEIC). In Photos choose Share, then Options, then Most "
    "Compatible; or take a screenshot of it and add that."
)
_AVIF = "This image is an AVIF, which can't be used. Save it as JPEG, PNG or WebP, then add that."
_VIDEO = (
    "This file is a video, and only images are taken here. Add it on the page where a post is "
    "written, or choose a JPEG, PNG or WebP image."
)
_MOVES = "This image moves. Choose a still JPEG, PNG or WebP image."

#: How files of pictures begin that are of the same family as MP4.
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")

# We look at the size that a file declares before anything is decoded, against our own limit.
Image.MAX_IMAGE_PIXELS = None
# One image is decoded at a time: what one may need of memory, ten at once may not.
decoding = threading.Lock()


@dataclass(frozen=True)
class StoredImage:
    """An image as it lies in the media folder; `digest` is the SHA-256 of its bytes, in hex."""

    digest: str
    media_type: str
    width: int
    height: int
    path: Path


def store_image(
    settings: Settings,
    stream: BinaryIO,
    *,
    most_pixels: int | None = None,
    most_bytes: int | None = None,
) -> StoredImage:
    """Read an image, write it anew without metadata, and return where it lies.

    The limits are those of the settings unless given. Raises: Invalid, saying what to do, for a
    file that is too big, broken, moving or no image; Unavailable when it can't be written.
    """
    data = _read(stream, most_bytes or settings.upload_bytes)
    with decoding:
        image = _decoded(data, most_pixels or settings.image_pixels)
        media_type, clean = _encoded(image, as_drawn=data.startswith(b"\x89PNG"))
        width, height = image.size
    digest = hashlib.sha256(clean).hexdigest()
    path = media_path(settings, digest, media_type)
    write_once(path, clean)
    return StoredImage(digest, media_type, width, height, path)


def media_path(settings: Settings, digest: str, media_type: str) -> Path:
    """Return where an image with this digest lies, whether or not it is there.

    Raises: Invalid when this can't be the digest and type of an image of ours.
    """
    if media_type not in ENDINGS or not _DIGEST.fullmatch(digest):
        raise Invalid("There is no such image. Choose the file again.")
    return settings.media / f"{digest}.{ENDINGS[media_type]}"


def media_url(digest: str, media_type: str) -> str:
    """Return the address that the image is served at."""
    return f"/media/{digest}.{ENDINGS[media_type]}"


def stored(settings: Settings, digest: str, media_type: str) -> StoredImage:
    """Return what is stored under this digest.

    Raises: Invalid when nothing is.
    """
    path = media_path(settings, digest, media_type)
    try:
        with Image.open(path) as image:
            width, height = image.size
    except OSError as error:
        raise Invalid("This image isn't here any more. Choose the file again.") from error
    return StoredImage(digest, media_type, width, height, path)


def _read(stream: BinaryIO, most: int) -> bytes:
    data = stream.read(most + 1)
    if not data:
        raise Invalid("This file is empty. Choose a JPEG, PNG or WebP image.")
    if len(data) > most and begins_as_video(data):
        raise Invalid(_VIDEO)
    if len(data) > most:
        raise Invalid(
            f"This image is larger than {most / 1_048_576:.0f} MB. Choose a smaller one, or let "
            "your phone share it at a smaller size."
        )
    return data


def begins_as_video(start: bytes) -> bool:
    """Say whether a file that begins so is a video of the MP4 family; twelve bytes tell."""
    return start[4:8] == b"ftyp" and start[8:12] not in {*_HEIC_BRANDS, *_AVIF_BRANDS}


def _decoded(data: bytes, most_pixels: int) -> Image.Image:
    """Return the pixels, upright and in plain colours, no side longer than we keep."""
    _check_size(_webp_size(data), most_pixels)
    try:
        with Image.open(io.BytesIO(data), formats=READ) as image:
            _check_size(image.size, most_pixels)
            if getattr(image, "n_frames", 1) > 1:
                raise Invalid(_MOVES)
            # Draft mode lets a JPEG be decoded at a fraction of its size.
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            image.load()
            upright = ImageOps.exif_transpose(image)
            plain = _plain_colours(upright)
    except UnidentifiedImageError as error:
        raise Invalid(_explain(data)) from error
    except (OSError, SyntaxError, ValueError, IndexError, EOFError, MemoryError) as error:
        raise Invalid(_BROKEN) from error
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=2.0)
    # A new image has none of the old one's notes, so nothing of them can be written.
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    return clean


def _check_size(size: tuple[int, int], most_pixels: int) -> None:
    width, height = size
    if width * height > most_pixels:
        raise Invalid(
            f"This image has {width} by {height} pixels; the most is {most_pixels // 1_000_000} "
            "million pixels in all. Make it smaller, then choose it again."
        )


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return the size that a WebP file declares; its decoder takes the memory before it tells."""
    if len(data) < WEBP_HEADER_BYTES or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return 0, 0
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        packed = int.from_bytes(data[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    width = int.from_bytes(data[26:28], "little") & 0x3FFF
    return width, int.from_bytes(data[28:30], "little") & 0x3FFF


def _plain_colours(image: Image.Image) -> Image.Image:
    """Return the image in RGB or RGBA, in the colours that screens take without a profile."""
    see_through = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    plain = image.convert("RGBA" if see_through else "RGB")
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA"}:
        return plain
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(plain, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return plain  # a profile that can't be read costs a shade, not the picture
    return converted or plain


def _encoded(image: Image.Image, *, as_drawn: bool) -> tuple[str, bytes]:
    """Return the type and the bytes to store.

    PNG where something shines through, or for a screenshot, whose letters JPEG would blur.
    """
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    if image.mode == "RGBA" or as_drawn:
        png = _saved(image, "PNG", optimize=True)
        if image.mode == "RGBA" or len(png) <= PNG_BYTES:
            return "image/png", png
    jpeg = _saved(image, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return "image/jpeg", jpeg


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def write_once(path: Path, data: bytes) -> None:
    """Write a file that is named by what is in it, whole or not at all.

    Raises: Unavailable.
    """
    if path.exists():
        return
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with made.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        made.chmod(0o644)  # a web server of another user reads it
        made.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            made.unlink()
        raise Unavailable(
            "The image couldn't be stored, so nothing was changed. Try again in a minute; if it "
            "goes on, an administrator runs `vcp doctor`."
        ) from error


def _explain(data: bytes) -> str:
    start = data[:1024].lstrip().lower()
    if begins_as_video(data):
        return _VIDEO
    if data[4:8] == b"ftyp":
        return _AVIF if data[8:12] in _AVIF_BRANDS else _APPLE
    if start.startswith((b"<svg", b"<?xml", b"<!doctype svg")) or b"<svg" in start:
        return _VECTOR
    if data[:4] == b"GIF8":
        return "A GIF can't be used here. Choose a still JPEG, PNG or WebP image."
    if data[:3] == b"\xff\xd8\xff" or data[:8] == b"\x89PNG\r\n\x1a\n":
        return _BROKEN
    return _WRONG_KIND
