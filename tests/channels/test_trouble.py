"""Servers that answer oddly, tokens that are refused, and the daily check."""

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from tests.channels.flow import RETURN, Flow
from tests.faults.fakenet import FakeNet
from vcp.channels import adapters, connecting, service
from vcp.channels.models import Channel
from vcp.channels.states import ChannelState, ConnectionState
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.mail import Mail

pytestmark = pytest.mark.network


@pytest.fixture
def odd_server() -> Iterator[SimpleNamespace]:
    """A server that answers every request alike."""
    about = SimpleNamespace(status=200, body=b"", headers={})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(about.status)
            for name, value in about.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(about.body)))
            self.end_headers()
            self.wfile.write(about.body)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    about.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    yield about
    server.shutdown()
    server.server_close()


class TestBadServers:
    @pytest.mark.parametrize(
        "status, body, headers, said",
        [
            (200, b"<!doctype html><p>Hello", {"Content-Type": "text/html"}, "web page"),
            (200, b"", {}, "can't be read"),
            (200, b"{}", {"Content-Type": "application/json"}, "lacks what"),
            (500, b"oh", {}, "error of its own"),
            (302, b"", {"Location": "https://elsewhere.example/"}, "another address"),
            (404, b"{}", {}, "no Mastodon API"),
            (429, b"{}", {}, "takes no more"),
        ],
    )
    def test_what_it_answers_is_explained_at_the_address(
        self,
        odd_server: SimpleNamespace,
        status: int,
        body: bytes,
        headers: dict[str, str],
        said: str,
    ) -> None:
        odd_server.status, odd_server.body, odd_server.headers = status, body, headers
        with pytest.raises(Invalid, match=said) as refused:
            connecting.register(odd_server.base_url, RETURN)
        assert refused.value.field == "base_url"

    def test_a_server_that_is_not_there_is_explained(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with pytest.raises(Invalid, match="can't be reached"):
            connecting.register(f"http://127.0.0.1:{port}", RETURN)

    def test_a_refused_code_leaves_the_channel_as_it_was(self, flow: Flow, net: FakeNet) -> None:
        channel, url = flow.propose(net.base_url)
        brought = flow.agree(url)
        attempt = flow.come_back(brought | {"code": "wrong"})
        connecting.work_waiting(flow.settings)
        assert attempt.state is ConnectionState.FAILED
        assert "Start connecting the account again." in str(attempt.message)
        assert channel.account_id is None
        assert channel.state is ChannelState.PROPOSED

    def test_no_code_is_no_connection(self, flow: Flow, net: FakeNet) -> None:
        _, url = flow.propose(net.base_url)
        with pytest.raises(Invalid):
            flow.come_back(flow.agree(url), code="")

    def test_a_channel_stays_at_its_server(self, flow: Flow, net: FakeNet) -> None:
        channel, _ = flow.propose(net.base_url)
        registration = connecting.register(net.base_url, RETURN)
        channel.base_url = "https://social.example"
        with pytest.raises(Conflict):
            connecting.start_oauth(
                flow.session,
                channel.id,
                registration,
                by=flow.people.admin,
                settings=flow.settings,
            )


class TestTokens:
    def test_a_token_is_verified_before_anything_is_stored(self, net: FakeNet) -> None:
        with pytest.raises(Invalid, match="Nothing was connected"):
            connecting.verify("mastodon", net.base_url, {"access_token": "wrong"})
        account, limits = connecting.verify(
            "mastodon", net.base_url, {"access_token": "token-officer"}
        )
        assert account.handle.startswith("officer@")
        assert limits.characters == 500

    def test_a_token_of_another_account_does_not_replace_the_pinned_one(
        self, flow: Flow, net: FakeNet
    ) -> None:
        channel, url = flow.propose(net.base_url)
        flow.connect(url)
        found = connecting.verify("mastodon", net.base_url, {"access_token": "token-impostor"})
        with pytest.raises(Conflict, match="another account"):
            connecting.store_credentials(
                flow.session,
                channel,
                {"access_token": "token-impostor"},
                found,
                by=flow.people.admin,
                settings=flow.settings,
            )


class TestRechecking:
    def connected(self, flow: Flow, net: FakeNet) -> Channel:
        channel, url = flow.propose(net.base_url)
        flow.connect(url)
        service.confirm(flow.session, channel.id, by=flow.people.sergeant)
        assert channel.limits_probed_at
        channel.limits_probed_at -= timedelta(hours=25)
        flow.session.commit()
        return channel

    def test_limits_are_asked_again_once_a_day(self, flow: Flow, net: FakeNet) -> None:
        channel = self.connected(flow, net)
        net.configure({"characters": 1234})
        assert connecting.recheck_old(flow.settings) == 1
        assert connecting.recheck_old(flow.settings) == 0
        assert adapters.limits_of(channel).characters == 1234

    def test_a_revoked_token_blocks_the_channel(self, flow: Flow, net: FakeNet) -> None:
        channel = self.connected(flow, net)
        net.configure({"revoke": ["token-officer"]})
        connecting.recheck_old(flow.settings)
        assert channel.state is ChannelState.BLOCKED
        assert flow.session.scalars(select(Mail)).first() is not None

    def test_a_token_of_another_account_blocks_the_channel(self, flow: Flow, net: FakeNet) -> None:
        channel = self.connected(flow, net)
        channel.account_id = "somebody else"
        flow.session.commit()
        connecting.recheck_old(flow.settings)
        assert channel.state is ChannelState.BLOCKED

    def test_a_server_that_is_away_blocks_nothing(self, flow: Flow, net: FakeNet) -> None:
        channel = self.connected(flow, net)
        net.configure(
            {"plan": [{"fault": "status", "method": "GET", "path": ".", "count": 9, "status": 503}]}
        )
        assert connecting.recheck_old(flow.settings) == 0
        assert channel.state is ChannelState.CONNECTED
