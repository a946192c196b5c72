"""Accounts that are connected by pasting keys, from the page to the publisher and back."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.users import sign_in
from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_x_shapes import SECRET, user_id
from vcp.channels import connecting, service
from vcp.channels.adapters import adapter_for, limits_of
from vcp.channels.models import Channel, Connection, SettlePolicy
from vcp.channels.service import About
from vcp.channels.states import ConnectionState
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.settings import Settings
from vcp.networks.x import XNetwork

KEYS = {
    "consumer_key": "app",
    "consumer_secret": SECRET,
    "access_token": "token-officer",
    "access_token_secret": SECRET,
}


def propose(
    session: Session, people: SimpleNamespace, base_url: str, network: str = "x"
) -> Channel:
    channel = service.propose(
        session, network, f"Force on {network}", people.harbour.id, base_url, by=people.admin
    )
    session.commit()
    return channel


def paste(
    session: Session, channel: Channel, settings: Settings, people: SimpleNamespace, **changes: str
) -> Connection:
    attempt = connecting.receive_keys(
        session, channel.id, KEYS | changes, by=people.admin, settings=settings
    )
    session.commit()
    assert connecting.work_waiting(settings) == 1
    session.refresh(attempt)
    return attempt


@pytest.mark.network
def test_an_administrator_connects_x_by_pages(
    client: Client,
    session: Session,
    settings: Settings,
    people: SimpleNamespace,
    net: FakeNet,
) -> None:
    sign_in(client, people.admin)
    proposed = client.post(
        "/staff/channels/connect",
        data={"network": "x", "base_url": net.base_url, "name": "X", "area_id": people.harbour.id},
    )
    assert re.search(r"/staff/channels/[0-9]+/keys$", proposed.location)
    assert "API key secret" in client.get(proposed.location).text
    pasted = client.post(proposed.location, data=KEYS)
    assert "/connections/" in pasted.location
    assert connecting.work_waiting(settings) == 1
    session.expire_all()
    channel = session.scalars(select(Channel).where(Channel.network == "x")).one()
    assert (channel.account_id, channel.handle) == (user_id("officer"), "officer")
    assert SECRET.encode() not in (channel.sealed_credentials or b"")
    page = client.get(f"/staff/channels/{channel.id}").text
    assert "1, 3, 7 minutes, then a person decides" in page
    assert "Paste new keys" in page


def test_a_missing_key_is_named_and_no_key_is_sent_back_to_the_page(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    channel = propose(session, people, "https://api.x.com")
    sign_in(client, people.admin)
    answer = client.post(
        f"/staff/channels/{channel.id}/keys", data=KEYS | {"access_token_secret": ""}
    )
    assert answer.status_code == 422
    assert "Paste this key too" in answer.text
    assert "token-officer" not in answer.text


def test_connecting_again_leads_to_the_keys(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    channel = propose(session, people, "https://api.x.com")
    sign_in(client, people.admin)
    again = client.post(f"/staff/channels/{channel.id}/connect")
    assert again.location == f"/staff/channels/{channel.id}/keys"


def test_an_account_that_is_signed_in_to_takes_no_keys(
    session: Session, settings: Settings, people: SimpleNamespace
) -> None:
    channel = propose(session, people, "https://social.example", "mastodon")
    with pytest.raises(Conflict, match="signing in"):
        connecting.receive_keys(session, channel.id, KEYS, by=people.admin, settings=settings)


def test_keys_are_checked_by_the_service_too(
    session: Session, settings: Settings, people: SimpleNamespace
) -> None:
    channel = propose(session, people, "https://api.x.com")
    with pytest.raises(Invalid) as refused:
        connecting.receive_keys(
            session, channel.id, KEYS | {"consumer_key": " "}, by=people.admin, settings=settings
        )
    assert refused.value.field == "consumer_key"


@pytest.mark.network
def test_wrong_keys_connect_nothing_and_say_so(
    session: Session, settings: Settings, people: SimpleNamespace, net: FakeNet
) -> None:
    channel = propose(session, people, net.base_url)
    attempt = paste(session, channel, settings, people, consumer_secret="wrong")
    assert attempt.state is ConnectionState.FAILED
    assert "Connect the channel again" in (attempt.message or "")
    assert channel.sealed_credentials is None
    assert attempt.sealed_code is None, "keys that don't work are forgotten"


@pytest.mark.network
def test_keys_of_another_account_do_not_replace_the_pinned_one(
    session: Session, settings: Settings, people: SimpleNamespace, net: FakeNet
) -> None:
    channel = propose(session, people, net.base_url)
    paste(session, channel, settings, people)
    sealed = channel.sealed_credentials
    attempt = paste(session, channel, settings, people, access_token="token-impostor")
    assert attempt.state is ConnectionState.FAILED
    assert "another account" in (attempt.message or "")
    assert channel.sealed_credentials == sealed


@pytest.mark.network
def test_a_connected_channel_gets_its_adapter_and_its_limits(
    session: Session, settings: Settings, people: SimpleNamespace, net: FakeNet
) -> None:
    channel = propose(session, people, net.base_url)
    paste(session, channel, settings, people)
    adapter = adapter_for(channel, settings)
    assert isinstance(adapter, XNetwork)
    assert adapter.account().remote_id == channel.account_id
    limits = limits_of(channel)
    assert (limits.characters, limits.counting, limits.supports_edit) == (280, "weighted", False)


def test_x_is_never_set_to_settle_by_itself(session: Session, people: SimpleNamespace) -> None:
    channel = propose(session, people, "https://api.x.com")
    assert channel.settle_policy is SettlePolicy.PERSON
    about = About(settle_policy=SettlePolicy.READ)
    service.edit(session, channel.id, "Another name", about, by=people.admin)
    assert channel.settle_policy is SettlePolicy.PERSON
