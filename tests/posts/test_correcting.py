"""Correcting what is out: like the first time, with two people, and no other channels."""

from dataclasses import replace

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.posts import PLATE, Team, make_colleague, make_post, make_team, words
from tests.posts.sending import Bench
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings
from vcp.networks.base import NetworkError, NotSent, OutcomeUnknown
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, correcting, publishing, service, settling
from vcp.posts.models import Correction, Delivery, DeliveryKind, Post
from vcp.posts.publishing import Outcome
from vcp.posts.states import POST, CorrectionState, DeliveryState, PostState
from vcp.posts.tombstones import WithdrawalReason

NEW = "We marked forty-one bikes at the library today."
WHY = "We miscounted."


def released(session: Session, team: Team) -> Post:
    """A post that is out, as the publisher's first claim leaves it."""
    post = make_post(session, team, state=PostState.SCHEDULED)
    POST.apply(session, post, "start", by=team.officer)
    post.public_revision = post.revision
    session.flush()
    return post


def submitted(session: Session, team: Team, post: Post, text: str = NEW) -> Correction:
    made = correcting.start_correction(
        session, post.id, words(team, text=text), WHY, by=team.officer
    )
    return correcting.submit_correction(session, made.id, by=team.officer)


def test_approved_correction_replaces_the_words_on_every_channel(session: Session) -> None:
    team = make_team(session)
    post = released(session, team)
    correction = submitted(session, team, post)
    assert post.public_revision is not None
    assert post.public_revision.text != NEW
    sha = correction.revision.sha256
    correcting.approve_correction(session, correction.id, sha, by=team.supervisor)
    session.refresh(post)
    assert correction.state is CorrectionState.APPLIED
    assert (post.state, post.public_revision.text) == (PostState.RELEASED, NEW)
    fixes = [d for d in post.deliveries if d.kind is DeliveryKind.CORRECT]
    assert {d.channel_id for d in fixes} == {team.own_feed.id, team.mastodon.id}
    assert {d.state for d in fixes} == {DeliveryState.QUEUED}
    assert all(NEW in d.payload for d in fixes)


def test_approving_twice_queues_once(session: Session) -> None:
    team = make_team(session)
    post = released(session, team)
    correction = submitted(session, team, post)
    sha = correction.revision.sha256
    first = correcting.approve_correction(session, correction.id, sha, by=team.supervisor)
    assert correcting.approve_correction(session, correction.id, sha, by=team.supervisor) is first
    session.refresh(post)
    assert len(post.deliveries) == 4


@pytest.mark.parametrize("who", ["officer", "other_supervisor", "administrator"])
def test_correction_needs_a_second_person_of_the_area(session: Session, who: str) -> None:
    team = make_team(session)
    correction = submitted(session, team, released(session, team))
    sha = correction.revision.sha256
    with pytest.raises(NotAllowed):
        correcting.approve_correction(session, correction.id, sha, by=getattr(team, who))


def test_whoever_wrote_the_first_words_doesnt_approve_the_next(session: Session) -> None:
    team = make_team(session)
    colleague = make_colleague(session, team, role=Role.SUPERVISOR)
    post = make_post(session, team)
    service.save(session, post.id, words(team, text="Kit's words."), by=colleague)
    service.submit(session, post.id, by=team.officer)
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    POST.apply(session, post, "start", by=team.officer)
    post.public_revision = post.revision
    correction = submitted(session, team, post)
    with pytest.raises(NotAllowed):
        correcting.approve_correction(
            session, correction.id, correction.revision.sha256, by=colleague
        )


def test_words_that_changed_since_are_not_approved(session: Session) -> None:
    team = make_team(session)
    correction = submitted(session, team, released(session, team))
    seen = correction.revision.sha256
    correcting.save_correction(
        session, correction.id, words(team, text="Forty-two."), WHY, by=team.officer
    )
    assert correction.state is CorrectionState.DRAFT
    correcting.submit_correction(session, correction.id, by=team.officer)
    with pytest.raises(Conflict, match="words changed"):
        correcting.approve_correction(session, correction.id, seen, by=team.supervisor)


def test_correction_keeps_the_channels_of_the_post(session: Session) -> None:
    team = make_team(session)
    post = released(session, team)
    fewer = replace(words(team, text=NEW), channel_ids=(team.own_feed.id,))
    correction = correcting.start_correction(session, post.id, fewer, WHY, by=team.officer)
    assert {t.channel_id for t in correction.revision.targets} == {
        team.own_feed.id,
        team.mastodon.id,
    }


def test_only_one_correction_at_a_time_and_only_of_what_is_out(session: Session) -> None:
    team = make_team(session)
    draft, post = make_post(session, team), released(session, team)
    with pytest.raises(Conflict, match="Only a post that is out"):
        correcting.start_correction(session, draft.id, words(team), WHY, by=team.officer)
    submitted(session, team, post)
    with pytest.raises(Conflict, match="submitted already"):
        correcting.start_correction(session, post.id, words(team), WHY, by=team.officer)


def test_correction_says_why_and_changes_something(session: Session) -> None:
    team = make_team(session)
    post = released(session, team)
    with pytest.raises(Invalid, match="residents read this"):
        correcting.start_correction(session, post.id, words(team, text=NEW), " ", by=team.officer)
    same = correcting.start_correction(session, post.id, words(team), WHY, by=team.officer)
    with pytest.raises(Conflict, match="out now"):
        correcting.submit_correction(session, same.id, by=team.officer)


def test_held_correction_can_be_taken_back(session: Session) -> None:
    team = make_team(session)
    correction = submitted(session, team, released(session, team), text=PLATE)
    assert correction.state is CorrectionState.HELD
    correcting.take_back_correction(session, correction.id, by=team.officer)
    assert correction.state is CorrectionState.DRAFT
    correcting.cancel_correction(session, correction.id, by=team.officer)
    assert correction.state is CorrectionState.CANCELLED


def test_sent_back_correction_tells_why(session: Session) -> None:
    team = make_team(session)
    correction = submitted(session, team, released(session, team))
    correcting.send_back_correction(session, correction.id, "Say how.", by=team.supervisor)
    assert correction.state is CorrectionState.DRAFT
    assert correction.post.returned_reason == "Say how."


def test_withdrawing_the_post_ends_its_correction(session: Session) -> None:
    team = make_team(session)
    post = released(session, team)
    correction = submitted(session, team, post, text=PLATE)
    service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    assert correction.state is CorrectionState.CANCELLED
    with pytest.raises(Conflict):
        correcting.save_correction(session, correction.id, words(team), WHY, by=team.officer)


def corrected(bench: Bench, post: Post, text: str) -> Delivery:
    """An approved correction, as its delivery to the team's Mastodon."""
    correction = submitted(bench.session, bench.team, post, text)
    sha = correction.revision.sha256
    correcting.approve_correction(bench.session, correction.id, sha, by=bench.team.supervisor)
    bench.session.flush()
    mine = bench.session.query(Delivery).filter_by(revision_id=correction.revision_id)
    return mine.filter_by(channel=bench.team.mastodon).one()


@pytest.mark.parametrize(
    "error", [NotSent("no route"), OutcomeUnknown("no answer")], ids=["not sent", "unknown"]
)
def test_an_older_correction_never_undoes_a_newer_one(
    session: Session, settings: Settings, clock: time_machine.Traveller, error: NetworkError
) -> None:
    """The older one was still being tried when the newer one went out."""
    network = FakeNetwork()
    bench = Bench(session, settings, make_team(session), network)
    post = bench.queue("Forty bikes.").post
    bench.send()
    older = corrected(bench, post, "Forty-one bikes.")
    claimed = claiming.claim_next(session, bench.team.mastodon.id, "test:1", settings)
    assert claimed is not None
    assert claimed.delivery_id == older.id
    publishing.record(session, claimed, Outcome(error=error))
    newer = corrected(bench, post, "Forty-two bikes.")
    assert bench.send()
    bench.read()
    clock.shift(10)
    assert bench.send() is None
    settling.end_replaced(session)
    assert (older.state, newer.state) == (DeliveryState.CANCELLED, DeliveryState.PUBLISHED)
    assert network.posts[0].outgoing.text == "Forty-two bikes."
