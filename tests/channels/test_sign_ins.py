"""Where a channel's sign-in is kept: sealed in its row, renewed by one at a time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.areas import make_area
from tests.factories.channels import make_channel
from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_atproto import did_of
from vcp.channels import adapters
from vcp.channels.models import Channel
from vcp.channels.sign_ins import ChannelSignIn
from vcp.kernel import vault
from vcp.kernel.db import db, transaction
from vcp.kernel.heartbeat import Lease, end_lease, take_lease
from vcp.kernel.settings import Settings
from vcp.networks.bluesky import BlueskyNetwork
from vcp.networks.sign_in import Tokens

GIVEN = {"identifier": "officer", "app_password": "app-officer"}
PAIR = Tokens("access", "refresh", "did:plc:officer")
WORKERS = 16


@pytest.fixture
def channel(session: Session, settings: Settings, net: FakeNet) -> Channel:
    """A connected Bluesky channel, stored."""
    vault.make_keys(settings.instance)
    made = make_channel(session, area=make_area(session), base_url=net.base_url)
    made.network, made.account_id = "bluesky", did_of("officer")
    session.flush()
    made.sealed_credentials = vault.seal(settings.instance, made.vault_name, GIVEN)
    session.commit()
    return made


def opened(session: Session, settings: Settings, channel: Channel) -> dict[str, str]:
    session.expire_all()
    assert channel.sealed_credentials
    return vault.open_sealed(settings.instance, channel.vault_name, channel.sealed_credentials)


def test_a_pair_is_kept_sealed_beside_what_was_given(
    session: Session, settings: Settings, channel: Channel
) -> None:
    version = channel.version
    store = ChannelSignIn(channel, settings, GIVEN)
    assert store.load() is None
    store.save(PAIR)
    assert store.load() == PAIR
    assert opened(session, settings, channel).items() >= GIVEN.items()
    assert channel.version == version
    assert b"refresh" not in (channel.sealed_credentials or b"")
    store.save(None)
    assert store.load() is None
    assert opened(session, settings, channel) == GIVEN


def test_a_channel_that_was_connected_anew_keeps_its_new_password(
    session: Session, settings: Settings, channel: Channel
) -> None:
    store = ChannelSignIn(channel, settings, GIVEN)
    new = GIVEN | {"app_password": "app-new"}
    with transaction():
        channel.sealed_credentials = vault.seal(settings.instance, channel.vault_name, new)
    store.save(PAIR)
    assert opened(session, settings, channel) == new


def test_a_channel_that_was_given_up_gets_no_credentials_back(
    session: Session, settings: Settings, channel: Channel
) -> None:
    store = ChannelSignIn(channel, settings, GIVEN)
    with transaction():
        channel.sealed_credentials = None
    store.save(PAIR)
    session.expire_all()
    assert channel.sealed_credentials is None


def test_a_turn_is_given_back_and_is_for_one_at_a_time(
    session: Session, settings: Settings, channel: Channel
) -> None:
    name = f"sign-in:{channel.id}"
    with ChannelSignIn(channel, settings, GIVEN).turn(), transaction() as unit:
        assert not take_lease(unit, name, "another", 60)
        assert not end_lease(unit, name, "another")
    assert session.get(Lease, name) is None


@pytest.mark.network
@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.faults_long)])
@pytest.mark.timeout(900)
def test_of_sixteen_workers_with_a_database_one_renews(
    app: Flask, session: Session, settings: Settings, channel: Channel, net: FakeNet, rounds: int
) -> None:
    """P19: a refresh token that is used twice ends every sign-in of its account."""
    channel_id = channel.id
    session.rollback()

    def work(start: Barrier) -> str:
        with app.app_context():
            start.wait()
            row = db.session.get_one(Channel, channel_id)
            network = adapters.adapter_for(row, settings)
            db.session.rollback()
            assert isinstance(network, BlueskyNetwork)
            return network.account().remote_id

    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in range(rounds):
            start = Barrier(WORKERS)
            assert set(pool.map(work, [start] * WORKERS)) == {did_of("officer")}
            net.atproto.expire("officer")
    assert net.atproto.sessions == ["create officer", *["refresh officer"] * (rounds - 1)]
    assert net.atproto.families_lost == []


@pytest.mark.network
def test_a_second_process_uses_what_the_first_stored(
    session: Session, settings: Settings, channel: Channel, net: FakeNet
) -> None:
    for _ in range(3):
        adapters.adapter_for(channel, settings).account()
    assert net.atproto.sessions == ["create officer"]
    session.rollback()
