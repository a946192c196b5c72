"""The files in front of Flask: right bytes, right headers, nothing outside the folder."""

import gzip
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import brotli
import pytest
from werkzeug.test import Client, TestResponse

from vcp.kernel.settings import Mode, Settings
from vcp.residents.files import PublicFolder
from vcp.residents.serving import PublicFiles

PAGE = b"<!DOCTYPE html><title>Officers</title>" + b"<p>Hello.</p>" * 100
DIGEST = "a" * 64


def broken(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """An application that knows nothing."""
    del environ
    start_response("404 Not Found", [("X-From", "flask")])
    return [b"flask"]


@pytest.fixture
def folder(tmp_path: Path) -> PublicFolder:
    made = PublicFolder(tmp_path / "instance" / "site")
    made.put("index.html", PAGE)
    made.put("officers/sam/index.html", PAGE)
    made.put("officers/sam/feed.atom", b"<feed/>" * 200)
    made.put("officers/sam/feed.json", b"{}")
    made.put("register.json", b"{}")
    made.put(f"media/{DIGEST}.png", b"png")
    made.put("posts/x/.keys", b"secret")
    (tmp_path / "instance" / "secret.key").write_text("secret")
    return made


@pytest.fixture
def reader(folder: PublicFolder, tmp_path: Path) -> Client:
    settings = Settings(mode=Mode.TEST, instance=tmp_path / "instance")
    return Client(PublicFiles(broken, settings))


def test_a_page_comes_whole(reader: Client) -> None:
    answer = reader.get("/officers/sam/")
    assert answer.status_code == 200
    assert answer.data == PAGE
    assert answer.content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("name, unpack", [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_a_ready_made_variant_is_served_to_who_takes_it(
    reader: Client, name: str, unpack: Any
) -> None:
    answer = reader.get("/", headers={"Accept-Encoding": f"identity, {name}"})
    assert answer.headers["Content-Encoding"] == name
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert unpack(answer.data) == PAGE
    refused = reader.get("/", headers={"Accept-Encoding": f"{name};q=0"})
    assert "Content-Encoding" not in refused.headers


def test_a_variant_of_other_words_is_passed_over(reader: Client, folder: PublicFolder) -> None:
    """Between two renames the folder holds a new variant beside the old file."""
    at = (folder.root / "index.html").stat().st_mtime_ns
    os.utime(folder.root / "index.html.br", ns=(at + 1, at + 1))
    answer = reader.get("/", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in answer.headers
    assert answer.data == PAGE


def test_an_unchanged_page_is_not_sent_again(reader: Client, folder: PublicFolder) -> None:
    first = reader.get("/")
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    again = reader.get("/", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert (
        reader.get("/", headers={"If-Modified-Since": first.headers["Last-Modified"]}).status_code
        == 304
    )
    folder.put("index.html", PAGE + b"!")
    changed = reader.get("/", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.data) == (200, PAGE + b"!")


def test_a_browser_asks_before_it_shows_its_own_copy(reader: Client) -> None:
    """What was withdrawn a second ago must not be read again from the reader's own cache."""
    assert "max-age=0" in reader.get("/").headers["Cache-Control"].split(", ")


def test_each_encoding_has_a_tag_of_its_own(reader: Client) -> None:
    tags = {
        reader.get("/", headers={"Accept-Encoding": e}).headers["ETag"] for e in ("", "br", "gzip")
    }
    assert len(tags) == 3


def test_head_says_what_get_would(reader: Client) -> None:
    get, head = reader.get("/"), reader.head("/")
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(PAGE))
    assert head.headers["ETag"] == get.headers["ETag"]


@pytest.mark.parametrize(
    "path, kind",
    [
        ("/officers/sam/feed.atom", "application/atom+xml; charset=utf-8"),
        ("/officers/sam/feed.json", "application/feed+json; charset=utf-8"),
        ("/register.json", "application/json; charset=utf-8"),
        (f"/media/{DIGEST}.png", "image/png"),
    ],
)
def test_each_kind_of_file_has_its_type(reader: Client, path: str, kind: str) -> None:
    assert reader.get(path).content_type == kind


def test_every_answer_carries_the_security_headers(reader: Client, tmp_path: Path) -> None:
    strict = Client(
        PublicFiles(
            broken,
            Settings(
                mode=Mode.PRODUCTION,
                instance=tmp_path / "instance",
                base_url="https://x.example",
                secret_keys=["k" * 40],  # type: ignore[list-item]  # pydantic makes it a secret
                smtp_host="mail.example",
            ),
        )
    )
    tag = strict.get("/").headers["ETag"]
    answers: list[TestResponse] = [
        strict.get("/"),
        strict.get("/officers/sam"),
        strict.get("/", headers={"If-None-Match": tag}),
        strict.get(f"/media/{DIGEST}.png"),
    ]
    assert [answer.status_code for answer in answers] == [200, 301, 304, 200]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "Set-Cookie" not in answer.headers


def test_an_address_without_its_last_slash_leads_on(reader: Client) -> None:
    answer = reader.get("/officers/sam")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/officers/sam/")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.key",
        "/officers/../../secret.key",
        "/%2e%2e/secret.key",
        "/..%2fsecret.key",
        "/officers//sam/",
        "//officers/sam/",
        "/posts/x/.keys",
        "/.locks/00",
        "/index.html%00.png",
        "/officers/sam/index.html/",
        "/officers",
        "/media",
        "/index.html.br",
        "/" + "a" * 3000,
        "/officers\\sam",
        "/é/",
    ],
)
def test_nothing_else_is_served(reader: Client, path: str) -> None:
    answer = reader.get(path)
    assert answer.headers.get("X-From") == "flask", path
    assert b"secret" not in answer.data


def test_a_link_out_of_the_folder_or_a_pipe_is_no_page(
    reader: Client, folder: PublicFolder
) -> None:
    os.mkfifo(folder.root / "pipe.html")
    assert reader.get("/pipe.html").headers["X-From"] == "flask"


def test_other_methods_go_on_to_flask(reader: Client) -> None:
    assert reader.post("/").headers["X-From"] == "flask"


def test_a_page_is_replaced_whole_and_never_older(folder: PublicFolder) -> None:
    page = folder.root / "index.html"
    old = page.stat().st_mtime_ns
    assert folder.put("index.html", PAGE) is False
    assert page.stat().st_mtime_ns == old
    assert folder.put("index.html", PAGE * 2) is True
    assert page.stat().st_mtime_ns > old
    times = {p.stat().st_mtime_ns for p in folder.root.glob("index.html*")}
    assert len(times) == 1
    assert not list(folder.root.rglob(".*.new"))


def test_a_full_disk_leaves_what_was_there(
    folder: PublicFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        folder.put("index.html", b"new")
    assert (folder.root / "index.html").read_bytes() == PAGE
