"""The circuit breaker of each channel, seen from what leaves: rests, one trial, nothing lost."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.factories.posts import make_team
from tests.posts.sending import Bench
from vcp.channels import conditions, resting
from vcp.kernel import clock as our_clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.settings import Settings
from vcp.networks.base import NetworkError, NotSent, OutcomeUnknown, Reason, Rejected
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, publishing, settling
from vcp.posts.states import DeliveryState

D = DeliveryState


@pytest.fixture
def fake() -> FakeNetwork:
    return FakeNetwork()


@pytest.fixture
def bench(
    session: Session, settings: Settings, fake: FakeNetwork, clock: time_machine.Traveller
) -> Bench:
    return Bench(session, settings, make_team(session), fake)


def fail(fake: FakeNetwork, times: int, error: NetworkError | None = None) -> None:
    for _ in range(times):
        fake.fail_next(error or NotSent("No connection."))


def send_all(bench: Bench) -> int:
    """Send until nothing may leave; how often."""
    tries = 0
    while bench.send() is not None:
        tries += 1
    return tries


@pytest.mark.parametrize("error", [NotSent("No connection."), OutcomeUnknown("No answer.")])
def test_failures_in_a_row_have_the_channel_rest_then_one_send_tries_it(
    bench: Bench, fake: FakeNetwork, clock: time_machine.Traveller, error: NetworkError
) -> None:
    deliveries = [bench.queue(f"Notice {number}") for number in range(10)]
    fail(fake, 7, error)
    assert send_all(bench) == resting.FAILURES
    tried = []
    for _ in range(70):
        clock.shift(1)
        tried.append(send_all(bench))
    # One trial each time, after 10 s and then after 20 s more; the third, 40 s later, gets through.
    assert [second for second, count in enumerate(tried, 1) if count] == [10, 30, 70]
    assert tried[9] == tried[29] == 1
    assert tried[69] > 1
    for _ in range(40):
        clock.shift(30)
        bench.read()
        send_all(bench)
    assert {delivery.state for delivery in deliveries} == {D.PUBLISHED}


def test_a_rest_grows_to_five_minutes_and_no_longer() -> None:
    rests = [resting.rest_s(failures) for failures in range(resting.FAILURES, 40)]
    assert rests[:6] == [10, 20, 40, 80, 160, 300]
    assert set(rests[6:]) == {resting.LONGEST_REST_S}


def test_other_channels_go_on(bench: Bench, fake: FakeNetwork, session: Session) -> None:
    other = make_channel(session, area=bench.team.area)
    for number in range(6):
        bench.queue(f"Notice {number}")
    fail(fake, 6)
    send_all(bench)
    assert conditions.known(session, bench.team.mastodon.id).rests_until is not None
    due = claiming.channels_due(session)
    assert bench.team.mastodon.id not in due
    assert bench.team.own_feed.id in due
    assert conditions.known(session, other.id).rests_until is None


def test_our_own_site_never_rests(
    bench: Bench, fake: FakeNetwork, session: Session, settings: Settings
) -> None:
    """A disk that was full is no network that has to be spared: it is tried as soon as it may."""
    own = bench.team.own_feed.id
    for number in range(resting.FAILURES + 3):
        bench.queue(f"Notice {number}")
    fail(fake, 100)
    for _ in range(resting.FAILURES + 3):
        found = claiming.claim_next(session, own, "test:1", settings)
        assert found
        publishing.record(session, found, publishing.send(found, fake))
        session.flush()
    assert conditions.known(session, own).failures == 0


def test_a_rest_and_its_end_are_in_the_trail_once_each(
    bench: Bench, fake: FakeNetwork, session: Session, clock: time_machine.Traveller
) -> None:
    for number in range(8):
        bench.queue(f"Notice {number}")
    fail(fake, 7)
    send_all(bench)
    for _ in range(4):
        clock.shift(60)
        send_all(bench)
    rows = session.query(AuditEvent).filter_by(
        subject_kind="channel", subject_id=str(bench.team.mastodon.id)
    )
    verbs = [row.verb for row in rows.order_by(AuditEvent.at)]
    assert [verb for verb in verbs if verb in ("rest", "resume")] == ["rest", "resume"]


def test_a_refusal_shows_that_the_network_answers(bench: Bench, fake: FakeNetwork) -> None:
    for number in range(12):
        bench.queue(f"Notice {number}")
    for _ in range(2):
        fail(fake, resting.FAILURES - 1)
        fail(fake, 1, Rejected("No.", reason=Reason.INVALID))
    assert send_all(bench) == 12


def test_one_post_that_the_network_chokes_on_does_not_keep_the_others(
    bench: Bench, fake: FakeNetwork, clock: time_machine.Traveller
) -> None:
    """It is the oldest; if it were every trial, nothing else would ever go out."""
    poison = bench.queue("Poison")
    clock.shift(1)
    for _ in range(resting.FAILURES):
        fail(fake, 1)
        bench.send()
        clock.shift(200)
    assert poison.attempt == resting.FAILURES
    later = bench.queue("Later")
    clock.shift(200)
    assert bench.send()
    assert (later.state, poison.attempt) == (D.PUBLISHED, resting.FAILURES)


def test_a_last_moment_passes_at_rest_too(
    bench: Bench, fake: FakeNetwork, session: Session, clock: time_machine.Traveller
) -> None:
    deliveries = [bench.queue(f"Notice {number}") for number in range(6)]
    fail(fake, 1000)
    for delivery in deliveries:
        delivery.not_after = our_clock.now() + timedelta(minutes=10)
    for _ in range(13):
        send_all(bench)
        clock.shift(60)
        settling.expire(session)
    assert {delivery.state for delivery in deliveries} == {D.EXPIRED}
    assert fake.posts == []
