"""Answers on the public site: those to a public message stand there, private ones nowhere."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.contacts import make_contact, make_message
from tests.factories.posts import Team, make_team, words
from tests.factories.public import render, send_due
from vcp.contacts.models import ContactKind
from vcp.kernel import clock
from vcp.kernel.settings import Settings
from vcp.posts import service
from vcp.posts.models import Post
from vcp.posts.states import DeliveryState
from vcp.posts.tombstones import WithdrawalReason

SAID = "The crossing is the council's; we have passed your question on to them."


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def answered(app: Flask, session: Session, team: Team, visibility: str) -> Post:
    asked = make_contact(session, team, kind=ContactKind.QUESTION, handle="Robin")
    message = make_message(session, team, contact=asked, visibility=visibility)
    post = service.create_draft(
        session, team.persona.id, words(team, text=SAID), by=team.officer, answers=message
    )
    service.submit(session, post.id, by=team.officer)
    assert post.revision is not None
    service.approve(session, post.id, post.revision.sha256, by=team.supervisor)
    session.commit()
    send_due(app, session, team.own_feed)
    render(session)
    session.commit()
    return post


def on_the_site(settings: Settings) -> list[str]:
    pages = [*settings.site.rglob("*.html"), *settings.site.rglob("*.json")]
    return [str(page) for page in pages if SAID[:20] in page.read_text()]


def test_an_answer_to_what_was_written_to_us_alone_stands_on_no_page(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    post = answered(app, session, team, "direct")
    assert post.deliveries[0].state is DeliveryState.PUBLISHED
    assert not on_the_site(settings)
    assert not (settings.site / "posts" / post.public_id).exists()


def test_withdrawing_it_leaves_no_tombstone_that_would_tell_of_it(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    post = answered(app, session, team, "direct")
    service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    session.commit()
    clock.shift(timedelta(minutes=5))
    try:
        render(session)
    finally:
        clock.shift(timedelta())
    assert not (settings.site / "posts" / post.public_id).exists()


def test_an_answer_to_a_public_message_is_a_post_like_any_other(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    answered(app, session, team, "public")
    assert on_the_site(settings)
