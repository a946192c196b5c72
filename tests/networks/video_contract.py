"""A video with captions, as adapters get one."""

import hashlib
from pathlib import Path

from tests.factories.videos import make_video
from vcp.networks.media import MediaItem

CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:01.000\nMorning, all.\n"


def film(folder: Path, captions: str = CAPTIONS) -> MediaItem:
    path = make_video(folder / "film.mp4", sound=None)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return MediaItem(path, digest, "video/mp4", "A bridge", 64, 48, captions)
