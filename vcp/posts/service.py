"""Posts from draft to released: writing, submitting, deciding, timing, taking down."""

import secrets
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from vcp.contacts import access
from vcp.contacts.models import Message
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Actor
from vcp.kernel.crashing import crash_point
from vcp.kernel.db import after_commit
from vcp.kernel.errors import Conflict, Invalid, NotFound
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person
from vcp.posts import (
    approvals,
    guards,
    in_force,
    notices,
    revisions,
    screening,
    series_queries,
    stopping,
    time_warnings,
    timing,
    wanted,
)
from vcp.posts.events import ApprovalEnded, DraftHeld, HoldEnded, PostChanged
from vcp.posts.freezing import queue_deliveries
from vcp.posts.models import Approval, Correction, DeliveryKind, Post, Revision
from vcp.posts.states import CORRECTION, POST, CorrectionState, PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.words import Words, words_of
from vcp.triage.findings import Verdict

LONGEST_REASON = 1_000
WORDS_CHANGED = (
    "The words changed since you looked, so nothing was approved. Read the new words, then decide."
)


def create_draft(
    session: Session, persona_id: int, words: Words, *, by: Person, answers: Message | None = None
) -> Post:
    """Keep new words as a draft in this persona's name, or as an answer to a message.

    An answer goes where the message came from, and out as soon as it is approved. Raises:
    NotFound; NotAllowed unless the person writes as the persona; Invalid.
    """
    persona = session.get(Persona, persona_id)
    if persona is None:
        raise NotFound("There is no such persona. Choose one of yours.")
    guards.must_write_as(session, by, persona, "create")
    if answers is not None:
        access.for_work(session, by, answers.contact_id, "answer")
    words = revisions.storable(session, words, persona, answers)
    post = Post(
        public_id=secrets.token_hex(8),
        persona=persona,
        author_id=by.id,
        area_id=persona.area_id,
        area_path=persona.area_path,
        created_at=clock.now(),
        zone=in_force.zone().key,
        answers=answers,
    )
    wanted.set_times(post, words)
    message_id = answers.id if answers else None
    POST.started(session, post, by=by, persona=persona.slug, answers=message_id)
    post.revision = revisions.write(session, post, words, by=by)
    session.flush()
    return post


def save(
    session: Session, post_id: int, words: Words, *, by: Person, based_on: str | None = None
) -> Post:
    """Store new words; whatever was submitted, approved or scheduled is a draft again.

    `based_on` is the hash of the words that the person began with. The same words and times
    change nothing. Raises: NotAllowed; Conflict when it is out, or someone saved other words
    meanwhile; Invalid.
    """
    post = found(session, post_id)
    guards.must_write_as(session, by, post.persona, "edit", post)
    before = newest(post)
    if based_on is not None and based_on != before.sha256:
        raise Conflict(
            f"{before.written_by.display_name} saved other words since you opened this. What you "
            "typed is still here: open the post in another window, then decide which to keep."
        )
    words = revisions.storable(session, words, post.persona, post.answers)
    same_words, same_times = words.sha256 == before.sha256, not wanted.differ(post, words)
    if same_words and same_times:
        return post
    if post.state is not PostState.DRAFT:
        _back_to_draft(session, post, by=by, reason="edited")
    if not same_times:
        wanted.set_times(post, words)
    if not same_words:
        post.revision = revisions.write(session, post, words, by=by)
    revision = newest(post)
    record(session, by, "edit", "post", post.id, revision=revision.number, sha256=revision.sha256)
    session.flush()
    return post


def submit(
    session: Session, post_id: int, *, by: Person, warning_reason: str = "", is_told: bool = True
) -> Post:
    """Screen the draft and pass it on: to those who approve, or held for a decision maker.

    Unless `is_told`, the caller writes to those who approve. Raises: NotAllowed; Conflict unless
    it is a draft; Invalid when it could not go out as it is.
    """
    post = found(session, post_id)
    guards.must_write_as(session, by, post.persona, "submit", post)
    if post.state is not PostState.DRAFT:
        raise Conflict(f"This post is {post.state.value} already, so it can't be submitted again.")
    wanted.check_ahead(post)
    words = words_of(newest(post))
    channels = revisions.channels_of(session, words)
    revisions.must_be_ready(session, post.persona, words, channels, post.answers)
    revision = revisions.unused(session, post, newest(post), by=by)
    post.revision = revision
    post.returned_reason = None
    verdict = time_warnings.screened(session, post, words, warning_reason)
    stamp(revision, words, warning_reason, by=by, verdict=verdict)
    noted = {"revision": revision.number, "sha256": revision.sha256, "priority": verdict.priority}
    if verdict.holds:
        POST.apply(session, post, "hold", by=by, category=verdict.category, **noted)
        raise_event(session, DraftHeld(post.id, revision.id, None, verdict))
    else:
        POST.apply(session, post, "submit", by=by, **noted)
        if is_told:
            notices.approval_wanted(session, post)
    return post


def stamp(
    revision: Revision, words: Words, reason: str, *, by: Person, verdict: Verdict | None = None
) -> Verdict:
    """Note on the revision what the screen finds, or found, who submitted it and when."""
    verdict = verdict or screening.screen(words)
    revision.verdict = screening.as_json(verdict)
    revision.submitted_by_id = by.id
    revision.submitted_at = clock.now()
    revision.warning_reason = reason.strip()[:LONGEST_REASON]
    return verdict


def take_back(session: Session, post_id: int, *, by: Person) -> Post:
    """Make it a draft again at the wish of those who write it; nothing of it goes out.

    Raises: NotAllowed; Conflict when it is out already.
    """
    post = found(session, post_id)
    guards.must_write_as(session, by, post.persona, "take_back", post)
    _back_to_draft(session, post, by=by, reason="taken back")
    return post


def send_back(session: Session, post_id: int, reason: str, *, by: Person) -> Post:
    """Refuse the words, with a reason that the author is told.

    Raises: NotAllowed without the role; Invalid without a reason; Conflict when it is out.
    """
    post = found(session, post_id)
    guards.must_have_role(by, post, Permission.APPROVE_POSTS)
    reason = must_say(reason, "Say what should change, so that the author can put it right.")
    _back_to_draft(session, post, by=by, reason=reason)
    post.returned_reason = reason
    notices.sent_back(session, post, reason, by_name=by.display_name)
    return post


def return_held(session: Session, post_id: int, reason: str, *, by: Person) -> Post:
    """Give a held draft back to its author; `moderation` has checked who may.

    Raises: Conflict unless it is held.
    """
    post = found(session, post_id)
    if post.state is not PostState.HELD:
        raise Conflict("This post isn't held any more. Look at it again.")
    _back_to_draft(session, post, by=by, reason=reason)
    post.returned_reason = reason
    notices.sent_back(session, post, reason, by_name=by.display_name)
    return post


def release(session: Session, post_id: int, *, by: Person) -> Post:
    """End a hold: the words go on to those who approve. `moderation` has checked who may.

    Raises: Conflict unless it is held.
    """
    post = found(session, post_id)
    POST.apply(session, post, "release", by=by, revision=newest(post).number)
    notices.approval_wanted(session, post)
    return post


def approve(
    session: Session, post_id: int, revision_sha256: str, *, by: Person, warning_answer: str = ""
) -> Approval:
    """Say yes to exactly these words, and let them go out if their time hasn't passed.

    Saying it twice changes nothing. Raises: NotAllowed without the role, or for anyone with a
    hand in the words; Conflict when the words or the state changed; Invalid when a warning isn't
    answered.
    """
    # Locked, so that a double click finds what the first one did.
    session.execute(select(Post.id).where(Post.id == post_id).with_for_update())
    post = found(session, post_id)
    earlier = approvals.in_force(session, post, post.revision_id, by.id)
    if earlier is not None and earlier.revision_sha256 == revision_sha256:
        return earlier
    guards.must_decide(session, by, post, "approve")
    revision = newest(post)
    if post.state is not PostState.SUBMITTED:
        raise Conflict(_why_not_waiting(session, post))
    if revision.sha256 != revision_sha256:
        raise Conflict(WORDS_CHANGED)
    approval = approvals.say_yes(session, post, revision, warning_answer, by=by)
    POST.apply(session, post, "approve", by=by, revision=revision.number, sha256=revision.sha256)
    if series_queries.of_template(session, post) is not None:
        return approval  # its posts are made from it, each at its time
    if wanted.has_passed(post, clock.now()):
        notices.needs_time(session, post)
    else:
        let_go(session, post, by=by)
    crash_point("approving")
    after_commit(session, partial(crash_point, "approved"))
    return approval


def schedule(
    session: Session,
    post_id: int,
    wanted_local: str | None,
    *,
    by: Person,
    fold: int | None = None,
    not_after_local: str | None = None,
) -> Post:
    """Give an approved post whose time has passed a new one; None sends it now.

    Raises: NotAllowed; Conflict unless it is approved; Invalid for a time that can't be used.
    """
    post = found(session, post_id)
    guards.must_steer(session, by, post, "schedule")
    if post.state is not PostState.APPROVED:
        raise Conflict(
            f"This post is {post.state.value}, so its time can't be set here. Only an approved "
            "post waits for a time; changing that of a scheduled one is an edit."
        )
    if series_queries.of_template(session, post) is not None:
        raise Conflict("These are the words of a series, which has days and times of its own.")
    revision = newest(post)
    if approvals.in_force(session, post, revision.id) is None:
        raise Conflict("Nobody's approval of these words is in force. Submit them again.")
    revisions.must_be_whole(revision)
    timed = Words(
        text="", wanted_local=wanted_local, wanted_fold=fold, not_after_local=not_after_local
    )
    wanted.set_times(post, timed)
    let_go(session, post, by=by)
    return post


def let_go(session: Session, post: Post, *, by: Actor) -> None:
    """Schedule approved words: one frozen delivery for each channel, in this unit of work."""
    now = clock.now()
    due_at, not_after = timing.window(post.wanted_at, post.not_after, now, in_force.longest_wait())
    POST.apply(session, post, "schedule", by=by, due_at=due_at.isoformat())
    queue_deliveries(
        session,
        post,
        newest(post),
        kind=DeliveryKind.PUBLISH,
        due_at=due_at,
        not_after=not_after,
        by=by,
    )


def cancel(session: Session, post_id: int, *, by: Person, reason: str = "") -> Post:
    """End a post that has not gone out; it stays readable for staff.

    Raises: NotAllowed; Conflict when it is out: then it can be withdrawn.
    """
    post = found(session, post_id)
    guards.must_steer(session, by, post, "cancel")
    stopping.hold(session, post)
    was = post.state
    stopping.cancel_waiting(session, post, by=by)
    approvals.void(session, post.id)
    POST.apply(session, post, "cancel", by=by, reason=reason.strip()[:LONGEST_REASON] or None)
    raise_event(session, ApprovalEnded(post.id, by, reason or "cancelled"))
    if was is PostState.HELD:
        raise_event(session, HoldEnded(newest(post).id, by, "cancelled"))
    return post


def withdraw(
    session: Session, post_id: int, reason: WithdrawalReason, *, by: Person, note: str = ""
) -> Post:
    """Take a released post down everywhere; residents see that, when and why.

    `note` is for the trail only. Raises: NotAllowed without the role; Conflict unless it is out.
    """
    post = found(session, post_id)
    guards.must_have_role(by, post, Permission.WITHDRAW_POSTS)
    stopping.hold(session, post)
    POST.apply(session, post, "withdraw", by=by, reason=reason.value, note=note.strip() or None)
    post.withdrawn_at = clock.now()
    post.withdrawal_reason = reason.sentence
    stopping.want_withdrawn(session, post, by=by)
    _cancel_corrections(session, post, by=by)
    raise_event(session, PostChanged(post.id))
    return post


def found(session: Session, post_id: int) -> Post:
    """Return the post.

    Raises: NotFound.
    """
    post = session.get(Post, post_id)
    if post is None:
        raise NotFound("There is no such post. It may be in another list.")
    return post


def newest(post: Post) -> Revision:
    """Return the newest words of a post.

    Raises: Conflict for a post without any, which only a fault makes.
    """
    if post.revision is None:
        raise Conflict("This post has no words. Cancel it and write it again.")
    return post.revision


def must_say(reason: str, otherwise: str) -> str:
    """Return the reason without blank ends, or refuse.

    Raises: Invalid, with what to do, when there is none.
    """
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise Invalid(otherwise, "reason")
    return reason


def _back_to_draft(session: Session, post: Post, *, by: Person, reason: str) -> None:
    stopping.hold(session, post)
    was = post.state
    if was in {PostState.RELEASED, PostState.WITHDRAWN}:
        raise Conflict("This post is out already. Correct it or withdraw it instead.")
    stopping.cancel_waiting(session, post, by=by)
    approvals.void(session, post.id)
    POST.apply(session, post, "send_back", by=by, reason=reason)
    raise_event(session, ApprovalEnded(post.id, by, reason))
    if was is PostState.HELD:
        raise_event(session, HoldEnded(newest(post).id, by, reason))


def _why_not_waiting(session: Session, post: Post) -> str:
    approval = approvals.in_force(session, post, post.revision_id)
    if approval is not None:
        return f"{approval.approved_by.display_name} has approved this already."
    return f"This post is {post.state.value}, so there is nothing to approve. Look at it again."


def _cancel_corrections(session: Session, post: Post, *, by: Person) -> None:
    open_states = CORRECTION.moves["cancel"][0]
    rows = session.scalars(
        select(Correction).where(Correction.post_id == post.id, Correction.state.in_(open_states))
    ).all()
    for correction in rows:
        was = correction.state
        CORRECTION.apply(session, correction, "cancel", by=by)
        if was is CorrectionState.HELD:
            raise_event(session, HoldEnded(correction.revision_id, by, "the post was withdrawn"))
