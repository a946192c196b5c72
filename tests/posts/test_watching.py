"""S32: what appears on our account without us raises an alarm in time, and nothing else does."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.networks.contract import outgoing
from tests.posts.watching_rig import Rig
from vcp.channels import service as channels
from vcp.channels.models import SettlePolicy
from vcp.kernel import clock as our_clock
from vcp.kernel.db import transaction
from vcp.kernel.errors import Conflict
from vcp.kernel.mail import Mail
from vcp.networks.base import OutcomeUnknown, OwnPost, RateLimited, Unauthorised, Unavailable
from vcp.posts import correcting, service, settling_by_person, watching
from vcp.posts.models import Delivery
from vcp.posts.states import AlarmState, DeliveryState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.watch_models import AccountWatch, AlarmKind
from vcp.posts.words import words_of

IN_TIME_S = 300
LOST = OutcomeUnknown("No answer.")


@pytest.fixture
def rig(app: Flask, session: Session, clock: time_machine.Traveller) -> Rig:
    return Rig(app, session, clock)


def mails(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Mail).where(Mail.is_urgent)) or 0


class TestWhatIsNotOurs:
    def test_a_foreign_post_raises_one_alarm_in_time(self, rig: Rig, session: Session) -> None:
        rig.publish()
        rig.pass_time(120)
        remote_id = rig.post_by_hand()
        at = our_clock.now()
        rig.pass_time(IN_TIME_S)
        alarm = rig.only_alarm()
        assert (alarm.kind, alarm.remote_id) == (AlarmKind.POSTED, remote_id)
        assert alarm.seen_text == "Buy these coins now"
        assert alarm.raised_at - at <= timedelta(seconds=IN_TIME_S)
        assert mails(session) > 0
        rig.pass_time(300, step=60)
        assert len(rig.alarms()) == 1

    def test_what_was_there_before_the_account_was_ours_is_not_foreign(self, rig: Rig) -> None:
        with time_machine.travel(our_clock.now() - timedelta(days=3), tick=False):
            rig.post_by_hand("From before")
        rig.pass_time(120)
        assert rig.alarms() == []

    def test_a_boost_is_foreign(self, rig: Rig) -> None:
        rig.pass_time(60)
        theirs = OwnPost("b-1", None, "Somebody else's", our_clock.now(), "", 0, is_boost=True)
        rig.network.boosts.append(theirs)
        rig.pass_time(IN_TIME_S)
        assert rig.only_alarm().kind is AlarmKind.BOOSTED

    def test_an_edit_that_is_no_correction_of_ours_is_seen(self, rig: Rig) -> None:
        delivery = rig.publish()
        rig.pass_time(120)
        rig.network.correct(delivery.remote_id or "", outgoing("Buy these coins"), "by hand")
        rig.pass_time(IN_TIME_S)
        alarm = rig.only_alarm()
        assert (alarm.kind, alarm.delivery_id) == (AlarmKind.EDITED, delivery.id)
        assert alarm.seen_text == "Buy these coins"
        rig.pass_time(300)
        assert rig.only_alarm().times == 1

    def test_an_edit_before_the_first_look_is_seen(self, rig: Rig) -> None:
        rig.pass_time(60)
        delivery = rig.publish()
        rig.network.correct(delivery.remote_id or "", outgoing("Buy these coins"), "by hand")
        rig.pass_time(IN_TIME_S)
        assert rig.only_alarm().kind is AlarmKind.EDITED

    def test_a_second_edit_counts_on_the_open_alarm(self, rig: Rig, session: Session) -> None:
        delivery = rig.publish()
        rig.pass_time(60)
        for text in ("One", "Two"):
            rig.network.correct(delivery.remote_id or "", outgoing(text), "by hand")
            rig.pass_time(IN_TIME_S)
        alarm = rig.only_alarm()
        assert (alarm.times, alarm.seen_text, alarm.last_text) == (2, "One", "Two")

    @pytest.mark.parametrize("watched_first", [True, False])
    def test_a_deletion_that_we_did_not_want_is_seen(
        self, rig: Rig, *, watched_first: bool
    ) -> None:
        delivery = rig.publish()
        if watched_first:
            rig.pass_time(120)
        rig.network.withdraw(delivery.remote_id or "")
        at = our_clock.now()
        rig.pass_time(IN_TIME_S)
        alarm = rig.only_alarm()
        assert (alarm.kind, alarm.delivery_id) == (AlarmKind.DELETED, delivery.id)
        assert alarm.raised_at - at <= timedelta(seconds=IN_TIME_S)
        rig.pass_time(3600, step=60)
        assert len(rig.alarms()) == 1

    def test_a_server_that_misses_a_post_once_has_not_lost_it(self, rig: Rig) -> None:
        rig.publish()
        rig.pass_time(120)
        kept, rig.network.posts = rig.network.posts, []
        rig.pass_time(30)
        assert rig.missing() == 1
        rig.network.posts = kept
        rig.pass_time(300, step=30)
        assert rig.missing() == 0
        assert rig.alarms() == []

    def test_another_handle_and_other_links_are_seen(self, rig: Rig) -> None:
        rig.pass_time(60)
        rig.network.profile = replace(
            rig.network.profile, handle="coins@fake.example", profile_links=("https://coins.test",)
        )
        rig.pass_time(IN_TIME_S)
        found = {alarm.kind: alarm.seen_text for alarm in rig.alarms()}
        assert found == {
            AlarmKind.RENAMED: "officer@fake.example → coins@fake.example",
            AlarmKind.PROFILE: "Links: none → https://coins.test",
        }

    def test_the_handle_that_a_person_confirmed_is_what_the_first_look_expects(
        self, rig: Rig
    ) -> None:
        rig.network.profile = replace(rig.network.profile, handle="coins@fake.example")
        rig.pass_time(60)
        assert rig.only_alarm().kind is AlarmKind.RENAMED

    def test_our_own_words_posted_by_somebody_else_are_foreign(self, rig: Rig) -> None:
        """Nothing of ours was being sent then."""
        delivery = rig.publish()
        rig.pass_time(2 * 3600, step=300)
        rig.post_by_hand(delivery.revision.text)
        rig.pass_time(IN_TIME_S)
        assert rig.only_alarm().kind is AlarmKind.POSTED

    def test_a_copy_beside_a_send_that_was_answered_is_foreign(self, rig: Rig) -> None:
        delivery = rig.publish()
        rig.post_by_hand(delivery.revision.text)
        rig.pass_time(IN_TIME_S)
        assert rig.only_alarm().kind is AlarmKind.POSTED

    def test_a_flood_gives_each_its_alarm_and_people_few_mails(
        self, rig: Rig, session: Session
    ) -> None:
        rig.pass_time(60)
        for number in range(60):
            rig.post_by_hand(f"Number {number}")
        rig.pass_time(IN_TIME_S)
        assert len(rig.alarms()) == 60
        told = mails(session)
        assert 0 < told < 10

    def test_a_blocked_account_is_watched_all_the_same(self, rig: Rig) -> None:
        from_block = rig.channel
        with transaction() as unit:
            channels.block(unit, from_block.id, "A test.", by=watching.WATCHER)
        rig.pass_time(60)
        rig.post_by_hand()
        rig.pass_time(IN_TIME_S)
        assert rig.only_alarm().kind is AlarmKind.POSTED


class TestWhatIsOurs:
    def test_what_is_being_sent_is_waited_for(self, rig: Rig) -> None:
        """It is at the network before its answer is in the ledger."""
        rig.pass_time(60)
        delivery = rig.publish(fault=LOST)
        assert delivery.state is DeliveryState.PUBLISHED  # settled by the first reading
        rig.network = lagging = type(rig.network)(lag=timedelta(seconds=40))
        late = rig.publish(fault=LOST, text="Another one, whose answer is lost")
        assert late.state is DeliveryState.OUTCOME_UNKNOWN
        rig.network = lagging
        rig.watch()
        assert rig.alarms() == []

    def test_a_late_copy_of_our_own_words_is_told_as_that(self, rig: Rig) -> None:
        rig.pass_time(60)
        rig.network = type(rig.network)(lag=timedelta(seconds=150))
        delivery = rig.publish(fault=LOST)
        rig.pass_time(200)  # absent twice, so it is sent again; then both are shown
        rig.session.refresh(delivery)
        assert (delivery.state, len(rig.network.posts)) == (DeliveryState.PUBLISHED, 2)
        rig.pass_time(600, step=30)
        found = rig.only_alarm()
        assert (found.kind, found.delivery_id) == (AlarmKind.STRAY, delivery.id)

    def test_while_a_person_is_asked_nothing_is_foreign(self, rig: Rig, session: Session) -> None:
        rig.channel.settle_policy = SettlePolicy.PERSON
        session.commit()
        rig.network = type(rig.network)(lag=timedelta(seconds=100))
        delivery = rig.publish(fault=LOST)
        rig.pass_time(600, step=30)
        session.refresh(delivery)
        assert delivery.state is DeliveryState.NEEDS_PERSON
        assert rig.alarms() == []
        url = f"https://fake.example/{rig.network.posts[0].remote_id}"
        settling_by_person.say_published(session, delivery.id, url, by=rig.team.supervisor)
        session.commit()
        rig.pass_time(600, step=30)
        assert rig.alarms() == []

    def test_what_we_take_down_is_not_missed(self, rig: Rig, session: Session) -> None:
        delivery = rig.publish()
        rig.pass_time(120)
        reason = WithdrawalReason.MISTAKE
        service.withdraw(session, delivery.post_id, reason, by=rig.team.supervisor)
        session.commit()
        rig.pass_time(900, step=30)
        session.refresh(delivery)
        assert delivery.state is DeliveryState.WITHDRAWN
        assert rig.alarms() == []

    def test_a_post_that_comes_back_after_we_took_it_down_is_told(
        self, rig: Rig, session: Session
    ) -> None:
        delivery = rig.publish()
        rig.pass_time(60)
        kept = list(rig.network.posts)
        reason = WithdrawalReason.MISTAKE
        service.withdraw(session, delivery.post_id, reason, by=rig.team.supervisor)
        session.commit()
        rig.pass_time(700, step=30)
        rig.network.posts = kept
        rig.pass_time(IN_TIME_S)
        assert rig.only_alarm().kind is AlarmKind.STRAY

    def test_a_correction_of_ours_is_no_foreign_edit(self, rig: Rig, session: Session) -> None:
        delivery = rig.publish()
        rig.pass_time(120)
        for fault in (None, LOST):
            revision = delivery.post.revision
            assert revision is not None
            better = replace(words_of(revision), text=f"{revision.text} Corrected.")
            row = correcting.start_correction(
                session, delivery.post_id, better, "A typo.", by=rig.team.officer
            )
            correcting.submit_correction(session, row.id, by=rig.team.officer)
            sha256 = row.revision.sha256
            correcting.approve_correction(session, row.id, sha256, by=rig.team.supervisor)
            session.commit()
            if fault is not None:
                rig.network.fail_next(fault, after_accepting=True)
            rig.pass_time(240)
        assert rig.network.posts[0].outgoing.text.endswith("Corrected. Corrected.")
        assert rig.alarms() == []
        rig.network.correct(delivery.remote_id or "", outgoing("Buy these coins"), "by hand")
        rig.pass_time(IN_TIME_S)
        assert rig.only_alarm().kind is AlarmKind.EDITED


class TestTheWatchItself:
    def test_a_look_that_fails_is_done_again_and_then_says_so(
        self, rig: Rig, session: Session
    ) -> None:
        rig.pass_time(60)
        for _ in range(40):
            rig.network.fail_next(Unavailable("It is down."), reading=True)
        rig.pass_time(IN_TIME_S + 60)
        session.rollback()
        ((channel, watch),) = watching.blind(session)
        assert channel.id == rig.channel.id
        assert watch is not None
        assert watch.problem == "It is down."
        rig.network = type(rig.network)()
        rig.post_by_hand()
        rig.pass_time(IN_TIME_S)
        assert watching.blind(session) == []
        assert rig.only_alarm().kind is AlarmKind.POSTED

    def test_it_waits_as_long_as_the_network_asks(self, rig: Rig, session: Session) -> None:
        rig.network.fail_next(RateLimited("Too many.", retry_after_s=600), reading=True)
        rig.watch()
        rig.post_by_hand()
        rig.pass_time(590, step=59)
        assert rig.alarms() == []
        rig.pass_time(75)
        assert rig.only_alarm()

    def test_a_refused_sign_in_blocks_the_channel(self, rig: Rig, session: Session) -> None:
        rig.network.fail_next(Unauthorised("No longer."), reading=True)
        rig.watch()
        session.refresh(rig.channel)
        assert rig.channel.problem == "No longer."

    def test_one_process_looks_at_an_account_at_a_time(self, rig: Rig, session: Session) -> None:
        with transaction() as unit:
            assert watching.take(unit, rig.channel.id, "ingest:other")
        rig.post_by_hand()
        rig.pass_time(24, step=12)
        assert rig.alarms() == []
        rig.pass_time(30)  # its lease has run out: it died
        assert rig.only_alarm()

    def test_a_look_that_was_taken_over_changes_nothing(self, rig: Rig, session: Session) -> None:
        with transaction() as unit:
            mine = watching.take(unit, rig.channel.id, "ingest:mine")
        assert mine is not None
        rig.clock.shift(60)
        with transaction() as unit:
            assert watching.take(unit, rig.channel.id, "ingest:other")
        with pytest.raises(Conflict), transaction() as unit:
            watching.finish(unit, mine)
        assert session.get_one(AccountWatch, rig.channel.id).read_to is None

    def test_a_watcher_that_died_leaves_nothing_undone_and_nothing_twice(self, rig: Rig) -> None:
        rig.publish()
        foreign = set()
        for number in range(8):
            foreign.add(rig.post_by_hand(f"Number {number}"))
            # It dies before, in or after a look: the next one knows nothing of it.
            for _ in range(number % 3):
                rig.network.fail_next(Unavailable("Cut off."), reading=True)
            rig.pass_time(36, step=18)
            rig.watcher = rig.new_watcher(f"ingest:{number}")
        rig.pass_time(IN_TIME_S)
        assert len(rig.alarms()) == 8
        assert {alarm.remote_id for alarm in rig.alarms()} == foreign


def many_own_posts(rig: Rig, count: int) -> None:
    """Own posts under lost answers, lag, repeated words, takedowns and a watcher that dies."""
    chance = random.Random(count)
    rig.network = type(rig.network)(lag=timedelta(seconds=8))
    sent: list[Delivery] = []
    for number in range(count):
        text = f"Surgery at the library, number {number % 7}."
        fault = LOST if chance.random() < 0.2 else None
        sent.append(rig.publish(fault=fault, text=text))
        if chance.random() < 0.05 and len(sent) > 5:
            old = chance.choice(sent[-5:])
            rig.session.refresh(old)
            if old.withdraw_wanted_at is None:
                supervisor = rig.team.supervisor
                service.withdraw(rig.session, old.post_id, WithdrawalReason.MISTAKE, by=supervisor)
                rig.session.commit()
        if chance.random() < 0.05:
            rig.network.fail_next(Unavailable("Down."), reading=True)
        if chance.random() < 0.02:
            rig.watcher = rig.new_watcher(f"ingest:{number}")
        step = chance.choice((1, 5, 15))
        rig.pass_time(step, step=step)
    rig.pass_time(900, step=30)


def assert_none_was_false(rig: Rig, count: int) -> None:
    states = dict(
        rig.session.execute(
            select(Delivery.state, func.count())
            .where(Delivery.channel_id == rig.channel.id)
            .group_by(Delivery.state)
        ).all()
    )
    assert sum(states.values()) == count
    assert states.keys() <= {DeliveryState.PUBLISHED, DeliveryState.WITHDRAWN}
    assert rig.alarms() == []


def test_none_of_many_own_posts_raises_an_alarm(rig: Rig) -> None:
    many_own_posts(rig, 40)
    assert_none_was_false(rig, 40)


@pytest.mark.faults_long
@pytest.mark.timeout(5400)
def test_none_of_ten_thousand_own_posts_raises_an_alarm(rig: Rig) -> None:
    many_own_posts(rig, 10_000)
    assert_none_was_false(rig, 10_000)
    rig.post_by_hand()
    rig.pass_time(IN_TIME_S)
    assert rig.only_alarm().state is AlarmState.OPEN
