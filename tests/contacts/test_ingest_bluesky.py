"""What is said on Bluesky becomes contacts, and an answer hangs under what it answers."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories.posts import Team, make_team, words
from tests.faults.fakenet import FakeNet
from tests.faults.fakenet_atproto import did_of, handle_of
from tests.networks.conftest import net
from vcp.channels.adapters import adapter_for
from vcp.channels.models import Channel
from vcp.contacts import handling
from vcp.contacts.models import Message, Reader
from vcp.kernel import vault
from vcp.kernel.db import transaction
from vcp.kernel.settings import Settings
from vcp.posts import freezing, service
from vcp.processes.ingest import Ingest

__all__ = ["net"]

pytestmark = pytest.mark.network


@pytest.fixture
def team(session: Session, net: FakeNet, settings: Settings) -> Team:
    made = make_team(session)
    channel = made.mastodon
    channel.network, channel.base_url = "bluesky", net.base_url
    channel.account_id, channel.handle = did_of("officer"), handle_of("officer")
    vault.make_keys(settings.instance)
    given = {"identifier": "officer", "app_password": "app-officer"}
    channel.sealed_credentials = vault.seal(settings.instance, channel.vault_name, given)
    session.commit()
    return made


def messages(session: Session) -> list[Message]:
    session.rollback()
    return list(session.scalars(select(Message).order_by(Message.id)))


def test_all_that_was_said_is_stored_once_and_the_sign_in_is_kept(
    app: Flask, session: Session, settings: Settings, team: Team, net: FakeNet
) -> None:
    ids = set(net.atproto.say("officer", [{"text": f"Number {n}"} for n in range(120)]))
    for _ in range(2):
        Ingest(app, settings).read(team.mastodon.id)
        handling.handle_waiting()
    assert {message.remote_id for message in messages(session)} == ids
    assert len(messages(session)) == len(ids)
    assert net.atproto.sessions == ["create officer"]


def test_an_answer_hangs_under_what_it_answers_and_names_its_author(
    app: Flask, session: Session, settings: Settings, team: Team, net: FakeNet
) -> None:
    (said,) = net.atproto.say("officer", [{"text": "When is the surgery?"}])
    Ingest(app, settings).read(team.mastodon.id)
    handling.handle_waiting()
    (message,) = messages(session)
    assert message.handle == "robin.fakenet.test"
    with transaction():
        post = service.create_draft(
            session,
            team.persona.id,
            words(team, text="At ten."),
            by=team.officer,
            answers=message,
        )
        service.submit(session, post.id, by=team.officer)
        assert post.revision is not None
        service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    outgoing = freezing.outgoing(post.deliveries[0], settings)
    network = adapter_for(session.get_one(Channel, team.mastodon.id), settings)
    session.rollback()
    network.publish(outgoing, "k")
    (record,) = net.atproto.as_json()["records"]
    assert record["value"]["reply"]["parent"]["uri"] == said
    assert record["value"]["text"] == "@robin.fakenet.test At ten."
    (facet,) = record["value"]["facets"]
    assert facet["features"][0]["did"] == did_of("robin")


def test_a_server_without_a_view_is_said_to_be_unheard(
    app: Flask, session: Session, settings: Settings, team: Team, net: FakeNet
) -> None:
    net.configure({"has_view": False})
    Ingest(app, settings).read(team.mastodon.id)
    session.rollback()
    assert "isn't heard here" in (session.get_one(Reader, team.mastodon.id).problem or "")
