"""P34, one step at a time: what may have left in a gap of the ledger is looked for first."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import make_post, make_team
from tests.factories.users import sign_in
from tests.faults.fakenet import FakeNet
from tests.networks.conftest import net
from tests.posts.sending import Bench, network_of
from vcp.channels.models import SettlePolicy
from vcp.channels.states import ChannelState
from vcp.kernel import clock as our_clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.context import Machine
from vcp.kernel.settings import Settings
from vcp.networks.base import NotSent, RateLimited, Unauthorised
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, reconciling, service, settling, settling_by_person
from vcp.posts.freezing import outgoing
from vcp.posts.gap_models import GapCheck, LedgerGap
from vcp.posts.high_water import HighWater, Mark
from vcp.posts.models import Delivery
from vcp.posts.states import DeliveryState, PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.words import Part
from vcp.processes.publisher import Publisher

__all__ = ["net"]

READ_FIRST = "This account is read before anything is sent to it"
D = DeliveryState
BY = Machine("restore")


@pytest.fixture
def bench(session: Session, settings: Settings, clock: time_machine.Traveller) -> Bench:
    return Bench(session, settings, make_team(session), FakeNetwork())


def publish_unknown_to_us(bench: Bench, delivery: Delivery) -> str:
    """Put it out as the newer database did, of which the older knows nothing."""
    return bench.network.publish(outgoing(delivery, bench.settings), str(delivery.id)).remote_id


def open_gap(bench: Bench) -> LedgerGap:
    gap = reconciling.open_gap(bench.session, by=BY)
    bench.session.flush()
    return gap


def look(bench: Bench) -> int:
    """Look for all that is due on the channel; for how many."""
    number = 0
    while looked := reconciling.take_check(bench.session, bench.team.mastodon.id, bench.settings):
        found = settling.read(looked.reading, bench.network)
        reconciling.record_check(bench.session, looked, found)
        bench.session.flush()
        number += 1
    bench.session.flush()
    bench.session.expire_all()
    return number


def results(bench: Bench) -> list[str]:
    return sorted(str(check.result) for check in bench.session.query(GapCheck))


def is_due(bench: Bench) -> bool:
    return bench.team.mastodon.id in claiming.channels_due(bench.session)


def test_what_is_found_is_published_and_the_rest_sent_after_all_were_looked_for(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    out, absent = bench.queue("Notice 1"), bench.queue("Notice 2")
    remote_id = publish_unknown_to_us(bench, out)
    gap = open_gap(bench)
    assert bench.send() is None
    assert look(bench) == 2
    assert (out.state, out.remote_id, out.post.state) == (
        D.PUBLISHED,
        remote_id,
        PostState.RELEASED,
    )
    assert bench.send() is None, "the server may show the other late"
    clock.shift(bench.team.mastodon.settle_after_s + 1)
    assert look(bench) == 1
    assert results(bench) == ["absent", "found"]
    assert gap.ended_at
    assert bench.send()
    assert absent.state is D.PUBLISHED
    assert isinstance(bench.network, FakeNetwork)
    assert len(bench.network.posts) == 2


def test_page_of_the_channel_says_that_the_account_is_read_first_until_it_is(
    client: Client, bench: Bench, clock: time_machine.Traveller
) -> None:
    team = bench.team
    sign_in(client, team.supervisor)
    path = f"/staff/channels/{team.mastodon.id}"

    def page() -> str:
        bench.session.commit()
        return client.get(path).text

    bench.queue("Notice 1")
    bench.queue("Notice 2")
    assert READ_FIRST not in page()
    open_gap(bench)
    told = page()
    assert READ_FIRST in told
    assert "2 posts may be out already" in told
    assert "It is read now" in told
    assert READ_FIRST not in client.get(f"/staff/channels/{team.own_feed.id}").text
    look(bench)
    assert "It is read again" in page()
    clock.shift(team.mastodon.settle_after_s + 1)
    look(bench)
    assert READ_FIRST not in page()


def test_of_two_with_the_same_words_as_many_go_out_as_are_missing(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    twins = [bench.queue("The same words") for _ in range(3)]
    publish_unknown_to_us(bench, twins[0])
    publish_unknown_to_us(bench, twins[1])
    open_gap(bench)
    for _ in range(3):
        look(bench)
        clock.shift(21)
    assert bench.send()
    assert bench.send() is None
    assert {twin.state for twin in twins} == {D.PUBLISHED}
    assert isinstance(bench.network, FakeNetwork)
    assert len({post.remote_id for post in bench.network.posts}) == 3
    assert len({twin.remote_id for twin in twins}) == 3


def test_the_trail_tells_of_the_gap_and_has_no_leap(bench: Bench) -> None:
    delivery = bench.queue("Notice")
    publish_unknown_to_us(bench, delivery)
    open_gap(bench)
    look(bench)
    events = bench.session.query(AuditEvent)
    assert {event.verb for event in events.filter_by(subject_kind="gap")} == {"open", "end"}
    # All of one moment here, so that they are followed by their states.
    moves = {
        event.old_state: event.new_state for event in events.filter_by(subject_id=str(delivery.id))
    }
    state = moves.pop(None)
    while moves:
        state = moves.pop(state)
    assert state == D.PUBLISHED


def test_a_new_post_waits_for_the_gap_too_and_other_channels_do_not(bench: Bench) -> None:
    bench.queue("Notice")
    open_gap(bench)
    bench.queue("Written after the restore")
    assert not is_due(bench)
    assert bench.team.own_feed.id in claiming.channels_due(bench.session)


@pytest.mark.parametrize("state", [D.RETRY_WAIT, D.BLOCKED_AUTH])
def test_what_waited_for_another_reason_is_looked_for_as_well(bench: Bench, state: D) -> None:
    delivery = bench.queue("Notice")
    publish_unknown_to_us(bench, delivery)
    assert isinstance(bench.network, FakeNetwork)
    error = NotSent("Away.") if state is D.RETRY_WAIT else Unauthorised("Revoked.")
    bench.network.fail_next(error)
    bench.send()
    assert delivery.state is state
    open_gap(bench)
    look(bench)
    assert delivery.state is D.PUBLISHED


def test_where_posts_show_late_absent_is_not_enough_and_a_person_is_asked(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    bench.team.mastodon.settle_policy = SettlePolicy.PERSON
    delivery = bench.queue("Notice")
    open_gap(bench)
    look(bench)
    clock.shift(21)
    look(bench)
    assert delivery.state is D.NEEDS_PERSON
    assert "backup" in (delivery.problem or "")
    assert results(bench) == ["asked"]


def test_what_a_person_found_after_the_gap_is_a_post_that_is_out(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    """Else it could be written anew and sent again, and never be withdrawn."""
    bench.team.mastodon.settle_policy = SettlePolicy.PERSON
    delivery = bench.queue("Notice")
    open_gap(bench)
    clock.shift(bench.team.mastodon.settle_after_s + 1)
    look(bench)
    assert (delivery.state, delivery.post.state) == (D.NEEDS_PERSON, PostState.SCHEDULED)
    url = "https://social.example/@harbour/12345"
    by = bench.team.supervisor
    settling_by_person.say_published(bench.session, delivery.id, url, by=by)
    bench.session.expire_all()
    assert delivery.post.state is PostState.RELEASED
    assert delivery.post.public_revision_id == delivery.revision_id
    service.withdraw(bench.session, delivery.post_id, WithdrawalReason.MISTAKE, by=by)


def queue_thread(bench: Bench) -> list[Delivery]:
    post = make_post(
        bench.session, bench.team, state=PostState.SCHEDULED, more=(Part("The second part."),)
    )
    bench.session.flush()
    rows = bench.session.query(Delivery).filter_by(post_id=post.id, channel=bench.team.mastodon)
    return rows.order_by(Delivery.part).all()


def publish_thread(bench: Bench, parts: list[Delivery]) -> None:
    """Put two parts out as the newer database did."""
    first_id = publish_unknown_to_us(bench, parts[0])
    bench.network.publish(outgoing(parts[1], bench.settings, first_id), str(parts[1].id))


def test_a_later_part_is_looked_for_once_the_one_before_is_found(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    """A server may show the first part late; the second is there as well."""
    network = bench.network = FakeNetwork(lag=timedelta(seconds=10))
    parts = queue_thread(bench)
    publish_thread(bench, parts)
    gap = open_gap(bench)
    assert look(bench) == 1
    clock.shift(bench.team.mastodon.settle_after_s + 1)
    assert look(bench) == 2
    assert gap.ended_at
    assert {part.state for part in parts} == {D.PUBLISHED}
    assert bench.send() is None
    assert len(network.posts) == 2


def test_a_later_part_is_asked_about_with_the_one_before(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    bench.team.mastodon.settle_policy = SettlePolicy.PERSON
    parts = queue_thread(bench)
    gap = open_gap(bench)
    clock.shift(bench.team.mastodon.settle_after_s + 1)
    look(bench)
    look(bench)
    assert gap.ended_at
    assert {part.state for part in parts} == {D.NEEDS_PERSON}


def test_a_later_part_of_what_never_left_goes_out_after_the_first(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    parts = queue_thread(bench)
    gap = open_gap(bench)
    for _ in range(2):
        look(bench)
        clock.shift(bench.team.mastodon.settle_after_s + 1)
    look(bench)
    assert gap.ended_at
    assert bench.send()
    assert bench.send()
    assert {part.state for part in parts} == {D.PUBLISHED}


def test_a_network_that_cannot_be_read_for_ten_minutes_is_a_persons_job(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    delivery = bench.queue("Notice")
    open_gap(bench)
    assert isinstance(bench.network, FakeNetwork)
    for _ in range(50):
        bench.network.fail_next(NotSent("Away."), reading=True)
        look(bench)
        clock.shift(15)
        assert bench.send() is None
    assert delivery.state is D.NEEDS_PERSON


def test_a_rate_limit_is_kept_while_looking(bench: Bench, clock: time_machine.Traveller) -> None:
    bench.queue("Notice 1")
    bench.queue("Notice 2")
    open_gap(bench)
    assert isinstance(bench.network, FakeNetwork)
    bench.network.fail_next(RateLimited("Slow.", retry_after_s=100), reading=True)
    assert look(bench) == 1
    assert reconciling.channels_unread(bench.session) == []
    clock.shift(101)
    assert reconciling.channels_unread(bench.session) == [bench.team.mastodon.id]
    assert look(bench) == 2


def test_a_sign_in_that_is_refused_blocks_the_channel(bench: Bench) -> None:
    bench.queue("Notice")
    open_gap(bench)
    assert isinstance(bench.network, FakeNetwork)
    bench.network.fail_next(Unauthorised("Revoked."), reading=True)
    look(bench)
    assert bench.team.mastodon.state is ChannelState.BLOCKED


def test_what_was_cancelled_or_ran_out_meanwhile_keeps_nothing_waiting(
    bench: Bench, clock: time_machine.Traveller
) -> None:
    delivery = bench.queue("Notice")
    delivery.not_after = our_clock.now() + timedelta(seconds=30)
    open_gap(bench)
    clock.shift(31)
    settling.expire(bench.session)
    look(bench)
    assert results(bench) == ["moot"]


@pytest.mark.network
@pytest.mark.parametrize("network", ["mastodon", "bluesky", "x"])
def test_every_network_is_read_past_the_gap(
    bench: Bench, net: FakeNet, clock: time_machine.Traveller, network: str
) -> None:
    bench.team.mastodon.network = network
    bench.network = network_of(network, net)
    out, absent = bench.queue("Notice 1"), bench.queue("Notice 2")
    remote_id = publish_unknown_to_us(bench, out)
    clock.shift(600)
    open_gap(bench)
    look(bench)
    clock.shift(421)
    look(bench)
    assert (out.state, out.remote_id) == (D.PUBLISHED, remote_id)
    assert results(bench) == ["absent", "found"]
    assert bench.send()
    assert absent.state is D.PUBLISHED


class TestNoticing:
    """The file beside the database remembers the newest attempt."""

    def publisher(self, app: Flask, settings: Settings) -> Publisher:
        return Publisher(app, settings, writer=None)  # type: ignore[arg-type]  # writes no page

    def gaps(self, session: Session) -> int:
        session.expire_all()
        return session.query(LedgerGap).count()

    def test_an_attempt_that_the_database_lacks_opens_one_gap(
        self, app: Flask, session: Session, settings: Settings
    ) -> None:
        HighWater(settings.instance).note(Mark(uuid.uuid4(), our_clock.now()))
        for _ in range(2):
            publisher = self.publisher(app, settings)
            session.rollback()
            publisher.compare()
            publisher.compare()
            assert publisher.is_compared
        assert self.gaps(session) == 1

    def test_an_attempt_that_it_has_opens_none(
        self, app: Flask, bench: Bench, settings: Settings
    ) -> None:
        bench.queue("Notice")
        claimed = claiming.claim_next(bench.session, bench.team.mastodon.id, "test:1", settings)
        assert claimed
        bench.session.commit()
        HighWater(settings.instance).note(Mark(claimed.attempt_id, claimed.started_at))
        self.publisher(app, settings).compare()
        assert self.gaps(bench.session) == 0

    def test_a_new_installation_has_nothing_to_remember(
        self, app: Flask, session: Session, settings: Settings
    ) -> None:
        self.publisher(app, settings).compare()
        assert self.gaps(session) == 0
