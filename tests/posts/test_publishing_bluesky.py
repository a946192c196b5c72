"""On Bluesky nothing is ever sent twice, and nothing of somebody else's is overwritten."""

from dataclasses import replace

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post, make_team
from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_atproto import did_of
from tests.networks.bluesky_rigs import PUT
from tests.networks.conftest import net
from vcp.channels.states import ChannelState
from vcp.kernel.settings import Settings
from vcp.networks.base import Network, OutcomeUnknown, Unauthorised
from vcp.networks.bluesky import BlueskyNetwork
from vcp.posts import claiming, freezing, publishing, settling
from vcp.posts.models import Delivery
from vcp.posts.publishing import Outcome
from vcp.posts.states import DeliveryState, PostState

__all__ = ["net"]

pytestmark = pytest.mark.network
D = DeliveryState


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    made = make_team(session)
    made.mastodon.network = "bluesky"
    return made


@pytest.fixture
def bluesky(net: FakeNet) -> BlueskyNetwork:
    credentials = {"identifier": "officer", "app_password": "app-officer"}
    return BlueskyNetwork(net.base_url, credentials, did_of("officer"))


def queue(session: Session, team: Team) -> Delivery:
    post = make_post(session, team, state=PostState.SCHEDULED, text="The surgery is at ten.")
    session.flush()
    return session.query(Delivery).filter_by(post_id=post.id, channel=team.mastodon).one()


def send(session: Session, team: Team, settings: Settings, network: Network) -> Outcome:
    claimed = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
    assert claimed is not None
    outcome = publishing.send(claimed, network)
    publishing.record(session, claimed, outcome)
    session.flush()
    return outcome


def settle(
    session: Session,
    settings: Settings,
    network: Network,
    clock: time_machine.Traveller,
    delivery: Delivery,
) -> None:
    """Read the network until the outcome is known."""
    for _ in range(60):
        if delivery.state is not D.OUTCOME_UNKNOWN:
            return
        for reading in settling.take_reading(session, settings):
            settling.record_reading(session, reading, settling.read(reading, network))
        session.flush()
        clock.shift(5)


@pytest.mark.parametrize("fault", ["accept_drop", "garbled", "cut"])
def test_a_lost_answer_is_settled_by_reading(
    session: Session,
    team: Team,
    settings: Settings,
    net: FakeNet,
    bluesky: BlueskyNetwork,
    clock: time_machine.Traveller,
    fault: str,
) -> None:
    """P24: the record that is there already is found; nothing is put again."""
    delivery = queue(session, team)
    net.configure({"plan": [{"fault": fault, "path": f"/{PUT}$"}]})
    assert isinstance(send(session, team, settings, bluesky).error, OutcomeUnknown)
    settle(session, settings, bluesky, clock, delivery)
    assert delivery.state is D.PUBLISHED
    assert [commit["uri"] for commit in net.atproto.commits] == [delivery.remote_id]


def test_what_never_arrived_is_sent_again_once(
    session: Session,
    team: Team,
    settings: Settings,
    net: FakeNet,
    bluesky: BlueskyNetwork,
    clock: time_machine.Traveller,
) -> None:
    """P24: what never arrived is put again under the same key."""
    delivery = queue(session, team)
    net.configure({"plan": [{"fault": "refuse", "path": f"/{PUT}$"}]})
    send(session, team, settings, bluesky)
    settle(session, settings, bluesky, clock, delivery)
    assert delivery.state is D.QUEUED
    assert send(session, team, settings, bluesky).receipt
    assert len(net.atproto.commits) == 1


def test_other_content_under_the_key_fails_with_an_alarm(
    session: Session, team: Team, settings: Settings, net: FakeNet, bluesky: BlueskyNetwork
) -> None:
    """P24: other content under the key is never overwritten, and a person is told."""
    delivery = queue(session, team)
    ours = freezing.outgoing(delivery, settings)
    bluesky.publish(replace(ours, text="Not from us"), "theirs")
    send(session, team, settings, bluesky)
    assert delivery.state is D.FAILED
    assert (delivery.problem or "").startswith("ALARM")
    assert len(net.atproto.commits) == 1


def test_a_sign_in_that_is_refused_blocks_the_channel(
    session: Session, team: Team, settings: Settings, net: FakeNet, bluesky: BlueskyNetwork
) -> None:
    delivery = queue(session, team)
    net.configure({"revoke": ["app-officer"]})
    assert isinstance(send(session, team, settings, bluesky).error, Unauthorised)
    assert delivery.state is D.BLOCKED_AUTH
    assert team.mastodon.state is ChannelState.BLOCKED
