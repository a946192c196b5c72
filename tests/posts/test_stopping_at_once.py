"""Stopping meets the publisher in the middle of its unit: whoever stops is never refused for it."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post, make_team
from vcp.kernel.db import transaction
from vcp.kernel.settings import Settings
from vcp.posts import claiming, service
from vcp.posts.claiming import Claimed
from vcp.posts.models import Delivery, Post
from vcp.posts.states import DeliveryState, PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.users.models import User

D = DeliveryState
JOIN_S = 30
#: How long a unit stays open, once the other has begun.
OPEN_S = 0.5


class Meeting:
    """A released post whose last delivery a publisher claims while a supervisor stops it."""

    def __init__(self, app: Flask, session: Session, settings: Settings, team: Team) -> None:
        post = make_post(session, team, state=PostState.SCHEDULED)
        session.commit()
        with app.app_context(), transaction() as other:
            first = claiming.claim_next(other, team.own_feed.id, "test:1", settings)
        assert first is not None
        self.app, self.settings = app, settings
        self.post_id, self.chief_id = post.id, team.supervisor.id
        self.channels = [team.mastodon.id]
        self.claims: list[Claimed] = []
        self.errors: list[Exception] = []

    def claim(self, session: Session) -> None:
        self.claims = claiming.claim_many(session, self.channels, "test:1", self.settings)

    def withdraw(self, session: Session) -> None:
        chief = session.get_one(User, self.chief_id)
        # As a page does, which reads the post before it asks for anything.
        assert session.get_one(Post, self.post_id).state is PostState.RELEASED
        service.withdraw(session, self.post_id, WithdrawalReason.MISTAKE, by=chief)

    def meet(self, first: Callable[[Session], None], second: Callable[[Session], None]) -> None:
        """Run both units in threads of their own; the second begins while the first is open."""
        begun = threading.Event()

        def run_first() -> None:
            with self.app.app_context(), transaction() as session:
                first(session)
                session.flush()
                begun.set()
                threading.Event().wait(OPEN_S)

        def run_second() -> None:
            begun.wait(JOIN_S)
            with self.app.app_context(), transaction() as session:
                second(session)

        threads = [threading.Thread(target=self._kept(run)) for run in (run_first, run_second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(JOIN_S)
        assert not any(thread.is_alive() for thread in threads)

    def _kept(self, run: Callable[[], None]) -> Callable[[], None]:
        def kept() -> None:
            try:
                run()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                self.errors.append(error)

        return kept


@pytest.fixture
def meeting(app: Flask, session: Session, settings: Settings) -> Meeting:
    return Meeting(app, session, settings, make_team(session))


def remote(session: Session, meeting: Meeting) -> Delivery:
    session.rollback()
    mine = session.query(Delivery).filter_by(post_id=meeting.post_id)
    return mine.filter_by(channel_id=meeting.channels[0]).one()


def test_a_withdrawal_waits_for_a_claim_and_then_wins(session: Session, meeting: Meeting) -> None:
    """Takedown wins over any pending send: it isn't refused because the publisher was there."""
    meeting.meet(meeting.claim, meeting.withdraw)
    assert meeting.errors == []
    assert len(meeting.claims) == 1
    delivery = remote(session, meeting)
    assert (delivery.state, delivery.withdraw_wanted_at is not None) == (D.SENDING, True)


def test_a_claim_passes_by_what_is_being_withdrawn(session: Session, meeting: Meeting) -> None:
    """Takedown wins over any pending send: what it holds isn't sent any more."""
    meeting.meet(meeting.withdraw, meeting.claim)
    assert meeting.errors == []
    assert meeting.claims == []
    assert remote(session, meeting).state is D.CANCELLED
