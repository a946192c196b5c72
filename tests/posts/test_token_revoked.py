"""P18 and P20: a sign-in that is refused stops its channel after one try, and loses nothing."""

import json
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.areas import BY
from tests.factories.posts import make_team
from tests.faults.fakenet import FakeNet
from tests.networks.conftest import net
from tests.posts.sending import Bench, network_of, posted, refuse
from vcp.channels.states import CHANNEL, ChannelState
from vcp.kernel import clock as our_clock
from vcp.kernel.mail import Mail
from vcp.kernel.settings import Settings
from vcp.networks.base import Network, Unauthorised
from vcp.posts import settling
from vcp.posts.states import DeliveryState
from vcp.processes import publisher as publisher_process
from vcp.processes.publisher import Publisher

__all__ = ["net"]

pytestmark = pytest.mark.network
D = DeliveryState
REFUSALS = {
    "mastodon": {"error": "The access token was revoked"},
    "bluesky": {"error": "AccountTakedown", "message": "Account has been taken down"},
    "x": {"title": "Unauthorized", "status": 401, "type": "about:blank", "detail": "Unauthorized"},
}


@pytest.fixture
def bench(
    session: Session, settings: Settings, net: FakeNet, clock: time_machine.Traveller
) -> Bench:
    return Bench(session, settings, make_team(session), network_of("mastodon", net))


def on(network: str, bench: Bench, net: FakeNet) -> Bench:
    bench.team.mastodon.network = network
    bench.network = network_of(network, net)
    return bench


def alerts(bench: Bench) -> list[str]:
    told = bench.session.query(Mail).filter(Mail.subject.startswith("Channel blocked"))
    return sorted(mail.to_address for mail in told)


@pytest.mark.parametrize("network", REFUSALS)
def test_a_refused_token_stops_the_channel_after_one_try_and_is_told_once(
    network: str, bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    on(network, bench, net)
    deliveries = []
    for number in range(4):
        deliveries.append(bench.queue(f"Notice {number}"))
        clock.shift(1)
    late = deliveries[3]
    late.not_after = our_clock.now() + timedelta(minutes=5)
    assert bench.send()
    refuse(net, network, status=401, body=json.dumps(REFUSALS[network]), count=99)
    outcome = bench.send()
    assert outcome
    assert isinstance(outcome.error, Unauthorised)
    tried = posted(net)
    for _ in range(20):
        clock.shift(30)
        settling.expire(bench.session)
        assert bench.send() is None
    assert posted(net) == tried == 2
    assert [one.state for one in deliveries] == [D.PUBLISHED, D.BLOCKED_AUTH, D.QUEUED, D.EXPIRED]
    assert bench.team.mastodon.state is ChannelState.BLOCKED
    told = alerts(bench)
    assert bench.team.administrator.email in told
    assert len(told) == len(set(told)), "one mail for each person"
    net.configure({"plan": []})
    CHANNEL.apply(bench.session, bench.team.mastodon, "reconnect", by=BY)
    bench.session.flush()
    assert bench.send()
    assert bench.send()
    assert bench.send() is None
    assert posted(net) == tried + 2
    assert late.state is D.EXPIRED


def test_a_token_that_is_refused_while_reading_blocks_the_channel_too(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    lost = bench.queue("Notice")
    net.configure({"plan": [{"fault": "accept_drop"}]})
    bench.send()
    net.configure({"revoke": ["token-officer"]})
    clock.shift(1)
    assert bench.read() == 1
    assert bench.team.mastodon.state is ChannelState.BLOCKED
    told = alerts(bench)
    for _ in range(12):
        clock.shift(60)
        bench.read()
    assert alerts(bench) == told
    assert lost.state is D.NEEDS_PERSON


def asked_about_sign_in(net: FakeNet) -> list[str]:
    return [
        one["path"].rpartition(".")[2]
        for one in net.ledger.requests
        if one["path"].endswith(("refreshSession", "createSession"))
    ]


@pytest.mark.parametrize("is_password_good", [True, False])
def test_a_lost_refresh_answer_costs_two_tries_and_never_a_loop(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller, *, is_password_good: bool
) -> None:
    """The refresh token is used up with the lost answer; only the app password is left."""
    on("bluesky", bench, net)
    bench.queue("Notice 1")
    assert bench.send()
    delivery = bench.queue("Notice 2")
    net.atproto.expire("officer")
    net.configure({"plan": [{"fault": "accept_drop", "path": "refreshSession$"}]})
    if not is_password_good:
        net.configure({"revoke": ["app-officer"]})
    before = len(asked_about_sign_in(net))
    bench.send()
    for _ in range(20):
        clock.shift(30)
        bench.send()
    assert asked_about_sign_in(net)[before:] == ["refreshSession", "createSession"]
    assert net.atproto.families_lost == []
    if is_password_good:
        assert delivery.state is D.PUBLISHED
        assert alerts(bench) == []
    else:
        assert delivery.state is D.BLOCKED_AUTH
        assert bench.team.mastodon.state is ChannelState.BLOCKED
        assert len(alerts(bench)) == len(set(alerts(bench))) >= 1


def test_keys_that_cannot_be_keys_stop_the_channel_as_a_refusal_does(
    app: Flask, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be tried again until its last moment, and nobody told."""

    def no_keys(*_: object) -> Network:
        raise Unauthorised("This channel has no access token. Connect it again.")

    delivery = bench.queue("Notice")
    bench.session.commit()
    monkeypatch.setattr(publisher_process, "adapter_for", no_keys)
    made = Publisher(app, bench.settings, writer=None)  # type: ignore[arg-type]  # writes no page
    made.send_all(bench.team.mastodon.id)
    bench.session.expire_all()
    assert (delivery.state, bench.team.mastodon.state) == (D.BLOCKED_AUTH, ChannelState.BLOCKED)
    assert alerts(bench)
