"""What goes with the words of a post: images, a video, the card of a link."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MediaItem:
    """One image or video, re-encoded and stripped; `digest` is the SHA-256 of the file, in hex."""

    path: Path
    digest: str
    media_type: str
    alt_text: str
    width: int
    height: int
    #: WebVTT, of a video.
    captions: str = ""

    @property
    def is_video(self) -> bool:
        """True for a film, false for a still image."""
        return self.media_type.startswith("video/")


@dataclass(frozen=True)
class Card:
    """What a network shows of a link, where it takes that from us."""

    uri: str
    title: str
    description: str
    picture: MediaItem | None = None
