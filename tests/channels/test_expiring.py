"""A sign-in that the network ends by itself is noted, and people are told beforehand."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.channels.flow import Flow
from tests.factories.posts import Team, make_team
from tests.faults.fakenet import FakeNet
from vcp.channels import conditions, expiring, service
from vcp.channels.states import ChannelState
from vcp.kernel import clock as our_clock
from vcp.kernel.mail import Mail

DAY = timedelta(days=1)


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


def end_in(session: Session, team: Team, days: float) -> None:
    condition = conditions.of(session, team.mastodon.id)
    condition.sign_in_ends_at = our_clock.now() + days * DAY
    session.flush()


def mails(session: Session) -> list[str]:
    return sorted(mail.to_address for mail in session.query(Mail))


def test_people_are_told_14_7_and_1_days_before_once_each(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    end_in(session, team, 16)
    told = []
    for hour in range(24 * 16):
        if expiring.warn_due(session):
            told.append(16 - hour / 24)
        session.flush()
        clock.shift(3600)
    assert told == [14, 7, 1]
    assert mails(session) == [team.administrator.email] * 3
    assert team.mastodon.state is ChannelState.EXPIRING
    assert "ends our sign-in" in (team.mastodon.problem or "")


def test_one_that_ends_at_once_is_told_once(
    session: Session, team: Team, clock: time_machine.Traveller
) -> None:
    end_in(session, team, 0.5)
    assert expiring.warn_due(session) == 1
    clock.shift(60)
    assert expiring.warn_due(session) == 0
    assert len(mails(session)) == 1


def test_one_without_an_end_is_never_told_of(session: Session, team: Team) -> None:
    conditions.of(session, team.mastodon.id)
    session.flush()
    assert expiring.warn_due(session) == 0


def test_a_channel_that_is_blocked_already_is_left_alone(session: Session, team: Team) -> None:
    end_in(session, team, 1)
    service.block(session, team.mastodon.id, "revoked", by=expiring.CLOCK)
    before = len(mails(session))
    assert expiring.warn_due(session) == 0
    assert len(mails(session)) == before


@pytest.mark.network
@pytest.mark.parametrize("told, days", [(864_000, 10), (None, None), ("soon", None)])
def test_what_a_server_says_of_its_token_is_noted_and_connecting_again_clears_it(
    flow: Flow, net: FakeNet, told: object, days: int | None
) -> None:
    channel, url = flow.propose(net.base_url)
    token = {"access_token": "token-officer", "scope": "", "expires_in": told}
    rule = {"fault": "status", "path": "^/oauth/token$", "status": 200, "body": json.dumps(token)}
    net.configure({"plan": [rule]})
    flow.connect(url)
    flow.session.expire_all()
    ends_at = conditions.known(flow.session, channel.id).sign_in_ends_at
    assert (ends_at and round((ends_at - our_clock.now()) / DAY)) == days
    service.confirm(flow.session, channel.id, by=flow.people.sergeant)
    flow.session.commit()
    assert expiring.warn_due(flow.session) == (days is not None)
    flow.session.commit()
    flow.connect(flow.start(channel))
    flow.session.expire_all()
    assert conditions.known(flow.session, channel.id).sign_in_ends_at is None
    assert channel.state is ChannelState.CONNECTED
