"""Videos: taken in, written anew without what a camera adds, named by what is in them.

Reading and writing is done by `vcp.kernel.video_taking`, a process of its own, which needs the
extra `video`. Beside the file lie its first picture and a line of facts, under the same name.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from vcp.kernel.errors import Invalid, Unavailable
from vcp.kernel.media import media_path, write_once
from vcp.kernel.settings import Settings

MP4 = "video/mp4"
#: One cue at least; more bytes than this no network takes. Source: app.bsky.embed.video.
LONGEST_CAPTIONS = 20_000
#: Longer than any video of an allowed size needs to be copied.
TAKING_S = 60
_CUE = re.compile(
    r"^(?:\d+:)?\d\d:\d\d\.\d{3}[ \t]+-->[ \t]+(?:\d+:)?\d\d:\d\d\.\d{3}", re.MULTILINE
)
_REFUSALS = {
    "broken": "This video is broken or not whole. Play it on your device, then choose it again.",
    "no_picture": "There is no picture in this file, only sound. Choose a video.",
    "picture": (
        "This video is of a kind that networks don't show. On an iPhone choose Settings, Camera, "
        "Formats, Most Compatible, then record again; elsewhere save it as MP4 with H.264."
    ),
    "sound": "The sound of this video is of a kind that networks don't play. Save it as MP4.",
}
NOT_SET_UP = (
    "Video isn't set up here. Use an image, or ask whoever runs this installation to add the "
    "extra “video”."
)


@dataclass(frozen=True)
class StoredVideo:
    """A video as it lies in the media folder; `digest` is the SHA-256 of its bytes, in hex."""

    digest: str
    width: int
    height: int
    seconds: float
    path: Path

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size


def is_set_up() -> bool:
    """Say whether this installation can take videos."""
    return find_spec("av") is not None


def store_video(settings: Settings, stream: BinaryIO) -> StoredVideo:
    """Read a video, write it anew without metadata, and return where it lies.

    Raises: Invalid, saying what to do, for a file that is too big, too long, broken or of a kind
    that isn't taken; Unavailable when it can't be written.
    """
    if not is_set_up():
        raise Invalid(NOT_SET_UP)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, target, poster = (folder / part for part in ("source", "target.mp4", "poster.jpg"))
        _receive(stream, source, settings.video_bytes)
        about = _taken(source, target, poster)
        if about["seconds"] > settings.video_seconds:
            raise Invalid(
                f"This video takes {about['seconds']:.0f} seconds; the most is "
                f"{settings.video_seconds}. Cut it, then choose it again."
            )
        data = target.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        write_once(poster_path(settings, digest), poster.read_bytes())
        write_once(_about_path(settings, digest), json.dumps(about).encode())
        write_once(media_path(settings, digest, MP4), data)
    return stored_video(settings, digest)


def stored_video(settings: Settings, digest: str) -> StoredVideo:
    """Return the video that is stored under this digest.

    Raises: Invalid when none is.
    """
    path = media_path(settings, digest, MP4)
    try:
        about = json.loads(_about_path(settings, digest).read_text())
    except OSError as error:
        raise Invalid("This video isn't here any more. Choose the file again.") from error
    return StoredVideo(digest, about["width"], about["height"], about["seconds"], path)


def poster_path(settings: Settings, digest: str) -> Path:
    """Return where a video's first picture lies."""
    return media_path(settings, digest, "image/jpeg")


def captions_name(digest: str, captions: str) -> str:
    """Return the name of the file that holds these captions of this video."""
    return f"{digest}.{hashlib.sha256(captions.encode()).hexdigest()[:12]}.vtt"


def keep_captions(settings: Settings, digest: str, captions: str) -> None:
    """Write captions where pages find them.

    Raises: Unavailable.
    """
    write_once(settings.media / captions_name(digest, captions), captions.encode())


def clean_captions(text: str) -> str:
    """Return WebVTT captions with one kind of line end.

    Raises: Invalid for a text that isn't WebVTT, or is too long.
    """
    text = "\n".join(text.removeprefix("\ufeff").replace("\0", "").splitlines()).strip()
    if not text:
        return ""
    if not re.match(r"WEBVTT(?:[ \t\n]|$)", text) or not _CUE.search(text):
        raise Invalid(
            "These captions aren't WebVTT. The file begins with WEBVTT, and each caption with a "
            "line such as 00:01.000 --> 00:04.000.",
            "captions",
        )
    if len(text.encode()) > LONGEST_CAPTIONS:
        raise Invalid(
            f"Captions hold at most {LONGEST_CAPTIONS:,} bytes. Shorten them.", "captions"
        )
    return text + "\n"


def said_in(captions: str) -> str:
    """Return the words of captions, without their times."""
    lines = [line for line in captions.splitlines()[1:] if line and "-->" not in line]
    return "\n".join(re.sub(r"<[^<>]*>", "", line) for line in lines)


def _receive(stream: BinaryIO, source: Path, most: int) -> None:
    with source.open("wb") as file:
        shutil.copyfileobj(_Capped(stream, most), file)


class _Capped:
    """A stream that gives no more than it may."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self.stream, self.left, self.most = stream, most, most

    def read(self, size: int = -1) -> bytes:
        """Return some bytes.

        Raises: Invalid when there are more than there may be.
        """
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise Invalid(
                f"This video is larger than {self.most / 1_048_576:.0f} MB. Cut it, or let your "
                "phone share it at a smaller size."
            )
        return data


def _taken(source: Path, target: Path, poster: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "vcp.kernel.video_taking", str(source), str(target)]
    try:
        done = subprocess.run(
            [*command, str(poster)], capture_output=True, check=False, timeout=TAKING_S
        )
    except subprocess.TimeoutExpired as error:
        raise Invalid("This video took too long to read. Cut it, then choose it again.") from error
    except OSError as error:
        raise Unavailable(
            "The video couldn't be read just now, so nothing was changed. Try again in a minute."
        ) from error
    try:
        about: dict[str, float] = json.loads(done.stdout)
    except ValueError as error:
        raise Invalid(_REFUSALS["broken"]) from error
    if "refused" in about:
        raise Invalid(_REFUSALS[str(about["refused"])])
    return about


def _about_path(settings: Settings, digest: str) -> Path:
    return media_path(settings, digest, MP4).with_suffix(".about.json")
