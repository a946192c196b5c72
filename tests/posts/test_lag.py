"""How late a server shows a new post is measured, and settling waits for longer than that."""

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import make_team
from tests.faults.fakenet import FakeNet
from tests.networks.conftest import net
from tests.posts.sending import Bench, network_of
from vcp.channels import conditions, lag
from vcp.channels.models import SettlePolicy
from vcp.channels.service import LONGEST_SETTLE_S
from vcp.kernel.audit import AuditEvent
from vcp.kernel.settings import Settings
from vcp.networks.base import NotSent, OutcomeUnknown
from vcp.networks.fake import FakeNetwork
from vcp.posts import lag_measuring
from vcp.posts.claiming import PUBLISHER

__all__ = ["net"]


@pytest.fixture
def bench(session: Session, settings: Settings, clock: time_machine.Traveller) -> Bench:
    return Bench(session, settings, make_team(session), FakeNetwork())


def watch(bench: Bench, clock: time_machine.Traveller, seconds: int) -> None:
    """Look every two seconds, as the publisher does."""
    for _ in range(0, seconds, 2):
        for one in lag_measuring.watched(bench.session, bench.settings):
            lag_s = lag_measuring.look(one, bench.network)
            if lag_s is not None:
                lag_measuring.record_look(bench.session, one, lag_s)
        bench.session.flush()
        clock.shift(2)


def longest_s(bench: Bench) -> float:
    return (conditions.known(bench.session, bench.team.mastodon.id).lag_ms or 0) / 1000


@pytest.mark.network
@pytest.mark.parametrize("lag_s, settle_after_s", [(0, 20), (9, 20), (21, 35)])
def test_the_lag_is_measured_on_a_real_delivery_and_raises_what_is_waited_for(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller, lag_s: int, settle_after_s: int
) -> None:
    bench.network = network_of("mastodon", net)
    net.configure({"lag_s": [lag_s, lag_s]})
    bench.queue("Notice")
    bench.send()
    watch(bench, clock, 40)
    assert lag_s <= longest_s(bench) <= lag_s + 2
    assert bench.team.mastodon.settle_after_s == settle_after_s
    assert bench.team.mastodon.settle_policy is SettlePolicy.READ


@pytest.mark.network
def test_a_server_that_is_later_than_settling_may_wait_is_a_persons(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    bench.network = network_of("mastodon", net)
    net.configure({"lag_s": [50, 50]})
    bench.queue("Notice")
    bench.send()
    watch(bench, clock, 60)
    assert longest_s(bench) >= 50
    assert bench.team.mastodon.settle_policy is SettlePolicy.PERSON
    assert bench.session.query(AuditEvent).filter_by(verb="raise_settling").count() == 1


def test_what_is_waited_for_is_never_lowered(bench: Bench) -> None:
    channel = bench.team.mastodon
    channel.settle_after_s = 40
    lag.note_lag(bench.session, channel.id, 0.1, by=PUBLISHER)
    assert (channel.settle_after_s, channel.settle_policy) == (40, SettlePolicy.READ)
    lag.note_lag(bench.session, channel.id, 1000, by=PUBLISHER)
    lag.note_lag(bench.session, channel.id, 0.1, by=PUBLISHER)
    assert (channel.settle_after_s, channel.settle_policy) == (
        LONGEST_SETTLE_S,
        SettlePolicy.PERSON,
    )


def test_three_posts_are_measured_then_one_a_day(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    samples = []
    for number in range(6):
        bench.queue(f"Notice {number}")
        bench.send()
        watch(bench, clock, 4)
        samples.append(conditions.known(bench.session, bench.team.mastodon.id).lag_samples)
    assert samples == [1, 2, 3, 3, 3, 3]
    clock.shift(25 * 3600)
    bench.queue("A day later")
    bench.send()
    watch(bench, clock, 4)
    assert conditions.known(bench.session, bench.team.mastodon.id).lag_samples == 4


def test_nothing_is_measured_where_reading_costs_or_was_how_it_was_found_or_fails(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    assert isinstance(bench.network, FakeNetwork)
    bench.queue("Found by reading")
    bench.network.fail_next(OutcomeUnknown("No answer."), after_accepting=True)
    bench.send()
    clock.shift(5)
    assert bench.read() == 1
    assert lag_measuring.watched(bench.session, bench.settings) == []
    bench.queue("Away")
    bench.send()
    (one,) = lag_measuring.watched(bench.session, bench.settings)
    bench.network.fail_next(NotSent("Away."), reading=True)
    assert lag_measuring.look(one, bench.network) is None
    bench.team.mastodon.network = "x"
    assert lag_measuring.watched(bench.session, bench.settings) == []


def test_a_post_that_somebody_deleted_says_nothing(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    delivery = bench.queue("Notice")
    bench.send()
    bench.network.withdraw(str(delivery.remote_id))
    watch(bench, clock, 100)
    assert conditions.known(bench.session, bench.team.mastodon.id).lag_samples == 0
