"""A withdrawal wins over everything that waits, is verified by reading, and says what stays."""

from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post, make_team
from vcp.channels import service as channels
from vcp.kernel import clock as kernel_clock
from vcp.kernel.errors import Conflict, NotAllowed
from vcp.kernel.mail import Mail
from vcp.kernel.settings import Settings
from vcp.networks.base import (
    NetworkError,
    NotSent,
    OutcomeUnknown,
    Receipt,
    Unauthorised,
)
from vcp.networks.fake import FakeNetwork
from vcp.posts import (
    claiming,
    publishing,
    reappearing,
    service,
    set_back,
    settling,
    stopping,
)
from vcp.posts.claiming import Claimed
from vcp.posts.freezing import outgoing
from vcp.posts.models import Delivery
from vcp.posts.publishing import Outcome
from vcp.posts.states import DELIVERY, DeliveryState, PostState
from vcp.posts.stopping import Seen
from vcp.posts.tombstones import WithdrawalReason
from vcp.residents import queries as residents

D = DeliveryState
STAYS = Seen("the server still shows it.")


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


@pytest.fixture
def sending(session: Session, team: Team, settings: Settings) -> Claimed:
    """A delivery to the team's Mastodon that is being sent; the own feed's waits."""
    make_post(session, team, state=PostState.SCHEDULED)
    session.flush()
    found = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
    assert found is not None
    return found


def delivery_of(session: Session, claimed: Claimed) -> Delivery:
    return session.get_one(Delivery, claimed.delivery_id)


def receipt(remote_id: str = "remote-1") -> Receipt:
    return Receipt(remote_id, f"https://social.example/{remote_id}", kernel_clock.now())


def withdraw(session: Session, team: Team, claimed: Claimed) -> Delivery:
    delivery = delivery_of(session, claimed)
    session.expire_all()
    by = team.supervisor
    service.withdraw(session, delivery.post_id, WithdrawalReason.MISTAKE, by=by)
    session.flush()
    return delivery


def look(session: Session, seen: Seen) -> None:
    """One look at every copy whose turn it is."""
    for takedown in stopping.take_down_due(session):
        stopping.record_takedown(session, takedown, seen)
    session.flush()


class TestWhatIsOut:
    @pytest.fixture
    def out(self, session: Session, team: Team, sending: Claimed) -> Delivery:
        publishing.record(session, sending, Outcome(receipt=receipt()))
        return withdraw(session, team, sending)

    def test_it_comes_down_and_what_waits_is_cancelled(
        self, session: Session, out: Delivery
    ) -> None:
        look(session, Seen())
        assert out.state is D.WITHDRAWN
        others = [d for d in out.post.deliveries if d.id != out.id]
        assert {d.state for d in others} == {D.CANCELLED}

    def test_it_is_looked_at_for_five_minutes_since_a_server_may_bring_it_back(
        self, session: Session, out: Delivery, clock: time_machine.Traveller
    ) -> None:
        looked = []
        for second in range(400):
            if stopping.take_down_due(session):
                looked.append(second)
                takedown = stopping.Takedown(out.id, out.channel_id, "remote-1", second > 0)
                stopping.record_takedown(session, takedown, Seen())
                session.flush()
            clock.shift(1)
        assert looked == [0, 10, 30, 60, 300]

    def test_what_came_back_is_taken_down_again_and_looked_at_anew(
        self,
        session: Session,
        out: Delivery,
        settings: Settings,
        clock: time_machine.Traveller,
    ) -> None:
        look(session, Seen())
        clock.shift(11)
        (again,) = stopping.take_down_due(session)
        assert again.was_gone
        network = FakeNetwork()
        copy = network.publish(outgoing(out, settings), "key")
        back = stopping.Takedown(out.id, out.channel_id, copy.remote_id, was_gone=True)
        seen = stopping.take_down(back, network)
        assert seen == Seen(None, came_back=True)
        stopping.record_takedown(session, again, seen)
        assert (out.state, out.withdraw_checks) == (D.WITHDRAWN, 1)

    def test_a_person_is_asked_when_it_stays_and_the_tries_go_on(
        self, session: Session, team: Team, out: Delivery, clock: time_machine.Traveller
    ) -> None:
        for _ in range(5):
            look(session, STAYS)
            stopping.ask_about_shown(session)
            clock.shift(10)
        assert out.state is D.NEEDS_PERSON
        assert "still shows it" in (out.problem or "")
        told = session.scalars(select(Mail).where(Mail.subject.startswith("Still shown"))).all()
        assert team.supervisor.email in {one.to_address for one in told}
        assert [copy.id for copy in residents.still_shown(out.post)] == [out.id]
        clock.shift(stopping.TRY_SELDOM_S)
        look(session, Seen())
        assert out.state is D.WITHDRAWN
        assert residents.still_shown(out.post) == []

    def test_a_server_that_never_answers_is_no_reason_to_stay_silent(
        self, session: Session, out: Delivery, clock: time_machine.Traveller
    ) -> None:
        """The call hangs, so nothing is ever recorded."""
        assert stopping.take_down_due(session)
        clock.shift(stopping.ASK_AFTER_S + 1)
        assert stopping.ask_about_shown(session) == 1
        assert out.state is D.NEEDS_PERSON

    def test_a_person_may_say_that_they_removed_it_and_it_is_looked_at_once_more(
        self, session: Session, team: Team, out: Delivery, clock: time_machine.Traveller
    ) -> None:
        with pytest.raises(Conflict):
            stopping.say_gone(session, self._other(out).id, by=team.supervisor)
        clock.shift(stopping.ASK_AFTER_S + 1)
        look(session, STAYS)
        stopping.ask_about_shown(session)
        with pytest.raises(NotAllowed):
            stopping.say_gone(session, out.id, by=team.officer)
        stopping.say_gone(session, out.id, by=team.supervisor)
        session.flush()
        assert out.state is D.WITHDRAWN
        clock.shift(11)
        look(session, Seen("the server still shows it.", came_back=True))
        stopping.ask_about_shown(session)
        assert out.state is D.NEEDS_PERSON

    def test_the_word_about_an_account_that_was_given_up_is_the_last(
        self, session: Session, team: Team, out: Delivery, clock: time_machine.Traveller
    ) -> None:
        """Nobody can look there any more, so it would be asked about for ever."""
        by = team.administrator
        channels.disconnect(session, out.channel_id, "The account was closed.", by=by)
        clock.shift(stopping.ASK_AFTER_S + 1)
        look(session, Seen("This channel has no credentials."))
        stopping.ask_about_shown(session)
        stopping.say_gone(session, out.id, by=team.supervisor)
        session.flush()
        clock.shift(timedelta(hours=1))
        assert stopping.take_down_due(session) == []
        assert stopping.ask_about_shown(session) == 0
        assert out.state is D.WITHDRAWN

    def test_a_clock_that_was_set_back_holds_no_takedown_up(
        self, session: Session, out: Delivery, clock: time_machine.Traveller
    ) -> None:
        look(session, STAYS)
        assert set_back.follow(session) == 0
        clock.shift(-timedelta(hours=1))
        assert stopping.take_down_due(session) == []
        set_back.follow(session)
        look(session, STAYS)
        clock.shift(stopping.ASK_AFTER_S + 1)
        assert stopping.ask_about_shown(session) == 1
        look(session, Seen())
        assert out.state is D.WITHDRAWN

    @staticmethod
    def _other(out: Delivery) -> Delivery:
        return next(d for d in out.post.deliveries if d.id != out.id)


@pytest.mark.parametrize(
    "error, state",
    [(NotSent("refused"), D.CANCELLED), (Unauthorised("revoked"), D.CANCELLED)],
    ids=["not sent", "token revoked"],
)
def test_what_was_withdrawn_while_it_was_sent_is_never_tried_again(
    session: Session, team: Team, sending: Claimed, error: NetworkError, state: DeliveryState
) -> None:
    delivery = withdraw(session, team, sending)
    publishing.record(session, sending, Outcome(error=error))
    assert delivery.state is state


def test_an_unknown_one_comes_down_once_it_is_found(
    session: Session, team: Team, sending: Claimed, settings: Settings
) -> None:
    delivery = withdraw(session, team, sending)
    publishing.record(session, sending, Outcome(error=OutcomeUnknown("no answer")))
    session.flush()
    (reading,) = settling.take_reading(session, settings)
    settling.record_reading(session, reading, receipt())
    session.flush()
    assert [takedown.delivery_id for takedown in stopping.take_down_due(session)] == [delivery.id]


class TestWatching:
    """What was never known to be out is looked for, and taken down when it appears."""

    @pytest.fixture
    def absent(
        self,
        session: Session,
        team: Team,
        sending: Claimed,
        settings: Settings,
        clock: time_machine.Traveller,
    ) -> Delivery:
        """Withdrawn while unknown, and not found by the readings."""
        publishing.record(session, sending, Outcome(error=OutcomeUnknown("no answer")))
        delivery = withdraw(session, team, sending)
        for _ in range(30):
            for reading in settling.take_reading(session, settings):
                settling.record_reading(session, reading, None)
            session.flush()
            clock.shift(1)
        assert delivery.state is D.CANCELLED
        return delivery

    def test_a_late_copy_is_taken_down(
        self, session: Session, absent: Delivery, settings: Settings
    ) -> None:
        (reading,) = reappearing.take_watches(session, settings)
        reappearing.record_watch(session, reading, receipt("late-1"))
        session.flush()
        assert (absent.state, absent.remote_id) == (D.PUBLISHED, "late-1")
        look(session, Seen())
        assert absent.state is D.WITHDRAWN

    def test_it_is_watched_for_often_then_seldom_then_no_more(
        self,
        session: Session,
        absent: Delivery,
        settings: Settings,
        clock: time_machine.Traveller,
    ) -> None:
        looks = []
        for second in range(0, reappearing.WATCH_FOR_S + 120, reappearing.OFTEN_S):
            for reading in reappearing.take_watches(session, settings):
                reappearing.record_watch(session, reading, None)
                looks.append(second)
            session.flush()
            clock.shift(reappearing.OFTEN_S)
        assert {b - a for a, b in pairwise(looks)} == {
            reappearing.OFTEN_S,
            reappearing.SELDOM_S,
        }
        assert looks[-1] >= reappearing.WATCH_FOR_S - 60
        assert absent.next_at is None

    def test_the_late_answer_itself_is_proof_and_it_comes_down(
        self, session: Session, sending: Claimed, absent: Delivery
    ) -> None:
        publishing.record(session, sending, Outcome(receipt=receipt("late-2")))
        session.flush()
        assert absent.state is D.PUBLISHED
        assert [takedown.remote_id for takedown in stopping.take_down_due(session)] == ["late-2"]

    def test_a_person_is_asked_where_the_network_cant_be_read(
        self,
        session: Session,
        team: Team,
        sending: Claimed,
        settings: Settings,
        clock: time_machine.Traveller,
    ) -> None:
        publishing.record(session, sending, Outcome(error=OutcomeUnknown("no answer")))
        delivery = withdraw(session, team, sending)
        for _ in range(10):
            for reading in settling.take_reading(session, settings):
                settling.record_reading(session, reading, NotSent("no connection"))
            session.flush()
            reappearing.ask_about_unread(session)
            clock.shift(5)
        assert delivery.state is D.NEEDS_PERSON
        (watch,) = reappearing.take_watches(session, settings)
        reappearing.record_watch(session, watch, receipt())
        session.flush()
        look(session, Seen())
        assert delivery.state is D.WITHDRAWN

    def test_what_becomes_unknown_meanwhile_is_read_at_once_also_where_that_is_dear(
        self, session: Session, team: Team, sending: Claimed, settings: Settings
    ) -> None:
        team.mastodon.network = "x"
        delivery = withdraw(session, team, sending)
        delivery.lease_until = kernel_clock.now() - timedelta(seconds=1)
        session.flush()
        settling.lose_expired(session)
        assert settling.take_reading(session, settings) == []
        reappearing.hurry(session)
        assert len(settling.take_reading(session, settings)) == 1

    def test_one_that_asked_already_is_looked_for_too(
        self, session: Session, team: Team, sending: Claimed, settings: Settings
    ) -> None:
        delivery = delivery_of(session, sending)
        for verb in ("lose", "ask"):
            DELIVERY.apply(session, delivery, verb, by=team.supervisor)
        withdraw(session, team, sending)
        assert len(reappearing.take_watches(session, settings)) == 1

    def test_one_whose_bytes_were_changed_keeps_no_other_from_being_looked_for(
        self, session: Session, team: Team, sending: Claimed, settings: Settings
    ) -> None:
        delivery = delivery_of(session, sending)
        publishing.record(session, sending, Outcome(error=OutcomeUnknown("no answer")))
        delivery.payload = delivery.payload.replace("forty", "fifty")
        session.flush()
        assert settling.take_reading(session, settings) == []
        assert withdraw(session, team, sending).state is D.NEEDS_PERSON
        for _ in range(2):
            assert reappearing.take_watches(session, settings) == []
