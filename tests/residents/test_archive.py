"""Archives grow at their end only, so that most of what is public never changes."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories.bulk import make_public_posts
from tests.factories.posts import Team
from tests.factories.public import page_of, render
from vcp.kernel import clock
from vcp.kernel.settings import Settings
from vcp.posts.events import PostChanged
from vcp.posts.models import Post
from vcp.residents.archive import PER_PAGE
from vcp.residents.listeners import stale_for_post
from vcp.residents.stale import mark_everything


def add(session: Session, team: Team, count: int, **more: object) -> list[int]:
    return make_public_posts(
        session,
        personas=[team.persona],
        author=team.officer,
        own_feed=team.own_feed,
        count=count,
        **more,  # type: ignore[arg-type]  # passed on
    )


def changed(settings: Settings, session: Session, post_id: int) -> set[str]:
    """Render after a change of this post, and return which files were written."""
    before = {p: p.stat().st_mtime_ns for p in files(settings)}
    stale_for_post(session, PostChanged(post_id))
    render(session)
    after = {p: p.stat().st_mtime_ns for p in files(settings)}
    return {
        p.relative_to(settings.site).as_posix() for p, at in after.items() if before.get(p) != at
    }


def files(settings: Settings) -> list[Path]:
    return [p for p in settings.site.rglob("*") if p.is_file() and p.suffix in {".html", ".xml"}]


@pytest.fixture
def posts(app: Flask, session: Session, team: Team) -> list[int]:
    """Two full pages and one post more."""
    made = add(session, team, 2 * PER_PAGE + 1, since=clock.now() - timedelta(days=2))
    mark_everything(session)
    render(session)
    return made


def test_pages_are_numbered_from_the_oldest(settings: Settings, posts: list[int]) -> None:
    oldest = page_of(settings, "/posts/archive/1/")
    assert f"bulk{posts[0]}/" in oldest
    assert f"bulk{posts[PER_PAGE]}/" not in oldest
    assert '"/posts/archive/2/"' in oldest
    newest = page_of(settings, "/posts/archive/3/")
    assert f"bulk{posts[-1]}/" in newest
    assert "/posts/archive/4/" not in newest


def test_a_new_post_touches_the_last_page_only(
    settings: Settings, session: Session, team: Team, posts: list[int]
) -> None:
    (new,) = add(session, team, 1)
    written = changed(settings, session, new)
    assert "posts/archive/3/index.html" in written
    assert not {"posts/archive/1/index.html", "posts/archive/2/index.html"} & written
    assert not [name for name in written if name.startswith(f"posts/bulk{posts[0]}/")]


def test_a_new_page_is_linked_from_the_one_before(
    settings: Settings, session: Session, team: Team, posts: list[int]
) -> None:
    new = add(session, team, PER_PAGE)
    stale_for_post(session, PostChanged(new[0]))
    stale_for_post(session, PostChanged(new[-1]))
    render(session)
    assert f"bulk{new[-1]}/" in page_of(settings, "/posts/archive/4/")
    assert '"/posts/archive/4/"' in page_of(settings, "/posts/archive/3/")


def test_a_change_long_ago_touches_its_page_only(
    settings: Settings, session: Session, posts: list[int]
) -> None:
    old = session.get_one(Post, posts[3])
    old.withdrawn_at = clock.now()
    written = changed(settings, session, old.id)
    assert "posts/archive/1/index.html" in written
    assert "posts/archive/3/index.html" not in written
    assert f"posts/bulk{old.id}/index.html" in written
    assert not [n for n in written if n.startswith("posts/bulk") and f"bulk{old.id}/" not in n]


def test_a_post_that_comes_late_into_the_middle_moves_what_follows(
    settings: Settings, session: Session, team: Team, posts: list[int]
) -> None:
    early = session.get_one(Post, posts[0])
    assert early.released_at is not None
    (late,) = add(session, team, 1, since=early.released_at + timedelta(seconds=30))
    stale_for_post(session, PostChanged(late))
    render(session)
    pages = [page_of(settings, f"/posts/archive/{number}/") for number in (1, 2, 3)]
    for number in [*posts, late]:
        assert sum(f'"/posts/bulk{number}/"' in page for page in pages) == 1, number


def test_an_officers_posts_have_an_archive_of_their_own(
    settings: Settings, team: Team, posts: list[int]
) -> None:
    base = f"/officers/{team.persona.slug}/"
    assert f'"{base}archive/3/"' in page_of(settings, base)
    assert f"bulk{posts[0]}/" in page_of(settings, f"{base}archive/1/")


def test_the_record_of_a_place_holds_every_post_of_the_month(
    settings: Settings, team: Team, posts: list[int]
) -> None:
    tables = sorted((settings.site / "places" / team.district.slug / "record").glob("*.csv"))
    lines = b"".join(table.read_bytes() for table in tables)
    assert all(f"/posts/bulk{number}/".encode() in lines for number in posts)
    assert tables[-1].name in page_of(settings, f"/places/{team.district.slug}/")
