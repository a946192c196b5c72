"""Images of a draft: added, moved, removed and kept with plain buttons."""

import io

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.posts import make_team
from tests.factories.users import sign_in
from tests.posts.composer import CLEAN, jpeg, kept_images, only_post, rewrite, write
from vcp.posts.models import Post
from vcp.posts.states import PostState


def test_images_are_added_moved_and_removed_with_plain_buttons(
    client: Client, session: Session
) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    write(client, team, action="add", upload=jpeg("red"), upload_alt="A red thing")
    post = only_post(session)
    first = client.get(f"/staff/posts/{post.id}/edit").text
    rewrite(
        client,
        team,
        post,
        **kept_images(first),
        action="add",
        upload=jpeg("blue"),
        upload_alt="A blue thing",
    )
    both = kept_images(client.get(f"/staff/posts/{post.id}/edit").text)
    assert [both["images-0-alt_text"], both["images-1-alt_text"]] == ["A red thing", "A blue thing"]
    rewrite(client, team, post, **both, action="up-1")
    turned = kept_images(client.get(f"/staff/posts/{post.id}/edit").text)
    assert turned["images-0-alt_text"] == "A blue thing"
    rewrite(client, team, post, **turned, action="remove-0")
    left = kept_images(client.get(f"/staff/posts/{post.id}/edit").text)
    assert [name for name in left if name.endswith("alt_text")] == ["images-0-alt_text"]
    assert left["images-0-alt_text"] == "A red thing"
    path = f"/media/{left['images-0-file']}"
    assert path in client.get(f"/staff/posts/{post.id}/edit").text


def test_image_survives_a_refused_form(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    answer = write(client, team, action="submit", text="", upload=jpeg(), upload_alt="")
    assert answer.status_code == 422
    assert "what image 1 shows" in answer.text
    # At the box to fill in, and in the summary a link to it.
    assert 'href="#images-0-alt_text"' in answer.text
    assert 'id="images-0-alt_text-error"' in answer.text
    kept = kept_images(answer.text)
    assert kept["images-0-file"].endswith(".jpg")
    kept["images-0-alt_text"] = "A red thing"
    assert write(client, team, action="submit", **kept).status_code == 302
    assert only_post(session).state is PostState.SUBMITTED


def test_fifth_image_is_refused(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    kept: dict[str, str] = {}
    for number, colour in enumerate(("red", "blue", "green", "white")):
        page = write(client, team, action="check", upload=jpeg(colour), upload_alt=colour, **kept)
        kept = kept_images(page.text)
        assert len(kept) == 2 * (number + 1)
    answer = write(client, team, action="add", upload=jpeg("black"), upload_alt="black", **kept)
    assert answer.status_code == 422
    assert "at most 4 images" in answer.text


def test_made_up_image_name_is_refused(client: Client, session: Session) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    for name in ("../../vcp.sqlite3", "a" * 64 + ".jpg", "x"):
        answer = write(client, team, **{"images-0-file": name, "images-0-alt_text": "x"})
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "upload, message",
    [
        ((b"not an image", "x.jpg"), "can&#39;t be used as an image"),
        ((b"<svg></svg>", "x.svg"), "SVG"),
        ((b"\xff\xd8\xff\xe0cut", "x.jpg"), "broken"),
    ],
)
def test_broken_image_is_refused_and_the_words_stay(
    client: Client, session: Session, upload: tuple[bytes, str], message: str
) -> None:
    team = make_team(session)
    sign_in(client, team.officer)
    answer = write(client, team, action="add", upload=(io.BytesIO(upload[0]), upload[1]))
    assert answer.status_code == 422
    assert message in answer.text
    assert CLEAN in answer.text
    assert session.scalars(select(Post)).unique().all() == []
