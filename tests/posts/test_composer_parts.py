"""Threads, other words and polls with what else a post may have: each part by itself."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.channels import make_channel
from tests.factories.personas import grant
from tests.factories.posts import IMAGE, Team, make_post, make_team, words
from tests.factories.public import make_image
from tests.factories.users import sign_in
from tests.factories.videos import make_video
from tests.posts.composer import write
from vcp.channels.models import Channel
from vcp.kernel import videos
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import Settings
from vcp.networks.bluesky_record import LIMITS as BLUESKY
from vcp.networks.fake import LIMITS
from vcp.posts import freezing, gaps, previews, screening, service
from vcp.posts.captions import Captions
from vcp.posts.link_cards import LinkCard
from vcp.posts.models import Delivery, Post
from vcp.posts.states import PostState
from vcp.posts.words import ImageRef, Part, Poll, Variant, Words, words_of
from vcp.residents import addresses

FIRST, SECOND = "https://library.example/hours", "https://council.example/bikes"
TYPED = LinkCard("", "Hours of the library", "When it is open.")
NONE_SPEAKS = Captions(why_none="Nobody speaks in it.")


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def bluesky(session: Session, team: Team) -> Channel:
    channel = make_channel(session, area=team.area, network="bluesky", name="Harbour B")
    grant(session, persona=team.persona, channel=channel)
    return channel


@pytest.fixture
def film(settings: Settings, tmp_path: Path) -> ImageRef:
    with make_video(tmp_path / "phone.mp4", sound=None).open("rb") as stream:
        kept = videos.store_video(settings, stream)
    return ImageRef(kept.digest, videos.MP4, kept.width, kept.height, "The bridge from above.")


def everywhere(team: Team, bluesky: Channel, text: str, **more: Any) -> dict[str, Any]:
    channel_ids = (team.own_feed.id, team.mastodon.id, bluesky.id)
    return {"text": text, "channel_ids": channel_ids, **more}


def kept(post: Post) -> Words:
    assert post.revision is not None
    return words_of(post.revision)


def sent(post: Post, channel: Channel) -> list[Delivery]:
    found = [one for one in post.deliveries if one.channel_id == channel.id]
    return sorted(found, key=lambda one: one.part)


def payloads(post: Post, channel: Channel) -> list[dict[str, Any]]:
    return [json.loads(one.payload) for one in sent(post, channel)]


def takes(channel: Channel, limits: Any) -> None:
    said = asdict(limits)
    channel.limits = said | {"media_types": list(said["media_types"]), "probed_at": None}


def refusal(session: Session, team: Team, **changed: Any) -> Invalid:
    post = make_post(session, team, **changed)
    with pytest.raises(Invalid) as refused:
        service.submit(session, post.id, by=team.officer)
    return refused.value


def test_each_part_has_the_card_of_its_own_link(
    session: Session, team: Team, bluesky: Channel, settings: Settings
) -> None:
    own = f"{settings.base_url}{addresses.officer_path(team.persona.slug)}"
    more = (Part("Three hours, and nobody paid."), Part(f"Who we are: {own}"))
    post = make_post(
        session,
        team,
        state=PostState.SCHEDULED,
        **everywhere(team, bluesky, f"When it is open: {FIRST}", more=more, cards=(TYPED,)),
    )
    cards = [said.get("card", {}).get("uri") for said in payloads(post, bluesky)]
    assert cards == [FIRST, None, own]
    assert all("card" not in said for said in payloads(post, team.mastodon))
    shown = previews.previews(team.persona, [bluesky], kept(post))
    assert [one.card and one.card.uri for one in shown] == [FIRST, None, own]
    assert [one.notes for one in shown] == [(), (), ()]


def test_the_card_is_that_of_the_words_for_the_network_that_shows_it(
    session: Session, team: Team, bluesky: Channel
) -> None:
    said = everywhere(team, bluesky, f"When it is open: {FIRST}", cards=(TYPED,))
    said["variants"] = (Variant("bluesky", (Part(f"Read on: {SECOND}"),)),)
    post = make_post(session, team, state=PostState.SCHEDULED, **said)
    assert [card.uri for card in kept(post).cards] == [SECOND]
    assert payloads(post, bluesky)[0]["card"]["uri"] == SECOND


def test_a_typed_card_stays_with_its_link_when_parts_are_moved(
    session: Session, team: Team, bluesky: Channel
) -> None:
    said = everywhere(team, bluesky, f"First {FIRST}", more=(Part(f"Then {SECOND}"),))
    post = make_post(session, team, **said, cards=(replace(TYPED, uri=SECOND),))
    assert kept(post).cards == (replace(TYPED, uri=SECOND),)
    gone = replace(kept(post), more=())
    again = service.save(session, post.id, gone, by=team.officer)
    assert kept(again).cards == (replace(TYPED, uri=FIRST),)


def test_choices_listed_in_the_text_bring_no_card_and_no_advice_about_one(
    session: Session, team: Team, bluesky: Channel
) -> None:
    takes(team.mastodon, LIMITS)
    team.mastodon.profile_url = "https://m.example/@harbour"
    said = everywhere(team, bluesky, "Which day?", poll=Poll(("Monday", "Friday"), as_text=True))
    (shown,) = [
        one
        for one in previews.previews(team.persona, [team.mastodon, bluesky], words(team, **said))
        if one.network == "bluesky"
    ]
    assert "Vote: https://m.example/@harbour" in shown.text
    assert (shown.card, shown.notes) == (None, ())


def test_an_image_of_a_later_part_goes_out_as_a_copy_where_it_must(
    session: Session, team: Team, bluesky: Channel, settings: Settings
) -> None:
    takes(bluesky, replace(BLUESKY, media_types=("image/jpeg",), media_bytes=30_000))
    first, second = make_image(settings), make_image(settings, colour="olive")
    said = everywhere(
        team, bluesky, "We marked forty bikes.", images=(first,), more=(Part("More.", (second,)),)
    )
    post = make_post(session, team, state=PostState.SCHEDULED, **said)
    made = [said["media"][0] for said in payloads(post, bluesky)]
    assert [one["made_from"] for one in made] == [first.digest, second.digest]
    (media,) = freezing.outgoing(sent(post, bluesky)[1], settings, "at://part-1").media
    assert media.media_type == "image/jpeg"
    notes = [one.notes for one in previews.previews(team.persona, [bluesky], kept(post))]
    assert ["image 1" in notes[0][0], "image 2" in notes[1][0]] == [True, True]


def test_a_video_goes_out_with_the_first_part_and_its_captions_too(
    session: Session, team: Team, film: ImageRef, settings: Settings
) -> None:
    takes(team.mastodon, replace(LIMITS, video_bytes=10**7))
    spoken = Captions("WEBVTT\n\n00:00.000 --> 00:01.000\nMorning, all.\n")
    post = make_post(
        session,
        team,
        state=PostState.SCHEDULED,
        images=(film,),
        captions=spoken,
        more=(Part("We come again in March."),),
    )
    first, second = payloads(post, team.mastodon)
    assert [one["captions"] for one in first["media"]] == [spoken.text]
    assert second["media"] == []


def test_a_video_in_another_place_is_refused(
    session: Session, team: Team, film: ImageRef, settings: Settings
) -> None:
    takes(team.mastodon, replace(LIMITS, video_bytes=10**7))
    common: dict[str, Any] = {"captions": NONE_SPEAKS}
    later = refusal(session, team, more=(Part("Look.", (film,)),), **common)
    assert "The first part of a thread shows the video" in later.message
    image = make_image(settings)
    both = refusal(session, team, images=(film,), more=(Part("Look.", (image,)),), **common)
    assert "also those of later parts" in both.message
    moved = (Variant("mastodon", (Part("Look."), Part("There.", (film,)))),)
    varied = refusal(session, team, images=(film,), variants=moved, **common)
    assert (varied.field, "On Mastodon too" in varied.message) == ("mastodon_text", True)


def test_a_network_whose_words_leave_the_video_out_need_not_take_it(
    session: Session, team: Team, film: ImageRef
) -> None:
    takes(team.mastodon, replace(LIMITS, video_bytes=0))
    assert "doesn't take video" in (
        refusal(session, team, images=(film,), captions=NONE_SPEAKS).message
    )
    without = (Variant("mastodon", (Part("We come again in March."),)),)
    post = make_post(
        session,
        team,
        state=PostState.SCHEDULED,
        images=(film,),
        captions=NONE_SPEAKS,
        variants=without,
    )
    assert payloads(post, team.mastodon)[0]["media"] == []
    assert payloads(post, team.own_feed)[0]["media"][0]["media_type"] == videos.MP4


GAP = "At {place}."
EVERY_FIELD: dict[str, tuple[dict[str, Any], str, str]] = {
    "part2:text": ({"more": (Part(GAP),)}, "part2", "in the part 2"),
    "mastodon:text": (
        {"variants": (Variant("mastodon", (Part(GAP),)),)},
        "mastodon_text",
        "in the text for Mastodon",
    ),
    "mastodon:part2:text": (
        {"variants": (Variant("mastodon", (Part("One."), Part(GAP))),)},
        "mastodon_text",
        "in the part 2 for Mastodon",
    ),
    "mastodon:content_warning": (
        {"variants": (Variant("mastodon", (Part("One."),), GAP),)},
        "mastodon_text",
        "in the content warning for Mastodon",
    ),
    "poll:2": (
        {"poll": Poll(("Here", GAP))},
        "poll_choices",
        "in the choice 2 of the poll",
    ),
    "alt:1": (
        {"more": (Part("Two.", (replace(IMAGE, alt_text=GAP),)),)},
        "images",
        "in the alt text of image 1",
    ),
}


@pytest.mark.parametrize("field", EVERY_FIELD)
def test_a_gap_in_any_part_is_refused_at_its_place(
    session: Session, team: Team, field: str
) -> None:
    changed, form_field, where = EVERY_FIELD[field]
    refused = refusal(session, team, **changed)
    assert (refused.field, refused.message.split(" yet.")[0]) == (
        form_field,
        f"Nobody has filled {{place}} {where}",
    )
    (found,) = gaps.unfilled(words(team, **changed).fields())
    assert found.field == field
    assert screening.name_of(field)


def test_the_second_card_is_screened_and_named() -> None:
    cards = (LinkCard(FIRST, "One"), LinkCard(SECOND, "Two", "At {place}"))
    fields = Words("See", cards=cards).fields()
    assert fields["card2_description"] == "At {place}"
    assert screening.name_of("card2_description") == "Description on the link's card 2"
    with pytest.raises(Invalid) as refused:
        gaps.must_be_filled(fields)
    assert refused.value.field == "card_description"


def test_check_while_writing_marks_a_gap_in_a_later_part_and_a_choice(
    client: Client, team: Team
) -> None:
    sign_in(client, team.officer)
    answer = write(
        client, team, **{"more-0-text": GAP, "poll_choices-0": "On {day}"}, action="check"
    )
    assert ">{place}<span" in answer.text
    assert ">{day}<span" in answer.text
