"""Videos as a phone makes them, small: with its place, its name and its notes."""

from pathlib import Path
from typing import Any

import av
from PIL import Image

SECRETS = (b"SecretCamera", b"+51.50", b"note to self", b"x264")


#: The library has no types for it.
frame_of: Any = av.VideoFrame.from_image


def make_video(
    path: Path,
    *,
    picture: str = "libx264",
    sound: str | None = "aac",
    seconds: int = 1,
    size: tuple[int, int] = (64, 48),
) -> Path:
    """Write a video of changing colours and silence."""
    told = {
        "location": "+51.5007-000.1246/",
        "com.apple.quicktime.model": "SecretCamera 9000",
        "comment": "note to self: back door",
    }
    options = {"movflags": "use_metadata_tags"}
    opened: Any = av.open(str(path), "w", format="mp4", options=options)
    with opened as made:
        made.metadata.update(told)
        video = made.add_stream(picture, rate=10)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        audio = made.add_stream(sound, rate=44100) if sound else None
        for number in range(seconds * 10):
            image = Image.new("RGB", size, (number * 20 % 255, 80, 120))
            made.mux(video.encode(frame_of(image)))
        made.mux(video.encode())
        if audio is not None:
            for number in range(seconds * 43):
                frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
                frame.planes[0].update(bytes(4096))
                frame.sample_rate, frame.pts = 44100, number * 1024
                made.mux(audio.encode(frame))
            made.mux(audio.encode())
    return path
