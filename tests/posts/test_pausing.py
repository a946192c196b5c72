"""A pause stops what it covers, at once and only that; lifting takes the right people."""

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.factories.contacts import make_message
from tests.factories.pauses import WHY, lift, make_force_supervisor, make_pause, targets
from tests.factories.personas import grant, make_persona
from tests.factories.posts import Team, make_post, make_team
from tests.factories.users import give_role, make_user
from vcp.kernel import mail
from vcp.kernel.audit import AuditEvent
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotShown
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.networks.base import Receipt
from vcp.posts import claiming, correcting, pause_queries, pausing, publishing, service, stopping
from vcp.posts.models import Delivery, Post
from vcp.posts.pause_models import Pause, PauseScope, Stops
from vcp.posts.publishing import Outcome
from vcp.posts.states import DeliveryState, PauseState, PostState
from vcp.posts.words import Words


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


def sendable(session: Session) -> set[str]:
    """The names of the networks with something to send now."""
    session.flush()
    due = claiming.channels_due(session)
    rows = session.scalars(select(Delivery).where(Delivery.channel_id.in_(due))).unique()
    return {delivery.channel.network for delivery in rows}


def answer(session: Session, team: Team) -> Post:
    """An approved answer to a resident on the team's Mastodon."""
    message = make_message(session, team)
    words = Words(text="We are there on Friday.")
    post = service.create_draft(session, team.persona.id, words, by=team.officer, answers=message)
    service.submit(session, post.id, by=team.officer)
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    return post


class TestWhatItStops:
    """`everything` and `area` cover both of the post's channels, a channel's pause only its own."""

    @pytest.mark.parametrize(
        "scope, left",
        [
            (PauseScope.EVERYTHING, set()),
            (PauseScope.AREA, set()),
            (PauseScope.PERSONA, set()),
            (PauseScope.NETWORK, {"own"}),
            (PauseScope.CHANNEL, {"own"}),
        ],
    )
    def test_a_post_sent_now_is_stopped_wherever_the_pause_covers_it(
        self, session: Session, team: Team, settings: Settings, scope: PauseScope, left: set[str]
    ) -> None:
        made = make_pause(session, team, scope)
        post = make_post(session, team, state=PostState.SCHEDULED)
        assert sendable(session) == left
        claimed = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
        assert claimed is None
        covered = [d for d in post.deliveries if d.channel.network not in left]
        stops = pause_queries.stopping(session, post.deliveries)
        for delivery in covered:
            said = stops.delivery(delivery, post) or ""
            assert WHY in said
            assert team.administrator.display_name in said
            assert "15 June 2026 at 10:00 BST" in said
        assert {stops.delivery(d, post) for d in post.deliveries if d not in covered} <= {None}
        lift(session, team, made)
        assert stops.post(post)

    def test_elsewhere_goes_on(self, session: Session, team: Team) -> None:
        for scope, target in (
            (PauseScope.AREA, team.other_area.id),
            (PauseScope.PERSONA, make_persona(session, area=team.area).id),
            (PauseScope.CHANNEL, make_channel(session, area=team.area).id),
        ):
            make_pause(session, team, scope, target=str(target))
        make_pause(session, team, PauseScope.NETWORK, target="x")
        post = make_post(session, team, state=PostState.SCHEDULED)
        assert sendable(session) == {"own", "mastodon"}
        assert pause_queries.stopping(session, post.deliveries).post(post) is None

    def test_answers_and_corrections_are_stopped_too(
        self, session: Session, team: Team, settings: Settings
    ) -> None:
        out = make_post(session, team, state=PostState.SCHEDULED)
        for channel in (team.own_feed, team.mastodon):
            claimed = claiming.claim_next(session, channel.id, "test:1", settings)
            assert claimed is not None
            receipt = Receipt(f"r-{channel.id}", "https://social.example/1", out.created_at)
            publishing.record(session, claimed, Outcome(receipt=receipt))
        make_pause(session, team, PauseScope.EVERYTHING)
        answer(session, team)
        new = Words(text="We marked fifty.", channel_ids=(team.own_feed.id, team.mastodon.id))
        row = correcting.start_correction(session, out.id, new, "A number.", by=team.officer)
        correcting.submit_correction(session, row.id, by=team.officer)
        sha = row.revision.sha256
        correcting.approve_correction(session, row.id, sha, by=team.supervisor)
        assert sendable(session) == set()

    def test_a_withdrawal_goes_all_the_same(
        self, session: Session, team: Team, settings: Settings
    ) -> None:
        post = make_post(session, team, state=PostState.SCHEDULED)
        claimed = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
        assert claimed is not None
        receipt = Receipt("r-1", "https://social.example/1", post.created_at)
        publishing.record(session, claimed, Outcome(receipt=receipt))
        make_pause(session, team, PauseScope.EVERYTHING)
        stopping.want_withdrawn(session, post, by=team.supervisor)
        session.flush()
        assert [takedown.remote_id for takedown in stopping.take_down_due(session)] == ["r-1"]

    @pytest.mark.parametrize("stops", [Stops.POSTS, Stops.ANSWERS])
    def test_a_breaker_leaves_the_other_kind_alone(
        self, session: Session, team: Team, stops: Stops
    ) -> None:
        post, reply = make_post(session, team, state=PostState.SCHEDULED), answer(session, team)
        made = Pause(
            scope=PauseScope.PERSONA,
            stops=stops,
            area_path=team.area.path,
            persona_id=team.persona.id,
            is_breaker=True,
        )
        pausing.start(session, made, WHY, by=team.administrator)
        stopped = post if stops is Stops.POSTS else reply
        stop = pause_queries.stopping(session, [*post.deliveries, *reply.deliveries])
        assert [p for p in (post, reply) if stop.post(p)] == [stopped]
        assert sendable(session) == ({"mastodon"} if stopped is post else {"own", "mastodon"})


class TestStoppingEverything:
    """One press, by anybody with the role, of any area."""

    def test_pressed_twice_it_is_one_stop_and_the_trail_has_it(
        self, session: Session, team: Team
    ) -> None:
        first = pausing.stop_everything(session, "", by=team.supervisor)
        assert pausing.stop_everything(session, "Again.", by=team.administrator).id == first.id
        assert first.reason == pausing.NO_REASON
        (event,) = session.scalars(select(AuditEvent).where(AuditEvent.subject_kind == "pause"))
        assert (event.verb, event.actor_id) == ("create", team.supervisor.actor_id)

    def test_who_may_lift_it_is_told_at_once(self, session: Session, team: Team) -> None:
        chief = make_force_supervisor(session)
        pausing.stop_everything(session, "Account stolen", by=team.supervisor)
        told = session.scalars(select(mail.Mail)).all()
        assert {one.to_address for one in told} == {chief.email, team.administrator.email}
        assert all(one.is_urgent and "Account stolen" in one.body for one in told)

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.MODERATOR, Role.AUDITOR])
    def test_without_the_role_nobody_stops_anything(
        self, session: Session, team: Team, role: Role
    ) -> None:
        person = make_user(session, role=role)
        with pytest.raises(NotAllowed):
            pausing.stop_everything(session, WHY, by=person)
        with pytest.raises(NotAllowed):
            pausing.pause(session, "persona", str(team.persona.id), WHY, by=person)

    def test_a_pause_needs_a_reason_and_isnt_set_twice(self, session: Session, team: Team) -> None:
        target = str(team.persona.id)
        with pytest.raises(Invalid):
            pausing.pause(session, "persona", target, " ", by=team.supervisor)
        pausing.pause(session, "persona", target, WHY, by=team.supervisor)
        with pytest.raises(Conflict):
            pausing.pause(session, "persona", target, WHY, by=team.district_supervisor)

    def test_another_areas_supervisor_pauses_nothing_here(
        self, session: Session, team: Team
    ) -> None:
        for scope, target in targets(team).items():
            if scope is not PauseScope.EVERYTHING:
                with pytest.raises(NotAllowed):
                    pausing.pause(session, scope, target, WHY, by=team.other_supervisor)


class TestLifting:
    """Stopping takes one person; letting everything go again takes two."""

    def test_one_person_alone_never_lifts_a_stop_of_everything(
        self, session: Session, team: Team
    ) -> None:
        made = make_pause(session, team, PauseScope.EVERYTHING)
        chief = make_force_supervisor(session)
        pausing.lift(session, made.id, "Over.", by=chief)
        assert made.state is PauseState.LIFT_PROPOSED
        assert sendable(session) == set()
        with pytest.raises(NotAllowed):
            pausing.confirm_lift(session, made.id, by=chief)
        with pytest.raises(Conflict):
            pausing.lift(session, made.id, "Over.", by=chief)
        assert made.lifted_at is None
        pausing.confirm_lift(session, made.id, by=team.administrator)
        assert (made.state, made.lifted_by_id) == (PauseState.LIFTED, team.administrator.id)

    def test_nobody_of_one_area_lifts_what_covers_the_force(
        self, session: Session, team: Team
    ) -> None:
        made = make_pause(session, team, PauseScope.EVERYTHING)
        with pytest.raises(NotAllowed):
            pausing.lift(session, made.id, "Over.", by=team.district_supervisor)
        pausing.lift(session, made.id, "Over.", by=team.administrator)
        with pytest.raises(NotAllowed):
            pausing.confirm_lift(session, made.id, by=team.district_supervisor)

    def test_a_proposal_can_be_refused_by_one(self, session: Session, team: Team) -> None:
        made = make_pause(session, team, PauseScope.EVERYTHING)
        chief = make_force_supervisor(session)
        pausing.lift(session, made.id, "Over.", by=team.administrator)
        pausing.keep(session, made.id, by=chief)
        assert made.state is PauseState.IN_FORCE
        with pytest.raises(Conflict):
            pausing.confirm_lift(session, made.id, by=chief)

    def test_a_smaller_pause_is_lifted_by_one_who_doesnt_speak_as_the_persona(
        self, session: Session, team: Team
    ) -> None:
        made = make_pause(session, team, PauseScope.PERSONA)
        give_role(session, team.officer, Role.SUPERVISOR, team.area)
        with pytest.raises(NotAllowed):
            pausing.lift(session, made.id, "Over.", by=team.officer)
        with pytest.raises(Invalid):
            pausing.lift(session, made.id, " ", by=team.supervisor)
        pausing.lift(session, made.id, "Over.", by=team.supervisor)
        assert made.state is PauseState.LIFTED
        with pytest.raises(Conflict):
            pausing.lift(session, made.id, "Over.", by=team.supervisor)

    def test_another_area_doesnt_know_of_it(self, session: Session, team: Team) -> None:
        made = make_pause(session, team, PauseScope.PERSONA)
        with pytest.raises(NotShown):
            pausing.lift(session, made.id, "Over.", by=team.other_supervisor)
        assert pause_queries.seen_by(session, team.other_supervisor) == []
        assert pause_queries.seen_by(session, team.officer) == [made]


def test_a_pause_of_one_channel_doesnt_hold_the_persona_elsewhere(
    session: Session, team: Team
) -> None:
    other = make_channel(session, area=team.area)
    grant(session, persona=team.persona, channel=other)
    make_pause(session, team, PauseScope.CHANNEL)
    make_post(session, team, state=PostState.SCHEDULED, channel_ids=(team.mastodon.id, other.id))
    session.flush()
    assert claiming.channels_due(session) == [other.id]


def test_nothing_is_shown_as_sent_while_it_is_stopped(session: Session, team: Team) -> None:
    make_pause(session, team, PauseScope.EVERYTHING)
    post = make_post(session, team, state=PostState.SCHEDULED)
    assert {delivery.state for delivery in post.deliveries} == {DeliveryState.QUEUED}
    assert post.state is PostState.SCHEDULED
