"""Videos that people choose: taken without what a camera adds, or refused with a reason."""

import hashlib
import io
import struct
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.factories.videos import SECRETS, make_video
from vcp.kernel import media, videos
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import Mode, Settings

VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nMorning, all.\n"


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(mode=Mode.TEST, instance=tmp_path, video_seconds=3)


def store(settings: Settings, path: Path) -> videos.StoredVideo:
    with path.open("rb") as stream:
        return videos.store_video(settings, stream)


def test_a_video_is_kept_without_place_device_or_notes(kept: Settings, tmp_path: Path) -> None:
    source = make_video(tmp_path / "phone.mp4")
    assert all(secret in source.read_bytes() for secret in SECRETS)
    made = store(kept, source)
    data = made.path.read_bytes()
    assert not any(secret in data for secret in SECRETS)
    assert hashlib.sha256(data).hexdigest() == made.digest
    assert (made.width, made.height, round(made.seconds)) == (64, 48, 1)
    with av.open(str(made.path)) as shown:
        assert [stream.type for stream in shown.streams] == ["video", "audio"]
        assert sum(1 for _ in shown.decode(video=0)) == 10
    with Image.open(videos.poster_path(kept, made.digest)) as poster:
        assert poster.size == (64, 48)
    assert videos.stored_video(kept, made.digest) == made


def test_the_same_video_gives_the_same_bytes(kept: Settings, tmp_path: Path) -> None:
    source = make_video(tmp_path / "phone.mp4", sound=None)
    assert store(kept, source).digest == store(kept, source).digest


def test_a_video_that_was_held_upright_stays_upright(kept: Settings, tmp_path: Path) -> None:
    source = make_video(tmp_path / "phone.mp4", sound=None)
    data = bytearray(source.read_bytes())
    start = data.find(b"tkhd")
    assert data[start + 4] == 0
    place = start + 4 + 4 + 20 + 8 + 8
    one = 0x10000
    data[place : place + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 0x40000000)
    source.write_bytes(data)
    made = store(kept, source)
    assert (made.width, made.height) == (48, 64)
    with Image.open(videos.poster_path(kept, made.digest)) as poster:
        assert poster.size == (48, 64)
    with av.open(str(made.path)) as shown:
        assert next(shown.decode(video=0)).rotation == -90


@pytest.mark.parametrize(
    "made, says",
    [
        ({"picture": "mpeg4"}, "Most Compatible"),
        ({"sound": "libmp3lame"}, "sound of this video"),
        ({"seconds": 4}, "4 seconds; the most is 3"),
    ],
)
def test_a_video_of_another_kind_is_refused_with_what_to_do(
    kept: Settings, tmp_path: Path, made: dict[str, object], says: str
) -> None:
    source = make_video(tmp_path / "odd.mp4", **made)  # type: ignore[arg-type]  # fields by name
    with pytest.raises(Invalid, match=says):
        store(kept, source)
    assert not list(kept.media.glob("*.mp4"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\0\x18ftypmp42" + bytes(100),
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"<svg/>",
    ],
)
def test_what_is_no_video_is_refused_and_leads_nowhere(
    kept: Settings, tmp_path: Path, content: bytes
) -> None:
    source = tmp_path / "odd.mp4"
    source.write_bytes(content)
    with pytest.raises(Invalid, match="broken or not whole"):
        store(kept, source)


def test_a_cut_video_is_refused(kept: Settings, tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.mp4").read_bytes()
    source = tmp_path / "cut.mp4"
    source.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Invalid, match="broken or not whole"):
        store(kept, source)


def test_a_video_is_read_no_further_than_it_may_go(kept: Settings) -> None:
    class Endless(io.RawIOBase):
        read_bytes = 0

        def read(self, size: int = -1) -> bytes:
            self.read_bytes += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(Invalid, match="larger than 40 MB"):
        videos.store_video(kept, endless)  # type: ignore[arg-type]  # as much of one as is used
    assert endless.read_bytes < kept.video_bytes + 2 * 1024 * 1024


def test_without_the_extra_the_reason_says_how_to_get_it(
    kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(videos, "find_spec", lambda _: None)
    with pytest.raises(Invalid, match="extra “video”"):
        store(kept, make_video(tmp_path / "phone.mp4", sound=None))


@pytest.mark.parametrize(
    "start, is_one",
    [
        (b"\0\0\0\x18ftypmp42", True),
        (b"\0\0\0\x14ftypqt  ", True),
        (b"\0\0\0\x18ftypheic", False),
        (b"\xff\xd8\xff\xe0\0\0\0\0\0\0\0\0", False),
    ],
)
def test_what_a_file_begins_with_tells_a_video_from_an_image(start: bytes, is_one: bool) -> None:
    assert media.begins_as_video(start) == is_one


def test_captions_have_one_kind_of_line_end_and_their_words_are_known() -> None:
    text = "\ufeffWEBVTT\r\n\r\n1\r\n00:00.000 --> 00:01.000\r\n<v Sam>Morning, <i>all</i>.\r\n"
    kept = videos.clean_captions(text)
    assert "\r" not in kept
    assert videos.said_in(kept).splitlines() == ["1", "Morning, all."]
    assert videos.clean_captions("  \n") == ""


@pytest.mark.parametrize(
    "text", ["Hello", "WEBVTT", "WEBVTT\n\nno times", "WEBVTTX\n\n00:00.000 --> 00:01.000\nA"]
)
def test_what_is_no_webvtt_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="WebVTT"):
        videos.clean_captions(text)


def test_captions_longer_than_networks_take_are_refused() -> None:
    with pytest.raises(Invalid, match="20,000"):
        videos.clean_captions(VTT + "x" * 20_000)
