"""Who may write, and who may say yes: never one and the same person."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from officer_profiles.models import Persona
from vcp.kernel.errors import NotAllowed
from vcp.kernel.permissions import Permission, Person, check, may
from vcp.posts.models import Post, Revision

#: What people are told when they would decide about their own words.
NOT_YOUR_OWN = (
    "You wrote, edited or submitted words of this post, so another person must decide about it. "
    "That holds for administrators too."
)


def may_write_as(session: Session, person: Person, persona: Persona) -> bool:
    """Say whether the person may write in this persona's name."""
    return may(person, Permission.WRITE_POSTS, persona.area_path) and personas.may_speak_as(
        session, person, persona
    )


def must_write_as(
    session: Session, person: Person, persona: Persona, verb: str, post: Post | None = None
) -> None:
    """Let the person go on, or refuse.

    Raises: NotAllowed unless the person may write in this persona's name.
    """
    if not may_write_as(session, person, persona):
        raise NotAllowed(
            f"You don't write as {persona.display_name}. Ask their supervisor to add you if you "
            "should.",
            attempted=verb,
            subject_kind="post" if post else "persona",
            subject_id=post.id if post else persona.id,
        )


def may_see(session: Session, person: Person, post: Post) -> bool:
    """Say whether the person may read this post before the public does."""
    return may(person, Permission.SEE_POSTS, post.area_path) or personas.may_speak_as(
        session, person, post.persona
    )


def must_see(session: Session, person: Person, post: Post) -> None:
    """Let the person look, or refuse.

    Raises: NotAllowed.
    """
    if not may_see(session, person, post):
        raise NotAllowed(
            "This post belongs to an area that your roles don't cover.",
            attempted="see",
            subject_kind="post",
            subject_id=post.id,
        )


def hands_on(session: Session, post_id: int) -> set[int]:
    """Return the ids of everybody who wrote, edited or submitted any wording of this post."""
    return hands_on_each(session, [post_id]).get(post_id, set())


def hands_on_each(session: Session, post_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return the same for each of these posts."""
    rows = session.execute(
        select(Post.id, Post.author_id, Revision.written_by_id, Revision.submitted_by_id)
        .select_from(Post)
        .outerjoin(Revision, Revision.post_id == Post.id)
        .where(Post.id.in_(post_ids))
    )
    hands: dict[int, set[int]] = {}
    for post_id, *people in rows:
        hands.setdefault(post_id, set()).update(p for p in people if p is not None)
    return hands


def must_decide(session: Session, person: Person, post: Post, verb: str) -> None:
    """Let the person say yes to this post's words, or refuse.

    Raises: NotAllowed without the role for the area, or for anyone with a hand in the words.
    """
    must_have_role(person, post, Permission.APPROVE_POSTS)
    if person.id in hands_on(session, post.id):
        raise NotAllowed(NOT_YOUR_OWN, attempted=verb, subject_kind="post", subject_id=post.id)


def may_approve(person: Person, post: Post) -> bool:
    """Say whether the person may approve posts of this area."""
    return may(person, Permission.APPROVE_POSTS, post.area_path)


def must_have_role(person: Person, post: Post, permission: Permission) -> None:
    """Let a person with this permission for the post's area go on, or refuse.

    Raises: NotAllowed.
    """
    check(person, permission, post.area_path, subject_kind="post", subject_id=post.id)


def must_steer(session: Session, person: Person, post: Post, verb: str) -> None:
    """Let those who write as the persona, or approve for its area, go on.

    Raises: NotAllowed.
    """
    if not may(person, Permission.APPROVE_POSTS, post.area_path):
        must_write_as(session, person, post.persona, verb, post)
