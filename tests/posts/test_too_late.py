"""A last moment is a last moment: what couldn't be sent by then isn't, and its author is told."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post, make_team
from vcp.kernel import clock as product_clock
from vcp.kernel.mail import Mail
from vcp.kernel.settings import Settings
from vcp.networks.base import NotSent, Unavailable
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, publishing, settling
from vcp.posts.models import Delivery
from vcp.posts.states import DeliveryState, PostState

D = DeliveryState
LAST = timedelta(minutes=10)
TURN_S = 20


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


def late_mails(session: Session, team: Team) -> list[Mail]:
    mails = session.query(Mail).filter_by(to_address=team.officer.email).all()
    return [mail for mail in mails if mail.subject.startswith("Not sent in time")]


def test_a_network_that_is_down_past_the_last_moment_is_sent_nothing_late(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    """P27: down for longer than the post may wait; nothing late, `expired`, one notice."""
    post = make_post(session, team, state=PostState.SCHEDULED)
    session.execute(update(Delivery).values(not_after=product_clock.now() + LAST))
    session.execute(
        update(Delivery).where(Delivery.channel_id == team.own_feed.id).values(state=D.CANCELLED)
    )
    session.expire_all()
    (delivery,) = session.query(Delivery).filter_by(channel=team.mastodon).all()
    network = FakeNetwork()
    for number in range(2 * LAST // timedelta(seconds=TURN_S)):
        network.fail_next((NotSent, Unavailable)[number % 2]("The network is down."))
        settling.wake(session)
        settling.expire(session)
        claimed = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
        if claimed is not None:
            assert product_clock.now() < delivery.not_after
            publishing.record(session, claimed, publishing.send(claimed, network))
        session.flush()
        clock.shift(TURN_S)
    assert (delivery.state, network.posts) == (D.EXPIRED, [])
    assert delivery.attempt > 1
    (mail,) = late_mails(session, team)
    assert team.mastodon.name in mail.body
    assert f"/staff/posts/{post.id}" in mail.body


def test_several_channels_of_one_post_are_one_notice(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    make_post(session, team, state=PostState.SCHEDULED)
    session.flush()
    clock.shift(timedelta(days=2))
    settling.expire(session)
    (mail,) = late_mails(session, team)
    assert team.own_feed.name in mail.body
    assert team.mastodon.name in mail.body
