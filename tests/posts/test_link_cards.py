"""Cards of links: of our own pages from our own records, of others as typed, never fetched."""

import json
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.channels import make_channel
from tests.factories.personas import grant
from tests.factories.posts import IMAGE, Team, make_post, make_team, words
from tests.factories.public import make_image, make_public_post
from tests.factories.users import sign_in
from tests.posts.composer import only_post, write
from vcp.channels.models import Channel
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import Settings
from vcp.posts import carding, freezing, previews, service
from vcp.posts.link_cards import LinkCard, first_link
from vcp.posts.models import Post
from vcp.posts.states import PostState
from vcp.posts.words import Words, words_of
from vcp.residents import addresses

ELSEWHERE = "https://library.example/hours"
TYPED = LinkCard("", "Hours of the library", "When it is open.")


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def bluesky(session: Session, team: Team) -> Channel:
    channel = make_channel(session, area=team.area, network="bluesky", name="Harbour B")
    grant(session, persona=team.persona, channel=channel)
    return channel


def to(team: Team, bluesky: Channel) -> dict[str, object]:
    return {"channel_ids": (team.own_feed.id, team.mastodon.id, bluesky.id)}


def card_of(post: Post) -> LinkCard | None:
    assert post.revision is not None
    return next(iter(words_of(post.revision).cards), None)


@pytest.mark.parametrize(
    "text, link",
    [
        ("", None),
        ("no link, force.example is none", None),
        ("See https://a.uk/x.", "https://a.uk/x"),
        ("(see https://a.uk/x_(y)) and http://b.uk", "https://a.uk/x_(y)"),
        ("https:// http://[bad https://a.uk", "https://a.uk"),
    ],
)
def test_the_first_link_is_the_one_that_has_a_card(text: str, link: str | None) -> None:
    assert first_link(text) == link


def test_a_link_to_our_own_post_has_the_card_of_what_we_know(
    app: Flask, session: Session, team: Team, settings: Settings
) -> None:
    image = make_image(settings)
    out = make_public_post(app, session, team, text="We marked\n\nforty bikes.", images=(image,))
    link = f"{settings.base_url}{addresses.post_path(out.public_id)}"
    post = make_post(session, team, text=f"As we said: {link}", cards=(TYPED,))
    assert card_of(post) == LinkCard(
        link, "PC Sam Okoro", "We marked forty bikes.", (image.digest, image.media_type)
    )


def test_our_other_pages_have_cards_and_unknown_ones_have_none(
    session: Session, team: Team, settings: Settings
) -> None:
    team.area.description = "By the water."
    made = {
        path: card_of(make_post(session, team, text=f"{settings.base_url}{path}"))
        for path in (
            addresses.officer_path(team.persona.slug),
            addresses.place_path(team.area.slug),
            addresses.post_path("0" * 16),
            addresses.officer_path("nobody"),
            "/register/",
            "/staff/posts/1",
        )
    }
    titles = [card.title if card else None for card in made.values()]
    assert titles == ["PC Sam Okoro, Harbour", "Harbour", None, None, None, None]


def test_what_is_not_out_has_no_card(session: Session, team: Team, settings: Settings) -> None:
    draft = make_post(session, team, text="Not for anybody yet.")
    link = f"{settings.base_url}{addresses.post_path(draft.public_id)}"
    assert card_of(make_post(session, team, text=f"See {link}")) is None


def test_a_typed_card_belongs_to_the_first_link_and_goes_with_it(
    session: Session, team: Team
) -> None:
    post = make_post(session, team, text=f"See {ELSEWHERE}!", cards=(TYPED,))
    assert card_of(post) == replace(TYPED, uri=ELSEWHERE)
    without = words(team, text="See the library.", cards=(TYPED,))
    assert card_of(service.save(session, post.id, without, by=team.officer)) is None


def test_a_card_is_part_of_what_is_approved(session: Session, team: Team) -> None:
    plain = Words(f"See {ELSEWHERE}")
    hashes = {
        replace(plain, cards=cards).sha256
        for cards in (
            (),
            (TYPED,),
            (replace(TYPED, description=""),),
            (replace(TYPED, uri=ELSEWHERE),),
        )
    }
    assert len(hashes) == 4
    post = make_post(
        session, team, state=PostState.SUBMITTED, text=f"See {ELSEWHERE}", cards=(TYPED,)
    )
    other = words(team, text=f"See {ELSEWHERE}", cards=(replace(TYPED, title="Something else"),))
    assert service.save(session, post.id, other, by=team.officer).state is PostState.DRAFT


def test_the_words_of_a_typed_card_are_screened_and_its_gaps_refused(
    session: Session, team: Team
) -> None:
    plate = replace(TYPED, title="Whose van is AB12 CDE?")
    post = make_post(session, team, text=f"See {ELSEWHERE}", cards=(plate,))
    service.submit(session, post.id, by=team.officer)
    assert post.state is PostState.HELD
    gap = replace(TYPED, description="Open {when}")
    post = make_post(session, team, text=f"See {ELSEWHERE}", cards=(gap,))
    with pytest.raises(Invalid, match=r"{when}") as refused:
        service.submit(session, post.id, by=team.officer)
    assert refused.value.field == "card_description"


@pytest.mark.parametrize(
    "card, field",
    [
        (LinkCard("", "x" * 201), "card_title"),
        (LinkCard("", "A title", "x" * 301), "card_description"),
    ],
)
def test_a_card_that_is_too_long_is_refused(
    session: Session, team: Team, card: LinkCard, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make_post(session, team, text=f"See {ELSEWHERE}", cards=(card,))
    assert refused.value.field == field


def test_only_channels_that_show_our_card_are_sent_it(
    app: Flask, session: Session, team: Team, bluesky: Channel, settings: Settings
) -> None:
    image = make_image(settings)
    out = make_public_post(app, session, team, text="Forty bikes.", images=(image,))
    link = f"{settings.base_url}{addresses.post_path(out.public_id)}"
    text = f"We marked forty bikes at the library today. All about it is here: {link}"
    post = make_post(session, team, state=PostState.SCHEDULED, text=text, **to(team, bluesky))
    sent = {d.channel_id: freezing.outgoing(d, settings).card for d in post.deliveries}
    assert sent[team.own_feed.id] is None
    assert sent[team.mastodon.id] is None
    card = sent[bluesky.id]
    assert card is not None
    assert (card.uri, card.title, card.description) == (link, "PC Sam Okoro", "Forty bikes.")
    assert card.picture is not None
    assert card.picture.path.stat().st_size <= carding.PICTURE_BYTES
    payload = next(d.payload for d in post.deliveries if d.channel_id == bluesky.id)
    assert json.loads(payload)["card"]["picture"]["media_type"] == "image/jpeg"


def test_a_picture_that_is_gone_costs_the_picture_and_not_the_post(
    session: Session, team: Team, bluesky: Channel, settings: Settings
) -> None:
    team.persona.photo_digest, team.persona.photo_media_type = "b" * 64, "image/jpeg"
    link = f"{settings.base_url}{addresses.officer_path(team.persona.slug)}"
    text = f"This is who works in your neighbourhood, and when you can meet: {link}"
    post = make_post(session, team, state=PostState.SCHEDULED, text=text, **to(team, bluesky))
    card = next(
        freezing.outgoing(d, settings).card for d in post.deliveries if d.channel_id == bluesky.id
    )
    assert card is not None
    assert card.picture is None


def test_the_preview_shows_what_each_network_does_with_a_link(
    session: Session, team: Team, bluesky: Channel
) -> None:
    channels = [team.own_feed, team.mastodon, bluesky]

    def notes(said: Words) -> list[tuple[str, ...]]:
        return [preview.notes for preview in previews.previews(team.persona, channels, said)]

    said = words(team, text=f"See {ELSEWHERE}")
    own, mastodon, none = notes(said)
    assert own == ()
    assert "fetches a preview of the link by itself" in mastodon[0]
    assert "we fetch nothing" in none[0]
    carded = replace(said, cards=(replace(TYPED, uri=ELSEWHERE),))
    shown = previews.previews(team.persona, channels, carded)
    assert [preview.card for preview in shown] == [None, None, carded.cards[0]]
    assert shown[2].notes == ()
    assert "images take its place" in notes(replace(carded, images=(IMAGE,)))[2][0]
    assert notes(words(team, text="No link")) == [(), (), ()]


def test_the_composer_keeps_a_card_and_check_shows_it(
    client: Client, session: Session, team: Team, bluesky: Channel
) -> None:
    sign_in(client, team.officer)
    fields = {
        "text": f"See {ELSEWHERE}",
        "card_title": "Hours of the library",
        "channel_ids": [bluesky.id],
    }
    checked = write(client, team, **fields, action="check")
    assert "library.example</p>" in checked.text
    answer = write(client, team, **fields)
    assert card_of(only_post(session)) == LinkCard(ELSEWHERE, "Hours of the library")
    assert 'value="Hours of the library"' in client.get(answer.location).text
