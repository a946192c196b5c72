"""A video in a post: alone, with captions or a reason, approved as it is, taken down whole."""

import html
import io
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import IMAGE, Team, make_post, make_team, words
from tests.factories.public import make_public_post, render
from tests.factories.users import sign_in
from tests.factories.videos import make_video
from tests.posts.composer import kept_images, only_post, rewrite, write
from vcp.channels.models import Channel
from vcp.kernel import videos
from vcp.kernel.errors import Invalid
from vcp.kernel.settings import Settings
from vcp.networks.fake import LIMITS
from vcp.posts import freezing, previews, service
from vcp.posts.captions import Captions
from vcp.posts.models import Post
from vcp.posts.states import PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.words import ImageRef, Words, words_of

VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nMorning, all.\n"
SPOKEN = Captions(VTT)


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def film(settings: Settings, tmp_path: Path) -> ImageRef:
    with make_video(tmp_path / "phone.mp4", sound=None).open("rb") as stream:
        kept = videos.store_video(settings, stream)
    return ImageRef(kept.digest, videos.MP4, kept.width, kept.height, "The bridge from above.")


def takes(channel: Channel, **changed: Any) -> None:
    kept = asdict(replace(LIMITS, video_bytes=10**7, **changed))
    channel.limits = kept | {"media_types": list(kept["media_types"]), "probed_at": None}


def refusal(session: Session, team: Team, **changed: Any) -> Invalid:
    post = make_post(session, team, **changed)
    with pytest.raises(Invalid) as refused:
        service.submit(session, post.id, by=team.officer)
    return refused.value


def test_a_video_goes_out_as_it_was_approved_with_its_captions(
    session: Session, team: Team, film: ImageRef, settings: Settings
) -> None:
    takes(team.mastodon)
    post = make_post(session, team, state=PostState.SCHEDULED, images=(film,), captions=SPOKEN)
    for delivery in post.deliveries:
        (sent,) = freezing.outgoing(delivery, settings).media
        assert (sent.digest, sent.media_type, sent.captions) == (film.digest, videos.MP4, VTT)
        assert sent.alt_text == film.alt_text


def test_captions_are_part_of_what_is_approved(film: ImageRef) -> None:
    plain = Words("The bridge.", images=(film,))
    variants = (None, SPOKEN, Captions(VTT + "\n"), Captions(why_none="Nobody speaks."))
    assert len({replace(plain, captions=one).sha256 for one in variants}) == 4


def test_captions_or_a_reason_are_asked_for(session: Session, team: Team, film: ImageRef) -> None:
    takes(team.mastodon)
    refused = refusal(session, team, images=(film,))
    assert (refused.field, "captions" in refused.message) == ("captions", True)
    reason = Captions(why_none="Nobody speaks in it.")
    post = make_post(session, team, state=PostState.SUBMITTED, images=(film,), captions=reason)
    assert post.revision is not None
    (shown,) = previews.shown_images(words_of(post.revision))
    assert (shown.why_no_captions, shown.captions_url) == ("Nobody speaks in it.", None)


def test_a_video_stands_alone_and_is_described(
    session: Session, team: Team, film: ImageRef
) -> None:
    takes(team.mastodon)
    both = refusal(session, team, images=(film, IMAGE), captions=SPOKEN)
    assert "one video, or images" in both.message
    silent = refusal(session, team, images=(replace(film, alt_text=""),), captions=SPOKEN)
    assert "Say what image 1 shows" in silent.message


@pytest.mark.parametrize(
    "limits, says",
    [
        ({"video_bytes": 0}, "doesn't take video: leave it out, or leave Harbour M out"),
        ({"video_bytes": 1024}, "takes videos of 0 MB"),
    ],
)
def test_what_a_channel_does_not_take_is_said_at_submit(
    session: Session, team: Team, film: ImageRef, limits: dict[str, int], says: str
) -> None:
    kept = asdict(replace(LIMITS, **limits))  # type: ignore[arg-type]  # fields by name
    team.mastodon.limits = kept | {"media_types": list(kept["media_types"]), "probed_at": None}
    assert says in refusal(session, team, images=(film,), captions=SPOKEN).message


def test_a_video_longer_than_the_channel_takes_is_said_at_submit(
    session: Session, team: Team, settings: Settings, tmp_path: Path
) -> None:
    takes(team.mastodon, video_seconds=1)
    with make_video(tmp_path / "long.mp4", sound=None, seconds=2).open("rb") as stream:
        kept = videos.store_video(settings, stream)
    image = ImageRef(kept.digest, videos.MP4, 64, 48, "Two seconds.")
    assert (
        "takes videos of 1 seconds"
        in refusal(session, team, images=(image,), captions=SPOKEN).message
    )


def test_what_is_said_in_a_video_is_screened(session: Session, team: Team, film: ImageRef) -> None:
    takes(team.mastodon)
    plate = Captions(VTT.replace("Morning, all.", "Whose van is AB12 CDE?"))
    post = make_post(session, team, images=(film,), captions=plate)
    service.submit(session, post.id, by=team.officer)
    assert post.state is PostState.HELD


def test_captions_go_with_the_video(session: Session, team: Team, film: ImageRef) -> None:
    post = make_post(session, team, images=(film,), captions=SPOKEN)
    service.save(session, post.id, words(team, captions=SPOKEN), by=team.officer)
    assert post.revision is not None
    assert words_of(post.revision).captions is None


def test_residents_see_the_video_with_captions_until_it_is_withdrawn(
    app: Flask, session: Session, team: Team, film: ImageRef, settings: Settings
) -> None:
    post = make_public_post(
        app, session, team, text="The bridge at noon.", images=(film,), captions=SPOKEN
    )
    render(session)
    page = (settings.site / "posts" / post.public_id / "index.html").read_text()
    assert f'src="/media/{film.digest}.mp4"' in page
    assert f'poster="/media/{film.digest}.jpg"' in page
    assert '<track kind="captions"' in page
    assert f'og:image" content="{settings.base_url}/media/{film.digest}.jpg"' in page
    feed = next(settings.site.rglob("feed.atom")).read_text()
    assert f"/media/{film.digest}.jpg" in feed
    assert f'img src="{settings.base_url}/media/{film.digest}.mp4"' not in html.unescape(feed)
    shown = sorted(path.suffix for path in (settings.site / "media").glob(f"{film.digest}.*"))
    assert shown == [".jpg", ".mp4", ".vtt"]
    service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    render(session)
    assert not list((settings.site / "media").glob(f"{film.digest}.*"))


def test_the_composer_takes_a_video_and_asks_for_captions(
    client: Client, session: Session, team: Team, tmp_path: Path
) -> None:
    sign_in(client, team.officer)
    data = make_video(tmp_path / "phone.mp4", sound=None).read_bytes()
    upload = {"upload": (io.BytesIO(data), "phone.mp4"), "upload_alt": "The bridge."}
    only_ours = {"channel_ids": [team.own_feed.id]}
    write(client, team, action="add", **upload, **only_ours)
    post = only_post(session)
    page = client.get(f"/staff/posts/{post.id}/edit").text
    assert "<video controls" in page
    kept = kept_images(page)
    answer = rewrite(client, team, post, **kept, **only_ours, action="submit")
    assert answer.status_code == 422
    assert 'href="#captions"' in answer.text
    file = {"captions_file": (io.BytesIO(VTT.encode()), "words.vtt")}
    wrong = {"captions_file": (io.BytesIO(b"Hello"), "words.vtt")}
    refused = rewrite(client, team, post, **kept, **only_ours, **wrong, action="submit")
    assert "aren&#39;t WebVTT" in refused.text
    answer = rewrite(client, team, post, **kept, **only_ours, **file, action="submit")
    assert answer.status_code == 302
    assert _state(session) is PostState.SUBMITTED
    shown = client.get(answer.location).text
    assert '<track kind="captions"' in shown


def test_a_broken_video_is_said_at_the_field(client: Client, session: Session, team: Team) -> None:
    sign_in(client, team.officer)
    upload = {"upload": (io.BytesIO(b"\0\0\0\x18ftypmp42" + bytes(50)), "phone.mp4")}
    answer = write(client, team, action="add", **upload)
    assert answer.status_code == 422
    assert "broken or not whole" in answer.text
    assert session.query(Post).count() == 0


def _state(session: Session) -> PostState:
    session.expire_all()
    return only_post(session).state
