"""Moving a post to another time: an edit like any other, so that a second person says yes again."""

from dataclasses import replace

from sqlalchemy.orm import Session

from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.permissions import Person
from vcp.posts import series_queries, service
from vcp.posts.models import Post
from vcp.posts.states import PostState
from vcp.posts.words import words_of

OVER = (PostState.RELEASED, PostState.WITHDRAWN, PostState.EXPIRED, PostState.CANCELLED)


def move(
    session: Session,
    post_id: int,
    wanted_local: str | None,
    *,
    by: Person,
    fold: int | None = None,
    not_after_local: str | None = None,
    submit: bool = False,
    reason: str = "",
) -> Post:
    """Give a post another time; a scheduled one is a draft again, or submitted at once.

    Raises: NotAllowed; Conflict for what is out or over; Invalid for a time that can't be used.
    """
    post = service.found(session, post_id)
    must_be_movable(session, post)
    if post.state is PostState.APPROVED:
        return service.schedule(
            session, post_id, wanted_local, by=by, fold=fold, not_after_local=not_after_local
        )
    words = replace(
        words_of(service.newest(post)),
        wanted_local=wanted_local,
        wanted_fold=fold,
        not_after_local=not_after_local,
    )
    post = service.save(session, post_id, words, by=by)
    if submit and post.state is PostState.DRAFT:
        service.submit(session, post_id, by=by, warning_reason=reason)
    return post


def must_be_movable(session: Session, post: Post) -> None:
    """Refuse what has no time that could be changed.

    Raises: Conflict; Invalid for an answer, which has no time of its own.
    """
    if post.state in OVER:
        raise Conflict(
            f"This post is {post.state.value}, so it can't be moved: moving it would send it "
            "again. Write a new one if it should be said once more."
        )
    if post.answers_id is not None:
        raise Invalid("An answer goes out as soon as it is approved. It has no other time.", "at")
    if series_queries.of_template(session, post) is not None:
        raise Conflict("These are the words of a series. Change its days on its own page.")
