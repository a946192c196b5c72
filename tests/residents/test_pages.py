"""What residents read, from a post's approval to its withdrawal."""

from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.posts import Team, words
from tests.factories.public import (
    correct,
    make_image,
    make_public_post,
    page_of,
    render,
    send_due,
)
from vcp.kernel.settings import Settings
from vcp.posts import service
from vcp.posts.tombstones import WithdrawalReason

TEXT = "We marked forty bikes at the library today."


def test_a_released_post_stands_on_its_own_page_at_once(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    """The publisher writes it; no worker and no queue server is needed for that."""
    post = make_public_post(app, session, team, text=TEXT)
    page = page_of(settings, f"/posts/{post.public_id}/")
    assert TEXT in page
    assert "PC Sam Okoro" in page


def test_lists_and_feeds_show_it_once_they_are_rendered(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    post = make_public_post(app, session, team, text=TEXT)
    render(session)
    lists = ["/", "/posts/", "/posts/archive/1/", f"/officers/{team.persona.slug}/"]
    for path in [*lists, *(f"/places/{area.slug}/" for area in (team.area, team.district))]:
        assert f"/posts/{post.public_id}/" in page_of(settings, path), path
    assert TEXT not in page_of(settings, f"/places/{team.other_area.slug}/")
    for feed in ("feed.atom", "feed.json", f"officers/{team.persona.slug}/feed.atom"):
        assert TEXT in (settings.site / feed).read_text(), feed


def test_a_post_shows_its_images_with_their_descriptions(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    image = make_image(settings, alt="A red bicycle & its <owner>")
    post = make_public_post(app, session, team, text=TEXT, images=(image,))
    page = page_of(settings, f"/posts/{post.public_id}/")
    assert f'src="/media/{image.digest}.png"' in page
    assert 'alt="A red bicycle &amp; its &lt;owner&gt;"' in page
    assert (settings.site / "media" / f"{image.digest}.png").exists()


def test_what_is_behind_a_content_warning_is_folded_away(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    post = make_public_post(app, session, team, text=TEXT, content_warning="Theft")
    page = page_of(settings, f"/posts/{post.public_id}/")
    before, _, folded = page.partition("<details")
    assert TEXT not in before
    assert "Content warning: Theft" in folded
    assert TEXT in folded.partition("</details>")[0]


def test_a_post_says_in_which_language_it_is(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    post = make_public_post(app, session, team, text=TEXT)
    assert 'lang="en"' in page_of(settings, f"/posts/{post.public_id}/")


def test_a_correction_keeps_the_earlier_wording_in_sight(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    post = make_public_post(app, session, team, text=TEXT)
    better = words(team, text="We marked fifty bikes.", channel_ids=(team.own_feed.id,))
    correct(app, session, team, post, better, "We had miscounted.")
    render(session)
    page = page_of(settings, f"/posts/{post.public_id}/")
    shown, _, earlier = page.partition("Earlier wording")
    assert "We marked fifty bikes." in shown
    assert "We had miscounted." in shown
    assert TEXT in earlier
    assert "We marked fifty bikes." in page_of(settings, "/posts/")


def test_words_that_never_left_are_no_earlier_wording(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    """Sent back after approval, then corrected: only what residents read counts."""
    service.approve  # noqa: B018 - the rule is about approving twice
    post = make_public_post(app, session, team, text=TEXT)
    better = words(team, text="We marked fifty bikes.", channel_ids=(team.own_feed.id,))
    correct(app, session, team, post, better, "We had miscounted.")
    assert page_of(settings, f"/posts/{post.public_id}/").count("<details") == 1


def test_a_withdrawn_post_leaves_a_tombstone_and_nothing_else(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    image = make_image(settings)
    post = make_public_post(app, session, team, text=TEXT, images=(image,))
    render(session)
    service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    render(session)
    page = page_of(settings, f"/posts/{post.public_id}/")
    assert "This post was withdrawn on" in page
    assert WithdrawalReason.MISTAKE.sentence in page
    left = [p for p in settings.site.rglob("*") if p.is_file() and TEXT.encode() in p.read_bytes()]
    assert not left
    assert not (settings.site / "media" / f"{image.digest}.png").exists()
    assert "was withdrawn" in (settings.site / "feed.atom").read_text()


def test_an_image_that_another_post_shows_stays(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    image = make_image(settings)
    first = make_public_post(app, session, team, text=TEXT, images=(image,))
    make_public_post(app, session, team, text="The same picture again.", images=(image,))
    service.withdraw(session, first.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    render(session)
    assert (settings.site / "media" / f"{image.digest}.png").exists()


def test_a_post_that_our_own_feed_does_not_carry_yet_is_on_no_list(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    """Another channel may have released it while our own copy is still stopped."""
    post = make_public_post(app, session, team, text=TEXT)
    for delivery in post.deliveries:
        delivery.published_at = None
    render(session)
    assert TEXT not in page_of(settings, "/posts/")


def test_drafts_are_nowhere(app: Flask, session: Session, settings: Settings, team: Team) -> None:
    service.create_draft(session, team.persona.id, words(team, text=TEXT), by=team.officer)
    render(session)
    send_due(app, session, team.own_feed)
    assert not [p for p in settings.site.rglob("*.html") if TEXT in p.read_text()]
