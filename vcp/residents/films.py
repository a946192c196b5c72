"""Public videos, by the pieces that players ask for; nothing is held in memory whole."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

ENDING = ".mp4"
PIECE = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def answer(
    environ: dict[str, Any],
    start_response: Callable[..., Any],
    name: str,
    common: list[tuple[str, str]],
) -> Iterable[bytes] | None:
    """Answer with a video, or the part of it that is asked for; None when there is none."""
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed when the last piece is gone
    except OSError:
        return None
    found = os.fstat(file.fileno())
    size = found.st_size
    tag = f'"{found.st_mtime_ns:x}-{size:x}"'
    headers = [("ETag", tag), ("Accept-Ranges", "bytes"), ("Content-Type", "video/mp4"), *common]
    if environ.get("HTTP_IF_NONE_MATCH") == tag:
        file.close()
        start_response("304 Not Modified", headers)
        return []
    span = _span(environ, tag, size)
    if span is None:
        file.close()
        start_response(
            "416 Range Not Satisfiable",
            [*headers, ("Content-Range", f"bytes */{size}"), ("Content-Length", "0")],
        )
        return []
    first, last = span
    status = "200 OK"
    if (first, last) != (0, size - 1):
        status = "206 Partial Content"
        headers.append(("Content-Range", f"bytes {first}-{last}/{size}"))
    start_response(status, [*headers, ("Content-Length", str(last - first + 1))])
    if environ["REQUEST_METHOD"] == "HEAD":
        file.close()
        return []
    return _pieces(file, first, last)


def _span(environ: dict[str, Any], tag: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte to send: all, unless one range of this file is asked for."""
    whole = (0, size - 1)
    asked = _RANGE.fullmatch(environ.get("HTTP_RANGE", ""))
    if asked is None or environ.get("HTTP_IF_RANGE", tag) != tag:
        return whole
    first, last = asked.groups()
    if not first and not last:
        return whole
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else None
    end = min(int(last), size - 1) if last else size - 1
    return (int(first), end) if int(first) <= end else None


def _pieces(file: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    with file, suppress(OSError):
        file.seek(first)
        left = last - first + 1
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
