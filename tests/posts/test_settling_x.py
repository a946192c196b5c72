"""On X nothing is sent again by itself: it is read at set times, and then a person decides."""

import json
from collections import Counter

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post, make_team
from tests.faults.fakenet import FakeNet
from tests.networks.conftest import net
from tests.networks.x_rigs import x_network
from vcp.channels.models import Condition
from vcp.kernel.settings import Settings
from vcp.networks.base import OutcomeUnknown, Reason, Rejected
from vcp.networks.x import XNetwork
from vcp.posts import claiming, publishing, settling, settling_by_person
from vcp.posts.models import Attempt, Delivery
from vcp.posts.publishing import Outcome
from vcp.posts.states import DeliveryState, PostState

__all__ = ["net"]

pytestmark = pytest.mark.network
D = DeliveryState
WORDS = "The surgery is at ten, see https://force.example.org/surgeries/2026/november"


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    made = make_team(session)
    made.mastodon.network = "x"
    return made


@pytest.fixture
def x(net: FakeNet) -> XNetwork:
    return x_network(net.base_url, "officer")


def queue(session: Session, team: Team, text: str = WORDS) -> Delivery:
    post = make_post(session, team, state=PostState.SCHEDULED, text=text)
    session.flush()
    return session.query(Delivery).filter_by(post_id=post.id, channel=team.mastodon).one()


def send(session: Session, team: Team, settings: Settings, x: XNetwork) -> Outcome:
    claimed = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
    assert claimed is not None
    outcome = publishing.send(claimed, x)
    publishing.record(session, claimed, outcome)
    session.flush()
    return outcome


def read(session: Session, settings: Settings, x: XNetwork) -> int:
    """Read the network once for everything that is due; for how many."""
    readings = settling.take_reading(session, settings)
    for reading in readings:
        settling.record_reading(session, reading, settling.read(reading, x))
    session.flush()
    return len(readings)


def lose_answer(net: FakeNet, fault: str = "accept_drop") -> None:
    net.configure({"plan": [{"fault": fault, "path": "^/2/tweets$"}]})


def shown(net: FakeNet) -> list[str]:
    return [post.id for post in net.x.ledger.posts if post.deleted_at is None]


@pytest.mark.parametrize("fault", ["accept_drop", "garbled", "cut"])
def test_a_lost_answer_leaves_one_copy_that_is_found_after_a_minute(
    session: Session,
    team: Team,
    settings: Settings,
    net: FakeNet,
    x: XNetwork,
    clock: time_machine.Traveller,
    fault: str,
) -> None:
    delivery = queue(session, team)
    lose_answer(net, fault)
    assert isinstance(send(session, team, settings, x).error, OutcomeUnknown)
    assert delivery.state is D.OUTCOME_UNKNOWN
    clock.shift(58)
    assert read(session, settings, x) == 0
    clock.shift(3)
    assert read(session, settings, x) == 1
    assert delivery.state is D.PUBLISHED
    assert [delivery.remote_id] == shown(net)


def test_what_never_arrived_is_looked_for_three_times_and_then_given_to_a_person(
    session: Session,
    team: Team,
    settings: Settings,
    net: FakeNet,
    x: XNetwork,
    clock: time_machine.Traveller,
) -> None:
    delivery = queue(session, team)
    lose_answer(net, "drop_before")
    send(session, team, settings, x)
    read_at = []
    for second in range(0, 500, 5):
        read_at += [second] * read(session, settings, x)
        clock.shift(5)
    assert read_at == [60, 180, 420]
    assert delivery.state is D.NEEDS_PERSON
    assert "3 times" in (delivery.problem or "")
    assert claiming.claim_next(session, team.mastodon.id, "test:1", settings) is None
    assert shown(net) == []


def test_a_process_that_died_while_sending_is_read_for_at_the_same_times(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    delivery = queue(session, team)
    assert claiming.claim_next(session, team.mastodon.id, "test:1", settings) is not None
    clock.shift(claiming.LEASE_S + 1)
    assert settling.lose_expired(session) == 1
    session.refresh(delivery)
    assert settling.take_reading(session, settings) == []
    clock.shift(61)
    assert len(settling.take_reading(session, settings)) == 1


def test_a_duplicate_behind_an_unknown_outcome_leads_to_the_copy_that_is_there(
    session: Session,
    team: Team,
    settings: Settings,
    net: FakeNet,
    x: XNetwork,
    clock: time_machine.Traveller,
) -> None:
    """P21: shown too late for all three readings, a person sends it again, and X refuses."""
    delivery = queue(session, team)
    net.configure({"lag_s": [1000, 1000]})
    lose_answer(net)
    send(session, team, settings, x)
    for after in (61, 121, 241):
        clock.shift(after)
        assert read(session, settings, x) == 1
    assert delivery.state is D.NEEDS_PERSON
    settling_by_person.send_again(session, delivery.id, by=team.supervisor)
    session.flush()
    error = send(session, team, settings, x).error
    assert isinstance(error, Rejected)
    assert error.reason is Reason.ALREADY_POSTED
    assert delivery.state is D.OUTCOME_UNKNOWN
    clock.shift(1000)
    assert read(session, settings, x) == 1
    assert delivery.state is D.PUBLISHED
    assert [delivery.remote_id] == shown(net)
    sent = {post.text for post in net.x.ledger.posts}
    assert sent == {json.loads(delivery.payload)["text"]}


def test_a_duplicate_without_an_earlier_send_is_for_a_person_and_the_words_stay(
    session: Session, team: Team, settings: Settings, net: FakeNet, x: XNetwork
) -> None:
    """P21: the same words every week; X says no, and nothing is varied to get past it."""
    queue(session, team)
    send(session, team, settings, x)
    second = queue(session, team)
    error = send(session, team, settings, x).error
    assert isinstance(error, Rejected)
    assert second.state is D.NEEDS_PERSON
    assert "in other words" in (second.problem or "")
    assert len(shown(net)) == 1
    tries = session.query(Attempt).filter_by(delivery_id=second.id).count()
    assert tries == 1


def test_a_network_that_shows_late_is_never_sent_a_second_copy_by_us(
    session: Session,
    team: Team,
    settings: Settings,
    net: FakeNet,
    x: XNetwork,
    clock: time_machine.Traveller,
) -> None:
    """P03 for X: answers lost, posts shown after the last reading or never accepted, no fence."""
    net.configure({"lag_s": [1, 900], "refuses_duplicates": False})
    faults = ["accept_drop", "drop_before", "cut", "garbled", "accept_drop", "drop_before"] * 4
    deliveries = [queue(session, team, f"Notice {number}") for number in range(len(faults))]
    for fault in faults:
        lose_answer(net, fault)
        send(session, team, settings, x)
        session.query(Condition).delete()  # that the channel rests after failures is another rule
    for _ in range(100):
        clock.shift(10)
        read(session, settings, x)
        assert claiming.channels_due(session) in ([], [team.own_feed.id])
    states = Counter(delivery.state for delivery in deliveries)
    assert set(states) <= {D.PUBLISHED, D.NEEDS_PERSON}
    assert states[D.NEEDS_PERSON] >= faults.count("drop_before")
    copies = Counter(post.text for post in net.x.ledger.posts)
    assert max(copies.values()) == 1
    assert len(copies) == len(faults) - faults.count("drop_before")
    ids = [delivery.remote_id for delivery in deliveries if delivery.state is D.PUBLISHED]
    assert len(ids) == len(set(ids))


def test_a_network_that_cannot_be_read_is_not_asked_every_few_seconds(
    session: Session,
    team: Team,
    settings: Settings,
    net: FakeNet,
    x: XNetwork,
    clock: time_machine.Traveller,
) -> None:
    delivery = queue(session, team)
    lose_answer(net)
    send(session, team, settings, x)
    reading = {"fault": "status", "status": 503, "method": "GET", "path": "/tweets$", "count": 99}
    net.configure({"plan": [reading]})
    for _ in range(140):
        clock.shift(5)
        read(session, settings, x)
    asked = [
        one
        for one in net.ledger.requests
        if one["path"].endswith("/tweets") and one["method"] == "GET"
    ]
    assert 5 <= len(asked) <= 12
    assert delivery.state is D.NEEDS_PERSON
