"""Images that people choose: taken when they can be, refused with a reason, never with a trace."""

import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vcp.kernel import media
from vcp.kernel.errors import Invalid, Unavailable
from vcp.kernel.settings import Mode, Settings

GPS = 0x8825


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(mode=Mode.TEST, instance=tmp_path)


def picture(
    kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any
) -> bytes:
    out = io.BytesIO()
    colour = (200, 30, 30, 120)[: len(mode)] if mode.startswith("RGB") else 0
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def store(settings: Settings, data: bytes, **limits: int) -> media.StoredImage:
    return media.store_image(settings, io.BytesIO(data), **limits)


def photographed_at(latitude: float) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0110] = "SecretCamera 9000"
    exif[0x9286] = "note to self: back door"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (latitude, 0.0, 0.0)
    return exif


@pytest.mark.parametrize(
    "kind, mode, media_type",
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "L", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("PNG", "RGB", "image/png"),
        ("PNG", "RGBA", "image/png"),
        ("PNG", "P", "image/png"),
        ("PNG", "I;16", "image/png"),
        ("WEBP", "RGB", "image/jpeg"),
        ("WEBP", "RGBA", "image/png"),
    ],
)
def test_stills_are_taken(kept: Settings, kind: str, mode: str, media_type: str) -> None:
    found = store(kept, picture(kind, mode=mode))
    assert (found.media_type, found.width, found.height) == (media_type, 40, 30)
    assert hashlib.sha256(found.path.read_bytes()).hexdigest() == found.digest
    assert found.path == media.media_path(kept, found.digest, media_type)
    assert media.stored(kept, found.digest, media_type) == found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_and_camera_are_stripped(kept: Settings, kind: str) -> None:
    taken = picture(kind, exif=photographed_at(51.5))
    assert b"SecretCamera" in taken  # the test would prove nothing otherwise
    found = store(kept, taken)
    assert b"SecretCamera" not in found.path.read_bytes()
    with Image.open(found.path) as clean:
        assert not clean.getexif()
        assert not clean.getexif().get_ifd(GPS)
        assert not set(clean.info) & {"exif", "xmp", "comment", "icc_profile", "photoshop"}


def test_comments_are_stripped(kept: Settings) -> None:
    assert b"back door" not in store(kept, picture("JPEG", comment=b"back door")).path.read_bytes()


def test_picture_stays_upright_without_its_note(kept: Settings) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter
    found = store(kept, picture("JPEG", size=(40, 30), exif=exif))
    assert (found.width, found.height) == (30, 40)


def test_what_is_hidden_behind_the_picture_goes(kept: Settings) -> None:
    """A polyglot: a web page or archive hung on the end of an image."""
    for kind in ("JPEG", "PNG"):
        found = store(kept, picture(kind) + b"<script>alert(1)</script>PK\x03\x04secret.docx")
        assert b"<script>" not in found.path.read_bytes()
        assert b"secret.docx" not in found.path.read_bytes()


def test_large_pictures_are_made_smaller(kept: Settings) -> None:
    found = store(kept, picture("JPEG", size=(5000, 1000)))
    assert (found.width, found.height) == (media.LONGEST_SIDE, media.LONGEST_SIDE // 5)


def test_same_picture_is_kept_once(kept: Settings) -> None:
    assert store(kept, picture("PNG")) == store(kept, picture("PNG"))
    assert len(list(kept.media.iterdir())) == 1


def noise(kind: str) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
def test_half_a_picture_is_refused(kept: Settings, kind: str, part: float) -> None:
    whole = noise(kind)
    with pytest.raises(Invalid, match=r"broken or not whole|can't be used as an image"):
        store(kept, whole[: int(len(whole) * part)])


def test_scrambled_picture_is_refused_or_harmless(kept: Settings) -> None:
    whole = bytearray(noise("PNG"))
    whole[200:260] = b"\0" * 60
    with pytest.raises(Invalid, match="broken"):
        store(kept, bytes(whole))


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that declares this size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999))


def webp_bomb(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size + b"ALPH" + b"\0" * 20
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("bomb", [png_bomb(60_000, 60_000), webp_bomb(16_000, 16_000)])
def test_few_bytes_that_unpack_to_gigabytes_are_refused_unopened(
    kept: Settings, bomb: bytes
) -> None:
    with pytest.raises(Invalid, match="million pixels"):
        store(kept, bomb)


def test_limits_are_the_callers(kept: Settings) -> None:
    with pytest.raises(Invalid, match="million pixels"):
        store(kept, picture("PNG", size=(100, 100)), most_pixels=9_999)
    with pytest.raises(Invalid, match="larger than"):
        store(kept, noise("PNG"), most_bytes=1000)
    assert store(kept, picture("PNG", size=(100, 100)), most_pixels=10_000).width == 100


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "empty"),
        (b"hello", "can't be used as an image"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "SVG"),
        (b'<?xml version="1.0"?><svg/>', "SVG"),
        (b"GIF89a" + b"\0" * 40, "GIF"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC"),
        (b"\0\0\0\x18ftypavif" + b"\0" * 40, "AVIF"),
        (b"\0\0\0\x18ftypmp42" + b"\0" * 40, "is a video"),
        (b"\0\0\0\x14ftypqt  " + b"\0" * 40, "is a video"),
        (b"%PDF-1.7 nothing", "can't be used as an image"),
        (b"\xff\xd8\xff\xe0nothing more", "broken"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_to_do(
    kept: Settings, data: bytes, words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        store(kept, data)
    assert not kept.media.exists()


def test_video_that_is_too_large_for_an_image_is_still_called_a_video(kept: Settings) -> None:
    with pytest.raises(Invalid, match="is a video"):
        store(kept, b"\0\0\0\x18ftypmp42" + b"\0" * 2000, most_bytes=1000)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_pictures_are_refused(kept: Settings, kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(Invalid, match="moves"):
        store(kept, out.getvalue())


@pytest.mark.parametrize(
    "digest, media_type",
    [
        ("../../etc/passwd", "image/png"),
        ("a" * 63, "image/png"),
        ("A" * 64, "image/png"),
        ("a" * 64, "image/svg+xml"),
    ],
)
def test_only_our_own_names_lead_to_a_file(kept: Settings, digest: str, media_type: str) -> None:
    with pytest.raises(Invalid):
        media.media_path(kept, digest, media_type)


def test_image_that_isnt_stored_is_said_to_be_missing(kept: Settings) -> None:
    with pytest.raises(Invalid, match="Choose the file again"):
        media.stored(kept, "a" * 64, "image/png")


def test_folder_that_cant_be_written_changes_nothing(kept: Settings) -> None:
    kept.media.write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="couldn't be stored"):
        store(kept, picture("PNG"))
