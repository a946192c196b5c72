"""Every chosen channel gets an image that it takes, made when the post is frozen."""

import json
from dataclasses import asdict, replace

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from tests.factories.channels import make_channel
from tests.factories.personas import grant
from tests.factories.posts import Team, make_post, make_team
from tests.factories.public import make_image
from vcp.channels.models import Channel
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import Settings
from vcp.networks.bluesky_record import LIMITS as BLUESKY
from vcp.posts import freezing, previews, service
from vcp.posts.models import Delivery, Post
from vcp.posts.states import PostState
from vcp.posts.words import ImageRef, words_of

JPEG_ONLY = replace(BLUESKY, media_types=("image/jpeg",), media_bytes=30_000)


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def taking(session: Session, team: Team, **changed: object) -> Channel:
    """A channel of the team that takes only this."""
    channel = make_channel(session, area=team.area, name="Small")
    kept = asdict(replace(JPEG_ONLY, **changed))  # type: ignore[arg-type]  # fields by name
    channel.limits = kept | {"media_types": list(kept["media_types"]), "probed_at": None}
    grant(session, persona=team.persona, channel=channel)
    return channel


def scheduled(session: Session, team: Team, channel: Channel, *images: ImageRef) -> Post:
    channel_ids = (team.own_feed.id, channel.id)
    return make_post(
        session, team, state=PostState.SCHEDULED, images=images, channel_ids=channel_ids
    )


def delivery_to(post: Post, channel: Channel) -> Delivery:
    return next(one for one in post.deliveries if one.channel_id == channel.id)


def test_a_channel_gets_a_copy_that_it_takes_and_the_payload_says_of_what(
    session: Session, team: Team, settings: Settings
) -> None:
    channel, image = taking(session, team), make_image(settings)
    post = scheduled(session, team, channel, image)
    (sent,) = freezing.outgoing(delivery_to(post, channel), settings).media
    assert (sent.media_type, sent.alt_text) == ("image/jpeg", image.alt_text)
    assert sent.digest != image.digest
    with Image.open(sent.path) as shown:
        assert shown.format == "JPEG"
    said = json.loads(delivery_to(post, channel).payload)["media"][0]
    assert said["made_from"] == image.digest
    own = delivery_to(post, team.own_feed)
    assert freezing.outgoing(own, settings).media[0].digest == image.digest
    assert "made_from" not in json.loads(own.payload)["media"][0]


def test_the_approval_still_names_the_image_that_was_seen(
    session: Session, team: Team, settings: Settings
) -> None:
    image = make_image(settings)
    post = scheduled(session, team, taking(session, team), image)
    assert post.revision is not None
    assert words_of(post.revision).images == (image,)
    assert words_of(post.revision).sha256 == post.revision.sha256


def test_the_preview_says_that_a_copy_goes_out(
    session: Session, team: Team, settings: Settings
) -> None:
    channel, image = taking(session, team), make_image(settings)
    post = make_post(session, team, images=(image,), channel_ids=(team.own_feed.id, channel.id))
    assert post.revision is not None
    own, small = previews.previews(team.persona, [team.own_feed, channel], words_of(post.revision))
    assert own.notes == ()
    assert "Small gets a copy of image 1" in small.notes[0]
    assert small.problems == ()


@pytest.mark.parametrize(
    "limits, says",
    [
        ({"media_count": 1}, "at most 1 images: remove 1"),
        ({"alt_characters": 3}, "alt texts of 3 characters: shorten that of image 1"),
        ({"media_types": ("video/mp4",)}, "takes no images: leave them out, or leave Small out"),
        ({"media_bytes": 0}, "takes no images"),
    ],
)
def test_what_no_copy_can_mend_is_said_at_submit(
    session: Session, team: Team, settings: Settings, limits: dict[str, object], says: str
) -> None:
    images = (make_image(settings), make_image(settings, colour="olive"))
    channel = taking(session, team, **limits)
    channel_ids = (team.own_feed.id, channel.id)
    post = make_post(session, team, images=images, channel_ids=channel_ids)
    with pytest.raises(Invalid, match=says) as refused:
        service.submit(session, post.id, by=team.officer)
    assert refused.value.field == ("alt1" if "alt_characters" in limits else "images")
