"""What a server does with our keys changes nothing: it is read before anything is sent again."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post, make_team
from tests.faults.fakenet import FakeNet
from tests.networks.conftest import net
from tests.networks.rigs import TIMEOUTS
from vcp.kernel import clock as product_clock
from vcp.kernel.settings import Settings
from vcp.networks.mastodon import MastodonNetwork
from vcp.posts import claiming, publishing, settling
from vcp.posts.models import Delivery
from vcp.posts.publishing import Outcome
from vcp.posts.states import DeliveryState, PostState

__all__ = ["net"]

pytestmark = pytest.mark.network
D = DeliveryState
STATUSES = "^/api/v1/statuses$"
HOUR = timedelta(hours=1, seconds=1)
#: A server that names another software and version than it is.
LIES = {
    "fault": "status",
    "method": "GET",
    "path": "^/api/v[12]/instance$",
    "status": 200,
    "body": '{"version": "99.0.0 (compatible; Something 1.2)", "domain": "elsewhere.example"}',
    "count": 100,
}


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


@pytest.fixture
def mastodon(net: FakeNet) -> MastodonNetwork:
    return MastodonNetwork(net.base_url, "token-officer", "id-officer", TIMEOUTS)


@pytest.fixture
def delivery(session: Session, team: Team) -> Delivery:
    post = make_post(session, team, state=PostState.SCHEDULED, text="The road is open again.")
    session.flush()
    return session.query(Delivery).filter_by(post_id=post.id, channel=team.mastodon).one()


class Publisher:
    """Sends and reads the one delivery, as the process does."""

    def __init__(self, session: Session, settings: Settings, network: MastodonNetwork) -> None:
        self.session, self.settings, self.network = session, settings, network

    def send(self, delivery: Delivery) -> Outcome | None:
        claimed = claiming.claim_next(self.session, delivery.channel_id, "test:1", self.settings)
        if claimed is None:
            return None
        outcome = publishing.send(claimed, self.network)
        publishing.record(self.session, claimed, outcome)
        self.session.flush()
        return outcome

    def settle(self, delivery: Delivery, clock: time_machine.Traveller) -> None:
        """Read as often as it is to be read, until it is settled."""
        for _ in range(5):
            for reading in settling.take_reading(self.session, self.settings):
                found = settling.read(reading, self.network)
                settling.record_reading(self.session, reading, found)
            self.session.flush()
            if delivery.state is not D.OUTCOME_UNKNOWN:
                return
            assert delivery.next_at is not None
            clock.move_to(max(delivery.next_at, product_clock.now()) + timedelta(seconds=1))


@pytest.fixture
def publisher(session: Session, settings: Settings, mastodon: MastodonNetwork) -> Publisher:
    return Publisher(session, settings, mastodon)


def lose_answer(net: FakeNet, **more: Any) -> None:
    net.configure({"plan": [{"fault": "accept_drop", "path": STATUSES, **more}]})


def copies(net: FakeNet) -> list[str]:
    return [post.id for post in net.ledger.posts if post.deleted_at is None]


def test_a_key_that_expired_while_nobody_sent_costs_no_second_copy(
    net: FakeNet,
    delivery: Delivery,
    publisher: Publisher,
    clock: time_machine.Traveller,
) -> None:
    """P22: an hour later the server knows the key no more; it is read first and found."""
    lose_answer(net)
    publisher.send(delivery)
    clock.shift(HOUR)
    net.configure({"keys": "ignored"})
    publisher.settle(delivery, clock)
    assert (delivery.state, [delivery.remote_id]) == (D.PUBLISHED, copies(net))
    assert publisher.send(delivery) is None


def test_what_never_arrived_goes_once_when_the_key_has_expired(
    net: FakeNet,
    delivery: Delivery,
    publisher: Publisher,
    clock: time_machine.Traveller,
) -> None:
    """P22: read first here too, and only what isn't there is sent."""
    net.configure({"plan": [{"fault": "status", "path": STATUSES, "status": 500, "body": "{}"}]})
    publisher.send(delivery)
    clock.shift(HOUR)
    net.configure({"keys": "ignored", "plan": []})
    publisher.settle(delivery, clock)
    assert delivery.state is D.QUEUED
    publisher.send(delivery)
    assert (delivery.state, [delivery.remote_id]) == (D.PUBLISHED, copies(net))


def test_a_replay_that_is_answered_with_500_is_settled_by_reading(
    net: FakeNet,
    delivery: Delivery,
    publisher: Publisher,
    clock: time_machine.Traveller,
) -> None:
    """P23: shown too late, so that it is sent again; the server has it and answers 500."""
    net.configure({"keys": "replay_500", "lag_s": [60, 60]})
    lose_answer(net)
    publisher.send(delivery)
    publisher.settle(delivery, clock)
    assert delivery.state is D.QUEUED, "absent twice by a lag beyond the channel's settle_after_s"
    publisher.send(delivery)
    assert delivery.state is D.OUTCOME_UNKNOWN
    clock.shift(60)
    publisher.settle(delivery, clock)
    assert (delivery.state, [delivery.remote_id]) == (D.PUBLISHED, copies(net))


@pytest.mark.parametrize("keys", ["honoured", "ignored", "replay_500"])
@pytest.mark.parametrize("fault", ["accept_drop", "garbled", "cut"])
def test_whatever_a_server_says_it_is_one_copy_with_the_right_id(
    net: FakeNet,
    delivery: Delivery,
    publisher: Publisher,
    clock: time_machine.Traveller,
    keys: str,
    fault: str,
) -> None:
    """P23: it ignores keys, or lies about its software; it is read, never asked twice."""
    net.configure({"keys": keys, "plan": [{"fault": fault, "path": STATUSES}, LIES]})
    publisher.send(delivery)
    assert delivery.state is D.OUTCOME_UNKNOWN
    publisher.settle(delivery, clock)
    assert (delivery.state, [delivery.remote_id]) == (D.PUBLISHED, copies(net))
    assert delivery.attempt == 1
