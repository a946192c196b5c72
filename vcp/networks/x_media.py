"""Uploading images and videos to X: the library only knows the way that X has closed."""

import base64
import hashlib
import time
from typing import Any

from vcp.networks.answers import Step
from vcp.networks.base import NotSent, Reason, Rejected
from vcp.networks.media import MediaItem
from vcp.networks.x_answers import LIMITS, id_of, x_failure
from vcp.networks.x_call import Call

_UPLOAD = "/2/media/upload"
_SEGMENT_BYTES = 1024 * 1024
_LONGEST_POLL_S = 5.0
_SHORTEST_POLL_S = 0.2


def upload(call: Call, item: MediaItem, read_s: float) -> str:
    """The id of an uploaded image or video that has its alt text and is ready to be posted.

    Raises: Rejected(MEDIA) when the file isn't the approved one or X refuses it; NotSent when X
    isn't done with it in time.
    """
    content = item.path.read_bytes()
    if hashlib.sha256(content).hexdigest() != item.digest:
        raise Rejected("The file isn't the one that was approved.", reason=Reason.MEDIA)
    most = LIMITS.video_bytes if item.is_video else LIMITS.media_bytes
    if len(content) > most:
        said = f"X takes {most // (1024 * 1024)} MB at most. Make this one smaller."
        raise Rejected(said, reason=Reason.MEDIA)
    category = "tweet_video" if item.is_video else "tweet_image"
    media_id = _send(call, content, item.media_type, category, read_s)
    text = {"id": media_id, "metadata": {"alt_text": {"text": item.alt_text}}}
    _post(call, "/2/media/metadata", text)
    return media_id


def add_captions(call: Call, media_id: str, item: MediaItem, language: str, read_s: float) -> None:
    """Give an uploaded video its captions.

    Raises: as `upload`.
    """
    content = item.captions.encode()
    captions_id = _send(call, content, "text/vtt", "subtitles", read_s)
    code = language[:2].upper()
    said = {"id": captions_id, "language_code": code, "display_name": code}
    about = {"id": media_id, "media_category": "TweetVideo", "subtitles": said}
    _post(call, "/2/media/subtitles", about)


def _send(call: Call, content: bytes, media_type: str, category: str, read_s: float) -> str:
    about = {"media_type": media_type, "total_bytes": len(content), "media_category": category}
    media_id = _id(call, _post(call, f"{_UPLOAD}/initialize", about))
    for number, start in enumerate(range(0, len(content), _SEGMENT_BYTES)):
        part = base64.b64encode(content[start : start + _SEGMENT_BYTES]).decode()
        _post(call, f"{_UPLOAD}/{media_id}/append", {"segment_index": number, "media": part})
    answer = _post(call, f"{_UPLOAD}/{media_id}/finalize", None)
    _await_processing(call, media_id, answer, read_s)
    return media_id


def _post(call: Call, route: str, words: Any) -> dict[str, Any]:
    return call.ask_plainly(Step.UPLOAD, "POST", route, json=words)


def _id(call: Call, answer: dict[str, Any]) -> str:
    media_id = id_of(answer.get("data"))
    if media_id is None:
        raise x_failure(call.wire, Step.UPLOAD)
    return media_id


def _await_processing(call: Call, media_id: str, answer: dict[str, Any], read_s: float) -> None:
    """Returns when X is done with an image."""
    while True:
        data = answer.get("data")
        info = data.get("processing_info") if isinstance(data, dict) else None
        state = info.get("state") if isinstance(info, dict) else "succeeded"
        if state == "succeeded":
            return
        if state == "failed":
            raise Rejected("X can't use this image. Take another one.", reason=Reason.MEDIA)
        if call.wire.seconds_left < read_s:
            raise NotSent("X isn't done with the images yet. It will be tried again.")
        time.sleep(_wait_s(info))
        asked = {"command": "STATUS", "media_id": media_id}
        answer = call.ask_plainly(Step.UPLOAD, "GET", _UPLOAD, params=asked)


def _wait_s(info: Any) -> float:
    asked = info.get("check_after_secs") if isinstance(info, dict) else None
    seconds = float(asked) if isinstance(asked, int | float) else _SHORTEST_POLL_S
    return min(max(seconds, _SHORTEST_POLL_S), _LONGEST_POLL_S)
