"""Connecting an account: code flow, who comes back, pinning, the vault."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from sqlalchemy import select

from tests.channels.flow import Flow, brought_back
from tests.factories.channels import make_channel
from tests.faults.fakenet import FakeNet
from vcp.channels import adapters, connecting, queries, service
from vcp.channels.models import Connection
from vcp.channels.states import ChannelState, ConnectionState
from vcp.kernel import clock, vault
from vcp.kernel.audit import AuditEvent
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, NotAllowed, Unavailable
from vcp.kernel.heartbeat import take_lease

pytestmark = pytest.mark.network


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
