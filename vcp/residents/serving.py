"""Public files straight from their folder, in front of Flask: no query, no session, no cache.

What it does not find goes on to Flask. It needs neither the database nor a working application.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from vcp.kernel.settings import Mode, Settings
from vcp.residents import films

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]
Headers = list[tuple[str, str]]

#: Every part begins with a letter or digit, so neither `..` nor a hidden file is ever named.
SITE: Final = re.compile(r"/(?:[0-9A-Za-z][\w.-]*/)*(?:[0-9A-Za-z][\w.-]*)?", re.ASCII)
KINDS: Final = {
    "html": "text/html; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "ico": "image/x-icon",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "vtt": "text/vtt; charset=utf-8",
}
JSON_FEED: Final = "application/feed+json; charset=utf-8"
#: Nothing but our own pictures, videos and styles; nothing runs, frames or is sent elsewhere.
POLICY: Final = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: A browser asks each time, so that nobody reads what was withdrawn from their own copy; caches in
#: front of us may hold a page for five seconds.
PAGE_AGE: Final = "public, max-age=0, s-maxage=5, must-revalidate"
#: Not for ever, though they never change: a withdrawn image must not live on in caches.
MEDIA_AGE: Final = "public, max-age=300, must-revalidate"
#: Longer paths are no paths of ours.
LONGEST_PATH: Final = 512


class PublicFiles:
    """WSGI middleware: the folder of public files."""

    def __init__(self, wsgi_app: WsgiApp, settings: Settings) -> None:
        self.wsgi_app = wsgi_app
        self.site = os.fspath(settings.site.resolve())
        self.common = security_headers(settings)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with a file, or let the application answer."""
        path: str = environ["PATH_INFO"]
        if (
            environ["REQUEST_METHOD"] in {"GET", "HEAD"}
            and len(path) <= LONGEST_PATH
            and SITE.fullmatch(path)
        ):
            answer = self._page(environ, start_response, path)
            if answer is not None:
                return answer
        return self.wsgi_app(environ, start_response)

    def _page(
        self, environ: Environ, start_response: StartResponse, path: str
    ) -> Iterable[bytes] | None:
        name = f"{self.site}{path}index.html" if path.endswith("/") else self.site + path
        age = MEDIA_AGE if path.startswith("/media/") else PAGE_AGE
        if path.endswith(films.ENDING):
            common = [("Cache-Control", age), *self.common]
            return films.answer(environ, start_response, name, common)
        answer = self._file(environ, start_response, name, age)
        if answer is None and not path.endswith("/") and Path(name, "index.html").is_file():
            start_response(
                "301 Moved Permanently",
                [("Location", f"{path}/"), ("Content-Length", "0"), *self.common],
            )
            return []
        return answer

    def _file(
        self, environ: Environ, start_response: StartResponse, name: str, age: str
    ) -> Iterable[bytes] | None:
        kind = JSON_FEED if name.endswith("/feed.json") else KINDS.get(name.rpartition(".")[2])
        opened = _read(name, environ.get("HTTP_ACCEPT_ENCODING", "")) if kind else None
        if kind is None or opened is None:
            return None
        data, at_ns, encoding = opened
        tag = f'"{at_ns:x}-{len(data):x}{encoding and "-" + encoding}"'
        headers = [("ETag", tag), ("Last-Modified", _http_date(at_ns // 10**9))]
        headers += [("Cache-Control", age), ("Vary", "Accept-Encoding"), *self.common]
        if _has(environ, tag, at_ns):
            start_response("304 Not Modified", headers)
            return []
        if encoding:
            headers.append(("Content-Encoding", "gzip" if encoding == "gz" else encoding))
        headers += [("Content-Type", kind), ("Content-Length", str(len(data)))]
        start_response("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [data]


def security_headers(settings: Settings) -> Headers:
    """Return what every public answer carries."""
    headers = [
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ]
    if settings.mode is Mode.PRODUCTION:
        headers.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    return headers


def _read(name: str, accepted: str) -> tuple[bytes, int, str] | None:
    """Return the bytes, their time of change and their encoding; None when it is no file."""
    try:
        opened = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):  # a folder, or something stranger
            return None
        for encoding in ("br", "gz"):
            if _takes(accepted, "gzip" if encoding == "gz" else encoding):
                data = _variant(f"{name}.{encoding}", found.st_mtime_ns)
                if data is not None:
                    return data, found.st_mtime_ns, encoding
        return _whole(opened, found.st_size), found.st_mtime_ns, ""
    finally:
        os.close(opened)


def _variant(name: str, at_ns: int) -> bytes | None:
    """Return the compressed bytes when they were written together with the file."""
    try:
        opened = os.open(name, os.O_RDONLY)
    except OSError:
        return None
    try:
        found = os.fstat(opened)
        return _whole(opened, found.st_size) if found.st_mtime_ns == at_ns else None
    finally:
        os.close(opened)


def _whole(opened: int, size: int) -> bytes:
    data = os.read(opened, size)
    while len(data) < size:  # a signal, or a file larger than one read gives
        more = os.read(opened, size - len(data))
        if not more:
            break
        data += more
    return data


@lru_cache(maxsize=4096)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _takes(accepted: str, encoding: str) -> bool:
    if encoding not in accepted:
        return False
    if ";" not in accepted:
        return True
    for part in accepted.split(","):
        name, _, quality = part.partition(";")
        if name.strip() == encoding:
            return quality.strip().rstrip("0.") != "q="
    return False


def _has(environ: Environ, tag: str, at_ns: int) -> bool:
    """Say whether the reader's copy is this one."""
    tags = environ.get("HTTP_IF_NONE_MATCH")
    if tags is not None:
        return tags.strip() == "*" or any(
            part.strip().removeprefix("W/") == tag for part in tags.split(",")
        )
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if since is None:
        return False
    try:
        return parsedate_to_datetime(since).timestamp() >= at_ns // 10**9
    except ValueError:
        return False
