"""A TCP proxy that forwards one request a connection and can lose or replace its answer."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class LossyProxy:
    """Stands before a server of 127.0.0.1; a context manager. `port` is its own."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._lost: bytes | None = None
        self._given: tuple[bytes, bytes] | None = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def lose_answer(self, request_line: bytes) -> None:
        """The next request that begins so reaches the server; its answer doesn't come back."""
        self._lost = request_line

    def answer_next(self, request_line: bytes, answer: bytes) -> None:
        """The next request that begins so doesn't reach the server; this is answered."""
        self._given = (request_line, answer)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self._server_port)) as server,
        ):
            first = client.recv(65536)
            if self._given is not None and first.startswith(self._given[0]):
                answer, self._given = self._given[1], None
                client.sendall(answer)
                client.shutdown(socket.SHUT_WR)
                _read_out(client)
                return
            is_lost = self._lost is not None and first.startswith(self._lost)
            server.sendall(first)
            threading.Thread(target=_copy, args=(client, server), daemon=True).start()
            if is_lost:
                self._lost = None
                server.recv(1)  # it has answered, so it has done what was asked
                client.shutdown(socket.SHUT_RDWR)
            else:
                _copy(server, client)


def _read_out(client: socket.socket) -> None:
    """Take what is still to come: a connection closed on unread bytes loses what was sent."""
    with contextlib.suppress(OSError):
        while client.recv(65536):
            pass


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
