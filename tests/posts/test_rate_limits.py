"""P17: a network that says "not now" is asked again when it said, whatever form it said it in."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import make_team
from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_atproto import POSTS, did_of
from tests.networks.conftest import net
from tests.posts.sending import POSTED_TO, Bench, network_of, posted, refuse
from vcp.channels import resting
from vcp.kernel import clock as our_clock
from vcp.kernel.settings import Settings
from vcp.networks.base import NetworkError, NotSent, OutcomeUnknown, RateLimited
from vcp.networks.fake import FakeNetwork
from vcp.posts import set_back
from vcp.posts.models import Delivery
from vcp.posts.states import DeliveryState

__all__ = ["net"]

pytestmark = pytest.mark.network
NETWORKS = ("mastodon", "bluesky", "x")
LATER_S = 120
YEARS = timedelta(days=3652)
#: Each form of answer, and the seconds that are waited after it.
FORMS: dict[str, tuple[Callable[[datetime], dict[str, str]], int]] = {
    "delta": (lambda _: {"Retry-After": str(LATER_S)}, LATER_S),
    "HTTP date": (lambda at: {"Retry-After": format_datetime(at, usegmt=True)}, LATER_S),
    "ISO": (lambda at: {"X-RateLimit-Reset": at.isoformat()}, LATER_S),
    "epoch": (lambda at: {"x-rate-limit-reset": str(int(at.timestamp()))}, LATER_S),
    "epoch as atproto": (lambda at: {"RateLimit-Reset": str(int(at.timestamp()))}, LATER_S),
    "a day's budget": (
        lambda at: {
            "x-rate-limit-remaining": "9",
            "x-rate-limit-reset": "1",
            "x-app-limit-24hour-remaining": "0",
            "x-app-limit-24hour-reset": str(int(at.timestamp())),
        },
        LATER_S,
    ),
    "none": (lambda _: {}, 60),
    "past": (lambda at: {"X-RateLimit-Reset": (at - YEARS).isoformat()}, 5),
    "+10 years": (lambda at: {"X-RateLimit-Reset": (at + YEARS).isoformat()}, 900),
}


@pytest.fixture(params=NETWORKS)
def bench(
    request: pytest.FixtureRequest,
    session: Session,
    settings: Settings,
    net: FakeNet,
    clock: time_machine.Traveller,
) -> Bench:
    team = make_team(session)
    team.mastodon.network = request.param
    return Bench(session, settings, team, network_of(request.param, net))


def sends_again_after(
    seconds: int, bench: Bench, clock: time_machine.Traveller, net: FakeNet
) -> bool:
    """Whether nothing is asked until a second before, and something a second after."""
    before = posted(net)
    for step in (0, 1, seconds - 2):
        clock.shift(step)
        assert bench.send() is None
    assert posted(net) == before
    clock.shift(2)
    return bench.send() is not None and posted(net) == before + 1


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_asked_before_the_reset_and_nothing_is_lost(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller, form: str
) -> None:
    headers, expected_s = FORMS[form]
    at = our_clock.now() + timedelta(seconds=LATER_S)
    deliveries = [bench.queue(f"Notice {number}") for number in range(2)]
    refuse(net, bench.team.mastodon.network, status=429, headers=headers(at))
    outcome = bench.send()
    assert outcome
    assert isinstance(outcome.error, RateLimited)
    assert sends_again_after(expected_s, bench, clock, net)
    bench.send()
    assert {delivery.state for delivery in deliveries} == {DeliveryState.PUBLISHED}
    assert bench.send() is None


ACCEPTED = {
    "mastodon": {"id": "77", "url": None},
    "x": {"data": {"id": "77", "text": "Notice"}},
}


def test_a_budget_that_is_used_up_is_waited_for_before_anything_is_refused(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    """The answer that takes the post says that nothing is left."""
    network = bench.team.mastodon.network
    first = bench.queue("Notice 1")
    clock.shift(1)
    bench.queue("Notice 2")
    prefix = {"mastodon": "X-RateLimit", "bluesky": "RateLimit", "x": "x-rate-limit"}[network]
    reset_at = our_clock.now() + timedelta(seconds=LATER_S)
    told = {f"{prefix}-Remaining": "0", f"{prefix}-Reset": str(int(reset_at.timestamp()))}
    body = ACCEPTED.get(network) or {"uri": f"at://{did_of('officer')}/{POSTS}/{first.record_key}"}
    refuse(net, network, status=200, headers=told, body=json.dumps(body))
    assert bench.send()
    assert first.state is DeliveryState.PUBLISHED
    assert sends_again_after(LATER_S, bench, clock, net)


@pytest.mark.parametrize(
    "errors",
    [[RateLimited("slow", retry_after_s=60)], [NotSent("no route")] * resting.FAILURES],
    ids=["the network asked to wait", "the channel rests"],
)
def test_a_clock_that_was_set_back_silences_no_channel(
    session: Session,
    settings: Settings,
    clock: time_machine.Traveller,
    errors: list[NetworkError],
) -> None:
    """It would be silent for as long as the clock went back."""
    fake = FakeNetwork()
    bench = Bench(session, settings, make_team(session), fake)
    for number, error in enumerate(errors):
        bench.queue(f"Notice {number}")
        fake.fail_next(error)
        bench.send()
    assert set_back.follow(session) == 0
    assert bench.send() is None
    clock.shift(-timedelta(hours=1))
    set_back.follow(session)
    for delivery in session.query(Delivery):
        delivery.due_at = our_clock.now()
    assert bench.send()


def test_the_network_is_not_read_before_the_reset_either(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    """What is unknown is settled by reading, and the server counts that too."""
    network = bench.team.mastodon.network
    lost = bench.queue("Notice 1")
    clock.shift(1)
    bench.queue("Notice 2")
    net.configure({"plan": [{"fault": "accept_drop", "path": POSTED_TO[network]}]})
    outcome = bench.send()
    assert outcome
    assert isinstance(outcome.error, OutcomeUnknown)
    refuse(net, network, status=429, headers={"Retry-After": "700"})
    bench.send()
    asked = len(net.ledger.requests)
    for _ in range(69):
        clock.shift(10)
        assert bench.read() == 0
    assert len(net.ledger.requests) == asked
    clock.shift(11)
    assert bench.read() == 1
    assert lost.state is DeliveryState.PUBLISHED
