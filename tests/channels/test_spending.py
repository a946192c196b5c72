"""What X charges is counted before it is spent, and a month's budget is kept."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import make_team, words
from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_x_shapes import SECRET, user_id
from tests.posts.sending import Bench, network_of
from vcp.channels import adapters, conditions, spending
from vcp.channels.models import Condition, Spending
from vcp.kernel import vault
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.mail import Mail
from vcp.kernel.settings import Settings
from vcp.networks.base import OutcomeUnknown
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, correcting, settling
from vcp.posts.models import Post
from vcp.posts.states import DeliveryState

D = DeliveryState
LINK = "See https://force.example.org/surgeries for all of them"


@pytest.fixture
def bench(session: Session, settings: Settings, clock: time_machine.Traveller) -> Bench:
    team = make_team(session)
    team.mastodon.network = "x"
    return Bench(session, settings, team, FakeNetwork())


def correct(bench: Bench, post: Post, text: str) -> None:
    by, supervisor = bench.team.officer, bench.team.supervisor
    new = words(bench.team, text=text)
    made = correcting.start_correction(bench.session, post.id, new, "We were wrong.", by=by)
    correcting.submit_correction(bench.session, made.id, by=by)
    sha = made.revision.sha256
    correcting.approve_correction(bench.session, made.id, sha, by=supervisor)
    bench.session.flush()


def condition_of(bench: Bench) -> Condition:
    return conditions.known(bench.session, bench.team.mastodon.id)


def allow(bench: Bench, dollars: float | None) -> Condition:
    team = bench.team
    return spending.set_budget(
        bench.session, team.mastodon.id, dollars, by=team.administrator, settings=bench.settings
    )


def subjects(bench: Bench) -> list[str]:
    told = bench.session.query(Mail).filter_by(to_address=bench.team.administrator.email)
    return [mail.subject.split(":")[0] for mail in told.order_by(Mail.id)]


def test_a_post_is_counted_when_it_is_claimed_and_each_attempt_for_itself(bench: Bench) -> None:
    """A crash after the claim may have cost the post, so the claim is what counts."""
    bench.queue("The surgery is at ten.")
    found = claiming.claim_next(bench.session, bench.team.mastodon.id, "test:1", bench.settings)
    assert found
    (row,) = bench.session.query(Spending)
    assert (row.what, row.cost, row.attempt_id) == ("create", 15_000, found.attempt_id)
    assert condition_of(bench).spent == 15_000


def test_a_link_costs_more(bench: Bench) -> None:
    bench.queue(LINK)
    bench.send()
    assert spending.dollars(condition_of(bench).spent) == "$0.20"


def test_a_correction_costs_nothing_where_posts_cannot_be_changed(bench: Bench) -> None:
    delivery = bench.queue("The surgery is at ten.")
    bench.send()
    delivery.post.public_revision = delivery.revision
    correct(bench, delivery.post, "The surgery is at eleven.")
    assert bench.send()
    assert bench.session.query(Spending).count() == 1


def test_bytes_that_were_changed_after_approval_are_refused_and_hold_up_nobody(
    bench: Bench,
) -> None:
    """What they would cost can't be told, and mustn't keep the others from being claimed."""
    changed = bench.queue("The surgery is at ten.")
    changed.payload = "changed"
    bench.session.flush()
    channels = [bench.team.own_feed.id, bench.team.mastodon.id]
    found = claiming.claim_many(bench.session, channels, "test:1", bench.settings)
    bench.session.expire_all()
    assert [one.channel_id for one in found] == [bench.team.own_feed.id]
    assert changed.state is D.FAILED
    assert bench.session.query(Spending).count() == 0


def test_a_channel_that_costs_nothing_is_not_counted(bench: Bench) -> None:
    bench.team.mastodon.network = "mastodon"
    bench.queue(LINK)
    bench.send()
    assert bench.session.query(Spending).count() == 0


def test_at_the_budget_nothing_is_sent_nothing_is_lost_and_people_are_told_once(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    allow(bench, 0.10)
    deliveries = [bench.queue(f"Notice {number}") for number in range(8)]
    for _ in range(10):
        bench.send()
        clock.shift(60)
    states = [delivery.state for delivery in deliveries]
    assert (states.count(D.PUBLISHED), states.count(D.QUEUED)) == (6, 2)
    assert condition_of(bench).spent == 90_000
    assert subjects(bench) == ["Most of the budget is spent", "Budget spent"]
    assert bench.team.mastodon.id not in claiming.channels_due(bench.session)
    allow(bench, 0.12)
    assert bench.send()
    assert bench.send()
    assert {delivery.state for delivery in deliveries} == {D.PUBLISHED}


def test_a_new_month_has_a_budget_of_its_own(bench: Bench, clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2026, 6, 30, 23, 59, 30, tzinfo=UTC))
    allow(bench, 0.02)
    bench.queue("Notice 1")
    bench.send()
    waits = bench.queue("Notice 2")
    assert bench.send() is None
    clock.move_to(datetime(2026, 7, 1, 0, 0, 1, tzinfo=UTC))
    assert bench.send()
    assert waits.state is D.PUBLISHED
    assert condition_of(bench).spent_month == "2026-07"
    assert condition_of(bench).spent == 15_000


def test_the_settings_give_every_channel_a_budget_unless_a_person_gave_it_one(
    bench: Bench,
) -> None:
    bench.settings = bench.settings.model_copy(update={"x_monthly_budget_usd": 0.01})
    bench.queue("Notice")
    assert bench.send() is None
    allow(bench, 1)
    assert bench.send()
    allow(bench, None)
    assert spending.budget_of(condition_of(bench), bench.settings) == 10_000


def test_readings_are_counted_but_never_stopped(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    allow(bench, 0.015)
    lost = bench.queue("Notice")
    assert isinstance(bench.network, FakeNetwork)
    bench.network.fail_next(OutcomeUnknown("No answer."), after_accepting=True)
    bench.send()
    bench.session.commit()
    spending.meter(bench.team.mastodon.id, bench.settings)(3)
    bench.session.expire_all()
    assert condition_of(bench).spent == 15_000 + 3_000
    clock.shift(61)
    assert bench.read() == 1
    assert lost.state is D.PUBLISHED


@pytest.mark.parametrize("dollars", [0, -1, 100_001])
def test_what_cannot_be_a_budget_is_refused(bench: Bench, dollars: float) -> None:
    with pytest.raises(Invalid):
        allow(bench, dollars)


def test_only_who_connects_channels_sets_a_budget_and_only_where_something_costs(
    bench: Bench,
) -> None:
    team, session, settings = bench.team, bench.session, bench.settings
    with pytest.raises(NotAllowed):
        spending.set_budget(session, team.mastodon.id, 5, by=team.supervisor, settings=settings)
    with pytest.raises(Conflict):
        spending.set_budget(session, team.own_feed.id, 5, by=team.administrator, settings=settings)


@pytest.mark.network
def test_our_count_is_what_the_network_charges(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller
) -> None:
    """Posts, posts with links, a lost answer and its readings, against fakenet's own sum."""
    keys = {
        "consumer_key": "app",
        "consumer_secret": SECRET,
        "access_token": "token-officer",
        "access_token_secret": SECRET,
    }
    channel = bench.team.mastodon
    channel.base_url, channel.account_id = net.base_url, user_id("officer")
    vault.make_keys(bench.settings.instance)
    channel.sealed_credentials = vault.seal(bench.settings.instance, channel.vault_name, keys)
    for number, text in enumerate(("One", LINK, "Lost", "Two")):
        bench.queue(f"{text} {number}")
        clock.shift(1)
    bench.session.commit()
    bench.network = network_of("x", net)
    bench.send()
    bench.send()
    net.configure({"plan": [{"fault": "accept_drop", "path": "^/2/tweets$"}]})
    bench.send()
    bench.send()
    bench.session.commit()
    clock.shift(61)
    bench.network = adapters.adapter_for(channel, bench.settings)
    bench.session.commit()
    assert bench.network.account().handle
    assert read_apart(bench) == 1
    bench.session.expire_all()
    assert spending.dollars(condition_of(bench).spent) == f"${net.x.cost_usd:.3f}"


def read_apart(bench: Bench) -> int:
    """Read with no unit open, as the publisher does: what is read is counted meanwhile."""
    readings = settling.take_reading(bench.session, bench.settings)
    bench.session.commit()
    for reading in readings:
        found = settling.read(reading, bench.network)
        settling.record_reading(bench.session, reading, found)
    bench.session.commit()
    return len(readings)


def test_after_december_comes_january() -> None:
    assert (
        spending.next_month(datetime(2026, 12, 31, 23, tzinfo=UTC)).isoformat()[:10] == "2027-01-01"
    )


def test_amounts_are_written_as_people_read_them() -> None:
    shown = [spending.dollars(amount) for amount in (0, 1_000, 15_000, 200_000, 12_500_000)]
    assert shown == ["$0.00", "$0.001", "$0.015", "$0.20", "$12.50"]
