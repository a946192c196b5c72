import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from vcp.networks.wire import MAX_ANSWER_BYTES, Timeouts, Wire

pytestmark = pytest.mark.network

QUICK = Timeouts(connect_s=1, read_s=1, total_s=2)


class Server:
    """Takes connections one after the other and does to each what the test says."""

    def __init__(self, deal: Callable[[socket.socket], None]) -> None:
        self._deal = deal
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with client:
                client.recv(65536)
                try:
                    self._deal(client)
                except OSError:
                    continue  # the client hung up, as it should

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    made = Server(request.param)
    yield made
    made.close()


def _answer(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def _answer_once(client: socket.socket) -> None:
    _answer(client)
    client.recv(1)


def _cut_answer(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")


def _silence(client: socket.socket) -> None:
    client.recv(1)


def _hang_up(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_RDWR)


def _drip_headers(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"X-Drip: 1\r\n")
        time.sleep(0.1)


def _drip_body(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        client.sendall(b" ")
        time.sleep(0.1)


def _flood(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        client.sendall(b"x" * 1_000_000)


def _redirect(client: socket.socket) -> None:
    client.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.1.1/\r\nContent-Length: 0\r\n\r\n"
    )


def _get(url: str, timeouts: Timeouts = QUICK) -> Wire:
    wire = Wire(url, timeouts)
    try:
        wire.run(lambda: wire.get(f"{url}/x"))
    finally:
        wire.close()
    return wire


def _failed(url: str) -> Wire:
    wire = Wire(url, QUICK)
    with pytest.raises((requests.RequestException, TimeoutError)):
        wire.run(lambda: wire.get(f"{url}/x"))
    wire.close()
    return wire


def test_a_refused_connection_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert not _failed(f"http://127.0.0.1:{port}").exchange.was_sent


@pytest.mark.parametrize("server", [_answer], indirect=True)
def test_a_server_without_tls_was_sent_nothing(server: Server) -> None:
    assert not _failed(server.url.replace("http", "https")).exchange.was_sent


@pytest.mark.parametrize("server", [_cut_answer, _silence, _hang_up], indirect=True)
def test_after_the_first_byte_a_missing_answer_counts_as_sent(server: Server) -> None:
    exchange = _failed(server.url).exchange
    assert exchange.was_sent
    assert exchange.status is None


@pytest.mark.parametrize("server", [_drip_headers, _drip_body], indirect=True)
def test_a_dripping_server_is_cut_off_at_the_total(server: Server) -> None:
    before = threading.active_count()
    started = time.monotonic()
    assert _failed(server.url).exchange.was_sent
    assert time.monotonic() - started < QUICK.total_s + 1.5
    assert threading.active_count() <= before


@pytest.mark.parametrize("server", [_flood], indirect=True)
def test_an_endless_answer_is_read_no_further_than_the_cap(server: Server) -> None:
    assert _failed(server.url).exchange.body == b""
    assert MAX_ANSWER_BYTES < 10_000_000


@pytest.mark.parametrize("server", [_redirect], indirect=True)
def test_a_redirect_is_not_followed(server: Server) -> None:
    wire = _get(server.url)
    assert wire.exchange.status == 302
    assert wire.exchange.headers["location"] == "http://169.254.1.1/"


@pytest.mark.parametrize("server", [_answer_once], indirect=True)
def test_each_request_has_a_connection_of_its_own(server: Server) -> None:
    """Some servers close a kept connection without a word, which makes a post ambiguous."""
    wire = Wire(server.url, QUICK)
    for _ in range(3):
        assert wire.get(f"{server.url}/x").json() is None
    wire.close()
    assert server.connections == 3


@pytest.mark.parametrize("server", [_answer], indirect=True)
def test_only_the_channels_own_server_is_asked(server: Server) -> None:
    wire = Wire("http://127.0.0.1:1", QUICK)
    with pytest.raises(requests.exceptions.InvalidURL):
        wire.get(f"{server.url}/x")
    assert server.connections == 0


@pytest.mark.parametrize("server", [_answer], indirect=True)
def test_a_cut_wire_sends_nothing_more(server: Server) -> None:
    wire = Wire(server.url, QUICK)
    wire.cut()
    with pytest.raises(requests.RequestException):
        wire.get(f"{server.url}/x")
    assert not wire.exchange.was_sent


def test_what_the_work_raises_comes_out() -> None:
    def work() -> None:
        raise ZeroDivisionError

    wire = Wire("http://127.0.0.1:1", QUICK)
    with pytest.raises(ZeroDivisionError):
        wire.run(work)
