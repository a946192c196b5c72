"""P03: where a network shows posts late, what each policy of settling may do, and what it says."""

from collections import Counter

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import make_team
from tests.faults.fakenet import FakeNet
from tests.networks.conftest import net
from tests.posts.sending import POSTED_TO, Bench, network_of
from vcp.channels import service
from vcp.channels.models import Condition, SettlePolicy
from vcp.channels.service import About
from vcp.kernel.audit import AuditEvent
from vcp.kernel.settings import Settings
from vcp.networks.fake import FakeNetwork
from vcp.posts.delivery_queries import export
from vcp.posts.models import Delivery
from vcp.posts.states import DeliveryState

__all__ = ["net"]

pytestmark = pytest.mark.network
D = DeliveryState
#: What becomes of each send: accepted and shown too late, or never arrived.
FATES = ("accept_drop", "drop_before", "accept_drop", "garbled", "drop_before", "cut")


@pytest.fixture
def bench(
    session: Session, settings: Settings, net: FakeNet, clock: time_machine.Traveller
) -> Bench:
    """A channel on X where the same words are sent once more after three readings."""
    return on(
        "x",
        SettlePolicy.ONE_RETRY,
        Bench(session, settings, make_team(session), FakeNetwork()),
        net,
    )


def on(network: str, policy: SettlePolicy, bench: Bench, net: FakeNet) -> Bench:
    bench.team.mastodon.network, bench.team.mastodon.settle_policy = network, policy
    bench.network = network_of(network, net)
    return bench


def lose_all(bench: Bench, net: FakeNet) -> list[Delivery]:
    """Send one post for each fate; nobody hears what became of it."""
    deliveries = [bench.queue(f"Notice {number}") for number in range(len(FATES))]
    path = POSTED_TO[bench.team.mastodon.network]
    for fault in FATES:
        net.configure({"plan": [{"fault": fault, "path": path}]})
        assert bench.send()
        bench.session.query(Condition).delete()  # that the channel rests is another rule
    net.configure({"plan": []})
    return deliveries


def go_on(bench: Bench, clock: time_machine.Traveller, seconds: int) -> None:
    for _ in range(seconds // 10):
        clock.shift(10)
        bench.read()
        while bench.send():
            pass


def copies(net: FakeNet, network: str) -> Counter[str]:
    ledger = net.x.ledger if network == "x" else net.ledger
    return Counter(post.text for post in ledger.posts)


@pytest.mark.parametrize("network", ["mastodon", "x"])
def test_with_a_person_nothing_is_doubled_and_each_is_asked(
    network: str, bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    on(network, SettlePolicy.PERSON, bench, net)
    net.configure({"lag_s": [2000, 3000], "refuses_duplicates": False})
    deliveries = lose_all(bench, net)
    go_on(bench, clock, 900)
    assert {delivery.state for delivery in deliveries} == {D.NEEDS_PERSON}
    assert max(copies(net, network).values()) == 1


def test_one_retry_doubles_no_more_than_came_late_and_marks_each(
    session: Session, bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    net.configure({"lag_s": [2000, 3000], "refuses_duplicates": False})
    deliveries = lose_all(bench, net)
    go_on(bench, clock, 900)
    assert {delivery.state for delivery in deliveries} == {D.PUBLISHED}
    doubled = [text for text, count in copies(net, "x").items() if count > 1]
    late = len(FATES) - FATES.count("drop_before")
    assert len(doubled) == late
    assert max(copies(net, "x").values()) == 2
    rows = [row for row in export(session) if row["network"] == "x"]
    assert all(row["resent_at"] for row in rows)
    resends = [
        event.payload.body
        for event in session.query(AuditEvent).filter_by(verb="confirm_absent")
        if event.payload
    ]
    assert sum('"is_resend":true' in body for body in resends) == len(FATES)


def test_one_retry_treats_the_networks_second_fence_as_present_and_reads_on(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    """The copy that X refuses to double is shown 500 s after it was sent: it is found then."""
    net.configure({"lag_s": [500, 500], "refuses_duplicates": True})
    delivery = bench.queue("The surgery is at ten.")
    net.configure({"plan": [{"fault": "accept_drop", "path": POSTED_TO["x"]}]})
    bench.send()
    go_on(bench, clock, 440)
    assert (delivery.attempt, delivery.state) == (2, D.OUTCOME_UNKNOWN)
    go_on(bench, clock, 200)
    assert delivery.state is D.PUBLISHED
    assert [post.id for post in net.x.ledger.posts] == [delivery.remote_id]


def test_one_retry_is_one_retry_then_a_person_is_asked(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    delivery = bench.queue("The surgery is at ten.")
    path = POSTED_TO["x"]
    net.configure({"plan": [{"fault": "drop_before", "path": path, "count": 9}]})
    bench.send()
    go_on(bench, clock, 2000)
    assert (delivery.attempt, delivery.state) == (2, D.NEEDS_PERSON)
    assert delivery.payload_sha256
    assert net.x.ledger.posts == []


@pytest.mark.parametrize(
    "network, wanted, kept",
    [
        ("x", "read", "person"),
        ("x", "person", "person"),
        ("x", "one_retry", "one_retry"),
        ("mastodon", "one_retry", "person"),
        ("mastodon", "read", "read"),
        ("bluesky", "person", "person"),
    ],
)
def test_a_policy_that_a_network_cannot_keep_becomes_a_persons_job(
    session: Session, network: str, wanted: str, kept: str
) -> None:
    team = make_team(session)
    about = About(settle_policy=SettlePolicy(wanted))
    by = team.administrator
    channel = service.propose(
        session, network, "A new one", team.area.id, "http://127.0.0.1:8900", by=by, about=about
    )
    assert channel.settle_policy == kept
    service.edit(session, channel.id, "A new one", about, by=by)
    assert channel.settle_policy == kept
