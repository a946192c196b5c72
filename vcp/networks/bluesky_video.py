"""A video as Bluesky's records have it: one, with its captions."""

from typing import Any

from vcp.networks.base import Reason, Rejected
from vcp.networks.media import MediaItem

EMBED = "app.bsky.embed.video"
CAPTIONS_TYPE = "text/vtt"


def embed(item: MediaItem, blob: Any, captions: Any, language: str) -> dict[str, Any]:
    """The part of a record that shows a video; `captions` is what was uploaded of them, or None.

    Raises: Rejected(MEDIA) when the server took the file for something else than a video.
    """
    if not isinstance(blob, dict) or blob.get("mimeType") != "video/mp4":
        raise Rejected(
            "The server took the video for something else. Save it as MP4 and add it again.",
            reason=Reason.MEDIA,
        )
    made: dict[str, Any] = {
        "$type": EMBED,
        "video": blob,
        "alt": item.alt_text,
        "aspectRatio": {"width": item.width, "height": item.height},
    }
    if isinstance(captions, dict) and captions.get("mimeType") == CAPTIONS_TYPE:
        made["captions"] = [{"lang": language or "en", "file": captions}]
    return made
