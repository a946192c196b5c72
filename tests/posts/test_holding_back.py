"""When a pause is lifted nothing bursts out: a person decides about what became due meanwhile."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.pauses import lift, make_pause
from tests.factories.posts import Team, make_post, make_team
from vcp.kernel import clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.settings import Settings
from vcp.networks.base import OutcomeUnknown
from vcp.posts import (
    claiming,
    holding_back,
    pause_queries,
    publishing,
    settling,
    settling_by_person,
)
from vcp.posts.models import Delivery, Post
from vcp.posts.pause_models import PauseScope
from vcp.posts.publishing import Outcome
from vcp.posts.states import DELIVERY, DeliveryState, PostState

D = DeliveryState


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


@pytest.fixture
def held(session: Session, team: Team, clock: time_machine.Traveller) -> Post:
    """A post sent during a stop of everything that has been lifted since."""
    made = make_pause(session, team, PauseScope.EVERYTHING)
    post = make_post(session, team, state=PostState.SCHEDULED)
    clock.shift(600)
    lift(session, team, made)
    clock.shift(60)
    session.flush()
    return post


def ids(post: Post) -> list[uuid.UUID]:
    return [delivery.id for delivery in post.deliveries]


def due(session: Session) -> list[int]:
    session.flush()
    return claiming.channels_due(session)


def test_what_became_due_waits_and_what_is_due_later_goes_at_its_time(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    make_post(session, team, state=PostState.SCHEDULED, wanted_local="2026-06-15T10:30")
    later = make_post(session, team, state=PostState.SCHEDULED, wanted_local="2026-06-15T12:00")
    made = make_pause(session, team, PauseScope.PERSONA)
    clock.shift(timedelta(hours=1))
    lift(session, team, made)
    assert due(session) == []
    clock.shift(timedelta(hours=1, seconds=1))
    assert set(due(session)) == {team.own_feed.id, team.mastodon.id}
    claimed = session.scalars(select(Delivery).where(Delivery.due_at <= later.wanted_at)).all()
    assert len(claimed) == 4
    assert len(holding_back.listed(session, team.supervisor)) == 2


def test_it_says_so_wherever_it_is_shown(session: Session, held: Post) -> None:
    said = pause_queries.stopping(session, held.deliveries).post(held)
    assert said is not None
    assert "became due while everything was paused" in said


def test_a_person_lets_chosen_ones_go(session: Session, team: Team, held: Post) -> None:
    mastodon = next(d.id for d in held.deliveries if d.channel_id == team.mastodon.id)
    holding_back.let_go(session, [mastodon], by=team.supervisor)
    assert due(session) == [team.mastodon.id]
    with pytest.raises(NotFound):
        holding_back.let_go(session, [mastodon], by=team.supervisor)
    verbs = session.scalars(select(AuditEvent.verb).where(AuditEvent.subject_kind == "held_back"))
    assert list(verbs) == ["let_go"]


def test_a_new_time_is_kept_in_the_words_that_were_approved(
    session: Session, team: Team, held: Post, clock: time_machine.Traveller
) -> None:
    before = {d.id: d.payload_sha256 for d in held.deliveries}
    holding_back.give_time(session, ids(held), "2026-06-15T15:00", by=team.supervisor)
    assert due(session) == []
    assert held.wanted_local == "2026-06-15T15:00"
    clock.shift(timedelta(hours=5))
    assert len(due(session)) == 2
    assert {d.id: d.payload_sha256 for d in held.deliveries} == before


def test_a_time_after_the_last_moment_or_in_the_past_is_refused(
    session: Session, team: Team, held: Post
) -> None:
    for typed in ("2026-06-15T08:00", "2026-06-17T08:00", "soon"):
        with pytest.raises(Invalid):
            holding_back.give_time(session, ids(held), typed, by=team.supervisor)
    with pytest.raises(Invalid):
        holding_back.let_go(session, [], by=team.supervisor)


def test_cancelling_all_of_it_cancels_the_post(session: Session, team: Team, held: Post) -> None:
    first, second = ids(held)
    holding_back.cancel(session, [first], by=team.supervisor)
    assert held.state is PostState.SCHEDULED
    holding_back.cancel(session, [second], by=team.supervisor)
    assert (held.state, due(session)) == (PostState.CANCELLED, [])


def test_its_last_moment_still_ends_it(
    session: Session, team: Team, held: Post, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=1))
    settling.expire(session)
    assert {delivery.state for delivery in held.deliveries} == {D.EXPIRED}
    assert held.state is PostState.EXPIRED
    assert list(holding_back.listed(session, team.supervisor)) == []


def test_it_expires_under_the_pause_as_well(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    make_pause(session, team, PauseScope.EVERYTHING)
    post = make_post(session, team, state=PostState.SCHEDULED)
    clock.shift(timedelta(days=1, seconds=1))
    settling.expire(session)
    assert {delivery.state for delivery in post.deliveries} == {D.EXPIRED}


def test_only_those_who_settle_deliveries_there_decide(
    session: Session, team: Team, held: Post
) -> None:
    for person in (team.officer, team.administrator, team.other_supervisor):
        assert list(holding_back.listed(session, person)) == []
        for decide in (holding_back.let_go, holding_back.cancel):
            with pytest.raises(NotAllowed):
                decide(session, ids(held), by=person)
    assert due(session) == []


def test_nothing_goes_while_another_pause_stands_and_it_waits_once_more(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    everything = make_pause(session, team, PauseScope.EVERYTHING)
    persona = make_pause(session, team, PauseScope.PERSONA)
    post = make_post(session, team, state=PostState.SCHEDULED)
    lift(session, team, everything)
    with pytest.raises(Conflict, match="PC Sam Okoro"):
        holding_back.let_go(session, ids(post), by=team.supervisor)
    lift(session, team, persona)
    assert len(holding_back.listed(session, team.supervisor)) == 2
    holding_back.let_go(session, ids(post), by=team.supervisor)
    assert len(due(session)) == 2
    again = make_pause(session, team, PauseScope.AREA)
    lift(session, team, again)
    assert due(session) == []


def test_what_turns_out_unsent_after_the_lift_waits_too(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    """Sent before the pause, unknown during it, found absent after it."""
    make_post(session, team, state=PostState.SCHEDULED, channel_ids=(team.mastodon.id,))
    session.flush()
    claimed = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
    assert claimed is not None
    made = make_pause(session, team, PauseScope.EVERYTHING)
    publishing.record(session, claimed, Outcome(error=OutcomeUnknown("no answer")))
    lift(session, team, made)
    for _ in range(settling.READS_NEEDED):
        (reading,) = settling.take_reading(session, settings)
        settling.record_reading(session, reading, None)
        session.flush()
        clock.shift(30)
    delivery = session.get_one(Delivery, claimed.delivery_id)
    assert (delivery.state, due(session)) == (D.QUEUED, [])


def test_a_persons_send_again_is_word_enough(
    session: Session, team: Team, held: Post, settings: Settings
) -> None:
    delivery = held.deliveries[0]
    for verb in ("claim", "lose", "ask"):
        DELIVERY.apply(session, delivery, verb, by=team.supervisor)
    settling_by_person.send_again(session, delivery.id, by=team.supervisor)
    assert due(session) == [delivery.channel_id]


def test_what_was_tried_before_is_watched_for_after_it_is_cancelled(
    session: Session, team: Team, held: Post
) -> None:
    delivery = held.deliveries[0]
    delivery.attempt = 1
    holding_back.cancel(session, [delivery.id], by=team.supervisor)
    assert delivery.withdraw_wanted_at == clock.now() == delivery.next_at
