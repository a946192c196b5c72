"""Reads a video that somebody chose and writes it anew; run as a process of its own.

    python -m vcp.kernel.video_taking SOURCE TARGET POSTER

What it decodes comes from strangers' devices, so it runs where a crash or an endless loop costs
one upload. Prints JSON: width, height and seconds, or why it was refused.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import av
from av.bitstream import BitStreamFilterContext

#: Boxes of one family of files only: a list of other files to fetch isn't read as one.
READ_AS = "mov"
POSTER_SIDE = 1280
_PIXELS = ("yuv420p", "yuvj420p")
_QUARTER = 90


class Refused(Exception):
    """Why a video isn't taken: a word that the caller knows."""


def take(source: str, target: str, poster: str) -> dict[str, Any]:
    """Copy picture and sound, and nothing else, into a new file; draw its first picture."""
    try:
        with av.open(source, format=READ_AS) as taken:
            video, audio = _streams(taken)
            _copy(taken, video, audio, target)
        with av.open(target, format=READ_AS) as made:
            return _about(made, poster)
    except (av.FFmpegError, ValueError, IndexError, EOFError) as error:
        reason = "broken"
        raise Refused(reason) from error


def _streams(taken: Any) -> tuple[Any, Any]:
    if not taken.streams.video:
        raise Refused("no_picture")
    video = taken.streams.video[0]
    audio = taken.streams.audio[0] if taken.streams.audio else None
    context = video.codec_context
    if context.name not in {"h264", "libx264"} or context.pix_fmt not in _PIXELS:
        raise Refused("picture")
    if audio is not None and audio.codec_context.name != "aac":
        raise Refused("sound")
    return video, audio


def _copy(taken: Any, video: Any, audio: Any, target: str) -> None:
    # Bit-exact: no moment, no name of a program; place and device lie in what isn't copied.
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(target, "w", format="mp4", options=options) as made:
        wanted = [stream for stream in (video, audio) if stream is not None]
        copies = {stream.index: made.add_stream_from_template(stream) for stream in wanted}
        for copy in copies.values():
            copy.metadata.clear()
        # Notes of the encoder between the pictures can name a device, too.
        without_notes = BitStreamFilterContext("filter_units=remove_types=6", video)
        for packet in taken.demux(wanted):
            index = packet.stream.index
            for kept in _kept(packet, without_notes if index == video.index else None):
                kept.stream = copies[index]
                made.mux(kept)


def _kept(packet: Any, without_notes: Any) -> Iterator[Any]:
    if without_notes is not None:
        yield from without_notes.filter(None if packet.dts is None else packet)
    elif packet.dts is not None:
        yield packet


def _about(made: Any, poster: str) -> dict[str, Any]:
    video = made.streams.video[0]
    frame = next(made.decode(video))
    turned = round(frame.rotation / _QUARTER) % 4
    image = frame.to_image().rotate(turned * _QUARTER, expand=True)
    width, height = image.size
    image.thumbnail((POSTER_SIDE, POSTER_SIDE))
    image.save(poster, "JPEG", quality=80, optimize=True)
    seconds = float(made.duration or 0) / av.time_base
    if not seconds:
        raise Refused("broken")
    return {"width": width, "height": height, "seconds": seconds}


if __name__ == "__main__":
    try:
        print(json.dumps(take(*sys.argv[1:4])))  # noqa: T201 - read by the caller
    except Refused as refused:
        print(json.dumps({"refused": str(refused)}))  # noqa: T201 - the same
