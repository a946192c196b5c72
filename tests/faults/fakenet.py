"""A server shaped as Mastodon, as X and as Bluesky, that misbehaves when told to; its own process.

Run: python -m tests.faults.fakenet --port 8900 --journal ledger.jsonl

Any bearer token of the form "token-NAME" belongs to the account NAME. The control plane:
POST /_fakenet/config with the names of `Behaviour`, or {"revoke": [TOKEN]}; GET /_fakenet/ledger.
What others say: POST /_fakenet/say {"to", "items": [{"text", …}]}, /_fakenet/edit {"id", "text"},
/_fakenet/unsay {"id"}; with "network": "x" or "atproto" it is said there, and their ledgers are
under these names. {"expire": [NAME]} has Bluesky's access tokens of an account be used up.
"""

import argparse
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.faults import fakenet_atproto, fakenet_clock
from tests.faults.fakenet_api import Api, Call, Reply, as_reply
from tests.faults.fakenet_faults import Behaviour, Rule
from tests.faults.fakenet_inbox import Inbox
from tests.faults.fakenet_ledger import Ledger
from tests.faults.fakenet_x import XApi
from tests.faults.fakenet_x_shapes import token_of

_PAGE = b"<!DOCTYPE html><title>Hello</title><h1>This is a web page</h1>"
_ALREADY_ACCEPTED = ("accept_drop", "garbled", "cut", "hang", "drip", "huge")


class FakeNet(ThreadingHTTPServer):
    """The server; `port` 0 takes any free one."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, journal: Path | None, seed: int = 1) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.behaviour = Behaviour()
        self.ledger = Ledger(journal, seed)
        self.inbox = Inbox(self.ledger.new_id, self.behaviour, seed)
        self.api = Api(self.ledger, self.behaviour, self.inbox)
        self.x = XApi(self.behaviour)
        self.atproto = fakenet_atproto.AtprotoApi(self.behaviour)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def configure(self, values: dict[str, Any]) -> None:
        with self.ledger.lock:
            revoked = set(values.pop("revoke", []))
            self.ledger.revoked |= revoked
            self.x.ledger.revoked |= revoked
            self.atproto.revoked |= revoked
            for account in values.pop("expire", []):
                self.atproto.expire(account)
            self.behaviour.update(values)
            fakenet_clock.shift(self.behaviour.clock_offset_s)

    def server_close(self) -> None:
        super().server_close()
        self.ledger.close()

    def answer(self, call: Call, fault: str | None = None) -> Reply:
        """What the network answers that the path belongs to."""
        if call.path.startswith(fakenet_atproto.PREFIX):
            return self.atproto.answer(call, fault)
        part = self.x if call.path.startswith("/2/") else self.api
        return part.answer(call, fault)

    def inbox_of(self, network: str) -> Any:
        """Where others say something on this network."""
        return {"x": self.x.inbox, "atproto": self.atproto}.get(network, self.inbox)

    def account_of(self, authorization: str) -> str | None:
        """The account that asks, on whichever network."""
        if authorization.startswith("OAuth "):
            return self.x.ledger.account_of(token_of(authorization))
        token = authorization.removeprefix("Bearer ")
        return self.atproto.account_of(token) or self.ledger.account_of(token)

    def draw(self, method: str, path: str, authorization: str) -> tuple[Rule | None, float]:
        """The fault for a request, and the seconds it waits before anything happens."""
        token = authorization.removeprefix("Bearer ")
        account = self.account_of(authorization)
        with self.ledger.lock:
            chance = self.ledger.chance
            rule = self.behaviour.draw(method, path, token, chance, account)
            return rule, chance.uniform(*self.behaviour.latency_ms) / 1000

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: clients that hang up are the point of this server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeNet

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Keeps the terminal quiet; the ledger knows each request."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        skew = self.server.behaviour.clock_skew_s
        return super().date_time_string((timestamp or time.time()) + skew)

    def _serve(self) -> None:
        address = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if address.path.startswith("/_fakenet/"):
            self._send(self._control(address.path, self._read()))
            return
        authorization = headers.get("authorization", "")
        rule, wait_s = self.server.draw(self.command, address.path, authorization)
        fault = rule.fault if rule else None
        self.server.ledger.note_request(
            method=self.command,
            path=address.path,
            token=token,
            key=headers.get("idempotency-key"),
            fault=fault,
            account=self.server.account_of(authorization),
        )
        time.sleep(wait_s)
        if fault == "drop_before":
            self._hang_up()
            return
        if address.path == "/api/v1/streaming/user/notification" and self.server.behaviour.streams:
            self._stream(token.removeprefix("token-"))
            return
        base_url = f"http://{headers.get('host', '')}"
        query = dict(parse_qsl(address.query))
        call = Call(self.command, address.path, query, headers, self._read(), base_url)
        if rule is None:
            self._send(self.server.answer(call))
        else:
            self._misbehave(rule, call)

    def _misbehave(self, rule: Rule, call: Call) -> None:
        answer = self.server.answer
        if rule.fault in _ALREADY_ACCEPTED:
            self._garble(rule, answer(call, rule.fault))
        elif rule.fault == "refuse":
            self._send(as_reply({"error": "Service unavailable"}, 503))
        elif rule.fault == "status":
            kind = "application/json" if rule.body.startswith("{") else "text/html"
            self._send(Reply(rule.status, rule.body.encode(), kind, rule.headers))
        elif rule.fault == "black_hole":
            time.sleep(rule.seconds)
            self._hang_up()
        else:
            late_s = self.server.ledger.chance.uniform(*self.server.behaviour.late_s)
            later = threading.Timer(late_s, answer, [call, rule.fault])
            later.daemon = True
            later.start()
            self._send(Reply(504, b"<h1>504 Gateway Time-out</h1>", "text/html"))

    def _garble(self, rule: Rule, reply: Reply) -> None:
        if rule.fault == "accept_drop":
            self._hang_up()
        elif rule.fault == "garbled":
            self._send(Reply(200, _PAGE, "text/html"))
        elif rule.fault == "cut":
            self._send(reply, is_cut=True)
            self._hang_up()
        elif rule.fault == "huge":
            self._send(Reply(200, b'{"id": "' + b"x" * 33_554_432))
        elif rule.fault == "hang":
            time.sleep(rule.seconds)
            self._send(reply)
        else:
            self._send(reply, pause_s=0.1)

    def _control(self, path: str, body: bytes) -> Reply:
        if path == "/_fakenet/ledger":
            parts = {"x": self.server.x.as_json(), "atproto": self.server.atproto.as_json()}
            return as_reply(self.server.ledger.as_json() | parts)
        try:
            said = json.loads(body)
            inbox = self.server.inbox_of(said.pop("network", ""))
            if path == "/_fakenet/say":
                return as_reply(inbox.say(said["to"], said["items"]))
            if path == "/_fakenet/edit":
                inbox.edit(said["id"], said["text"])
            elif path == "/_fakenet/unsay":
                inbox.unsay(said["id"])
            else:
                self.server.configure(said)
        except (ValueError, TypeError) as error:
            return as_reply({"error": str(error)}, 422)
        return as_reply({"ok": True})

    def _read(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _send(self, reply: Reply, pause_s: float = 0, *, is_cut: bool = False) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if not pause_s:
            self.wfile.write(reply.body[: len(reply.body) // 2] if is_cut else reply.body)
            return
        for place in range(len(reply.body)):
            self.wfile.write(reply.body[place : place + 1])
            time.sleep(pause_s)

    def _stream(self, account: str) -> None:
        """Says at once that something was said, and nothing of what."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        told = self.server.inbox.count(account)
        self.wfile.write(b":connected\n\n")
        while self.server.behaviour.streams:
            time.sleep(0.05)
            now = self.server.inbox.count(account)
            self.wfile.write(b"event: notification\ndata: {}\n\n" if now > told else b":thump\n\n")
            told = now

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, default=None)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    server = FakeNet(options.port, options.journal, options.seed)
    print(server.base_url, flush=True)  # noqa: T201 - whoever started it reads the address
    server.serve_forever()


if __name__ == "__main__":
    main()
