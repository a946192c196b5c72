"""Connecting an account: code flow, pinning, and everything that can go wrong on the way."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.faults.fakenet import FakeNet
from vcp.channels import adapters, connecting, queries, service
from vcp.channels.models import Channel, Connection
from vcp.channels.states import ChannelState, ConnectionState
from vcp.kernel import clock, vault
from vcp.kernel.audit import AuditEvent
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, Unavailable
from vcp.kernel.heartbeat import take_lease
from vcp.kernel.mail import Mail
from vcp.kernel.settings import Settings

pytestmark = pytest.mark.network
RETURN = "http://127.0.0.1:8000/staff/channels/connections/return"


@dataclass
class Flow:
    """One person connecting accounts, as the pages do it."""

    session: Session
    settings: Settings
    people: SimpleNamespace

    def propose(self, base_url: str) -> tuple[Channel, str]:
        registration = connecting.register(base_url, RETURN)
        channel = service.propose(
            self.session,
            "mastodon",
            f"Channel {base_url}",
            self.people.harbour.id,
            registration.base_url,
            by=self.people.admin,
        )
        return channel, self.start(channel)

    def start(self, channel: Channel) -> str:
        registration = connecting.register(channel.base_url, RETURN)
        started = connecting.start_oauth(
            self.session, channel.id, registration, by=self.people.admin, settings=self.settings
        )
        self.session.commit()
        return started.url

    def agree(self, url: str, login: str = "officer") -> dict[str, str]:
        """Say yes at fakenet; give what the browser brings back."""
        answer = requests.get(f"{url}&login={login}", allow_redirects=False, timeout=5)
        return brought_back(answer)

    def come_back(self, brought: dict[str, str], **changes: object) -> Connection:
        wanted: dict[str, Any] = {
            "state": brought["state"],
            "code": brought["code"],
            "issuer": "",
            "by": self.people.admin,
            "settings": self.settings,
        }
        attempt = connecting.receive_code(self.session, **(wanted | changes))
        self.session.commit()
        return attempt

    def connect(self, url: str, login: str = "officer") -> Connection:
        attempt = self.come_back(self.agree(url, login))
        assert connecting.work_waiting(self.settings) == 1
        return attempt


def brought_back(answer: requests.Response) -> dict[str, str]:
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


@pytest.fixture
def flow(session: Session, settings: Settings, people: SimpleNamespace) -> Flow:
    return Flow(session, settings, people)


class TestCodeFlow:
    def test_the_account_is_verified_pinned_and_its_limits_probed(
        self, flow: Flow, net: FakeNet
    ) -> None:
        channel, url = flow.propose(net.base_url)
        attempt = flow.connect(url)
        assert attempt.state is ConnectionState.VERIFIED
        assert channel.account_id
        assert channel.handle
        assert channel.handle.startswith("officer@")
        assert channel.profile_links == ["https://force.example/officers/officer"]
        assert adapters.limits_of(channel).characters == 500
        assert channel.state is ChannelState.PROPOSED
        service.confirm(flow.session, channel.id, by=flow.people.sergeant)
        assert adapters.adapter_for(channel, flow.settings).account().remote_id == (
            channel.account_id
        )

    def test_nothing_that_is_stored_shows_a_secret(self, flow: Flow, net: FakeNet) -> None:
        channel, url = flow.propose(net.base_url)
        state = parse_qs(urlsplit(url).query)["state"][0]
        brought = flow.agree(url)
        attempt = flow.come_back(brought)
        assert attempt.sealed
        assert attempt.sealed_code
        assert brought["code"].encode() not in attempt.sealed_code
        assert attempt.oauth_state_sha256 != state
        connecting.work_waiting(flow.settings)
        kept = flow.session.execute(select(Connection.sealed, Connection.sealed_code)).one()
        assert tuple(kept) == (None, None)
        assert b"token-officer" not in (channel.sealed_credentials or b"")

    def test_a_challenge_is_sent_and_answered(self, flow: Flow, net: FakeNet) -> None:
        _, url = flow.propose(net.base_url)
        asked = parse_qs(urlsplit(url).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["code_challenge"][0]) == 43
        assert flow.connect(url).state is ConnectionState.VERIFIED

    def test_it_works_with_mastodon_mock(self, flow: Flow, mock_url: str) -> None:
        channel, url = flow.propose(mock_url)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        agreed = requests.post(
            f"{mock_url}/oauth/authorize",
            data=asked | {"username": "officer"},
            allow_redirects=False,
            timeout=20,
        )
        attempt = flow.come_back(brought_back(agreed))
        connecting.work_waiting(flow.settings)
        assert attempt.message is None
        assert attempt.state is ConnectionState.VERIFIED
        assert (channel.handle or "").startswith("officer@")
        assert adapters.limits_of(channel).characters == 500


class TestWhoComesBack:
    @pytest.mark.parametrize("state", ["", "invented"])
    def test_a_state_that_was_not_given_out_is_refused(
        self, flow: Flow, net: FakeNet, state: str
    ) -> None:
        _, url = flow.propose(net.base_url)
        with pytest.raises(NotAllowed):
            flow.come_back(flow.agree(url), state=state)

    def test_the_state_of_somebody_else_is_refused(self, flow: Flow, net: FakeNet) -> None:
        _, url = flow.propose(net.base_url)
        with pytest.raises(NotAllowed):
            flow.come_back(flow.agree(url), by=flow.people.other_admin)

    def test_an_answer_of_another_server_is_refused(self, flow: Flow, net: FakeNet) -> None:
        _, url = flow.propose(net.base_url)
        with pytest.raises(NotAllowed):
            flow.come_back(flow.agree(url), issuer="https://evil.example")

    def test_a_code_is_taken_once(self, flow: Flow, net: FakeNet) -> None:
        _, url = flow.propose(net.base_url)
        brought = flow.agree(url)
        flow.come_back(brought)
        with pytest.raises(Conflict):
            flow.come_back(brought)
        assert connecting.work_waiting(flow.settings) == 1
        assert connecting.work_waiting(flow.settings) == 0
        with pytest.raises(Conflict):
            flow.come_back(brought)

    def test_somebody_who_comes_back_too_late_starts_again(self, flow: Flow, net: FakeNet) -> None:
        _, url = flow.propose(net.base_url)
        brought = flow.agree(url)
        with time_machine.travel(clock.now() + timedelta(minutes=16)):
            with pytest.raises(Conflict):
                flow.come_back(brought)
            flow.session.rollback()
            connecting.work_waiting(flow.settings)
        attempt = flow.session.scalars(select(Connection)).one()
        assert attempt.state is ConnectionState.WAITING
        with time_machine.travel(clock.now() + timedelta(minutes=20)):
            connecting.work_waiting(flow.settings)
        assert flow.session.scalars(select(Connection.state)).one() == ConnectionState.FAILED

    def test_a_new_try_ends_the_one_before(self, flow: Flow, net: FakeNet) -> None:
        channel, url = flow.propose(net.base_url)
        brought = flow.agree(url)
        second = flow.start(channel)
        with pytest.raises(Conflict):
            flow.come_back(brought)
        flow.session.rollback()
        assert flow.connect(second).state is ConnectionState.VERIFIED

    def test_two_publishers_do_not_use_one_code_twice(self, flow: Flow, net: FakeNet) -> None:
        _, url = flow.propose(net.base_url)
        attempt = flow.come_back(flow.agree(url))
        with flow.session.begin_nested():
            take_lease(flow.session, f"connection:{attempt.id}", "another", 60)
        flow.session.commit()
        assert connecting.work_waiting(flow.settings) == 0
        flow.session.refresh(attempt)
        assert attempt.state is ConnectionState.WAITING


class TestPinning:
    def test_another_account_is_refused_with_both_named(self, flow: Flow, net: FakeNet) -> None:
        channel, url = flow.propose(net.base_url)
        flow.connect(url)
        pinned, sealed = channel.account_id, channel.sealed_credentials
        attempt = flow.connect(flow.start(channel), "impostor")
        assert attempt.state is ConnectionState.FAILED
        assert str(pinned) in str(attempt.message)
        assert "officer@" in str(attempt.message)
        assert "impostor@" in str(attempt.message)
        assert (channel.account_id, channel.sealed_credentials) == (pinned, sealed)

    def test_the_same_account_ends_a_block(self, flow: Flow, net: FakeNet) -> None:
        channel, url = flow.propose(net.base_url)
        flow.connect(url)
        service.confirm(flow.session, channel.id, by=flow.people.sergeant)
        service.block(flow.session, channel.id, "Revoked.", by=Machine("publisher"))
        old = channel.sealed_credentials
        assert flow.connect(flow.start(channel)).state is ConnectionState.VERIFIED
        assert channel.state is ChannelState.CONNECTED
        assert channel.problem is None
        assert channel.sealed_credentials != old
        verbs = flow.session.scalars(
            select(AuditEvent.verb).where(AuditEvent.subject_kind == "channel")
        ).all()
        assert "reconnect" in verbs

    def test_one_account_is_not_two_channels(self, flow: Flow, net: FakeNet) -> None:
        channel, url = flow.propose(net.base_url)
        flow.connect(url)
        channel.name = "The first"
        flow.session.commit()
        second, url = flow.propose(net.base_url)
        attempt = flow.connect(url)
        assert "The first" in str(attempt.message)
        assert second.account_id is None

    def test_who_connected_the_account_does_not_confirm_it(self, flow: Flow, net: FakeNet) -> None:
        channel, url = flow.propose(net.base_url)
        flow.connect(url)
        channel.proposed_by_id = flow.people.other_admin.id
        assert queries.connected_by(flow.session, channel) == {
            flow.people.admin.id,
            flow.people.other_admin.id,
        }

    def test_a_channel_given_up_meanwhile_stays_given_up(self, flow: Flow, net: FakeNet) -> None:
        channel, url = flow.propose(net.base_url)
        flow.come_back(flow.agree(url))
        service.disconnect(flow.session, channel.id, "mistake", by=flow.people.admin)
        flow.session.commit()
        connecting.work_waiting(flow.settings)
        assert channel.state is ChannelState.DISCONNECTED
        assert channel.sealed_credentials is None


class TestVault:
    def test_a_credential_moved_to_another_channel_does_not_open(self, flow: Flow) -> None:
        one, two = (
            make_channel(
                flow.session, area=flow.people.harbour, settings=flow.settings, token=token
            )
            for token in ("first", "second")
        )
        two.sealed_credentials = one.sealed_credentials
        with pytest.raises(Unavailable):
            adapters.adapter_for(two, flow.settings)

    def test_the_web_process_can_seal_without_the_private_key(
        self, flow: Flow, net: FakeNet
    ) -> None:
        (flow.settings.instance / vault.PRIVATE_FILE).unlink()
        _, url = flow.propose(net.base_url)
        attempt = flow.connect(url)
        assert attempt.state is ConnectionState.FAILED
        assert "vault key" in str(attempt.message)


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
            connecting.verify_token(net.base_url, "wrong")
        account, limits = connecting.verify_token(net.base_url, "token-officer")
        assert account.handle.startswith("officer@")
        assert limits.characters == 500

    def test_a_token_of_another_account_does_not_replace_the_pinned_one(
        self, flow: Flow, net: FakeNet
    ) -> None:
        channel, url = flow.propose(net.base_url)
        flow.connect(url)
        found = connecting.verify_token(net.base_url, "token-impostor")
        with pytest.raises(Conflict, match="another account"):
            connecting.store_token(
                flow.session,
                channel,
                "token-impostor",
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
