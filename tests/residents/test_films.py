"""Public videos: the parts that players ask for, and the whole for who asks for no part."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from vcp.kernel.settings import Mode, Settings
from vcp.residents import films
from vcp.residents.files import PublicFolder
from vcp.residents.serving import PublicFiles

DATA = bytes(range(256)) * 3000
PATH = f"/media/{'a' * 64}.mp4"


def nothing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    del environ
    start_response("404 Not Found", [])
    return [b""]


@pytest.fixture
def reader(tmp_path: Path) -> Client:
    made = PublicFolder(tmp_path / "instance" / "site")
    made.put(PATH.lstrip("/"), DATA)
    made.put(f"media/{'a' * 64}.bbbbbbbbbbbb.vtt", b"WEBVTT\n")
    settings = Settings(mode=Mode.TEST, instance=tmp_path / "instance")
    return Client(PublicFiles(nothing, settings))


def test_without_a_range_all_of_it_comes(reader: Client) -> None:
    answer = reader.get(PATH)
    assert (answer.status_code, answer.data) == (200, DATA)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.content_type == "video/mp4"
    assert "media-src 'self'" in answer.headers["Content-Security-Policy"]
    assert len(DATA) > 2 * films.PIECE


@pytest.mark.parametrize(
    "asked, first, last",
    [
        ("bytes=0-1", 0, 1),
        ("bytes=500000-", 500_000, len(DATA) - 1),
        ("bytes=0-", 0, len(DATA) - 1),
        ("bytes=-10", len(DATA) - 10, len(DATA) - 1),
        ("bytes=10-99999999", 10, len(DATA) - 1),
        ("bytes=-99999999", 0, len(DATA) - 1),
    ],
)
def test_a_range_is_that_part(reader: Client, asked: str, first: int, last: int) -> None:
    answer = reader.get(PATH, headers={"Range": asked})
    assert answer.data == DATA[first : last + 1]
    is_part = (first, last) != (0, len(DATA) - 1)
    assert answer.status_code == (206 if is_part else 200)
    if is_part:
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=768000-", "bytes=-0", "bytes=5-4"])
def test_a_range_outside_is_refused(reader: Client, asked: str) -> None:
    answer = reader.get(PATH, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=a-b", "bytes=0-1,4-5", "lines=1-2", "bytes=-"])
def test_what_is_no_single_range_gets_all(reader: Client, asked: str) -> None:
    assert reader.get(PATH, headers={"Range": asked}).data == DATA


def test_a_range_of_an_older_file_gets_all(reader: Client) -> None:
    tag = reader.get(PATH).headers["ETag"]
    part = {"Range": "bytes=0-1"}
    assert reader.get(PATH, headers={**part, "If-Range": tag}).status_code == 206
    assert reader.get(PATH, headers={**part, "If-Range": '"older"'}).status_code == 200
    assert reader.get(PATH, headers={"If-None-Match": tag}).status_code == 304
    assert reader.head(PATH).headers["Content-Length"] == str(len(DATA))


def test_what_is_not_there_is_left_to_the_application(reader: Client) -> None:
    assert reader.get(f"/media/{'b' * 64}.mp4").status_code == 404
    captions = reader.get(f"/media/{'a' * 64}.bbbbbbbbbbbb.vtt")
    assert captions.content_type == "text/vtt; charset=utf-8"
