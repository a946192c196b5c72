"""An account on a network in memory, with the publisher's, settler's and watcher's turns."""

from collections.abc import Sequence
from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post, make_team
from tests.networks.contract import outgoing
from vcp.kernel import clock
from vcp.kernel.db import transaction
from vcp.kernel.settings import Settings
from vcp.networks.base import NetworkError
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, publishing, settling, stopping, watching
from vcp.posts.models import Delivery, DeliveryKind, Post
from vcp.posts.states import AlarmState, PostState
from vcp.posts.watch_models import AccountAlarm, AlarmKind, WatchedPost
from vcp.processes.watcher import Watcher

HANDLE = "officer@fake.example"


class Rig:
    """Everything happens when the test says so; time stands still between."""

    def __init__(
        self,
        app: Flask,
        session: Session,
        traveller: time_machine.Traveller,
        *,
        lag: timedelta = timedelta(),
    ) -> None:
        self.app, self.session, self.clock = app, session, traveller
        self.settings: Settings = app.extensions["vcp_settings"]
        self.network = FakeNetwork(lag=lag)
        self.team: Team = make_team(session)
        self.channel = self.team.mastodon
        self.channel.sealed_credentials = b"opened by nobody here"
        self.channel.handle = HANDLE
        session.commit()
        self.watcher = self.new_watcher()

    def new_watcher(self, owner: str = "ingest:test") -> Watcher:
        """One whose process may have died before: nothing of it is in memory."""
        return Watcher(
            owner, self.settings, lambda task: task(), lambda _channel, _settings: self.network
        )

    def write(self, **changed: object) -> Post:
        """A post for this account, approved and due."""
        changed.setdefault("channel_ids", (self.channel.id,))
        post = make_post(self.session, self.team, state=PostState.SCHEDULED, **changed)
        self.session.commit()
        return post

    def publish(self, fault: NetworkError | None = None, **changed: object) -> Delivery:
        """A post that the publisher has sent; with a fault the network takes it and says so not."""
        post = self.write(**changed)
        if fault is not None:
            self.network.fail_next(fault, after_accepting=True)
        self.send()
        return self.delivery_of(post)

    def delivery_of(self, post: Post) -> Delivery:
        self.session.rollback()
        return self.session.scalars(
            select(Delivery).where(
                Delivery.post_id == post.id, Delivery.kind == DeliveryKind.PUBLISH
            )
        ).one()

    def send(self) -> None:
        """The publisher's turns: take down, send, settle."""
        self.session.rollback()
        with transaction() as unit:
            settling.wake(unit)
            takedowns = stopping.take_down_due(unit)
        for takedown in takedowns:
            trouble = stopping.take_down(takedown, self.network)
            with transaction() as unit:
                stopping.record_takedown(unit, takedown, trouble)
        while True:
            with transaction() as unit:
                claimed = claiming.claim_next(unit, self.channel.id, "test", self.settings)
            if claimed is None:
                break
            outcome = publishing.send(claimed, self.network)
            with transaction() as unit:
                publishing.record(unit, claimed, outcome)
        self.settle()

    def settle(self) -> None:
        with transaction() as unit:
            readings = settling.take_reading(unit, self.settings)
        for reading in readings:
            found = settling.read(reading, self.network)
            with transaction() as unit:
                settling.record_reading(unit, reading, found)

    def post_by_hand(self, text: str = "Buy these coins now") -> str:
        """Something that somebody posts on the account without us."""
        return self.network.publish(outgoing(text, created_at=clock.now()), "by hand").remote_id

    def watch(self) -> None:
        """One look, if it is this account's turn."""
        self.session.rollback()
        for channel_id in watching.due_channels(self.session):
            self.watcher.watch(channel_id)

    def pass_time(self, seconds: int, *, step: int = 15) -> None:
        """Let so many seconds pass, with everybody's turns."""
        for _ in range(0, seconds, step):
            self.clock.shift(step)
            self.send()
            self.watch()

    def alarms(self, *, kind: AlarmKind | None = None) -> Sequence[AccountAlarm]:
        """All alarms about this account, oldest first."""
        self.session.rollback()
        rows = select(AccountAlarm).where(AccountAlarm.channel_id == self.channel.id)
        if kind is not None:
            rows = rows.where(AccountAlarm.kind == kind)
        return self.session.scalars(rows.order_by(AccountAlarm.id)).all()

    def missing(self) -> int:
        """How many posts of ours are in doubt."""
        self.session.rollback()
        rows = select(func.count()).where(WatchedPost.missing_at.is_not(None))
        return self.session.scalar(rows) or 0

    def only_alarm(self) -> AccountAlarm:
        (found,) = self.alarms()
        assert found.state is AlarmState.OPEN
        return found
