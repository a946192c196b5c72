"""A thread: one delivery a part, each in answer to the one before, stopped where one stopped."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.factories.personas import grant
from tests.factories.posts import IMAGE, Team, make_post, make_team, words
from vcp.channels.models import Channel
from vcp.contacts import threads
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import Settings
from vcp.networks.base import NetworkError, OutcomeUnknown, Reason, Rejected
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, correcting, publishing, service, settling, stopping
from vcp.posts.following import LATER_PARTS
from vcp.posts.models import Attempt, Delivery, DeliveryKind, Post
from vcp.posts.queries import outward_state
from vcp.posts.states import DeliveryState, PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.words import Part, Words, words_of

D = DeliveryState
MORE = (Part("We were there for three hours."), Part("We come again in March."))


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


@pytest.fixture
def post(session: Session, team: Team) -> Post:
    """A thread of three parts, due on the team's two channels."""
    return make_post(session, team, state=PostState.SCHEDULED, more=MORE)


def parts(session: Session, post: Post, channel: Channel) -> list[Delivery]:
    session.flush()
    rows = session.query(Delivery).filter_by(post_id=post.id, channel=channel)
    return rows.order_by(Delivery.kind.desc(), Delivery.part).all()


def send_next(
    session: Session, channel: Channel, network: FakeNetwork, settings: Settings
) -> int | None:
    """Send what may go out next; the part that it was."""
    claimed = claiming.claim_next(session, channel.id, "test:1", settings)
    if claimed is None:
        return None
    publishing.record(session, claimed, publishing.send(claimed, network))
    session.flush()
    return session.get_one(Delivery, claimed.delivery_id).part


def test_each_part_goes_out_in_answer_to_the_one_before(
    session: Session, team: Team, post: Post, settings: Settings
) -> None:
    network = FakeNetwork()
    sent = [send_next(session, team.mastodon, network, settings) for _ in range(4)]
    assert sent == [1, 2, 3, None]
    shown = [(p.remote_id, p.outgoing.text, p.outgoing.in_reply_to) for p in network.posts]
    first, second, third = parts(session, post, team.mastodon)
    assert shown == [
        (first.remote_id, words(team).text, None),
        (second.remote_id, MORE[0].text, first.remote_id),
        (third.remote_id, MORE[1].text, second.remote_id),
    ]


def test_what_a_part_answered_is_kept_with_its_attempt(
    session: Session, team: Team, post: Post, settings: Settings
) -> None:
    network = FakeNetwork()
    for _ in range(2):
        send_next(session, team.mastodon, network, settings)
    first, second, _ = parts(session, post, team.mastodon)
    attempt = session.query(Attempt).filter_by(delivery_id=second.id).one()
    assert attempt.reply_to == first.remote_id
    assert json.loads(second.payload)["in_reply_to"] is None


def test_every_part_has_its_own_keys_and_moment(session: Session, team: Team, post: Post) -> None:
    rows = parts(session, post, team.mastodon)
    assert len({row.id for row in rows}) == len({row.record_key for row in rows}) == 3
    keys = [row.record_key for row in rows]
    moments = [json.loads(row.payload)["created_at"] for row in rows]
    assert (keys, moments) == (sorted(keys), sorted(moments))
    assert len(set(moments)) == 3


def test_our_own_feed_carries_a_thread_as_one(session: Session, team: Team, post: Post) -> None:
    (only,) = parts(session, post, team.own_feed)
    assert only.text == f"{words(team).text}\n\n{MORE[0].text}\n\n{MORE[1].text}"


def test_a_later_part_waits_while_the_one_before_is_unknown(
    session: Session,
    team: Team,
    post: Post,
    settings: Settings,
    clock: time_machine.Traveller,
) -> None:
    network = FakeNetwork()
    send_next(session, team.mastodon, network, settings)
    network.fail_next(OutcomeUnknown("no answer"), after_accepting=True)
    assert send_next(session, team.mastodon, network, settings) == 2
    assert send_next(session, team.mastodon, network, settings) is None
    second = parts(session, post, team.mastodon)[1]
    assert second.state is D.OUTCOME_UNKNOWN
    (reading,) = settling.take_reading(session, settings)
    settling.record_reading(session, reading, settling.read(reading, network))
    assert second.state is D.PUBLISHED
    assert second.remote_id == network.posts[1].remote_id
    assert send_next(session, team.mastodon, network, settings) == 3


def test_parts_with_the_same_words_are_told_apart_by_what_they_answer(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    text = words(team).text
    post = make_post(
        session, team, state=PostState.SCHEDULED, more=(Part("In between."), Part(text))
    )
    network = FakeNetwork()
    for _ in range(2):
        send_next(session, team.mastodon, network, settings)
    network.fail_next(OutcomeUnknown("no answer"))
    send_next(session, team.mastodon, network, settings)
    (reading,) = settling.take_reading(session, settings)
    # Without what is taken: what it answers alone has to tell.
    found = settling.read(replace(reading, taken=frozenset()), network)
    assert found is None
    assert parts(session, post, team.mastodon)[2].state is D.OUTCOME_UNKNOWN


def refuse(network: FakeNetwork, error: NetworkError | None = None) -> None:
    network.fail_next(error or Rejected("No.", reason=Reason.INVALID))


def test_a_refused_part_ends_the_thread_there(
    session: Session, team: Team, post: Post, settings: Settings
) -> None:
    network = FakeNetwork()
    send_next(session, team.own_feed, FakeNetwork(), settings)
    send_next(session, team.mastodon, network, settings)
    refuse(network)
    send_next(session, team.mastodon, network, settings)
    settling.expire(session)
    states = [row.state for row in parts(session, post, team.mastodon)]
    assert states == [D.PUBLISHED, D.FAILED, D.CANCELLED]
    last = parts(session, post, team.mastodon)[2]
    assert last.problem == "Part 2 did not go out, so this part was not sent."
    assert send_next(session, team.mastodon, network, settings) is None
    assert outward_state(post) == "partly_published"


def test_a_thread_whose_first_part_is_too_late_expires_whole(
    session: Session, team: Team, post: Post, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(hours=25))
    settling.expire(session)
    assert {row.state for row in parts(session, post, team.mastodon)} == {D.EXPIRED}
    assert post.state is PostState.EXPIRED


def test_the_rest_of_a_thread_that_began_in_time_may_end_later(
    session: Session,
    team: Team,
    post: Post,
    settings: Settings,
    clock: time_machine.Traveller,
) -> None:
    network = FakeNetwork()
    send_next(session, team.mastodon, network, settings)
    first, second, third = parts(session, post, team.mastodon)
    assert second.not_after == third.not_after == first.not_after + LATER_PARTS
    clock.move_to(first.not_after + timedelta(minutes=1))
    settling.expire(session)
    assert send_next(session, team.mastodon, network, settings) == 2
    clock.move_to(third.not_after)
    settling.expire(session)
    assert third.state is D.EXPIRED


def test_withdrawing_takes_every_part_down_the_last_first(
    session: Session,
    team: Team,
    post: Post,
    settings: Settings,
    clock: time_machine.Traveller,
) -> None:
    network = FakeNetwork()
    for _ in range(2):
        send_next(session, team.mastodon, network, settings)
    service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    assert send_next(session, team.mastodon, network, settings) is None
    taken = stopping.take_down_due(session)
    down = [one.remote_id for one in taken if one.channel_id == team.mastodon.id]
    assert down == [network.posts[1].remote_id, network.posts[0].remote_id]
    for one in taken:
        stopping.record_takedown(session, one, stopping.take_down(one, network))
    states = [row.state for row in parts(session, post, team.mastodon)]
    assert states == [D.WITHDRAWN, D.WITHDRAWN, D.CANCELLED]
    assert network.posts == []


def corrected(session: Session, team: Team, post: Post, **changed: object) -> Words:
    was = words_of(service.newest(post))
    return replace(was, **changed)  # type: ignore[arg-type]  # fields by name


def test_a_correction_changes_the_part_that_differs_and_keeps_its_place(
    session: Session, team: Team, post: Post, settings: Settings
) -> None:
    network = FakeNetwork()
    for _ in range(3):
        send_next(session, team.mastodon, network, settings)
    new = corrected(session, team, post, more=(Part("We were there for two hours."), MORE[1]))
    started = correcting.start_correction(session, post.id, new, "Two, not three.", by=team.officer)
    correcting.submit_correction(session, started.id, by=team.officer)
    sha = started.revision.sha256
    correcting.approve_correction(session, started.id, sha, by=team.supervisor)
    rows = parts(session, post, team.mastodon)
    kinds = [row.part for row in rows if row.kind is DeliveryKind.CORRECT]
    assert kinds == [2]
    assert send_next(session, team.mastodon, network, settings) == 2
    first, second, third = network.posts
    assert second.outgoing.text == "We were there for two hours."
    assert second.outgoing.in_reply_to == first.remote_id
    assert third.outgoing.text == MORE[1].text


def test_a_correction_neither_adds_nor_takes_away_parts(
    session: Session, team: Team, post: Post, settings: Settings
) -> None:
    send_next(session, team.mastodon, FakeNetwork(), settings)
    shorter = corrected(session, team, post, more=MORE[:1])
    started = correcting.start_correction(session, post.id, shorter, "Too long.", by=team.officer)
    with pytest.raises(Invalid, match="neither adds nor takes away parts"):
        correcting.submit_correction(session, started.id, by=team.officer)


def test_any_change_of_a_later_part_voids_the_approval(
    session: Session, team: Team, post: Post
) -> None:
    changed = corrected(session, team, post, more=(MORE[0], Part("We come again in April.")))
    service.save(session, post.id, changed, by=team.officer)
    assert post.state is PostState.DRAFT
    assert {row.state for row in parts(session, post, team.mastodon)} == {D.CANCELLED}


def test_a_later_part_needs_words_and_described_images(session: Session, team: Team) -> None:
    empty = make_post(session, team, more=(Part(),))
    with pytest.raises(Invalid, match="Part 2 is empty") as refused:
        service.submit(session, empty.id, by=team.officer)
    assert refused.value.field == "part2"
    bare = replace(IMAGE, alt_text="")
    undescribed = make_post(session, team, more=(Part("See.", (bare,)),))
    with pytest.raises(Invalid, match="Say what image 1 shows"):
        service.submit(session, undescribed.id, by=team.officer)


def test_a_part_that_is_too_long_is_named(session: Session, team: Team) -> None:
    long = make_post(session, team, more=(Part("x" * 501),))
    with pytest.raises(Invalid, match="take out 1 of part 2") as refused:
        service.submit(session, long.id, by=team.officer)
    assert refused.value.field == "part2"


def test_a_later_part_is_screened(session: Session, team: Team) -> None:
    held = make_post(
        session,
        team,
        state=PostState.HELD,
        more=(Part("Whose van is AB12 CDE?"),),
    )
    assert held.revision
    assert held.revision.verdict
    assert {one["field"] for one in held.revision.verdict["findings"]} == {"part2:text"}


def test_the_images_of_parts_are_kept_apart(session: Session, team: Team) -> None:
    other = replace(IMAGE, digest="b" * 64)
    more = (Part("One.", (other,)), Part("Two.", (IMAGE, other)))
    post = make_post(session, team, images=(IMAGE,), more=more)
    kept = words_of(service.newest(post))
    assert (kept.images, kept.more) == ((IMAGE,), more)
    session.expire_all()
    again = words_of(service.newest(post))
    assert again.sha256 == service.newest(post).sha256


def test_what_is_said_under_any_part_belongs_to_one_conversation(
    session: Session, team: Team, post: Post, settings: Settings
) -> None:
    network = FakeNetwork()
    for _ in range(3):
        send_next(session, team.mastodon, network, settings)
    keys = {threads.thread_of(session, team.mastodon.id, kept.remote_id) for kept in network.posts}
    assert keys == {network.posts[0].remote_id}


def test_a_thread_stops_on_one_channel_alone(
    session: Session, team: Team, settings: Settings
) -> None:
    other = make_channel(session, area=team.area, name="Second M")
    grant(session, persona=team.persona, channel=other)
    channels = (team.mastodon.id, other.id)
    make_post(session, team, state=PostState.SCHEDULED, more=MORE, channel_ids=channels)
    here, there = FakeNetwork(), FakeNetwork()
    refuse(here)
    assert send_next(session, team.mastodon, here, settings) == 1
    assert send_next(session, team.mastodon, here, settings) is None
    assert [send_next(session, other, there, settings) for _ in range(3)] == [1, 2, 3]
