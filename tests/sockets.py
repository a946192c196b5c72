"""Keeps tests off the network."""

import socket
from collections.abc import Collection
from typing import Any

import pytest

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def block(monkeypatch: pytest.MonkeyPatch, allowed: Collection[str]) -> None:
    """Fail the test that connects, sends or asks a name server, but for the allowed hosts.

    Unix sockets stay open. Libraries written in C, such as PostgreSQL's, go their own way.
    """
    look_up = socket.getaddrinfo

    def guarded(name: str) -> None:
        real = getattr(socket.socket, name)

        def call(self: socket.socket, *args: Any) -> Any:
            if self.family != socket.AF_UNIX and args[-1][0] not in allowed:
                _refuse(args[-1])
            return real(self, *args)

        monkeypatch.setattr(socket.socket, name, call)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in (None, "", *LOOPBACK):
            _refuse(host)
        return look_up(host, *args, **kwargs)

    for name in ("connect", "connect_ex", "sendto"):
        guarded(name)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


def _refuse(address: Any) -> None:
    pytest.fail(f"This test tried to reach {address}; see the marker `network`.")
