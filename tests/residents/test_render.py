"""When pages are rendered, and that the newest words always win."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from officer_profiles.events import PersonaChanged
from tests.factories.posts import Team
from tests.factories.public import make_public_post, page_of, render
from vcp.areas.events import AreaChanged
from vcp.channels.events import ChannelChanged
from vcp.kernel import clock
from vcp.kernel.db import transaction
from vcp.kernel.settings import Settings
from vcp.networks.own import OwnFeed
from vcp.posts import service
from vcp.posts.freezing import outgoing
from vcp.posts.models import Delivery
from vcp.posts.tombstones import WithdrawalReason
from vcp.residents import pages, views
from vcp.residents import render as rendering
from vcp.residents.listeners import stale_for_area, stale_for_channel, stale_for_persona
from vcp.residents.models import StalePage
from vcp.residents.render import render_everything, render_left_over, render_marked
from vcp.residents.site_writer import SiteFolder
from vcp.residents.stale import LISTS, SITE, mark, mark_dated, marked, unmark

TEXT = "We marked forty bikes at the library today."


def waiting(session: Session) -> set[tuple[str, str]]:
    session.rollback()
    return {(row.kind, row.ref) for row in session.scalars(select(StalePage))}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_released_post_marks_what_shows_it(app: Flask, session: Session, team: Team) -> None:
    render(session)
    post = make_public_post(app, session, team, text=TEXT)
    marks = waiting(session)
    assert ("post", str(post.id)) in marks
    assert ("officer", str(team.persona.id)) in marks
    assert {("place", str(area.id)) for area in (team.area, team.district)} <= marks
    assert ("place", str(team.other_area.id)) not in marks
    assert LISTS in marks
    assert ("site", "") not in marks


def test_what_is_rendered_is_marked_no_more(app: Flask, session: Session, team: Team) -> None:
    make_public_post(app, session, team, text=TEXT)
    render(session)
    assert not waiting(session)


def test_a_mark_set_again_meanwhile_stays(session: Session, team: Team) -> None:
    with transaction() as unit:
        mark(unit, [LISTS])
    seen = [row for row in marked(session, 0) if row.kind == "lists"]
    with transaction() as unit:
        mark(unit, [LISTS])
    with transaction() as unit:
        unmark(unit, seen)
    assert LISTS in waiting(session)


def test_the_clock_leaves_fresh_marks_to_the_worker(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    render(session)
    make_public_post(app, session, team, text=TEXT)
    assert render_left_over() == 0
    session.execute(update(StalePage).values(wanted_at=clock.now() - timedelta(seconds=6)))
    session.commit()
    assert render_left_over() > 0
    assert TEXT in page_of(settings, "/posts/")


def test_an_empty_folder_fills_by_itself(session: Session, settings: Settings, team: Team) -> None:
    """A first start, or a disk that was lost, needs no command."""
    session.execute(delete(StalePage))
    session.commit()
    render_left_over()
    assert "Your neighbourhood officers" in page_of(settings, "/")
    assert ("site", "") in waiting(session)


@pytest.mark.usefixtures("clock")
def test_everything_can_be_made_again_from_the_database(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    make_public_post(app, session, team, text=TEXT)
    render_everything()
    first = contents(settings.site)
    settings.site.rename(settings.instance / "lost")
    render_everything()
    assert contents(settings.site) == first


def test_one_broken_page_holds_up_no_other(
    app: Flask,
    session: Session,
    settings: Settings,
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    make_public_post(app, session, team, text=TEXT)
    monkeypatch.setitem(rendering.ONE_BY_ONE, "officer", full)
    render(session)
    assert TEXT in page_of(settings, "/posts/")
    assert waiting(session) == {("officer", str(team.persona.id))}
    assert "could not be rendered" in caplog.text


def test_older_words_never_cover_newer_ones(
    app: Flask,
    session: Session,
    settings: Settings,
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slow renderer that began before a withdrawal must not bring the words back after it."""
    post = make_public_post(app, session, team, text=TEXT)
    render(session)
    public_id, post_id = post.public_id, post.id
    read, go_on = threading.Event(), threading.Event()
    plain = views.earlier_wordings

    def slowly(*args: object) -> object:
        if threading.current_thread().name == "slow":
            read.set()
            go_on.wait(10)
        return plain(*args)  # type: ignore[arg-type]  # passed on

    def slow_renderer() -> None:
        with app.app_context():
            render_marked()

    monkeypatch.setattr(pages, "earlier_wordings", slowly)
    with transaction() as unit:
        mark(unit, [("post", str(post_id))])
    slow = threading.Thread(target=slow_renderer, name="slow")
    slow.start()
    assert read.wait(10)
    with transaction() as unit:
        service.withdraw(unit, post_id, WithdrawalReason.MISTAKE, by=team.supervisor)
    quick = threading.Thread(target=SiteFolder(app).remove, args=(public_id,))
    quick.start()
    go_on.set()
    slow.join()
    quick.join()
    assert TEXT not in page_of(settings, f"/posts/{public_id}/")


def test_our_own_feed_knows_by_which_key_a_page_was_written(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    """That is how a publisher that was killed finds out whether it had written the page."""
    post = make_public_post(app, session, team, text=TEXT)
    writer = SiteFolder(app)
    key = session.scalars(select(Delivery.record_key)).one()
    assert writer.holds(post.public_id, key)
    assert writer.holds(post.public_id, None)
    assert not writer.holds(post.public_id, "another")
    assert not writer.holds("unknown", None)
    settings.site.rename(settings.instance / "lost")
    assert not writer.holds(post.public_id, None)
    render_everything()
    assert writer.holds(post.public_id, key)


def test_a_post_withdrawn_before_it_is_written_gets_its_tombstone(
    app: Flask, session: Session, settings: Settings, team: Team
) -> None:
    post = make_public_post(app, session, team, text=TEXT)
    service.withdraw(session, post.id, WithdrawalReason.MISTAKE, by=team.supervisor)
    session.commit()
    feed = OwnFeed(SiteFolder(app), settings.base_url)
    feed.withdraw(post.public_id)
    feed.withdraw(post.public_id)
    assert not feed.exists(post.public_id)
    assert TEXT not in page_of(settings, f"/posts/{post.public_id}/")


def test_only_approved_words_are_written(app: Flask, session: Session, team: Team) -> None:
    post = make_public_post(app, session, team, text=TEXT)
    delivery = session.scalars(select(Delivery)).one()
    frozen = outgoing(delivery, app.extensions["vcp_settings"])
    writer = SiteFolder(app)
    with pytest.raises(OSError, match="approved words"):
        writer.write(replace(frozen, text="Other words"), delivery.record_key)
    with pytest.raises(OSError, match="approved words"):
        writer.write(frozen, "another key")
    assert writer.write(frozen, delivery.record_key).endswith(f"/posts/{post.public_id}/")


def test_changes_of_personas_accounts_and_places_mark_what_shows_them(
    session: Session, team: Team
) -> None:
    render(session)
    officer = ("officer", str(team.persona.id))
    with transaction() as unit:
        stale_for_persona(unit, PersonaChanged(team.persona.id))
    assert {officer, ("officer_posts", str(team.persona.id)), SITE, LISTS} <= waiting(session)
    session.execute(delete(StalePage))
    session.commit()
    with transaction() as unit:
        stale_for_channel(unit, ChannelChanged(team.mastodon.id))
    assert waiting(session) == {officer, SITE}
    session.execute(delete(StalePage))
    session.commit()
    with transaction() as unit:
        stale_for_area(unit, AreaChanged(team.district.id))
    around = {("place", str(area.id)) for area in (team.area, team.district, team.other_area)}
    assert around | {SITE, LISTS} <= waiting(session)


def test_what_runs_out_by_itself_is_marked_by_its_date(
    session: Session, settings: Settings, team: Team
) -> None:
    """Nobody acts when a verification ends, and yet the page must stop saying that it holds."""
    render(session)
    yesterday = clock.now() - timedelta(days=1)
    with transaction() as unit:
        mark_dated(unit, yesterday)
    assert not waiting(session)
    team.persona.verification_expires_at = clock.now() - timedelta(minutes=1)
    session.commit()
    with transaction() as unit:
        mark_dated(unit, yesterday)
    render(session)
    page = page_of(settings, f"/officers/{team.persona.slug}/")
    assert "is not posting at present" in page
