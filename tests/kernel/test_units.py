"""Units of work: what is done once at their end, lines of the trail, rows stored together."""

from collections.abc import Collection

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.factories.posts import make_post, make_team
from vcp.kernel.audit import AuditEvent, record
from vcp.kernel.context import Machine
from vcp.kernel.db import at_end, store_together, transaction
from vcp.kernel.errors import Conflict
from vcp.posts.models import Post
from vcp.posts.states import PostState

US = Machine("test")
DONE: list[list[str]] = []


class Undone(Exception):
    """Something goes wrong inside a unit."""


@pytest.fixture(autouse=True)
def _forget() -> None:
    DONE.clear()


def note(_session: Session, items: Collection[str]) -> None:
    DONE.append(list(items))


def note_and_want_more(session: Session, items: Collection[str]) -> None:
    note(session, items)
    at_end(session, note, "more")


def verbs(session: Session) -> list[str]:
    rows = select(AuditEvent.verb).where(AuditEvent.subject_kind == "thing")
    return sorted(session.scalars(rows))


def test_what_changes_want_alike_is_done_once_in_the_order_it_came(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        for item in ("b", "a", "b"):
            at_end(session, note, item)
        assert DONE == []
    assert DONE == [["b", "a"]]


def test_what_the_end_itself_wants_is_done_too(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        at_end(session, note_and_want_more, "first")
    assert DONE == [["first"], ["more"]]


def fail_after_recording(session: Session) -> None:
    record(session, US, "try", "thing", 1, why="it might work")
    raise Undone


def test_a_unit_that_fails_leaves_no_line(session: Session) -> None:
    with pytest.raises(Undone), transaction() as unit:
        fail_after_recording(unit)
    with transaction():
        pass  # nor does the unit after it store what was left
    assert verbs(session) == []


def test_a_savepoint_that_is_undone_takes_its_lines_along(session: Session) -> None:
    with transaction() as unit:
        record(unit, US, "begin", "thing", 1)
        with pytest.raises(Undone), unit.begin_nested():
            fail_after_recording(unit)
        with unit.begin_nested():
            record(unit, US, "end", "thing", 1)
    assert verbs(session) == ["begin", "end"]


@pytest.fixture
def ids(session: Session) -> list[int]:
    """The numbers of two posts that are stored."""
    team = make_team(session)
    made = [make_post(session, team, state=PostState.SCHEDULED).id for _ in range(2)]
    session.commit()
    return made


def move(session: Session, posts: list[Post], path: str) -> None:
    for post in posts:
        post.area_path = path
    store_together(session, posts)
    assert not any(session.is_modified(post) for post in posts)


def move_after_somebody_else(session: Session, ids: list[int], path: str) -> None:
    posts = [session.get_one(Post, row_id) for row_id in ids]
    session.execute(
        update(Post)
        .where(Post.id == ids[1])
        .values(version=Post.version + 1)
        .execution_options(synchronize_session=False)
    )
    move(session, posts, path)


def test_rows_are_stored_together_each_with_a_new_version(session: Session, ids: list[int]) -> None:
    before = [session.get_one(Post, row_id).version for row_id in ids]
    with transaction() as unit:
        move(unit, [unit.get_one(Post, row_id) for row_id in ids], "/moved/")
    stored = [session.get_one(Post, row_id) for row_id in ids]
    assert [post.area_path for post in stored] == ["/moved/"] * 2
    assert [post.version for post in stored] == [version + 1 for version in before]


def test_none_is_stored_when_somebody_else_changed_one_first(
    session: Session, ids: list[int]
) -> None:
    with pytest.raises(Conflict), transaction() as unit:
        move_after_somebody_else(unit, ids, "/moved/")
    assert "/moved/" not in [session.get_one(Post, row_id).area_path for row_id in ids]
