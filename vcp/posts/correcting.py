"""Correcting a post that is out: new words, screened and approved like the first."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.errors import Conflict, NotFound
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person
from vcp.posts import approvals, fitting, guards, in_force, notices, revisions, service
from vcp.posts.events import DraftHeld, HoldEnded, PostChanged
from vcp.posts.freezing import queue_deliveries
from vcp.posts.models import Approval, Correction, DeliveryKind, Post, Revision
from vcp.posts.states import CORRECTION, CorrectionState, PostState
from vcp.posts.words import Words, words_of

OPEN = (CorrectionState.DRAFT, CorrectionState.SUBMITTED, CorrectionState.HELD)
LONGEST_PUBLIC_REASON = 300


def start_correction(
    session: Session, post_id: int, words: Words, reason: str, *, by: Person
) -> Correction:
    """Begin a correction of a released post; `reason` is what residents are told.

    Its channels are those of the post. Raises: NotAllowed unless the person writes as the
    persona; Conflict unless it is out, or while another correction is open; Invalid.
    """
    post = service.found(session, post_id)
    guards.must_write_as(session, by, post.persona, "correct", post)
    shown = _shown(post)
    if (other := open_correction(session, post.id)) is not None:
        raise Conflict(
            f"A correction is {other.state.value} already. Finish or cancel that one first."
        )
    reason = _public_reason(reason)
    words = revisions.with_channels(revisions.storable(session, words, post.persona), shown)
    correction = Correction(
        post=post,
        revision=revisions.write(session, post, words, by=by),
        reason=reason,
        created_by_id=by.id,
    )
    CORRECTION.started(session, correction, by=by, post=post.id)
    return correction


def save_correction(
    session: Session, correction_id: int, words: Words, reason: str, *, by: Person
) -> Correction:
    """Store other words for the correction; a submitted one is a draft again.

    Raises: NotAllowed; Conflict when it is applied or cancelled; Invalid.
    """
    correction = found(session, correction_id)
    post = correction.post
    guards.must_write_as(session, by, post.persona, "correct", post)
    _must_be_open(correction)
    reason = _public_reason(reason)
    words = revisions.with_channels(
        revisions.storable(session, words, post.persona), correction.revision
    )
    if words.sha256 == correction.revision.sha256 and reason == correction.reason:
        return correction
    _back_to_draft(session, correction, by=by, reason="edited")
    correction.reason = reason
    if words.sha256 != correction.revision.sha256:
        correction.revision = revisions.write(session, post, words, by=by)
    record(session, by, "edit", "correction", correction.id, sha256=words.sha256)
    session.flush()
    return correction


def submit_correction(
    session: Session, correction_id: int, *, by: Person, warning_reason: str = ""
) -> Correction:
    """Screen the correction and pass it on, as a draft is.

    Raises: NotAllowed; Conflict unless it is a draft; Invalid when it could not go out as it is,
    or changes nothing.
    """
    correction = found(session, correction_id)
    post = correction.post
    guards.must_write_as(session, by, post.persona, "submit", post)
    if correction.state is not CorrectionState.DRAFT:
        raise Conflict(f"This correction is {correction.state.value} already.")
    words = words_of(correction.revision)
    if words.sha256 == _shown(post).sha256:
        raise Conflict("These are the words that are out now. Change them, or cancel this.")
    # A correction must reach every copy that is out, whatever the channel has become since.
    channels = revisions.channels_of(session, words)
    revisions.must_fit(post.persona, words, channels, post.answers)
    fitting.must_keep_shape(words_of(_shown(post)), words, channels)
    revision = revisions.unused(session, post, correction.revision, by=by)
    correction.revision = revision
    verdict = service.stamp(revision, words, warning_reason, by=by)
    noted = {"sha256": revision.sha256, "priority": verdict.priority}
    if verdict.holds:
        CORRECTION.apply(session, correction, "hold", by=by, category=verdict.category, **noted)
        raise_event(session, DraftHeld(post.id, revision.id, correction.id, verdict))
    else:
        CORRECTION.apply(session, correction, "submit", by=by, **noted)
        notices.approval_wanted(session, post, correction)
    return correction


def release_correction(session: Session, correction_id: int, *, by: Person) -> Correction:
    """End the hold of a correction; `moderation` has checked who may.

    Raises: Conflict unless it is held.
    """
    correction = found(session, correction_id)
    CORRECTION.apply(session, correction, "release", by=by)
    notices.approval_wanted(session, correction.post, correction)
    return correction


def send_back_correction(
    session: Session, correction_id: int, reason: str, *, by: Person
) -> Correction:
    """Refuse the correction, with a reason for its author.

    Raises: NotAllowed without the role; Invalid without a reason; Conflict.
    """
    correction = found(session, correction_id)
    guards.must_have_role(by, correction.post, Permission.APPROVE_POSTS)
    reason = service.must_say(reason, "Say what should change, so that the author can.")
    return _returned(session, correction, reason, by=by)


def return_held_correction(
    session: Session, correction_id: int, reason: str, *, by: Person
) -> Correction:
    """Give a held correction back to its author; `moderation` has checked who may.

    Raises: Conflict unless it is held.
    """
    correction = found(session, correction_id)
    if correction.state is not CorrectionState.HELD:
        raise Conflict("This correction isn't held any more. Look at it again.")
    return _returned(session, correction, reason, by=by)


def take_back_correction(session: Session, correction_id: int, *, by: Person) -> Correction:
    """Make it a draft again at the wish of those who write it.

    Raises: NotAllowed; Conflict when it is applied.
    """
    correction = found(session, correction_id)
    guards.must_write_as(session, by, correction.post.persona, "take_back", correction.post)
    _must_be_open(correction)
    _back_to_draft(session, correction, by=by, reason="taken back")
    return correction


def cancel_correction(session: Session, correction_id: int, *, by: Person) -> Correction:
    """End the correction; the words that are out stay.

    Raises: NotAllowed; Conflict when it is applied.
    """
    correction = found(session, correction_id)
    guards.must_steer(session, by, correction.post, "cancel")
    was = correction.state
    CORRECTION.apply(session, correction, "cancel", by=by)
    if was is CorrectionState.HELD:
        raise_event(session, HoldEnded(correction.revision_id, by, "cancelled"))
    return correction


def approve_correction(
    session: Session,
    correction_id: int,
    revision_sha256: str,
    *,
    by: Person,
    warning_answer: str = "",
) -> Approval:
    """Say yes to exactly these words; they replace those that are out, on every channel.

    Saying it twice changes nothing. Raises: NotAllowed without the role, or for anyone with a
    hand in any wording of the post; Conflict; Invalid when a warning isn't answered.
    """
    session.execute(select(Correction.id).where(Correction.id == correction_id).with_for_update())
    correction = found(session, correction_id)
    post, revision = correction.post, correction.revision
    earlier = approvals.in_force(session, post, revision.id, by.id)
    if earlier is not None and earlier.revision_sha256 == revision_sha256:
        return earlier
    guards.must_decide(session, by, post, "approve")
    if correction.state is not CorrectionState.SUBMITTED:
        raise Conflict(f"This correction is {correction.state.value}. Look at it again.")
    _shown(post)
    if revision.sha256 != revision_sha256:
        raise Conflict(service.WORDS_CHANGED)
    approval = approvals.say_yes(session, post, revision, warning_answer, by=by)
    CORRECTION.apply(session, correction, "approve", by=by, sha256=revision.sha256)
    _put_out(session, post, revision, by=by)
    return approval


def found(session: Session, correction_id: int) -> Correction:
    """Return the correction.

    Raises: NotFound.
    """
    correction = session.get(Correction, correction_id)
    if correction is None:
        raise NotFound("There is no such correction. It may be in another list.")
    return correction


def open_correction(session: Session, post_id: int) -> Correction | None:
    """Return the correction of this post that isn't finished, if any."""
    return session.scalars(
        select(Correction).where(Correction.post_id == post_id, Correction.state.in_(OPEN))
    ).first()


def _put_out(session: Session, post: Post, revision: Revision, *, by: Person) -> None:
    was = post.public_revision
    post.revision = revision
    post.public_revision = revision
    now = clock.now()
    queue_deliveries(
        session,
        post,
        revision,
        kind=DeliveryKind.CORRECT,
        due_at=now,
        not_after=now + in_force.longest_wait(),
        by=by,
        instead_of=was,
    )
    raise_event(session, PostChanged(post.id))


def _shown(post: Post) -> Revision:
    if post.state is not PostState.RELEASED or post.public_revision is None:
        raise Conflict(
            f"This post is {post.state.value}. Only a post that is out can be corrected."
        )
    return post.public_revision


def _must_be_open(correction: Correction) -> None:
    if correction.state not in OPEN:
        raise Conflict(f"This correction is {correction.state.value}. Begin another one.")


def _returned(session: Session, correction: Correction, reason: str, *, by: Person) -> Correction:
    _back_to_draft(session, correction, by=by, reason=reason)
    correction.post.returned_reason = reason
    notices.sent_back(session, correction.post, reason, by_name=by.display_name)
    return correction


def _back_to_draft(session: Session, correction: Correction, *, by: Person, reason: str) -> None:
    was = correction.state
    if was is CorrectionState.DRAFT:
        return
    CORRECTION.apply(session, correction, "send_back", by=by, reason=reason)
    if was is CorrectionState.HELD:
        raise_event(session, HoldEnded(correction.revision_id, by, reason))


def _public_reason(reason: str) -> str:
    return service.must_say(
        reason, "Say what was wrong and what is right now: residents read this."
    )[:LONGEST_PUBLIC_REASON]
