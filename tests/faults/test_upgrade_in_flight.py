"""An upgrade, and its way back, with deliveries in every state: none is lost, none goes twice."""

from collections import Counter
from typing import Any

import pytest
import time_machine
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_post, make_team
from vcp.kernel import schema
from vcp.kernel.db import db, transaction
from vcp.kernel.settings import Settings
from vcp.networks.base import NotSent, OutcomeUnknown
from vcp.networks.fake import FakeNetwork
from vcp.posts import claiming, publishing, settling
from vcp.posts.models import Delivery
from vcp.posts.states import DeliveryState, PostState

D = DeliveryState
#: What must be the same before and after, whatever a migration adds.
KEPT = "id, state, attempt, payload, payload_sha256, record_key, remote_id, due_at, not_after"


def step_before() -> str:
    """The migration before the newest one."""
    scripts = ScriptDirectory.from_config(schema.config())
    newest = scripts.get_revision("head")
    assert newest is not None
    assert isinstance(newest.down_revision, str)
    return newest.down_revision


def rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every delivery and attempt, read without our models: they know only the newest tables."""
    found = {
        "delivery": connection.execute(text(f"SELECT {KEPT} FROM delivery ORDER BY id")),  # noqa: S608 - our own names
        "attempt": connection.execute(text("SELECT id, number, outcome FROM attempt ORDER BY id")),
        "approval": connection.execute(text("SELECT revision_sha256 FROM approval ORDER BY id")),
    }
    return {name: [tuple(map(str, row)) for row in result] for name, result in found.items()}


def in_flight(session: Session, team: Team, settings: Settings, number: int) -> FakeNetwork:
    """So many deliveries, some of them in each state that the publisher can leave behind."""
    for index in range(number // 2):
        make_post(session, team, state=PostState.SCHEDULED, text=f"Notice number {index}.")
    session.commit()
    network = FakeNetwork()
    faults = [None, NotSent("Down."), OutcomeUnknown("Lost.")]
    for index in range(number // 10):
        fault = faults[index % len(faults)]
        if fault is not None:
            network.fail_next(fault, after_accepting=isinstance(fault, OutcomeUnknown))
        with transaction() as unit:
            claimed = claiming.claim_next(unit, team.mastodon.id, "test:old", settings)
        assert claimed is not None
        outcome = publishing.send(claimed, network)
        with transaction() as unit:
            publishing.record(unit, claimed, outcome)
    with transaction() as unit:
        assert claiming.claim_next(unit, team.mastodon.id, "test:old", settings)
    return network


@pytest.mark.parametrize(
    "number", [60, pytest.param(500, marks=pytest.mark.faults_long)], ids=["quick", "full"]
)
@pytest.mark.timeout(600)
def test_no_step_of_an_upgrade_or_back_loses_a_delivery(
    session: Session, settings: Settings, clock: time_machine.Traveller, number: int
) -> None:
    """P35: to the newest version and back with so many in flight; then all go out once."""
    team = make_team(session)
    network = in_flight(session, team, settings, number)
    channel_id = team.mastodon.id
    session.close()  # as every process is stopped, or PostgreSQL would wait for it
    before = _read()
    schema.downgrade(db.engine, step_before())
    assert _read() == before, "going back lost something"
    schema.upgrade(db.engine)
    assert _read() == before, "going forward lost something"
    states = _send_all(session, channel_id, settings, network, clock)
    assert states == {D.PUBLISHED: number // 2}
    texts = Counter(post.outgoing.text for post in network.posts)
    assert len(texts) == number // 2
    assert set(texts.values()) == {1}


def _read() -> dict[str, list[tuple[Any, ...]]]:
    with db.engine.connect() as connection:
        return rows(connection)


def _send_all(
    session: Session,
    channel_id: int,
    settings: Settings,
    network: FakeNetwork,
    clock: time_machine.Traveller,
) -> Counter[DeliveryState]:
    """Run a new publisher's turns until nothing is left to do on the channel."""
    for _ in range(10):
        clock.shift(30)
        _settle(settings, network)
        while True:
            with transaction() as unit:
                claimed = claiming.claim_next(unit, channel_id, "test:new", settings)
            if claimed is None:
                break
            outcome = publishing.send(claimed, network)
            with transaction() as unit:
                publishing.record(unit, claimed, outcome)
    session.rollback()
    mine = session.query(Delivery).filter_by(channel_id=channel_id)
    return Counter(row.state for row in mine)


def _settle(settings: Settings, network: FakeNetwork) -> None:
    with transaction() as unit:
        settling.lose_expired(unit)
        settling.wake(unit)
        readings = settling.take_reading(unit, settings)
    for reading in readings:
        found = settling.read(reading, network)
        with transaction() as unit:
            settling.record_reading(unit, reading, found)
