"""Many deliveries in one unit: what holds for one, holds for each of them."""

import threading
from concurrent.futures import Future
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.factories.personas import grant
from tests.factories.posts import Team, make_post, make_team
from vcp.audit.queries import is_intact
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.audit import AuditEvent
from vcp.kernel.db import db, transaction
from vcp.kernel.settings import Settings
from vcp.networks.base import NotSent, Receipt
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, lag_measuring, publishing
from vcp.posts.claiming import LEASE_S, Claimed
from vcp.posts.models import Delivery
from vcp.posts.publishing import Outcome
from vcp.posts.states import DeliveryState, PostState
from vcp.processes import ledger as ledger_module
from vcp.processes import publisher as publisher_process
from vcp.processes.ledger import Ledger
from vcp.processes.publisher import Publisher

D = DeliveryState
CHANNELS = 6
MOST_STATEMENTS = 16


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def channels(session: Session, team: Team) -> list[Channel]:
    """So many channels with two due deliveries each."""
    made = [make_channel(session, area=team.area) for _ in range(CHANNELS)]
    for channel in made:
        grant(session, persona=team.persona, channel=channel)
    for number in range(2):
        for channel in made:
            text = f"Notice {number} for {channel.name}."
            make_post(
                session,
                team,
                state=PostState.SCHEDULED,
                text=text,
                channel_ids=(channel.id,),
            )
    session.commit()
    return made


def claim_many(session: Session, channels: list[Channel], settings: Settings) -> list[Claimed]:
    return claiming.claim_many(session, [one.id for one in channels], "test:1", settings)


def answered(claimed: Claimed) -> Outcome:
    remote_id = f"remote-{claimed.delivery_id}"
    return Outcome(Receipt(remote_id, f"https://social.example/{remote_id}", clock.now()))


def test_each_channel_gives_its_oldest_and_no_second_one_meanwhile(
    session: Session, channels: list[Channel], settings: Settings
) -> None:
    found = claim_many(session, channels, settings)
    assert sorted(one.channel_id for one in found) == sorted(one.id for one in channels)
    assert {one.outgoing.text.split()[1] for one in found} == {"0"}
    assert claim_many(session, channels, settings) == []


def test_a_channel_where_something_is_being_sent_is_nobody_elses_turn(
    session: Session, channels: list[Channel], settings: Settings
) -> None:
    """Other publishers would ask for it ten times a second for nothing."""
    busy, *others = channels
    claimed = claiming.claim_next(session, busy.id, "test:1", settings)
    assert claimed is not None
    assert sorted(claiming.channels_due(session)) == sorted(one.id for one in others)
    publishing.record(session, claimed, answered(claimed))
    assert busy.id in claiming.channels_due(session)


def test_channels_where_another_claims_at_this_moment_are_passed_by(
    app: Flask, session: Session, channels: list[Channel], settings: Settings
) -> None:
    """Neither waited for nor claimed twice, and the other channels are claimed all the same."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one write at a time")
    ids = [one.id for one in channels]
    mine, theirs = ids[:2], ids[2:]
    found: list[int] = []

    def claim() -> None:
        with app.app_context(), transaction() as unit:
            claims = claiming.claim_many(unit, ids, "test:2", settings)
            found.extend(one.channel_id for one in claims)

    other = threading.Thread(target=claim)
    with transaction() as unit:
        assert len(claiming.claim_many(unit, mine, "test:1", settings)) == len(mine)
        other.start()
        other.join(30)
        assert sorted(found) == sorted(theirs)


def test_every_claim_and_answer_has_its_line_in_the_trail(
    session: Session, channels: list[Channel], settings: Settings
) -> None:
    found = claim_many(session, channels, settings)
    publishing.record_many(session, [(one, answered(one)) for one in found])
    for claimed in found:
        delivery = session.get_one(Delivery, claimed.delivery_id)
        assert (delivery.state, delivery.post.state) == (D.PUBLISHED, PostState.RELEASED)
        assert delivery.post.public_revision_id == delivery.revision_id
        lines = session.query(AuditEvent).filter_by(subject_id=str(delivery.id)).all()
        assert {line.new_state for line in lines} == {"queued", "sending", "published"}
        assert [is_intact(line) for line in lines if line.new_state != "queued"] == [True, True]


def test_one_that_is_not_as_approved_stops_none_of_the_others(
    session: Session, channels: list[Channel], settings: Settings
) -> None:
    changed = session.query(Delivery).filter_by(channel_id=channels[0].id).first()
    assert changed is not None
    changed.payload = changed.payload.replace("Notice", "Nonsense")
    session.flush()
    others = {one.channel_id for one in claim_many(session, channels, settings)}
    assert others == {one.id for one in channels[1:]}
    session.refresh(changed)
    assert changed.state is D.FAILED


def test_fifty_at_once_cost_few_statements(
    session: Session, channels: list[Channel], settings: Settings
) -> None:
    """A statement for each delivery, several times over, made a burst take 58 s."""
    ids = [one.id for one in channels]
    ran: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: ran.append(args[2]))
    with transaction() as unit:
        found = claiming.claim_many(unit, ids, "test:1", settings)
    claimed, ran[:] = len(ran), []
    with transaction() as unit:
        publishing.record_many(unit, [(one, answered(one)) for one in found])
    assert claimed <= MOST_STATEMENTS
    # One for each: its row, which has a version.
    assert len(ran) <= MOST_STATEMENTS + CHANNELS


def test_who_stood_still_since_the_claim_sends_nothing(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    """Once the lease has run out another may have sent it: a late start would double it."""
    make_post(session, team, state=PostState.SCHEDULED)
    session.flush()
    claimed = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
    assert claimed is not None
    network = FakeNetwork()
    clock.shift(LEASE_S)
    outcome = publishing.send(claimed, network)
    assert isinstance(outcome.error, NotSent)
    assert network.calls == 0


def test_nothing_is_begun_after_its_last_moment(
    session: Session, team: Team, settings: Settings, clock: time_machine.Traveller
) -> None:
    make_post(session, team, state=PostState.SCHEDULED)
    delivery = session.query(Delivery).filter_by(channel=team.mastodon).one()
    delivery.not_after = delivery.due_at + timedelta(seconds=3)
    session.flush()
    claimed = claiming.claim_next(session, team.mastodon.id, "test:1", settings)
    assert claimed is not None
    clock.shift(3)
    assert isinstance(publishing.send(claimed, FakeNetwork()).error, NotSent)


class TestLeases:
    """Who still sends is never taken for dead, by itself least of all."""

    @pytest.fixture
    def publisher(
        self, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> Publisher:
        monkeypatch.setattr(publisher_process, "RENEW_EVERY_S", 0.05)
        made = Publisher(app, settings, writer=None)  # type: ignore[arg-type]  # writes no page
        monkeypatch.setattr(made, "listen_for_stop", lambda: None)
        return made

    def test_a_publisher_that_was_held_up_does_not_lose_what_it_sends(
        self,
        session: Session,
        team: Team,
        settings: Settings,
        publisher: Publisher,
        monkeypatch: pytest.MonkeyPatch,
        clock: time_machine.Traveller,
    ) -> None:
        """The database was away for longer than a lease; the repair comes before the renewal."""
        make_post(session, team, state=PostState.SCHEDULED)
        session.flush()
        claimed = claiming.claim_next(session, team.mastodon.id, publisher.owner, settings)
        session.commit()
        assert claimed is not None
        publisher.sending.add(claimed.delivery_id)
        monkeypatch.setattr(publisher, "_start", lambda *_: None)
        clock.shift(LEASE_S + 1)
        publisher.repair()
        assert session.get_one(Delivery, claimed.delivery_id).state is D.SENDING
        publisher.sending.clear()
        publisher.repair()
        assert session.get_one(Delivery, claimed.delivery_id).state is D.OUTCOME_UNKNOWN

    def test_leases_are_kept_while_a_stopping_publisher_lets_its_calls_end(
        self, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        renewed = threading.Event()

        def call() -> None:
            renewed.wait(5)

        monkeypatch.setattr(publisher, "renew", renewed.set)
        publisher.busy["send"] = publisher.pool.submit(call)
        publisher.stopping.set()
        publisher.run()
        assert renewed.is_set()


def test_nothing_is_measured_while_something_is_sent(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher(app, settings, writer=None)  # type: ignore[arg-type]  # writes no page
    asked: list[bool] = []

    def watched(*_: object) -> list[lag_measuring.Watched]:
        asked.append(True)
        return []

    monkeypatch.setattr(lag_measuring, "watched", watched)
    sending: Future[None] = Future()
    publisher.busy["send", 1] = sending
    publisher.attempt(publisher.measure)
    assert asked == []
    sending.set_result(None)
    publisher.attempt(publisher.measure)
    assert asked == [True]


class TestLedger:
    """Whoever waits is served by one unit, and nobody waits for ever."""

    @pytest.fixture
    def ledger(self, settings: Settings) -> Ledger:
        return Ledger("test:1", settings, threading.Event())

    def together(self, app: Flask, ledger: Ledger, channels: list[Channel]) -> list[Claimed]:
        """Two rounds of every channel, each in its own thread as the publisher's are."""
        found: list[Claimed] = []

        def work(channel_id: int) -> None:
            with app.app_context():
                first = ledger.next(channel_id, None)
                assert first is not None
                second = ledger.next(channel_id, (first, answered(first)))
                assert second is not None
                assert ledger.next(channel_id, (second, answered(second))) is None
                found.extend((first, second))

        threads = [threading.Thread(target=work, args=(one.id,)) for one in channels]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return found

    def test_all_is_claimed_once_and_stored(
        self, app: Flask, session: Session, channels: list[Channel], ledger: Ledger
    ) -> None:
        found = self.together(app, ledger, channels)
        assert len({one.delivery_id for one in found}) == 2 * CHANNELS
        session.rollback()
        assert session.query(Delivery).filter_by(state=D.PUBLISHED).count() == 2 * CHANNELS

    def test_where_many_are_sent_on_those_that_end_together_are_stored_together(
        self,
        app: Flask,
        session: Session,
        channels: list[Channel],
        ledger: Ledger,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        claims = [ledger.next(one.id, None) for one in channels]
        units: list[int] = []
        store_all = ledger._store_all

        def counted(entries: list[ledger_module.Entry]) -> None:
            units.append(len(entries))
            store_all(entries)

        monkeypatch.setattr(ledger, "_store_all", counted)
        monkeypatch.setattr(ledger_module, "GATHER_FROM", CHANNELS - 1)
        monkeypatch.setattr(ledger_module, "GATHER_S", 1.0)

        def end(claimed: Claimed) -> None:
            with app.app_context():
                ledger.next(claimed.channel_id, (claimed, answered(claimed)))

        threads = [threading.Thread(target=end, args=(one,)) for one in claims if one]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert units == [CHANNELS]

    def test_an_answer_that_is_in_doubt_is_asked_about_and_others_go_on(
        self, session: Session, channels: list[Channel], ledger: Ledger
    ) -> None:
        """One id at the network can't settle two deliveries."""
        same = Outcome(Receipt("same", None, clock.now()))
        first = ledger.next(channels[0].id, None)
        assert first is not None
        second = ledger.next(channels[0].id, (first, same))
        assert second is not None
        other = ledger.next(channels[1].id, None)
        assert other is not None
        ledger.next(channels[0].id, (second, same))
        ledger.next(channels[1].id, (other, answered(other)))
        session.rollback()
        assert session.get_one(Delivery, second.delivery_id).state is D.NEEDS_PERSON
        assert session.get_one(Delivery, other.delivery_id).state is D.PUBLISHED

    @pytest.mark.parametrize("is_stopping", [False, True])
    def test_a_trouble_that_passes_costs_no_answer(
        self,
        session: Session,
        channels: list[Channel],
        ledger: Ledger,
        monkeypatch: pytest.MonkeyPatch,
        is_stopping: bool,
    ) -> None:
        """Whatever it is, foreseen or not: the post is out, and that must be known."""
        first = ledger.next(channels[0].id, None)
        assert first is not None
        if is_stopping:
            ledger.stopping.set()
        record, troubles = publishing.record, [RuntimeError("not foreseen")] * 2

        def record_after_troubles(current: Session, claimed: Claimed, outcome: Outcome) -> None:
            if troubles:
                raise troubles.pop()
            record(current, claimed, outcome)

        monkeypatch.setattr(publishing, "record", record_after_troubles)

        def record_all(current: Session, answers: list[tuple[Claimed, Outcome]]) -> None:
            for one in answers:
                record_after_troubles(current, *one)

        monkeypatch.setattr(publishing, "record", record_after_troubles)
        monkeypatch.setattr(publishing, "record_many", record_all)
        monkeypatch.setattr(ledger_module, "STORE_AGAIN_S", 0.01)
        ledger.next(channels[0].id, (first, answered(first)))
        session.rollback()
        assert session.get_one(Delivery, first.delivery_id).state is D.PUBLISHED

    def test_who_stops_stores_and_claims_no_more(
        self, session: Session, channels: list[Channel], ledger: Ledger
    ) -> None:
        first = ledger.next(channels[0].id, None)
        assert first is not None
        ledger.stopping.set()
        assert ledger.next(channels[0].id, (first, answered(first))) is None
        session.rollback()
        assert session.get_one(Delivery, first.delivery_id).state is D.PUBLISHED
