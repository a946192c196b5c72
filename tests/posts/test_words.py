"""What an approval is bound to, and what each channel is sent of it."""

from dataclasses import replace
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.factories.posts import IMAGE, Team, make_post, make_team
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.kernel.errors import Invalid
from vcp.networks.base import Ballot, Replies, Visibility
from vcp.posts import revisions, service
from vcp.posts.freezing import frozen
from vcp.posts.wording import sent_to
from vcp.posts.words import Options, Part, Poll, Variant, Words, words_of

PLAIN = Words("Hello.", images=(IMAGE,), channel_ids=(1, 2))
#: Of the words above, as every revision stored so far has it.
PLAIN_SHA256 = "5404c3b507f484c1c3215d1ae52c4d84cb2df3edc472385a672de2381935a852"
WHOLE = replace(
    PLAIN,
    more=(Part("Second."),),
    variants=(Variant("x", (Part("Short.", (IMAGE,)),), "Warning"),),
    poll=Poll(("Yes", "No"), 60),
    options=Options("unlisted"),
)
OTHER = replace(IMAGE, digest="b" * 64)


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


def test_plain_words_keep_the_hash_that_they_always_had() -> None:
    """Approvals given before a post could be more than that stay good."""
    assert PLAIN.sha256 == PLAIN_SHA256


@pytest.mark.parametrize(
    "changed",
    [
        {"more": (Part("Second!"),)},
        {"more": (Part("Second.", (OTHER,)),)},
        {"more": ()},
        {"variants": ()},
        {"variants": (Variant("bluesky", (Part("Short.", (IMAGE,)),), "Warning"),)},
        {"variants": (Variant("x", (Part("Shorter.", (IMAGE,)),), "Warning"),)},
        {"variants": (Variant("x", (Part("Short."),), "Warning"),)},
        {"variants": (Variant("x", (Part("Short.", (IMAGE,)),), None),)},
        {"variants": (Variant("x", (Part("Short.", (IMAGE,)), Part("More.")), "Warning"),)},
        {"poll": None},
        {"poll": Poll(("No", "Yes"), 60)},
        {"poll": Poll(("Yes", "No"), 61)},
        {"poll": Poll(("Yes", "No"), 60, as_text=True)},
        {"options": Options()},
        {"options": Options("unlisted", covers_images=True)},
        {"options": Options("unlisted", replies="mentioned")},
    ],
)
def test_any_change_of_what_leaves_changes_the_hash(changed: dict[str, object]) -> None:
    assert replace(WHOLE, **changed).sha256 != WHOLE.sha256  # type: ignore[arg-type]  # by name


def test_what_is_stored_is_what_was_written(session: Session, team: Team) -> None:
    post = make_post(session, team, **{**vars(WHOLE), "channel_ids": (team.mastodon.id,)})
    session.expire_all()
    kept = words_of(service.newest(post))
    assert kept == replace(WHOLE, channel_ids=(team.mastodon.id,))
    revisions.must_be_whole(service.newest(post))


def channel(session: Session, team: Team, network: str, **limits: int) -> Channel:
    made = make_channel(session, area=team.area, name=network.title(), network=network)
    made.limits = {**(made.limits or {}), **limits}
    return made


def test_a_network_gets_its_own_words_and_the_others_the_main_ones(
    session: Session, team: Team
) -> None:
    x = channel(session, team, "x", poll_choices=4)
    said = replace(WHOLE, poll=None)
    (only,) = sent_to(said, x, [x])
    assert (only.text, only.images, only.content_warning) == ("Short.", (IMAGE,), "Warning")
    first, second = sent_to(said, team.mastodon, [x])
    assert (first.text, first.images, first.content_warning) == ("Hello.", (IMAGE,), None)
    assert (second.text, second.images) == ("Second.", ())
    (own,) = sent_to(said, team.own_feed, [x])
    assert (own.text, own.images) == ("Hello.\n\nSecond.", (IMAGE,))


def test_the_choices_are_listed_where_there_are_no_polls_with_where_to_vote(
    session: Session, team: Team
) -> None:
    sky, x = channel(session, team, "bluesky"), channel(session, team, "x", poll_choices=4)
    x.profile_url = "https://x.example/harbour"
    said = replace(PLAIN, poll=Poll(("Yes", "No"), as_text=True))
    (listed,) = sent_to(said, sky, [sky, x])
    assert listed.text == "Hello.\n\n1. Yes\n2. No\nVote: https://x.example/harbour"
    assert listed.poll is None
    (asked,) = sent_to(said, x, [sky, x])
    assert (asked.text, asked.poll) == ("Hello.", said.poll)


def test_what_is_asked_of_networks_is_frozen_with_the_words(session: Session, team: Team) -> None:
    team.mastodon.limits = {**(team.mastodon.limits or {}), "poll_choices": 4}
    options = Options("unlisted", covers_images=True, replies="following")
    post = make_post(
        session, team, options=options, poll=Poll(("Yes", "No"), 60), more=(Part("Second."),)
    )
    revision = service.newest(post)
    first = frozen(post, revision, team.mastodon, clock.now())
    assert first["visibility"] == Visibility.UNLISTED
    assert first["covers_images"] is True
    assert first["replies"] == Replies.FOLLOWING
    assert Ballot(**first["poll"]) == Ballot(("Yes", "No"), 60)
    second = frozen(post, revision, team.mastodon, clock.now(), 2)
    # A reply takes who may reply from the first part.
    assert (second["poll"], second["replies"]) == (None, Replies.EVERYONE)
    assert second["visibility"] == Visibility.UNLISTED


def test_every_field_has_a_name_that_findings_can_give() -> None:
    assert WHOLE.fields() == {
        "text": "Hello.",
        "part2:text": "Second.",
        "poll:1": "Yes",
        "poll:2": "No",
        "x:text": "Short.",
        "x:content_warning": "Warning",
        "alt:1": IMAGE.alt_text,
    }


@pytest.mark.parametrize(
    "changed, field",
    [
        ({"more": tuple(Part("a") for _ in range(25))}, "more"),
        ({"more": (Part("a" * 10_001),)}, "part2"),
        ({"more": (Part("a", (IMAGE,) * 5),)}, "images"),
        ({"variants": (Variant("pigeon", (Part("a"),)),)}, "text"),
        ({"variants": (Variant("x", ()),)}, "x_text"),
        ({"variants": (Variant("x", (Part("a" * 10_001),)),)}, "x_text"),
        ({"variants": (Variant("x", (Part("a", (OTHER,)),)),)}, "x_text"),
        ({"variants": (Variant("x", (Part("a"),), "w" * 301),)}, "x_text"),
        ({"options": Options("direct")}, "visibility"),
        ({"options": Options(replies="nobody")}, "replies"),
        ({"poll": Poll(("a", "b", "c", "d", "e"))}, "poll_choices"),
        ({"poll": Poll(("a", "b" * 101))}, "poll_choices"),
    ],
)
def test_what_even_a_draft_cannot_hold_names_its_field(
    session: Session, team: Team, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make_post(session, team, images=(IMAGE,), **changed)
    assert refused.value.field == field
