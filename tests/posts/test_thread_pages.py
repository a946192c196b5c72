"""Writing a thread, other words for a network, a poll and options, without a script."""

import re
from html import unescape
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.client import Client
from tests.factories.channels import make_channel
from tests.factories.personas import grant
from tests.factories.posts import Team, make_post, make_team
from tests.factories.users import sign_in
from tests.posts.composer import CLEAN, jpeg, kept_images, only_post, rewrite, write
from vcp.channels.models import Channel
from vcp.posts import service
from vcp.posts.states import PostState
from vcp.posts.words import Options, Part, Poll, Variant, Words, words_of

SECOND = "Its owner had looked for it since Tuesday."
SHORT = "Lost dog found, owner happy."


@pytest.fixture
def team(session: Session, clock: time_machine.Traveller) -> Team:
    return make_team(session)


@pytest.fixture
def x(session: Session, team: Team) -> Channel:
    """The team's account on X."""
    channel = make_channel(session, area=team.area, name="Harbour X", network="x")
    grant(session, persona=team.persona, channel=channel)
    return channel


@pytest.fixture
def officer(client: Client, session: Session, team: Team) -> Client:
    session.commit()
    sign_in(client, team.officer)
    return client


def written(session: Session) -> Words:
    return words_of(service.newest(only_post(session)))


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_part_is_added_and_the_page_comes_back_to_it(
    officer: Client, team: Team, session: Session
) -> None:
    answer = write(officer, team, action="add-part")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("#parts")
    assert written(session).more == (Part(),)
    page = officer.get(answer.headers["Location"]).text
    assert "Part 2" in page
    assert 'name="more-0-text"' in page


def test_parts_and_their_images_are_kept(officer: Client, team: Team, session: Session) -> None:
    upload = {"upload": jpeg("red"), "upload_alt": "A dog.", "upload_part": 2}
    write(officer, team, **{"more-0-text": SECOND}, **upload)
    post = only_post(session)
    again = kept_images(officer.get(f"/staff/posts/{post.id}/edit").text)
    rewrite(
        officer,
        team,
        post,
        **{"more-0-text": SECOND, "images-0-part": 2, **again},
        upload=jpeg("blue"),
        upload_alt="The library.",
        upload_part=1,
    )
    words = written(session)
    assert [image.alt_text for image in words.images] == ["The library."]
    assert [(part.text, [i.alt_text for i in part.images]) for part in words.more] == [
        (SECOND, ["A dog."])
    ]


def test_removing_a_part_keeps_its_images_with_the_part_before(
    officer: Client, team: Team, session: Session
) -> None:
    upload = {"upload": jpeg("red"), "upload_alt": "A dog.", "upload_part": 2}
    write(officer, team, **{"more-0-text": SECOND, "more-1-text": "Third."}, **upload)
    post = only_post(session)
    kept = kept_images(officer.get(f"/staff/posts/{post.id}/edit").text)
    typed = {"more-0-text": SECOND, "more-1-text": "Third.", "images-0-part": 2, **kept}
    rewrite(officer, team, post, **typed, action="remove-part-2")
    words = written(session)
    assert [part.text for part in words.more] == ["Third."]
    assert [image.alt_text for image in words.images] == ["A dog."]


def test_a_fault_in_a_part_is_shown_at_it_and_loses_nothing(
    officer: Client, team: Team, session: Session
) -> None:
    answer = write(officer, team, **{"more-0-text": "x" * 501}, action="submit")
    assert answer.status_code == 422
    assert "take out 1 of part 2" in unescape(answer.text)
    assert 'href="#more-0-text"' in answer.text
    assert "x" * 501 in answer.text


def test_one_network_gets_other_words_and_chosen_images(
    officer: Client, team: Team, session: Session, x: Channel
) -> None:
    upload = {"upload": jpeg("red"), "upload_alt": "A dog."}
    channels = [team.own_feed.id, team.mastodon.id, x.id]
    write(officer, team, **upload, channel_ids=channels)
    post = only_post(session)
    page = officer.get(f"/staff/posts/{post.id}/edit").text
    assert "Other words for X" in page
    own = {"x-text": f"{SHORT}\n---\nMore tomorrow.", "x-images": [1], "x-content_warning": ""}
    rewrite(officer, team, post, **own, **kept_images(page), channel_ids=channels)
    words = written(session)
    parts = (Part(SHORT, words.images), Part("More tomorrow."))
    assert words.variants == (Variant("x", parts, None),)
    shown = officer.get(f"/staff/posts/{post.id}/edit").text
    assert f"{SHORT}\n---\nMore tomorrow." in unescape(shown).replace("\r\n", "\n")


def test_the_approver_sees_what_every_channel_gets(
    client: Client, session: Session, team: Team, x: Channel
) -> None:
    post = make_post(
        session,
        team,
        state=PostState.SUBMITTED,
        more=(Part(SECOND),),
        variants=(Variant("x", (Part(SHORT),)),),
        channel_ids=(team.own_feed.id, team.mastodon.id, x.id),
    )
    session.commit()
    sign_in(client, team.supervisor)
    page = text_of(client.get(f"/staff/posts/{post.id}").text)
    assert "Harbour M, part 1 of 2" in page
    assert "Harbour M, part 2 of 2" in page
    assert "Harbour X (its own words)" in page
    assert SHORT in page
    # On Mastodon, and with the rest on our own site; in the list of wordings as well.
    assert page.count(SECOND) == 3


def poll(**changed: Any) -> dict[str, Any]:
    typed = {f"poll_choices-{n}": choice for n, choice in enumerate(("Tuesday", "Friday"))}
    return {**typed, "poll_minutes": 4320, **changed}


@pytest.fixture
def has_polls(session: Session, team: Team) -> None:
    team.mastodon.limits = {**(team.mastodon.limits or {}), "poll_choices": 4}
    team.mastodon.limits["poll_choice_characters"] = 50
    session.commit()


@pytest.mark.usefixtures("has_polls")
def test_a_poll_is_asked_where_there_are_polls(
    officer: Client, team: Team, session: Session
) -> None:
    answer = write(officer, team, **poll(), action="submit")
    assert answer.status_code == 302, text_of(answer.text)
    assert written(session).poll == Poll(("Tuesday", "Friday"), 4320)
    page = text_of(officer.get(answer.headers["Location"]).text)
    assert "A poll, open for 3 days." in page
    assert "Tuesday Friday" in page


@pytest.mark.usefixtures("has_polls")
def test_where_there_are_no_polls_the_author_chooses_text(
    officer: Client, team: Team, session: Session
) -> None:
    team.mastodon.profile_url = "https://social.example/@harbour"
    sky = make_channel(session, area=team.area, name="Harbour Sky", network="bluesky")
    grant(session, persona=team.persona, channel=sky)
    session.commit()
    channels = [team.mastodon.id, sky.id]
    refused = write(officer, team, **poll(), channel_ids=channels, action="submit")
    assert refused.status_code == 422
    assert "Harbour Sky has no polls. Choose to list the choices there" in text_of(refused.text)
    chosen = poll(poll_as_text="y")
    answer = write(officer, team, **chosen, channel_ids=channels, action="submit")
    assert answer.status_code == 302
    page = text_of(officer.get(answer.headers["Location"]).text)
    assert f"{CLEAN} 1. Tuesday 2. Friday Vote: https://social.example/@harbour" in page


@pytest.mark.usefixtures("has_polls")
@pytest.mark.parametrize(
    "changed, said",
    [
        ({"poll_choices-1": ""}, "A poll needs two choices"),
        ({"poll_choices-1": "Tuesday"}, "Two choices of the poll are the same"),
        ({"poll_choices-1": "F" * 51}, "Harbour M takes choices of 50 characters"),
        ({"text": ""}, "Write something first"),
        ({"upload": True}, "takes a poll or images, not both"),
        ({"poll_minutes": 7}, "Choose one from the list"),
    ],
)
def test_a_poll_that_cannot_be_asked_says_what_to_do(
    officer: Client, team: Team, changed: dict[str, Any], said: str
) -> None:
    if changed.get("upload"):
        changed = {"upload": jpeg("red"), "upload_alt": "A dog."}
    answer = write(officer, team, **{**poll(), **changed}, action="submit")
    assert answer.status_code == 422
    assert said in text_of(answer.text)


def test_a_poll_needs_a_channel_that_has_polls(officer: Client, team: Team) -> None:
    answer = write(officer, team, **poll(), action="submit")
    assert answer.status_code == 422
    assert "None of the chosen channels has polls" in text_of(answer.text)


def test_options_are_kept_and_shown_where_they_count(
    officer: Client, team: Team, session: Session, x: Channel
) -> None:
    asked = {"visibility": "unlisted", "replies": "mentioned", "covers_images": "y"}
    answer = write(
        officer,
        team,
        **asked,
        channel_ids=[team.own_feed.id, team.mastodon.id, x.id],
        upload=jpeg("red"),
        upload_alt="A dog.",
        action="submit",
    )
    assert written(session).options == Options("unlisted", covers_images=True, replies="mentioned")
    page = text_of(officer.get(answer.headers["Location"]).text)
    assert page.count("Left out of public timelines.") == 1
    assert page.count("Images are covered until somebody asks for them.") == 1
    assert page.count("Only accounts that are mentioned may reply.") == 1


def test_the_check_while_writing_reads_every_part(officer: Client, team: Team) -> None:
    del team
    typed = {"text": CLEAN, "language": "en", "more-0-text": "Whose van is AB12 CDE?"}
    page = officer.post("/staff/posts/check", data=typed).text
    assert "Part 2" in page
    typed = {"text": CLEAN, "language": "en", "x-text": "Whose van is AB12 CDE?"}
    assert "X: Text" in officer.post("/staff/posts/check", data=typed).text
