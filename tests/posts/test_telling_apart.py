"""Two posts with the same words on one channel: a copy there counts for one, and for the right one.

Found by the publisher that was killed fifty times: where keys are honoured, the wrong one's resends
named the other's copy for ever.
"""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.conftest import MONDAY
from tests.factories.posts import Team, make_post, make_team
from vcp.kernel import clock as kernel_clock
from vcp.kernel.settings import Settings
from vcp.networks.base import OutcomeUnknown, Receipt
from vcp.posts import claiming, publishing, service, settling
from vcp.posts.claiming import Claimed
from vcp.posts.models import Delivery
from vcp.posts.publishing import Outcome
from vcp.posts.states import DeliveryState, PostState
from vcp.posts.tombstones import WithdrawalReason

D = DeliveryState
LOST = Outcome(error=OutcomeUnknown("The answer was lost."))


def answer(remote_id: str) -> Outcome:
    return Outcome(Receipt(remote_id, f"https://social.example/{remote_id}", kernel_clock.now()))


#: A copy that a server whose clock is behind dates to before the later one was sent.
EARLY = Outcome(Receipt("theirs", None, MONDAY - timedelta(seconds=2)))


class Pair:
    """Two deliveries with the same words; of the first nobody knows whether it arrived."""

    def __init__(
        self,
        session: Session,
        team: Team,
        settings: Settings,
        clock: time_machine.Traveller,
    ) -> None:
        self.session, self.team, self.settings = session, team, settings
        for _ in range(2):
            make_post(session, team, state=PostState.SCHEDULED, text="Speed checks today.")
        session.flush()
        first = self.claim()
        publishing.record(session, first, LOST)
        self.first = session.get_one(Delivery, first.delivery_id)
        clock.shift(1)
        self.sent = self.claim()
        self.second = session.get_one(Delivery, self.sent.delivery_id)

    def claim(self) -> Claimed:
        found = claiming.claim_next(self.session, self.team.mastodon.id, "test:1", self.settings)
        assert found is not None
        return found

    def read_first(self, outcome: Outcome | None) -> None:
        """Read what is unknown: there is such a post, or none."""
        found = outcome.receipt if outcome else None
        for reading in settling.take_reading(self.session, self.settings):
            settling.record_reading(self.session, reading, found)
        self.session.flush()

    def answered(self, outcome: Outcome) -> None:
        publishing.record(self.session, self.sent, outcome)
        self.session.flush()


@pytest.fixture
def pair(session: Session, settings: Settings, clock: time_machine.Traveller) -> Pair:
    return Pair(session, make_team(session), settings, clock)


def test_what_was_made_while_the_later_one_was_sent_is_left_to_it(
    pair: Pair, clock: time_machine.Traveller
) -> None:
    """One write is in flight on a channel: the copy is likelier the later one's."""
    pair.read_first(answer("theirs"))
    assert (pair.first.state, pair.first.remote_id) == (D.OUTCOME_UNKNOWN, None)
    pair.answered(answer("theirs"))
    clock.shift(settling.READ_AGAIN_S)
    pair.read_first(None)
    clock.shift(pair.team.mastodon.settle_after_s + 1)
    pair.read_first(None)
    assert (pair.first.state, pair.second.state) == (D.QUEUED, D.PUBLISHED)


def test_what_was_made_before_it_was_sent_is_left_to_the_earlier_one(pair: Pair) -> None:
    publishing.record(pair.session, pair.sent, LOST)
    pair.session.flush()
    copy = Receipt("theirs", None, MONDAY + timedelta(seconds=0.5))
    readings = settling.take_reading(pair.session, pair.settings)
    for reading in sorted(readings, key=lambda one: one.delivery_id != pair.second.id):
        settling.record_reading(pair.session, reading, copy)
    assert (pair.second.state, pair.second.remote_id) == (D.OUTCOME_UNKNOWN, None)
    assert (pair.first.state, pair.first.remote_id) == (D.PUBLISHED, "theirs")


def test_what_was_made_before_the_later_one_was_sent_is_its_own(pair: Pair) -> None:
    pair.read_first(EARLY)
    assert (pair.first.state, pair.first.remote_id) == (D.PUBLISHED, "theirs")


def test_what_was_read_is_given_back_to_whom_the_network_names(
    pair: Pair, clock: time_machine.Traveller
) -> None:
    pair.read_first(EARLY)
    assert (pair.first.state, pair.first.remote_id) == (D.PUBLISHED, "theirs")
    pair.answered(answer("theirs"))
    assert (pair.second.state, pair.second.remote_id) == (D.PUBLISHED, "theirs")
    assert (pair.first.state, pair.first.remote_id) == (D.OUTCOME_UNKNOWN, None)
    pair.read_first(None)
    clock.shift(pair.team.mastodon.settle_after_s + 1)
    pair.read_first(None)
    assert pair.first.state is D.QUEUED  # it never arrived, so it goes again


def test_its_own_copy_is_found_once_the_other_s_is_given_back(pair: Pair) -> None:
    pair.read_first(EARLY)
    pair.answered(answer("theirs"))
    pair.read_first(answer("mine"))
    assert (pair.first.state, pair.first.remote_id) == (D.PUBLISHED, "mine")


def test_a_late_answer_is_proof_as_well(pair: Pair) -> None:
    publishing.record(pair.session, pair.sent, LOST)
    pair.session.flush()
    for reading in settling.take_reading(pair.session, pair.settings):
        if reading.delivery_id == pair.first.id:
            settling.record_reading(pair.session, reading, EARLY.receipt)
    pair.session.flush()
    pair.answered(answer("theirs"))
    assert (pair.second.state, pair.second.remote_id) == (D.PUBLISHED, "theirs")
    assert pair.first.state is D.OUTCOME_UNKNOWN


def test_where_both_were_answered_a_person_looks(pair: Pair, clock: time_machine.Traveller) -> None:
    """A server that gives one id twice is asked about, not asked for ever."""
    pair.answered(answer("same"))
    pair.read_first(None)
    clock.shift(pair.team.mastodon.settle_after_s + 1)
    pair.read_first(None)
    pair.sent = pair.claim()
    pair.answered(answer("same"))
    assert pair.first.state is D.NEEDS_PERSON
    assert pair.first.problem == publishing.IN_DOUBT
    assert (pair.second.state, pair.second.remote_id) == (D.PUBLISHED, "same")


def test_a_copy_that_must_come_down_is_not_given_back(pair: Pair) -> None:
    pair.read_first(EARLY)
    reason = WithdrawalReason.MISTAKE
    service.withdraw(pair.session, pair.first.post_id, reason, by=pair.team.supervisor)
    pair.answered(answer("theirs"))
    assert pair.first.remote_id == "theirs"
    assert pair.second.state is D.NEEDS_PERSON
