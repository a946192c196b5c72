"""A thread and a poll as residents see them: one page, one entry of a feed, one row of a table."""

import json
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.posts import Team
from tests.factories.public import correct, make_image, make_public_post, page_of, render
from vcp.kernel import clock
from vcp.kernel.db import transaction
from vcp.kernel.settings import Settings
from vcp.networks.base import Ballot, Receipt
from vcp.posts import claiming, publishing
from vcp.posts.models import Post
from vcp.posts.words import Part, Poll, words_of
from vcp.residents.addresses import post_path

FIRST, SECOND, THIRD = "The bridge is shut.", "Go round by the park.", "It opens on Friday."


def make_thread(app: Flask, session: Session, team: Team, settings: Settings) -> Post:
    image = make_image(settings, alt="A map of the park.")
    more = (Part(SECOND, (image,)), Part(THIRD))
    return make_public_post(app, session, team, text=FIRST, more=more)


def test_a_thread_is_one_page_in_the_order_of_its_parts(
    app: Flask, session: Session, team: Team, settings: Settings
) -> None:
    post = make_thread(app, session, team, settings)
    page = page_of(settings, post_path(post.public_id))
    start = page.index("<article")
    in_article = [page.index(words, start) for words in (FIRST, SECOND, "A map of", THIRD)]
    assert in_article == sorted(in_article)


def test_a_thread_is_one_entry_of_each_feed(
    app: Flask, session: Session, team: Team, settings: Settings
) -> None:
    make_thread(app, session, team, settings)
    render(session)
    path = Path(settings.site, "officers", team.persona.slug, "feed.json")
    feed = json.loads(path.read_text(encoding="utf-8"))
    (item,) = feed["items"]
    assert item["content_text"] == f"{FIRST}\n\n{SECOND}\n\n{THIRD}"
    assert [one["title"] for one in item["attachments"]] == ["A map of the park."]


def test_a_correction_of_a_later_part_reaches_the_page(
    app: Flask, session: Session, team: Team, settings: Settings
) -> None:
    post = make_thread(app, session, team, settings)
    assert post.revision is not None
    was = words_of(post.revision)
    better = type(was)(**{**vars(was), "more": (was.more[0], Part("It opens on Saturday."))})
    correct(app, session, team, post, better, "Not on Friday.")
    page = page_of(settings, post_path(post.public_id))
    article = page[page.index("<article") : page.index("</article>")]
    assert "It opens on Saturday." in article
    assert THIRD not in article
    # The wording before is kept, the whole of it.
    assert THIRD in page[page.index("</article>") :]


def test_residents_see_the_choices_and_are_led_to_where_they_can_vote(
    app: Flask, session: Session, team: Team, settings: Settings
) -> None:
    team.mastodon.limits = {**(team.mastodon.limits or {}), "poll_choices": 4}
    team.mastodon.limits["poll_choice_characters"] = 50
    channels = (team.own_feed.id, team.mastodon.id)
    poll = Poll(("Tuesday", "Saturday <b>"), 60)
    post = make_public_post(app, session, team, text=FIRST, poll=poll, channel_ids=channels)
    page = page_of(settings, post_path(post.public_id))
    assert "<li>Tuesday</li><li>Saturday &lt;b&gt;</li>" in page
    assert "You can vote where" not in page
    there = "https://social.example/@harbour/1"
    with transaction() as unit:
        claimed = claiming.claim_next(unit, team.mastodon.id, "test", settings)
        assert claimed is not None
        assert claimed.outgoing.poll == Ballot(poll.choices, 60)
        receipt = Receipt("1", there, clock.now())
        publishing.record(unit, claimed, publishing.Outcome(receipt=receipt))
    render(session)
    page = page_of(settings, post_path(post.public_id))
    assert "You can vote where" in page
    assert there in page
