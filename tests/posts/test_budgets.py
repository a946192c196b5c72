"""S19: whoever posts more than people do is stopped, and two people let them go on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from tests.factories.channels import make_channel
from tests.factories.personas import grant, make_persona
from tests.factories.posts import Team, make_post, make_team
from tests.factories.users import give_role
from tests.posts.test_pausing import answer
from vcp.kernel.clock import now
from vcp.kernel.db import transaction
from vcp.kernel.errors import Invalid, NotAllowed
from vcp.kernel.mail import Mail
from vcp.kernel.permissions import Role
from vcp.kernel.settings import USUAL_BUDGETS, Mode, Settings
from vcp.networks.base import Receipt
from vcp.posts import budgets, claiming, holding_back, pause_queries, pausing, publishing
from vcp.posts.models import Delivery
from vcp.posts.pause_models import Pause, PauseScope, Stops
from vcp.posts.publishing import Outcome
from vcp.posts.states import DeliveryState, PauseState, PostState

HOUR = 4


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Four posts an hour, no other budget."""
    return settings.model_copy(update={"persona_posts_per_hour": HOUR})


def scheduled(session: Session, team: Team, number_of: int, persona: Persona | None = None) -> None:
    """So many posts on our own feed, as soon as they are approved."""
    of = team if persona is None else replace(team, persona=persona)
    for number in range(number_of):
        text = f"We marked {number} bikes today."
        make_post(
            session, of, state=PostState.SCHEDULED, text=text, channel_ids=(team.own_feed.id,)
        )


def send_all(session: Session, channel_id: int, settings: Settings) -> int:
    """Claim on a channel until nothing more may leave; return how many did."""
    for sent in count():
        session.flush()
        claimed = claiming.claim_next(session, channel_id, "test:1", settings)
        if claimed is None:
            return sent
        receipt = Receipt(f"post-{claimed.delivery_id}", None, now())
        publishing.record(session, claimed, Outcome(receipt=receipt))
    return 0


def breakers(session: Session) -> list[Pause]:
    session.flush()
    return list(session.scalars(select(Pause).where(Pause.is_breaker).order_by(Pause.id)))


def lift_by_two(session: Session, team: Team, pause: Pause, clock: time_machine.Traveller) -> None:
    clock.shift(1)
    pausing.lift(session, pause.id, "It was us.", by=team.supervisor)
    pausing.confirm_lift(session, pause.id, by=team.district_supervisor)
    clock.shift(1)


@pytest.mark.parametrize("tries", [20, pytest.param(100, marks=pytest.mark.faults_long)])
def test_a_persona_that_tries_far_too_many_posts_stops_at_its_budget(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller, tries: int
) -> None:
    scheduled(session, team, tries)
    sent = 0
    for _ in range(10):
        sent += send_all(session, team.own_feed.id, settings)
        clock.shift(60)
    assert sent == HOUR
    (pause,) = breakers(session)
    assert pause.reason == "PC Sam Okoro is over its budget of 4 posts an hour."
    assert (pause.scope, pause.stops) == (PauseScope.PERSONA, Stops.POSTS)
    waiting = session.scalars(select(Delivery).where(Delivery.state == DeliveryState.QUEUED))
    stopped = list(waiting.unique())
    assert len(stopped) == tries - HOUR
    why = pause_queries.stopping(session, stopped).post(stopped[0].post) or ""
    assert "set by the posting budget" in why
    told = session.scalars(select(Mail).where(Mail.subject.contains("over its budget"))).all()
    assert team.supervisor.email in {one.to_address for one in told}
    assert all(one.is_urgent for one in told)


def test_it_takes_two_people_and_nothing_bursts_out(
    session: Session, team: Team, settings: Settings
) -> None:
    scheduled(session, team, HOUR + 3)
    assert send_all(session, team.own_feed.id, settings) == HOUR
    (pause,) = breakers(session)
    pausing.lift(session, pause.id, "It was us.", by=team.supervisor)
    with pytest.raises(NotAllowed):
        pausing.confirm_lift(session, pause.id, by=team.supervisor)
    give_role(session, team.officer, Role.SUPERVISOR, team.area)
    with pytest.raises(NotAllowed, match="You speak as"):
        pausing.confirm_lift(session, pause.id, by=team.officer)
    assert send_all(session, team.own_feed.id, settings) == 0
    pausing.confirm_lift(session, pause.id, by=team.district_supervisor)
    assert send_all(session, team.own_feed.id, settings) == 0
    held = [row.delivery_id for row in holding_back.listed(session, team.supervisor)]
    assert len(held) == 3
    holding_back.let_go(session, held, by=team.supervisor)
    assert send_all(session, team.own_feed.id, settings) == 3


def test_after_the_lift_the_count_begins_anew(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    scheduled(session, team, HOUR + 1)
    assert send_all(session, team.own_feed.id, settings) == HOUR
    lift_by_two(session, team, breakers(session)[0], clock)
    scheduled(session, team, HOUR + 1)
    assert send_all(session, team.own_feed.id, settings) == HOUR
    assert [pause.state for pause in breakers(session)] == [
        PauseState.LIFTED,
        PauseState.IN_FORCE,
    ]


def test_who_posts_slowly_is_never_stopped(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        scheduled(session, team, HOUR)
        assert send_all(session, team.own_feed.id, settings) == HOUR
        clock.shift(timedelta(hours=1, seconds=1))
    assert breakers(session) == []


def test_a_day_has_a_number_too(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    day = settings.model_copy(update={"persona_posts_per_day": HOUR + 2})
    sent = 0
    for _ in range(2):
        scheduled(session, team, HOUR)
        sent += send_all(session, team.own_feed.id, day)
        clock.shift(timedelta(hours=2))
    assert sent == HOUR + 2
    assert "6 posts a day" in breakers(session)[0].reason


def test_answers_go_on_when_posts_are_spent_and_have_a_number_of_their_own(
    session: Session, team: Team, settings: Settings
) -> None:
    answers = settings.model_copy(update={"persona_answers_per_hour": 2})
    scheduled(session, team, HOUR + 1)
    assert send_all(session, team.own_feed.id, answers) == HOUR
    for _ in range(4):
        answer(session, team)
    assert send_all(session, team.mastodon.id, answers) == 2
    assert [pause.stops for pause in breakers(session)] == [Stops.POSTS, Stops.ANSWERS]
    assert breakers(session)[1].reason.endswith("2 answers an hour.")


def test_twenty_personas_at_once_spend_the_forces_budget(
    session: Session, team: Team, settings: Settings
) -> None:
    force = settings.model_copy(update={"force_posts_per_hour": 13})
    for _ in range(20):
        persona = make_persona(
            session, area=team.area, members=(team.officer,), channels=(team.own_feed,)
        )
        scheduled(session, team, 1, persona)
    assert send_all(session, team.own_feed.id, force) == 13
    (pause,) = breakers(session)
    assert (pause.scope, pause.takes_two) == (PauseScope.EVERYTHING, True)
    assert not pausing.is_stop(pause)
    pausing.stop_everything(session, by=team.supervisor)
    assert len(pause_queries.everywhere(session)) == 2


def test_a_persona_may_have_a_number_of_its_own(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    budgets.set_own(session, team.persona.id, HOUR + 2, None, by=team.supervisor)
    scheduled(session, team, HOUR + 4)
    assert send_all(session, team.own_feed.id, settings) == HOUR + 2
    lift_by_two(session, team, breakers(session)[0], clock)
    budgets.set_own(session, team.persona.id, 0, 0, by=team.supervisor)
    scheduled(session, team, HOUR + 4)
    assert send_all(session, team.own_feed.id, settings) == HOUR + 4


def test_nobody_sets_the_budget_of_who_they_speak_as_or_of_another_area(
    session: Session, team: Team
) -> None:
    give_role(session, team.officer, Role.SUPERVISOR, team.area)
    for person in (team.officer, team.administrator, team.other_supervisor):
        with pytest.raises(NotAllowed):
            budgets.set_own(session, team.persona.id, 1_000, None, by=person)
    with pytest.raises(Invalid):
        budgets.set_own(session, team.persona.id, -1, None, by=team.supervisor)


def test_copies_and_corrections_of_one_post_count_once(
    session: Session, team: Team, settings: Settings
) -> None:
    one = settings.model_copy(update={"persona_posts_per_hour": 1})
    make_post(session, team, state=PostState.SCHEDULED)
    assert send_all(session, team.own_feed.id, one) == 1
    assert send_all(session, team.mastodon.id, one) == 1
    assert breakers(session) == []


def test_a_copy_of_a_post_that_another_publisher_just_began_trips_nothing(
    session: Session, team: Team, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one let the budget's last post leave on our own feed; this is the same post."""
    scheduled(session, team, HOUR - 1)
    send_all(session, team.own_feed.id, settings)
    last = make_post(session, team, state=PostState.SCHEDULED)
    counted = budgets.spent

    def while_waiting(*args: Any, **kwargs: Any) -> int:
        """Waiting for the other one's lock ends when that has stored its claim."""
        monkeypatch.setattr(budgets, "spent", counted)
        if last.state is PostState.SCHEDULED:
            assert claiming.claim_next(session, team.own_feed.id, "test:2", settings)
            session.refresh(last)
        return counted(*args, **kwargs)

    session.flush()
    monkeypatch.setattr(budgets, "spent", while_waiting)
    copies = {d.id for d in last.deliveries if d.channel_id == team.mastodon.id}
    assert budgets.within(session, copies, settings) == copies
    assert breakers(session) == []


def test_a_budget_is_in_force_in_production_unless_somebody_chose_otherwise() -> None:
    production = {"mode": Mode.PRODUCTION}
    for name, usual in USUAL_BUDGETS.items():
        assert Settings(mode=Mode.TEST).model_copy(update=production).budget(name) == usual > 0
        assert Settings(mode=Mode.DEMO).budget(name) == 0
        assert Settings(mode=Mode.TEST).budget(name) == 0
        chosen = Settings(mode=Mode.DEMO).model_copy(update={name: 7})
        assert chosen.budget(name) == 7


def test_claims_at_one_moment_see_each_other(app: Flask, settings: Settings) -> None:
    """Eight channels, eight threads: not one post over the budget."""
    with app.app_context(), transaction() as session:
        team = make_team(session)
        channels = [make_channel(session, area=team.area) for _ in range(8)]
        for channel in channels:
            grant(session, persona=team.persona, channel=channel)
        for channel in channels * 2:
            make_post(session, team, state=PostState.SCHEDULED, channel_ids=(channel.id,))
        ids = [channel.id for channel in channels]
    barrier = Barrier(len(ids))

    def claim(channel_id: int) -> int:
        with app.app_context():
            barrier.wait(30)
            with transaction() as session:
                found = claiming.claim_next(session, channel_id, "test:1", small)
            return found is not None

    small = settings.model_copy(update={"persona_posts_per_hour": 3})
    with ThreadPoolExecutor(len(ids)) as pool:
        assert sum(pool.map(claim, ids)) == 3
    with app.app_context(), transaction() as session:
        assert len(breakers(session)) == 1
