"""HTTP as adapters need it: one fresh connection a request, no redirects, caps on time and size.

A wire knows whether the bytes of its last request left this machine, which is what tells "not
sent" from "ambiguous", and it can be cut from outside however slowly a server drips.
"""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool, HTTPConnectionPool
from urllib3.exceptions import HTTPError

from vcp.kernel.crashing import crash_point
from vcp.networks.addresses import is_loopback

#: The largest answer that is read; a page of 40 long posts is far below it.
MAX_ANSWER_BYTES = 8 * 1024 * 1024
#: How we present ourselves to every server.
USER_AGENT = "VCP (virtual community policing)"
_CUT_GRACE_S = 1.0
#: A step that takes longer than this: the process was asleep, and another may have taken over. It
#: is past any connecting, and before a lease ends that was renewed 5 s before the sleep.
STALLED_S = 10.0

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Timeouts:
    """Seconds to connect, between two bytes of an answer, and for one call of an adapter."""

    connect_s: float = 5.0
    read_s: float = 20.0
    total_s: float = 45.0


@dataclass
class Exchange:
    """One request and what came back; `was_sent` turns true before its first byte leaves."""

    method: str
    was_sent: bool = False
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON, None when it isn't JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class _Watched:
    """What both kinds of connection tell their wire; mixed in before urllib3's class."""

    wire: "Wire"
    sock: socket.socket | None
    connect: Callable[[], None]

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        self.wire.check_awake()
        if self.sock is None:
            self.connect()
            self.wire.note_step()
        crash_point("sending", self.wire.path)
        self.wire.note_sending(self.sock)
        super().endheaders(*args, **kwargs)  # type: ignore[misc]  # the class mixed in has it

    def send(self, data: Any) -> None:
        # The body leaves apart from its headers: a server that never gets it does nothing.
        self.wire.check_awake()
        super().send(data)  # type: ignore[misc]  # the class mixed in has it
        self.wire.note_step()

    def getresponse(self) -> Any:
        crash_point("sent", self.wire.path)
        return super().getresponse()  # type: ignore[misc]  # the class mixed in has it


class _Plain(_Watched, HTTPConnection):
    def __init__(self, *args: Any, wire: "Wire", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wire = wire


class _Tls(_Watched, HTTPSConnection):
    def __init__(self, *args: Any, wire: "Wire", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wire = wire


class _WatchedAdapter(HTTPAdapter):
    """Gives each pool our connections; retries are off, which is also the library's default."""

    def __init__(self, wire: "Wire") -> None:
        self._wire = wire
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        if isinstance(pool, HTTPConnectionPool):
            pool.ConnectionCls = _Tls if pool.scheme == "https" else _Plain
            pool.conn_kw["wire"] = self._wire
        return pool


class Wire(requests.Session):
    """A session for one call of an adapter, to one server; `exchange` is its last request."""

    def __init__(self, base_url: str, timeouts: Timeouts | None = None) -> None:
        super().__init__()
        self.base_url = base_url
        self.exchange = Exchange("")
        #: Of the last request.
        self.path = ""
        self._timeouts = timeouts or Timeouts()
        self._ends_at = time.monotonic() + self._timeouts.total_s
        self._stepped_at = time.monotonic()
        self._lock = threading.Lock()
        self._is_cut = False
        self._sock: socket.socket | None = None
        # A proxy set for the machine can't reach the machine's own loopback.
        self.trust_env = not is_loopback(self.host)
        self.headers.update(
            {"Accept": "application/json", "Connection": "close", "User-Agent": USER_AGENT}
        )
        ours = _WatchedAdapter(self)
        for scheme in ("https://", "http://"):
            self.mount(scheme, ours)

    @property
    def host(self) -> str:
        """The server's name, for messages."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def seconds_left(self) -> float:
        """Until this call has to be over."""
        return self._ends_at - time.monotonic()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Sends one request and keeps its whole answer in `exchange`; the response has no body.

        Raises: requests.RequestException, also for an answer that is cut, too big or too slow.
        """
        exchange = self.exchange = Exchange(request.method or "")
        if not (request.url or "").startswith(f"{self.base_url}/"):
            raise requests.exceptions.InvalidURL("Only the channel's own server is ever asked.")
        self.path = request.path_url
        left = max(self.seconds_left, 0.05)
        kwargs |= {
            "allow_redirects": False,
            "stream": True,
            "timeout": (min(self._timeouts.connect_s, left), min(self._timeouts.read_s, left)),
        }
        try:
            response = super().send(request, **kwargs)
            with contextlib.closing(response.raw) as raw:
                exchange.body = _read_capped(raw)
        finally:
            # A server that was told to close may say so only by closing: a connection kept for the
            # next request would lose that request half-way, and nobody could say how far it came.
            self.close()
            self.note_step()
        if self._is_cut:
            # Headers that break off look like headers that ended.
            raise requests.exceptions.ReadTimeout("The time for this call is over.")
        exchange.status = response.status_code
        exchange.headers = {name.lower(): value for name, value in response.headers.items()}
        # Adapters read the exchange. A library gets nothing to make objects of: that would cost a
        # third of the time of a post, and it fails on answers that it doesn't expect.
        response.raw = BytesIO(b"[]" if exchange.body.lstrip()[:1] == b"[" else b"null")
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - theirs
        """Nowhere: following, or even looking, would read a body that nothing caps."""
        return None

    def note_sending(self, sock: socket.socket | None) -> None:
        """Called by a connection just before the first byte of a request.

        Raises: ConnectionAbortedError when the wire was cut before, or we slept; nothing leaves.
        """
        with self._lock:
            self.check_awake()
            self._sock = sock
            self.exchange.was_sent = True

    def check_awake(self) -> None:
        """Called before anything is done on the wire.

        Raises: ConnectionAbortedError when it was cut, or this process slept since its last step.
        """
        if self._is_cut or time.monotonic() - self._stepped_at > STALLED_S:
            raise ConnectionAbortedError("The time for this call is over.")

    def note_step(self) -> None:
        """Called when something on the wire is done, however long it took."""
        self._stepped_at = time.monotonic()

    def cut(self) -> None:
        """Ends a request from outside; whoever waits for its answer gets an error at once."""
        with self._lock:
            self._is_cut = True
            sock = self._sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def run(self, work: Callable[[], _Result]) -> _Result:
        """Does `work`, which uses this wire, and cuts the wire when its time is over.

        A thread of its own does the work, since neither a look-up of a name nor a server that
        drips bytes ends by a timeout between two bytes.

        Raises: TimeoutError when even a cut wire didn't end the work; else what `work` raises.
        """
        result: Future[_Result] = Future()

        def job() -> None:
            try:
                result.set_result(work())
            except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread
                result.set_exception(error)

        threading.Thread(target=job, name=f"call to {self.host}", daemon=True).start()
        try:
            return result.result(timeout=max(self.seconds_left, 0))
        except TimeoutError:
            if result.done():
                raise
            self.cut()
        return result.result(timeout=_CUT_GRACE_S)


def _read_capped(raw: Any) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        while part := raw.read(65536, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                raise requests.exceptions.ContentDecodingError("The answer is too big.")
    except HTTPError as error:
        raise requests.exceptions.ConnectionError(f"The answer broke off: {error}") from error
    return b"".join(parts)
