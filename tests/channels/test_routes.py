"""The pages of channels, as a browser without scripts uses them."""

import html
import re
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.channels import make_channel, make_own_feed
from tests.factories.users import give_role, sign_in
from tests.faults.fakenet import FakeNet
from vcp.channels import connecting
from vcp.channels.models import Channel, Connection
from vcp.channels.states import ChannelState, ConnectionState
from vcp.kernel import heartbeat
from vcp.kernel.audit import AuditEvent
from vcp.kernel.permissions import Role
from vcp.kernel.settings import Settings


def typed(people: SimpleNamespace, **changes: str) -> dict[str, str]:
    return {
        "base_url": "https://social.example",
        "name": "Harbour on Mastodon",
        "area_id": str(people.harbour.id),
        "purpose": "Streets & squares",
        "hours": "",
    } | changes


@pytest.mark.network
def test_an_account_is_connected_in_the_browser_and_confirmed_by_a_second_person(
    client: Client,
    session: Session,
    settings: Settings,
    people: SimpleNamespace,
    net: FakeNet,
) -> None:
    sign_in(client, people.admin)
    started = client.post("/staff/channels/connect", data=typed(people, base_url=net.base_url))
    assert started.status_code == 303
    page = client.get(started.location).text
    url = html.unescape(re.findall(rf'href="({re.escape(net.base_url)}/oauth[^"]+)"', page)[0])
    brought = urlsplit(requests.get(url, allow_redirects=False, timeout=5).headers["Location"])
    assert brought.path == "/staff/channels/connections/return"
    back = client.get(f"{brought.path}?{brought.query}")
    assert session.scalars(select(Connection.is_ready)).one() is False
    fields = dict(
        re.findall(r'<input[^>]* name="(state|code|iss)"[^>]* value="([^"]*)"', back.text)
    )
    finished = client.post("/staff/channels/connections/finish", data=fields)
    heartbeat.beat(session, "publisher-1", "publisher")
    waiting = client.get(finished.location)
    assert waiting.headers["Refresh"] == "2"
    connecting.work_waiting(settings)
    found = client.get(finished.location)
    assert "Refresh" not in found.headers
    assert "officer@" in found.text
    channel = session.scalars(select(Channel).where(Channel.network == "mastodon")).one()
    shown = client.get(f"/staff/channels/{channel.id}").text
    assert "another supervisor of Harbour confirms it" in shown
    assert "confirm</button>" not in shown
    sign_in(client, people.sergeant)
    listed = client.get("/staff/channels").text
    assert "Waiting for your confirmation" in listed
    answer = client.post(
        f"/staff/channels/{channel.id}/confirm", data={"account_id": channel.account_id}
    )
    assert answer.status_code == 303
    assert channel.state is ChannelState.CONNECTED


@pytest.mark.network
def test_a_web_page_in_place_of_a_server_keeps_what_was_typed_and_stores_nothing(
    client: Client, session: Session, people: SimpleNamespace, net: FakeNet
) -> None:
    net.configure(
        {"plan": [{"fault": "garbled", "method": "POST", "path": "/api/v1/apps", "count": 1}]}
    )
    sign_in(client, people.admin)
    answer = client.post("/staff/channels/connect", data=typed(people, base_url=net.base_url))
    assert answer.status_code == 422
    assert "answered a web page instead" in answer.text
    assert "Streets &amp; squares" in answer.text
    assert net.base_url in answer.text
    assert session.scalars(select(Channel).where(Channel.network == "mastodon")).all() == []


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"base_url": ""}, "Type the server&#39;s address"),
        ({"base_url": "http://social.example"}, "begin with https://"),
        ({"base_url": "https://social.example/about"}, "Type only the server"),
        ({"name": ""}, "Give the channel a name"),
        ({"area_id": "999"}, "Choose one from the list."),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    client: Client, people: SimpleNamespace, changes: dict[str, str], said: str
) -> None:
    sign_in(client, people.admin)
    answer = client.post("/staff/channels/connect", data=typed(people, **changes))
    assert answer.status_code == 422
    assert said in answer.text
    assert "There is a problem" in answer.text


def test_a_denied_sign_in_stores_nothing_and_says_what_to_do(
    client: Client, people: SimpleNamespace
) -> None:
    sign_in(client, people.admin)
    page = client.get(
        "/staff/channels/connections/return?error=access_denied&error_description=<b>No</b>"
    ).text
    assert "The server did not say yes" in page
    assert "<b>No</b>" not in page


def test_a_forged_return_is_refused_and_recorded(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    sign_in(client, people.admin)
    answer = client.post(
        "/staff/channels/connections/finish", data={"state": "invented", "code": "x", "iss": ""}
    )
    assert answer.status_code == 403
    refused = session.scalars(select(AuditEvent).where(AuditEvent.verb == "refused")).all()
    assert [event.subject_kind for event in refused] == ["connection"]


def test_without_a_publisher_the_wait_says_so(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    channel = make_channel(session, area=people.harbour, state=ChannelState.PROPOSED)
    attempt = Connection(
        channel=channel,
        state=ConnectionState.WAITING,
        state_changed_at=channel.state_changed_at,
        is_ready=True,
        started_by_id=people.admin.id,
        started_at=channel.state_changed_at,
    )
    session.add(attempt)
    session.flush()
    sign_in(client, people.admin)
    answer = client.get(f"/staff/channels/connections/{attempt.id}")
    assert "The publisher is not running" in answer.text
    assert "Refresh" not in answer.headers


@pytest.mark.parametrize("state", list(ChannelState))
def test_each_state_has_its_page(
    client: Client, session: Session, people: SimpleNamespace, state: ChannelState
) -> None:
    channel = make_channel(session, area=people.harbour, state=state)
    channel.problem = "The token was revoked." if state == ChannelState.BLOCKED else None
    give_role(session, people.admin, Role.SUPERVISOR)
    sign_in(client, people.admin)
    page = client.get(f"/staff/channels/{channel.id}")
    assert page.status_code == 200
    assert channel.handle
    assert channel.handle in page.text
    assert ("The token was revoked." in page.text) is (state == ChannelState.BLOCKED)
    assert ("/disconnect" in page.text) is (state != ChannelState.DISCONNECTED)


def test_the_own_feed_has_no_way_to_give_it_up(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    feed = make_own_feed(session)
    sign_in(client, people.admin)
    assert "/disconnect" not in client.get(f"/staff/channels/{feed.id}").text
    assert client.get(f"/staff/channels/{feed.id}/disconnect").status_code == 403
    answer = client.post(
        f"/staff/channels/{feed.id}/edit", data={"name": "Our site", "is_shared": "y"}
    )
    assert answer.status_code == 303
    assert (feed.name, feed.is_shared) == ("Our site", False)


def test_editing_shows_and_keeps_what_was_typed(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    channel = make_channel(session, area=people.harbour, name="Old name")
    sign_in(client, people.local_admin)
    assert "Old name" in client.get(f"/staff/channels/{channel.id}/edit").text
    data = {"name": "New", "settle_policy": "person", "settle_after_s": "600"}
    wrong = client.post(f"/staff/channels/{channel.id}/edit", data=data)
    assert wrong.status_code == 422
    assert "between 1 and 45" in wrong.text
    assert "600" in wrong.text
    right = client.post(f"/staff/channels/{channel.id}/edit", data=data | {"settle_after_s": "30"})
    assert right.status_code == 303
    assert channel.name == "New"


@pytest.mark.parametrize("page", ["", "/edit", "/disconnect"])
def test_a_channel_of_another_area_is_refused(
    client: Client, session: Session, people: SimpleNamespace, page: str
) -> None:
    channel = make_channel(session, area=people.harbour)
    sign_in(client, people.stranger)
    assert client.get(f"/staff/channels/{channel.id}{page}").status_code == 403


def test_giving_up_needs_a_reason(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    channel = make_channel(session, area=people.harbour)
    sign_in(client, people.sergeant)
    path = f"/staff/channels/{channel.id}/disconnect"
    assert client.post(path, data={"reason": " "}).status_code == 422
    assert client.post(path, data={"reason": "Lost it"}).status_code == 303
    assert channel.state is ChannelState.DISCONNECTED


def test_an_old_second_factor_is_asked_again_before_connecting(
    client: Client, session: Session, people: SimpleNamespace
) -> None:
    row = sign_in(client, people.admin)
    row.factor_at = row.factor_at.replace(year=2020)
    answer = client.get("/staff/channels/connect")
    assert answer.status_code == 302
    channel = make_channel(session, area=people.harbour)
    assert client.post(f"/staff/channels/{channel.id}/confirm").status_code == 403
