"""A second person's yes: bound to one revision and its hash, ended by any change."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from vcp.kernel import clock
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.permissions import Person
from vcp.posts import revisions, screening
from vcp.posts.models import Approval, Post, Revision

LONGEST_ANSWER = 1_000


def say_yes(
    session: Session, post: Post, revision: Revision, answer: str, *, by: Person
) -> Approval:
    """Store the yes to exactly these words.

    Raises: Conflict when they aren't whole, or the public couldn't check the persona; Invalid
    when a warning isn't answered.
    """
    revisions.must_be_whole(revision)
    if problem := personas.persona_stopped_because(session, post.persona):
        raise Conflict(f"{problem} Until then nothing can be approved in this name.")
    if screening.has_warning(screening.from_json(revision.verdict)) and not answer.strip():
        raise Invalid(
            "The screening warns about this text. Say why it may go out all the same.",
            "warning_answer",
        )
    approval = Approval(
        post_id=post.id,
        revision_id=revision.id,
        revision_sha256=revision.sha256,
        approved_by_id=by.id,
        approved_at=clock.now(),
        warning_answer=answer.strip()[:LONGEST_ANSWER],
    )
    session.add(approval)
    return approval


def in_force(
    session: Session, post: Post, revision_id: int | None, by_id: int | None = None
) -> Approval | None:
    """Return the yes to this revision, by this person or by anybody."""
    rows = select(Approval).where(
        Approval.post_id == post.id,
        Approval.revision_id == revision_id,
        Approval.voided_at.is_(None),
    )
    if by_id is not None:
        rows = rows.where(Approval.approved_by_id == by_id)
    return session.scalars(rows).first()


def void(session: Session, post_id: int) -> None:
    """End every yes that was said to this post's words."""
    session.execute(
        update(Approval)
        .where(Approval.post_id == post_id, Approval.voided_at.is_(None))
        .values(voided_at=clock.now())
    )
