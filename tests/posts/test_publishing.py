"""Claiming, sending and recording one delivery."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update
from sqlalchemy.orm import Session

from officer_profiles.states import PERSONA
from tests.conftest import MONDAY
from tests.factories.areas import BY
from tests.factories.posts import Team, make_post, make_team
from vcp.channels.states import CHANNEL, ChannelState
from vcp.kernel import clock
from vcp.kernel.settings import Settings
from vcp.networks.base import (
    NetworkError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Reason,
    Receipt,
    Rejected,
    Unauthorised,
    Unavailable,
)
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, publishing, settling
from vcp.posts.claiming import Claimed
from vcp.posts.freezing import record_key
from vcp.posts.models import Attempt, Delivery
from vcp.posts.publishing import Outcome
from vcp.posts.states import DeliveryState, PostState
from vcp.users.states import USER

D = DeliveryState


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


@pytest.fixture
def delivery(session: Session, team: Team) -> Delivery:
    """A due delivery on the team's Mastodon channel."""
    return due(session, team)


def due(session: Session, team: Team) -> Delivery:
    post = make_post(session, team, state=PostState.SCHEDULED)
    session.flush()
    mine = session.query(Delivery).filter_by(post_id=post.id, channel=team.mastodon)
    return mine.one()


def claim(session: Session, delivery: Delivery, settings: Settings) -> Claimed | None:
    return claiming.claim_next(session, delivery.channel_id, "test:1", settings)


def claimed(session: Session, delivery: Delivery, settings: Settings) -> Claimed:
    found = claim(session, delivery, settings)
    assert found is not None
    return found


def receipt(remote_id: str = "remote-1") -> Receipt:
    return Receipt(remote_id, f"https://social.example/{remote_id}", clock.now())


def test_a_claim_is_stored_with_its_attempt_and_releases_the_post(
    session: Session, delivery: Delivery, settings: Settings
) -> None:
    found = claimed(session, delivery, settings)
    session.refresh(delivery)
    assert (delivery.state, delivery.attempt, delivery.owner) == (D.SENDING, 1, "test:1")
    assert session.get_one(Attempt, found.attempt_id).number == 1
    assert delivery.post.state is PostState.RELEASED
    assert delivery.post.public_revision_id == delivery.revision_id


def test_one_write_in_flight_a_channel(
    session: Session, team: Team, delivery: Delivery, settings: Settings
) -> None:
    due(session, team)
    assert claim(session, delivery, settings) is not None
    assert claim(session, delivery, settings) is None


def suspend_author(session: Session, team: Team) -> None:
    USER.apply(session, team.officer, "suspend", by=BY)


def suspend_persona(session: Session, team: Team) -> None:
    PERSONA.apply(session, team.persona, "suspend", by=BY)


def let_verification_lapse(session: Session, team: Team) -> None:
    team.persona.verification_expires_at = clock.now() - timedelta(seconds=1)


def revoke_leave(session: Session, team: Team) -> None:
    for leave in team.persona.capabilities:
        leave.revoked_at = clock.now()


def let_leave_lapse(session: Session, team: Team) -> None:
    for leave in team.persona.capabilities:
        leave.expires_at = clock.now() - timedelta(seconds=1)


def block_channel(session: Session, team: Team) -> None:
    CHANNEL.apply(session, team.mastodon, "block", by=BY)


def make_channel_wait(session: Session, team: Team) -> None:
    team.mastodon.wait_until = clock.now() + timedelta(minutes=1)


def pass_last_moment(session: Session, team: Team) -> None:
    session.execute(update(Delivery).values(not_after=clock.now() - timedelta(seconds=1)))


def want_it_down(session: Session, team: Team) -> None:
    session.execute(update(Delivery).values(withdraw_wanted_at=clock.now()))


def put_it_later(session: Session, team: Team) -> None:
    session.execute(update(Delivery).values(due_at=clock.now() + timedelta(seconds=1)))


STOPS = [
    suspend_author,
    suspend_persona,
    let_verification_lapse,
    revoke_leave,
    let_leave_lapse,
    block_channel,
    make_channel_wait,
    pass_last_moment,
    want_it_down,
    put_it_later,
]


@pytest.mark.parametrize("stop", STOPS)
def test_nothing_leaves_once_what_allowed_it_is_gone(
    session: Session,
    team: Team,
    delivery: Delivery,
    settings: Settings,
    stop: Callable[[Session, Team], None],
) -> None:
    assert delivery.channel_id in claiming.channels_due(session)
    stop(session, team)
    session.flush()
    assert delivery.channel_id not in claiming.channels_due(session)
    assert claim(session, delivery, settings) is None


def test_a_stopped_delivery_does_not_hold_up_the_next_on_its_channel(
    session: Session, team: Team, delivery: Delivery, settings: Settings
) -> None:
    later = due(session, team)
    delivery.withdraw_wanted_at = clock.now()
    session.flush()
    assert claimed(session, later, settings).delivery_id == later.id


@pytest.mark.parametrize(
    "error, state",
    [
        (NotSent("no connection"), D.RETRY_WAIT),
        (Unavailable("not now"), D.RETRY_WAIT),
        (RateLimited("slow down", retry_after_s=60), D.RETRY_WAIT),
        (Rejected("too long", reason=Reason.TOO_LONG), D.FAILED),
        (Unauthorised("token revoked"), D.BLOCKED_AUTH),
        (OutcomeUnknown("no answer"), D.OUTCOME_UNKNOWN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, NetworkError) else "",
)
def test_every_failure_ends_where_its_class_says(
    session: Session, delivery: Delivery, settings: Settings, error: NetworkError, state: D
) -> None:
    found = claimed(session, delivery, settings)
    publishing.record(session, found, Outcome(error=error))
    assert delivery.state is state
    assert str(error) in (delivery.problem or "")
    assert session.get_one(Attempt, found.attempt_id).finished_at is not None


def test_a_revoked_token_blocks_the_channel_and_everything_else_on_it(
    session: Session, team: Team, delivery: Delivery, settings: Settings
) -> None:
    due(session, team)
    publishing.record(
        session, claimed(session, delivery, settings), Outcome(error=Unauthorised("revoked"))
    )
    session.refresh(team.mastodon)
    assert team.mastodon.state is ChannelState.BLOCKED
    assert claim(session, delivery, settings) is None


def test_what_was_blocked_goes_out_once_the_channel_is_connected_again(
    session: Session, team: Team, delivery: Delivery, settings: Settings
) -> None:
    publishing.record(
        session, claimed(session, delivery, settings), Outcome(error=Unauthorised("revoked"))
    )
    session.refresh(team.mastodon)
    assert settling.wake(session) == 0
    CHANNEL.apply(session, team.mastodon, "reconnect", by=BY)
    assert settling.wake(session) == 1
    assert claim(session, delivery, settings) is not None


def test_a_rate_limit_holds_the_whole_channel_until_its_time(
    session: Session,
    team: Team,
    delivery: Delivery,
    settings: Settings,
    clock: time_machine.Traveller,
) -> None:
    due(session, team)
    error = RateLimited("slow down", retry_after_s=60)
    publishing.record(session, claimed(session, delivery, settings), Outcome(error=error))
    session.flush()
    clock.shift(59)
    settling.wake(session)
    assert claim(session, delivery, settings) is None
    clock.shift(2)
    settling.wake(session)
    assert claim(session, delivery, settings) is not None


def test_a_lost_lease_is_unknown_and_never_queued(
    session: Session, delivery: Delivery, settings: Settings, clock: time_machine.Traveller
) -> None:
    claimed(session, delivery, settings)
    clock.shift(claiming.LEASE_S - 1)
    assert settling.lose_expired(session) == 0
    clock.shift(2)
    assert settling.lose_expired(session) == 1
    session.refresh(delivery)
    assert delivery.state is D.OUTCOME_UNKNOWN


def test_a_renewed_lease_is_not_lost(
    session: Session, delivery: Delivery, settings: Settings, clock: time_machine.Traveller
) -> None:
    claimed(session, delivery, settings)
    clock.shift(claiming.LEASE_S - 1)
    claiming.renew_leases(session, "test:1", [delivery.id])
    clock.shift(claiming.LEASE_S - 1)
    assert settling.lose_expired(session) == 0


def test_a_late_answer_confirms_what_was_unknown(
    session: Session, delivery: Delivery, settings: Settings, clock: time_machine.Traveller
) -> None:
    found = claimed(session, delivery, settings)
    clock.shift(claiming.LEASE_S + 1)
    settling.lose_expired(session)
    publishing.record(session, found, Outcome(receipt=receipt()))
    assert (delivery.state, delivery.remote_id) == (D.PUBLISHED, "remote-1")


def test_a_late_failure_changes_nothing(
    session: Session, delivery: Delivery, settings: Settings, clock: time_machine.Traveller
) -> None:
    found = claimed(session, delivery, settings)
    clock.shift(claiming.LEASE_S + 1)
    settling.lose_expired(session)
    publishing.record(session, found, Outcome(error=NotSent("never left")))
    session.refresh(delivery)
    assert delivery.state is D.OUTCOME_UNKNOWN


def sent_again(
    session: Session, delivery: Delivery, settings: Settings, clock: time_machine.Traveller
) -> tuple[Claimed, Claimed]:
    """The first attempt, whose answer never came and which wasn't found, and the second."""
    first = claimed(session, delivery, settings)
    clock.shift(claiming.LEASE_S + 1)
    settling.lose_expired(session)
    for _ in range(2):
        for reading in settling.take_reading(session, settings):
            settling.record_reading(session, reading, None)
        session.flush()
        clock.shift(delivery.channel.settle_after_s + 1)
    return first, claimed(session, delivery, settings)


@pytest.mark.parametrize(
    "error",
    [None, NotSent("no route"), RateLimited("slow", retry_after_s=5), Unauthorised("revoked")],
    ids=["still under way", "not sent", "rate limited", "token revoked"],
)
def test_a_late_answer_ends_the_tries_that_came_after_it(
    session: Session,
    delivery: Delivery,
    settings: Settings,
    clock: time_machine.Traveller,
    error: NetworkError | None,
) -> None:
    """What is known to be there must not be sent a second time."""
    first, second = sent_again(session, delivery, settings, clock)
    if error is not None:
        publishing.record(session, second, Outcome(error=error))
    publishing.record(session, first, Outcome(receipt=receipt()))
    session.flush()
    assert (delivery.state, delivery.remote_id) == (D.PUBLISHED, "remote-1")
    publishing.record(session, second, Outcome(error=NotSent("no route")))
    assert delivery.state is D.PUBLISHED


def test_a_late_answer_is_kept_while_another_is_sent_on_the_channel(
    session: Session,
    team: Team,
    delivery: Delivery,
    settings: Settings,
    clock: time_machine.Traveller,
) -> None:
    first, second = sent_again(session, delivery, settings, clock)
    publishing.record(session, second, Outcome(error=NotSent("no route")))
    other = due(session, team)
    assert claimed(session, other, settings).delivery_id == other.id
    publishing.record(session, first, Outcome(receipt=receipt()))
    session.flush()
    assert (delivery.state, other.state) == (D.PUBLISHED, D.SENDING)


def test_bytes_that_were_changed_after_approval_never_leave(
    session: Session, delivery: Delivery, settings: Settings
) -> None:
    delivery.payload = delivery.payload.replace("forty", "fifty")
    session.flush()
    assert claim(session, delivery, settings) is None
    session.refresh(delivery)
    assert delivery.state is D.FAILED
    assert "stopped" in (delivery.problem or "")


def test_a_network_fault_is_recorded_and_the_words_sent_are_those_approved(
    session: Session, delivery: Delivery, settings: Settings
) -> None:
    network = FakeNetwork()
    found = claimed(session, delivery, settings)
    outcome = publishing.send(found, network)
    publishing.record(session, found, outcome)
    assert delivery.state is D.PUBLISHED
    assert network.posts[0].outgoing.text == delivery.revision.text


def test_no_two_record_keys_of_one_moment_are_the_same() -> None:
    """A key that is taken is refused by the server, and the post with it."""
    assert len({record_key(MONDAY) for _ in range(200)}) == 200


def test_record_keys_sort_by_time_and_have_the_length_that_networks_take() -> None:
    before, after = record_key(MONDAY), record_key(MONDAY + timedelta(seconds=1))
    assert len(before) == 13
    assert before < after
