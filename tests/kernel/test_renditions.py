"""Copies of images for networks that don't take them as they are: the same ones, never too big."""

import hashlib
import random
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from vcp.kernel import media, renditions
from vcp.kernel.errors import Invalid
from vcp.kernel.media import StoredImage
from vcp.kernel.settings import Mode, Settings

ALL = ("image/jpeg", "image/png", "image/webp")


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    made = Settings(mode=Mode.TEST, instance=tmp_path)
    made.media.mkdir(parents=True)
    return made


def noise(kept: Settings, size: tuple[int, int], mode: str = "RGB") -> StoredImage:
    """What compresses worst, as a PNG."""
    data = random.Random(3).randbytes(size[0] * size[1] * len(mode))
    drawn = kept.media / "drawn.png"
    Image.frombytes(mode, size, data).save(drawn)
    digest = hashlib.sha256(drawn.read_bytes()).hexdigest()
    path = drawn.rename(kept.media / f"{digest}.png")
    return StoredImage(digest, "image/png", *size, path)


def test_an_image_that_suits_goes_out_as_it_is(kept: Settings) -> None:
    image = noise(kept, (40, 30))
    assert renditions.suited(kept, image, 100_000, ALL) == image


@pytest.mark.parametrize("most", [800_000, 500_000, 60_000, renditions.FEWEST_BYTES])
def test_the_copy_is_never_larger_than_the_network_takes(kept: Settings, most: int) -> None:
    image = noise(kept, (650, 450))
    made = renditions.suited(kept, image, most, ALL)
    assert made.media_type == "image/jpeg"
    assert made.path.stat().st_size <= most
    assert hashlib.sha256(made.path.read_bytes()).hexdigest() == made.digest
    with Image.open(made.path) as shown:
        assert shown.size == (made.width, made.height)
    assert abs(made.width / made.height - 650 / 450) < 0.03


def test_the_same_image_and_limits_give_the_same_bytes(kept: Settings) -> None:
    image = noise(kept, (800, 600))
    first = renditions.suited(kept, image, 100_000, ALL)
    content = first.path.read_bytes()
    first.path.unlink()
    again = renditions.suited(kept, image, 100_000, ALL)
    assert (again, again.path.read_bytes()) == (first, content)


@pytest.mark.parametrize("wanted", ALL)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_type_that_the_network_does_not_take_is_made_one_that_it_does(
    kept: Settings, wanted: str, mode: str
) -> None:
    image = replace(noise(kept, (300, 200), mode), media_type="image/png")
    made = renditions.suited(kept, image, 300_000, (wanted, "video/mp4"))
    assert made.media_type == wanted
    with Image.open(made.path) as shown:
        shown.load()
        assert shown.get_format_mimetype() == wanted


def test_what_shines_through_becomes_white(kept: Settings) -> None:
    path = kept.media / f"{'a' * 64}.png"
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(path)
    image = StoredImage("a" * 64, "image/png", 50, 50, path)
    made = renditions.suited(kept, image, 100_000, ("image/jpeg",))
    with Image.open(made.path) as shown:
        assert shown.getpixel((25, 25)) == (255, 255, 255)


@pytest.mark.parametrize("most, types", [(1_000, ALL), (10**6, ("image/gif",)), (10**6, ())])
def test_a_network_that_takes_no_copy_is_said_to(
    kept: Settings, most: int, types: tuple[str, ...]
) -> None:
    assert not renditions.can_be_made(most, types)
    with pytest.raises(Invalid):
        renditions.suited(kept, noise(kept, (40, 30)), most, types)


def test_the_copy_lies_where_media_lie(kept: Settings) -> None:
    made = renditions.suited(kept, noise(kept, (400, 400)), 50_000, ALL)
    assert made.path == media.media_path(kept, made.digest, made.media_type)
