"""The ingest's turns against a server, and what repairs it."""

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.factories.inbound import URGENT, said
from tests.factories.posts import Team, make_team
from tests.faults.fakenet import FakeNet
from tests.networks.test_mastodon_inbound import mutated
from vcp.channels import service as channels
from vcp.channels.models import Channel
from vcp.channels.states import ChannelState
from vcp.contacts import arriving, checks, handling, intake, queries, threads
from vcp.contacts.models import Arrival, ArrivalKind, ChangeKind, Message, MessageChange, Reader
from vcp.kernel import clock as our_clock
from vcp.kernel.db import transaction
from vcp.kernel.errors import Conflict, Unavailable
from vcp.kernel.heartbeat import beat
from vcp.kernel.settings import Settings
from vcp.networks.mastodon_inbound import noticed
from vcp.processes.ingest import Ingest, is_gone
from vcp.triage.findings import Priority


@pytest.fixture
def net() -> Iterator[FakeNet]:
    server = FakeNet(0, None)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def channel(session: Session, team: Team, net: FakeNet, settings: Settings) -> Channel:
    made = make_channel(
        session,
        area=team.area,
        base_url=net.base_url,
        settings=settings,
        token="token-officer",
        account_id="id-officer",
    )
    session.commit()
    return made


@pytest.fixture
def ingest(app: Flask, settings: Settings) -> Ingest:
    return Ingest(app, settings)


def count(session: Session, kind: type[Message | Arrival]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(kind)) or 0


def pages_asked(net: FakeNet) -> int:
    return len([one for one in net.ledger.requests if "notifications" in one["path"]])


@pytest.mark.network
class TestReading:
    def test_what_was_said_is_stored_and_then_handled(
        self, session: Session, net: FakeNet, channel: Channel, ingest: Ingest
    ) -> None:
        net.inbox.say("officer", [{"text": f"Number {number}"} for number in range(100)])
        ingest.read(channel.id)
        assert (count(session, Arrival), count(session, Message)) == (100, 0)
        assert handling.handle_waiting() == 100
        assert count(session, Message) == 100
        found = session.get_one(Reader, channel.id)
        assert found.read_to is not None
        assert (found.owner, found.problem) == (None, None)

    def test_a_second_reading_stops_where_all_is_known(
        self, net: FakeNet, channel: Channel, ingest: Ingest
    ) -> None:
        net.inbox.say("officer", [{"text": f"Number {number}"} for number in range(200)])
        ingest.read(channel.id)
        assert (first := pages_asked(net)) > 2
        ingest.read(channel.id)
        assert pages_asked(net) == first + 1

    def test_a_reading_that_broke_off_is_done_again_from_the_same_place(
        self, session: Session, net: FakeNet, channel: Channel, ingest: Ingest
    ) -> None:
        """Its first pages are known then, and don't hide what lies behind them."""
        net.inbox.say("officer", [{"text": f"Number {number}"} for number in range(200)])
        ingest.read(channel.id)
        net.inbox.say("officer", [{"text": f"More {number}"} for number in range(200)])
        refused = {"method": "GET", "path": "notifications$", "fault": "status", "status": 503}
        net.configure({"plan": [refused | {"after": 2}]})
        ingest.read(channel.id)
        assert 200 < count(session, Arrival) < 400
        assert session.get_one(Reader, channel.id).problem
        ingest.read(channel.id)
        assert count(session, Arrival) == 400
        session.refresh(session.get_one(Reader, channel.id))
        assert session.get_one(Reader, channel.id).problem is None

    def test_a_refused_token_blocks_the_channel(
        self, session: Session, net: FakeNet, channel: Channel, ingest: Ingest
    ) -> None:
        net.configure({"revoke": ["token-officer"]})
        ingest.read(channel.id)
        session.refresh(channel)
        assert channel.state is ChannelState.BLOCKED

    def test_edits_and_deletions_are_found_later(
        self, session: Session, net: FakeNet, channel: Channel, ingest: Ingest
    ) -> None:
        one, two = net.inbox.say("officer", [{"text": "One"}, {"text": "Two"}])
        ingest.read(channel.id)
        handling.handle_waiting()
        net.inbox.edit(one, "Uno")
        net.inbox.unsay(two)
        with transaction() as current:
            for message in current.scalars(select(Message)):
                message.look_again_at = our_clock.now()
        ingest.read(channel.id)
        handling.handle_waiting()
        session.rollback()
        changes = {
            session.get_one(Message, change.message_id).remote_id: change.kind
            for change in session.scalars(select(MessageChange))
        }
        assert changes == {one: ChangeKind.EDITED, two: ChangeKind.DELETED}

    def test_a_message_that_cannot_be_looked_at_holds_up_no_other(
        self, session: Session, net: FakeNet, channel: Channel, ingest: Ingest
    ) -> None:
        one, two = net.inbox.say("officer", [{"text": "One"}, {"text": "Two"}])
        ingest.read(channel.id)
        handling.handle_waiting()
        net.inbox.unsay(two)
        with transaction() as current:
            for message in current.scalars(select(Message).order_by(Message.id)):
                message.look_again_at = our_clock.now() - timedelta(seconds=10 - message.id)
        broken = {"method": "GET", "path": f"statuses/{one}$", "fault": "garbled"}
        net.configure({"plan": [broken]})
        for _ in range(2):
            ingest.read(channel.id)
        handling.handle_waiting()
        assert count(session, Arrival) == 3
        assert session.get_one(Reader, channel.id).problem is None


@pytest.mark.network
class TestStreams:
    def eventually(self, is_so: Callable[[], bool]) -> None:
        ends_at = time.monotonic() + 20
        while not is_so():
            assert time.monotonic() < ends_at
            threading.Event().wait(0.05)

    def test_a_hint_brings_the_next_reading_forward(
        self, net: FakeNet, channel: Channel, ingest: Ingest
    ) -> None:
        net.configure({"streams": True})
        ingest.follow()
        self.eventually(lambda: channel.id in ingest.hinted)
        ingest.read(channel.id)
        assert channel.id not in ingest.hinted
        net.inbox.say("officer", [{"text": "Hello"}])
        self.eventually(lambda: channel.id in ingest.hinted)
        ingest.stopping.set()
        self.eventually(lambda: not ingest.streams[channel.id].is_alive())

    def test_the_stream_of_a_channel_that_is_given_up_ends(
        self, session: Session, net: FakeNet, channel: Channel, ingest: Ingest
    ) -> None:
        net.configure({"streams": True})
        ingest.follow()
        self.eventually(lambda: channel.id in ingest.hinted)
        channels.block(session, channel.id, "Refused.", by=threads.INGEST)
        session.commit()
        ingest.follow()
        ingest.stopping.set()
        self.eventually(lambda: not ingest.streams[channel.id].is_alive())


class TestHandling:
    def test_an_arrival_is_handled_once(self, session: Session, team: Team) -> None:
        arriving.store(session, team.mastodon.id, [said()])
        (arrival_id,) = arriving.take_up(session, queries.waiting(session, 10))
        assert intake.handle(session, arrival_id)
        assert not intake.handle(session, arrival_id)

    def test_what_cannot_be_read_stops_nobody_and_reaches_a_person(
        self, session: Session, team: Team, clock: time_machine.Traveller
    ) -> None:
        arriving.store(session, team.mastodon.id, [said(remote_id="bad")])
        session.scalars(select(Arrival)).one().payload = "{"
        arriving.store(session, team.mastodon.id, [said() for _ in range(3)])
        session.commit()
        assert handling.handle_waiting() == 3
        clock.shift(arriving.LEASE_S + 1)
        assert handling.handle_waiting() == 0
        clock.shift(arriving.LEASE_S + 1)
        assert handling.handle_waiting() == 1
        bad = queries.message_of(session, team.mastodon.id, "bad")
        assert bad is not None
        assert (bad.priority, bad.category) == ("P2", "not_screened")

    def test_in_a_flood_the_worst_comes_first(self, session: Session, team: Team) -> None:
        items = [said(f"Nice market {number}") for number in range(40)]
        arriving.store(session, team.mastodon.id, [said(URGENT, remote_id="urgent"), *items])
        session.commit()
        looks = iter([False, True])
        assert handling.handle_waiting(lambda: next(looks)) == handling.BATCH
        assert queries.message_of(session, team.mastodon.id, "urgent") is not None

    def test_what_a_dead_process_had_begun_comes_before_what_is_new(
        self, session: Session, team: Team, clock: time_machine.Traveller
    ) -> None:
        arriving.store(session, team.mastodon.id, [said(URGENT, remote_id="urgent")])
        arriving.take_up(session, queries.waiting(session, 1))
        clock.shift(arriving.LEASE_S + 1)
        items = [said(f"Nice market {number}") for number in range(40)]
        arriving.store(session, team.mastodon.id, items)
        session.commit()
        looks = iter([False, True])
        assert handling.handle_waiting(lambda: next(looks)) == 1 + handling.BATCH
        assert queries.message_of(session, team.mastodon.id, "urgent") is not None

    def test_trouble_of_the_store_never_costs_a_message_its_screening(
        self,
        session: Session,
        team: Team,
        clock: time_machine.Traveller,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        arriving.store(session, team.mastodon.id, [said(URGENT, remote_id="urgent")])
        session.commit()

        def away(*_: object) -> bool:
            raise Unavailable("The disk is full.")

        with monkeypatch.context() as patched:
            patched.setattr(intake, "handle", away)
            for _ in range(5):
                with pytest.raises(Unavailable):
                    handling.handle_waiting()
                clock.shift(arriving.LEASE_S + 1)
        assert handling.handle_waiting() == 1
        found = queries.message_of(session, team.mastodon.id, "urgent")
        assert found is not None
        assert (found.priority, found.category) == ("P1", "emergency_in_progress")

    def test_what_fails_in_a_process_that_lives_is_screened_all_the_same(
        self,
        session: Session,
        team: Team,
        clock: time_machine.Traveller,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        arriving.store(session, team.mastodon.id, [said(URGENT, remote_id="urgent")])
        session.commit()

        def raced(*_: object) -> bool:
            raise Conflict("Somebody else was quicker.")

        with monkeypatch.context() as patched:
            patched.setattr(intake, "handle", raced)
            for _ in range(arriving.SELDOM_AFTER + 1):
                assert handling.handle_waiting() == 0
                clock.shift(arriving.SELDOM_S + 1)
        row = session.scalars(select(Arrival)).one()
        assert row.failures == arriving.SELDOM_AFTER + 1
        assert handling.handle_waiting() == 1
        found = queries.message_of(session, team.mastodon.id, "urgent")
        assert found is not None
        assert found.priority == "P1"

    def test_what_ends_a_process_at_a_glance_is_not_glanced_at_again(
        self, session: Session, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        arriving.store(session, team.mastodon.id, [said(f"Nice {one}") for one in range(20)])
        session.commit()

        def killed(*_: object) -> Priority:
            raise KeyboardInterrupt

        monkeypatch.setattr(intake, "glance", killed)
        with pytest.raises(KeyboardInterrupt):
            handling.handle_waiting()
        assert handling.handle_waiting() == 20

    def test_a_glance_that_saw_the_worst_holds_where_no_screen_judged(
        self, session: Session, team: Team
    ) -> None:
        arriving.store(session, team.mastodon.id, [said(URGENT, remote_id="urgent")])
        session.commit()
        row = session.scalars(select(Arrival)).one()
        row.tries, row.glance = intake.MOST_TRIES, "P1"
        row.lease_until = our_clock.now() - timedelta(seconds=1)
        session.commit()
        assert handling.handle_waiting() == 1
        found = queries.message_of(session, team.mastodon.id, "urgent")
        assert found is not None
        assert (found.priority, found.category) == ("P1", "not_screened")

    def test_whatever_a_server_sends_is_stored_and_handled(
        self, session: Session, team: Team
    ) -> None:
        chance = random.Random(4)
        items = [noticed(mutated(chance), "social.example", "x").item for _ in range(250)]
        kept = {item.remote_id: item for item in items if item is not None}
        for item in kept.values():
            arriving.store(session, team.mastodon.id, [item])
        session.commit()
        assert handling.handle_waiting() == len(kept) > 50
        assert count(session, Message) == len(kept)

    def test_the_clock_takes_over_only_where_no_ingest_is_at_work(
        self, session: Session, team: Team, clock: time_machine.Traveller
    ) -> None:
        arriving.store(session, team.mastodon.id, [said()])
        session.commit()
        assert handling.handle_left_over() == 0, "it is not old enough"
        clock.shift(handling.LEFT_OVER_AFTER + timedelta(seconds=1))
        beat(session, "ingest:here:1:aa", "ingest")
        session.commit()
        assert handling.handle_left_over() == 0
        clock.shift(60)
        assert handling.handle_left_over() == 1


class TestChecks:
    def named(self, session: Session) -> dict[str, bool]:
        session.commit()
        return {check.name: check.is_well for check in checks.checks()}

    def test_all_is_well_while_ingest_reads(
        self, session: Session, channel: Channel, ingest: Ingest
    ) -> None:
        beat(session, ingest.owner, "ingest")
        session.add(Reader(channel_id=channel.id, last_read_at=our_clock.now()))
        assert all(self.named(session).values())

    def test_a_channel_that_nobody_reads_is_named(self, session: Session, channel: Channel) -> None:
        long_ago = our_clock.now() - checks.UNREAD_AFTER - timedelta(seconds=1)
        session.add(Reader(channel_id=channel.id, last_read_at=long_ago, problem="It's away."))
        found = self.named(session)
        assert not found["ingest"]
        assert not found[f"reading of {channel.name}"]
        told = [one.advice for one in checks.checks() if one.name.startswith("reading")]
        assert "It's away." in told[0]

    def test_what_waits_too_long_is_counted(
        self, session: Session, team: Team, clock: time_machine.Traveller
    ) -> None:
        arriving.store(session, team.mastodon.id, [said()])
        assert self.named(session)["arrivals"]
        clock.shift(checks.WAITS_TOO_LONG + timedelta(seconds=1))
        assert not self.named(session)["arrivals"]


def test_only_a_dead_process_of_this_machine_is_known_to_be_gone() -> None:
    here = socket.gethostname()[:20]
    assert not is_gone(f"ingest:{here}:{os.getpid()}:aa")
    assert not is_gone("ingest:elsewhere:1:aa")
    assert is_gone(f"ingest:{here}:{2**22 + 7}:aa")


def test_a_form_waits_with_the_rest(session: Session, team: Team) -> None:
    own = team.own_feed
    session.add(
        Arrival(
            channel_id=own.id,
            kind=ArrivalKind.FEEDBACK,
            remote_id="once",
            payload='{"text": "Thank you", "later": 1}',
            received_at=datetime.now(UTC),
        )
    )
    session.commit()
    assert handling.handle_waiting() == 1
