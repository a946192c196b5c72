"""What becomes of a delivery whose outcome is unknown, and of what comes too late."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post, make_team
from vcp.channels.models import SettlePolicy
from vcp.kernel import clock
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.settings import Settings
from vcp.networks.base import NotSent, OutcomeUnknown, Receipt
from vcp.posts import claiming, publishing, settling, settling_by_person
from vcp.posts.models import Delivery
from vcp.posts.publishing import Outcome
from vcp.posts.states import DeliveryState, PostState

D = DeliveryState


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


@pytest.fixture
def unknown(session: Session, team: Team, settings: Settings) -> Delivery:
    """A delivery that was sent, and of which nothing was heard."""
    return make_unknown(session, team, settings)


def make_unknown(session: Session, team: Team, settings: Settings) -> Delivery:
    post = make_post(session, team, state=PostState.SCHEDULED)
    session.flush()
    delivery = session.query(Delivery).filter_by(post_id=post.id, channel=team.mastodon).one()
    claimed = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
    assert claimed is not None
    assert claimed.delivery_id == delivery.id
    publishing.record(session, claimed, Outcome(error=OutcomeUnknown("no answer")))
    session.flush()
    return delivery


def read(session: Session, settings: Settings, found: Receipt | NotSent | None) -> int:
    """Read the network once for everything that is due; return for how many."""
    readings = settling.take_reading(session, settings)
    for reading in readings:
        settling.record_reading(session, reading, found)
    session.flush()
    return len(readings)


def receipt(remote_id: str = "remote-1") -> Receipt:
    return Receipt(remote_id, f"https://social.example/{remote_id}", clock.now())


def test_it_is_read_at_once_and_found(
    session: Session, unknown: Delivery, settings: Settings
) -> None:
    assert read(session, settings, receipt()) == 1
    assert (unknown.state, unknown.remote_id) == (D.PUBLISHED, "remote-1")


def test_absent_once_is_not_enough_to_send_again(
    session: Session, unknown: Delivery, settings: Settings, clock: time_machine.Traveller
) -> None:
    read(session, settings, None)
    assert unknown.state is D.OUTCOME_UNKNOWN
    clock.shift(unknown.channel.settle_after_s - 1)
    assert read(session, settings, None) == 0


def test_absent_twice_with_the_lag_between_queues_it_again(
    session: Session, unknown: Delivery, settings: Settings, clock: time_machine.Traveller
) -> None:
    read(session, settings, None)
    clock.shift(unknown.channel.settle_after_s + 1)
    read(session, settings, None)
    assert unknown.state is D.QUEUED


def test_a_server_that_shows_posts_late_asks_a_person(
    session: Session, unknown: Delivery, settings: Settings, clock: time_machine.Traveller
) -> None:
    unknown.channel.settle_policy = SettlePolicy.PERSON
    read(session, settings, None)
    clock.shift(unknown.channel.settle_after_s + 1)
    read(session, settings, None)
    assert unknown.state is D.NEEDS_PERSON


def test_a_network_that_cannot_be_read_asks_a_person_after_ten_minutes(
    session: Session, unknown: Delivery, settings: Settings, clock: time_machine.Traveller
) -> None:
    read(session, settings, NotSent("no connection"))
    assert unknown.state is D.OUTCOME_UNKNOWN
    clock.shift(settling.PERSON_AFTER_S + 1)
    read(session, settings, NotSent("no connection"))
    assert unknown.state is D.NEEDS_PERSON


def test_one_copy_at_the_network_settles_one_delivery_only(
    session: Session, team: Team, unknown: Delivery, settings: Settings
) -> None:
    same_words = make_unknown(session, team, settings)
    readings = settling.take_reading(session, settings)
    for reading in readings:
        settling.record_reading(session, reading, receipt())
    session.flush()
    states = {unknown.state, same_words.state}
    assert states == {D.PUBLISHED, D.OUTCOME_UNKNOWN}


def test_what_another_delivery_has_is_not_looked_at(
    session: Session, team: Team, unknown: Delivery, settings: Settings
) -> None:
    read(session, settings, receipt())
    make_unknown(session, team, settings)
    (reading,) = settling.take_reading(session, settings)
    assert reading.taken == {"remote-1"}


def test_two_readers_do_not_read_the_same(
    session: Session, unknown: Delivery, settings: Settings
) -> None:
    assert len(settling.take_reading(session, settings)) == 1
    assert settling.take_reading(session, settings) == []


def test_what_was_not_sent_by_its_last_moment_expires_with_its_post(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    post = make_post(session, team, state=PostState.SCHEDULED)
    session.flush()
    clock.shift(timedelta(days=2))
    settling.expire(session)
    session.flush()
    assert {delivery.state for delivery in post.deliveries} == {D.EXPIRED}
    assert post.state is PostState.EXPIRED


class TestPerson:
    """Two buttons, a reason to give up, and only for those who may."""

    @pytest.fixture
    def asked(
        self,
        session: Session,
        unknown: Delivery,
        settings: Settings,
        clock: time_machine.Traveller,
    ) -> Delivery:
        clock.shift(settling.PERSON_AFTER_S + 1)
        read(session, settings, NotSent("no connection"))
        return unknown

    def test_it_is_there(self, session: Session, team: Team, asked: Delivery) -> None:
        url = "https://social.example/@harbour/12345"
        settling_by_person.say_published(session, asked.id, url, by=team.supervisor)
        assert (asked.state, asked.remote_id) == (D.PUBLISHED, "12345")

    def test_what_leads_to_no_post_is_refused_with_what_to_copy(
        self, session: Session, team: Team, asked: Delivery
    ) -> None:
        with pytest.raises(Invalid, match="copy the address of that page"):
            settling_by_person.say_published(
                session, asked.id, "https://social.example", by=team.supervisor
            )
        assert asked.state is D.NEEDS_PERSON

    def test_it_is_not_there_and_goes_again(
        self, session: Session, team: Team, asked: Delivery
    ) -> None:
        settling_by_person.send_again(session, asked.id, by=team.supervisor)
        assert asked.state is D.QUEUED

    def test_it_is_given_up_with_a_reason(
        self, session: Session, team: Team, asked: Delivery
    ) -> None:
        with pytest.raises(Invalid):
            settling_by_person.give_up(session, asked.id, "", by=team.supervisor)
        settling_by_person.give_up(session, asked.id, "no longer true", by=team.supervisor)
        assert asked.state is D.FAILED

    def test_an_officer_or_another_areas_supervisor_may_not(
        self, session: Session, team: Team, asked: Delivery
    ) -> None:
        for person in (team.officer, team.other_supervisor, team.administrator):
            with pytest.raises(NotAllowed):
                settling_by_person.send_again(session, asked.id, by=person)

    def test_what_was_withdrawn_is_not_sent_again(
        self, session: Session, team: Team, asked: Delivery
    ) -> None:
        asked.withdraw_wanted_at = clock.now()
        with pytest.raises(Conflict):
            settling_by_person.send_again(session, asked.id, by=team.supervisor)

    def test_what_is_too_late_is_not_sent_again(
        self, session: Session, team: Team, asked: Delivery, clock: time_machine.Traveller
    ) -> None:
        clock.shift(timedelta(days=2))
        with pytest.raises(Conflict):
            settling_by_person.send_again(session, asked.id, by=team.supervisor)

    def test_a_second_answer_is_refused(
        self, session: Session, team: Team, asked: Delivery
    ) -> None:
        settling_by_person.send_again(session, asked.id, by=team.supervisor)
        with pytest.raises(Conflict):
            settling_by_person.give_up(session, asked.id, "changed my mind", by=team.supervisor)
