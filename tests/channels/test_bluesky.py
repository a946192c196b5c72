"""A Bluesky account, from the page to the publisher and out to the network."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.users import sign_in
from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_atproto import did_of
from tests.networks.contract import outgoing
from vcp.channels import connecting, service
from vcp.channels.adapters import adapter_for, limits_of
from vcp.channels.models import Channel
from vcp.channels.states import ChannelState, ConnectionState
from vcp.kernel import clock
from vcp.kernel.settings import Settings
from vcp.networks.base import count_characters
from vcp.networks.bluesky_record import LIMITS

GIVEN = {"identifier": "@officer", "app_password": "app-officer"}


def propose(session: Session, people: SimpleNamespace, base_url: str) -> Channel:
    channel = service.propose(
        session, "bluesky", "Force on Bluesky", people.harbour.id, base_url, by=people.admin
    )
    session.commit()
    return channel


@pytest.mark.network
def test_an_administrator_connects_bluesky_by_pages(
    client: Client,
    session: Session,
    settings: Settings,
    people: SimpleNamespace,
    net: FakeNet,
) -> None:
    sign_in(client, people.admin)
    about = {"network": "bluesky", "name": "Bluesky", "area_id": people.harbour.id}
    proposed = client.post("/staff/channels/connect", data=about | {"base_url": net.base_url})
    assert re.search(r"/staff/channels/[0-9]+/keys$", proposed.location)
    assert "app password" in client.get(proposed.location).text
    client.post(proposed.location, data=GIVEN)
    assert connecting.work_waiting(settings) == 1
    session.expire_all()
    channel = session.scalars(select(Channel).where(Channel.network == "bluesky")).one()
    assert (channel.account_id, channel.handle) == (did_of("officer"), "officer.fakenet.test")
    assert b"app-officer" not in (channel.sealed_credentials or b"")
    service.confirm(session, channel.id, by=people.sergeant)
    session.commit()
    receipt = adapter_for(channel, settings).publish(outgoing("Bore da"), "k")
    assert net.atproto.commits[0]["uri"] == receipt.remote_id


def test_without_an_address_it_is_the_usual_server(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    sign_in(client, people.admin)
    about = {"network": "bluesky", "name": "Bluesky", "area_id": people.harbour.id}
    client.post("/staff/channels/connect", data=about)
    channel = session.scalars(select(Channel).where(Channel.network == "bluesky")).one()
    assert channel.base_url == "https://bsky.social"


def test_a_missing_app_password_is_named_and_nothing_is_sent_back_to_the_page(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    channel = propose(session, people, "https://pds.example")
    sign_in(client, people.admin)
    page = f"/staff/channels/{channel.id}/keys"
    answer = client.post(page, data=GIVEN | {"identifier": ""})
    assert answer.status_code == 422
    assert "Type the account" in answer.text
    assert "app-officer" not in answer.text
    assert "Paste the app password" in client.post(page, data={"identifier": "officer"}).text


@pytest.mark.network
def test_a_password_that_is_refused_connects_nothing(
    session: Session, settings: Settings, people: SimpleNamespace, net: FakeNet
) -> None:
    channel = propose(session, people, net.base_url)
    attempt = connecting.receive_keys(
        session, channel.id, GIVEN | {"app_password": "wrong"}, by=people.admin, settings=settings
    )
    session.commit()
    connecting.work_waiting(settings)
    session.refresh(attempt)
    assert attempt.state is ConnectionState.FAILED
    assert "new app password" in (attempt.message or "")
    assert channel.account_id is None


def test_before_the_server_was_asked_bluesky_counts_as_bluesky(
    session: Session, people: SimpleNamespace
) -> None:
    limits = limits_of(propose(session, people, "https://pds.example"))
    assert limits == LIMITS
    assert count_characters("👨‍👩‍👧‍👦", limits) == 3


@pytest.mark.network
def test_what_a_server_said_is_counted_the_same_when_it_is_read_again(
    session: Session, settings: Settings, people: SimpleNamespace, net: FakeNet
) -> None:
    channel = propose(session, people, net.base_url)
    connecting.receive_keys(session, channel.id, GIVEN, by=people.admin, settings=settings)
    session.commit()
    connecting.work_waiting(settings)
    session.refresh(channel)
    assert limits_of(channel).counting == "graphemes"


@pytest.mark.network
def test_an_account_that_was_renamed_is_stopped_until_somebody_looks(
    session: Session, settings: Settings, people: SimpleNamespace, net: FakeNet
) -> None:
    """An app password that was stolen can rename a verified officer."""
    channel = propose(session, people, net.base_url)
    connecting.receive_keys(session, channel.id, GIVEN, by=people.admin, settings=settings)
    session.commit()
    connecting.work_waiting(settings)
    service.confirm(session, channel.id, by=people.sergeant)
    session.commit()
    net.atproto.renamed["officer"] = "give-us-money.example"
    with time_machine.travel(clock.now() + connecting.RECHECK_EVERY + timedelta(minutes=1)):
        assert connecting.recheck_old(settings) == 1
    session.refresh(channel)
    assert channel.state is ChannelState.BLOCKED
    assert "give-us-money.example" in (channel.problem or "")
    assert channel.handle == "officer.fakenet.test"
    connecting.receive_keys(session, channel.id, GIVEN, by=people.admin, settings=settings)
    session.commit()
    connecting.work_waiting(settings)
    session.refresh(channel)
    assert (channel.state, channel.handle) == (ChannelState.CONNECTED, "give-us-money.example")
