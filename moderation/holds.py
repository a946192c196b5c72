"""Cases about held drafts: opened by the hold, ended by a release or by going back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import deciding, notices
from moderation.clocks import SEEN_WITHIN
from moderation.models import Case, Release
from moderation.service import end, locked
from moderation.states import CASE, CaseState
from vcp.contacts.states import Disposition
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.errors import Conflict, NotAllowed
from vcp.kernel.permissions import Permission, Person, check
from vcp.posts import correcting, screening
from vcp.posts import service as posts
from vcp.posts.events import DraftHeld, HoldEnded
from vcp.posts.guards import NOT_YOUR_OWN, hands_on
from vcp.posts.models import Correction, Post, Revision
from vcp.posts.states import CorrectionState, PostState
from vcp.triage.findings import Verdict

SCREEN = Machine("screen")
REPAIR_BATCH = 50


def open_for_hold(session: Session, event: DraftHeld) -> None:
    """Open the case of a draft that was just held, and write to its decision makers."""
    post = session.get_one(Post, event.post_id)
    _open(session, post, event.revision_id, event.correction_id, event.verdict)


def release(session: Session, case_id: int, category: str, reason: str, *, by: Person) -> Case:
    """Say that the draft may go on to approval as far as this category goes, and why.

    A P1 needs two different decision makers; the draft goes on when every category has its
    releases. Releasing isn't approving. Raises: NotAllowed without the grant, for anyone with a
    hand in the words, or where nobody may release; Invalid without a reason; Conflict.
    """
    case = locked(session, case_id)
    _must_decide(session, by, case, category)
    reason = posts.must_say(reason, "Say why this may go out: it is kept with your name.")
    _must_be_open(case)
    need = next((n for n in deciding.needs(case) if n.category == category), None)
    if need is None:
        raise Conflict("The screen found nothing of that kind here. Load the page again.")
    if any(r.category == category and r.released_by_id == by.id for r in case.releases):
        raise Conflict("You have released this already. Another decision maker must, too.")
    if need.is_met:
        raise Conflict("This has all its releases already. Load the page again.")
    case.releases.append(
        Release(category=category, released_by_id=by.id, released_at=clock.now(), reason=reason)
    )
    session.flush()
    session.refresh(case, ["releases"])
    record(session, by, "release", "case", case.id, category=category, reason=reason)
    if all(need.is_met for need in deciding.needs(case)):
        _let_go(session, case, by=by)
    elif case.state is CaseState.OPEN:
        case.claimed_by_id, case.claimed_at = by.id, clock.now()
        CASE.apply(session, case, "claim", by=by)
    return case


def return_to_author(session: Session, case_id: int, reason: str, *, by: Person) -> Case:
    """Give the draft back to its author, with what should change; that ends the case.

    Raises: NotAllowed without the role; Invalid without a reason; Conflict.
    """
    case = locked(session, case_id)
    check(by, Permission.RETURN_HOLDS, case.area_path, subject_kind="case", subject_id=case.id)
    reason = posts.must_say(reason, "Say what should change, so that the author can put it right.")
    _must_be_open(case)
    # The hold's end closes the case, by `close_returned`.
    if case.correction_id is not None:
        correcting.return_held_correction(session, case.correction_id, reason, by=by)
    else:
        posts.return_held(session, case.post.id, reason, by=by)
    return case


def close_returned(session: Session, event: HoldEnded) -> None:
    """Close the case of words that went back to their author, whoever sent them."""
    case = session.scalar(
        select(Case).where(Case.revision_id == event.revision_id, Case.state != CaseState.DISPOSED)
    )
    if case is not None:
        end(session, case, Disposition.RETURNED, event.reason, by=event.by)


def repair(session: Session) -> int:
    """Open the cases that a held draft lacks, and return how many; the clock calls this."""
    has_case = select(Case.id).where(Case.revision_id == Revision.id).exists()
    held = session.execute(
        select(Post, Revision)
        .join(Revision, Revision.id == Post.revision_id)
        .where(Post.state == PostState.HELD, ~has_case)
        .limit(REPAIR_BATCH)
    ).unique()
    corrections = session.execute(
        select(Correction, Revision)
        .join(Revision, Revision.id == Correction.revision_id)
        .where(Correction.state == CorrectionState.HELD, ~has_case)
        .limit(REPAIR_BATCH)
    ).unique()
    lacking: list[tuple[Post, Revision, int | None]] = [(p, r, None) for p, r in held]
    lacking += [(c.post, r, c.id) for c, r in corrections]
    for post, revision, correction_id in lacking:
        verdict = screening.from_json(revision.verdict)
        if verdict is not None:
            _open(session, post, revision.id, correction_id, verdict)
    return len(lacking)


def _open(
    session: Session, post: Post, revision_id: int, correction_id: int | None, verdict: Verdict
) -> Case:
    now = clock.now()
    case = Case(
        held_post=post,
        correction_id=correction_id,
        revision_id=revision_id,
        area_path=post.area_path,
        categories=",".join(screening.categories_holding(verdict)),
        priority=verdict.priority.value,
        opened_at=now,
        due_at=now + SEEN_WITHIN[verdict.priority],
        changed_at=now,
        reason="",
    )
    CASE.started(
        session, case, by=SCREEN, priority=case.priority, categories=case.categories, post=post.id
    )
    notices.decision_wanted(session, case)
    return case


def _must_decide(session: Session, by: Person, case: Case, category: str) -> None:
    check(
        by,
        Permission.RELEASE_HOLDS,
        case.area_path,
        category=deciding.grant_category(category),
        subject_kind="case",
        subject_id=case.id,
    )
    if by.id in hands_on(session, case.post.id):
        raise NotAllowed(NOT_YOUR_OWN, attempted="release", subject_kind="case", subject_id=case.id)
    if not deciding.can_be_released(case):
        raise NotAllowed(
            "Nobody may release this here: part of what was found is never published. Return it "
            "to the author.",
            attempted="release",
            subject_kind="case",
            subject_id=case.id,
        )


def _must_be_open(case: Case) -> None:
    if case.state is CaseState.DISPOSED:
        how = case.disposition.value.replace("_", " ") if case.disposition else "closed"
        raise Conflict(f"This case was {how} meanwhile, so there is nothing to decide.")


def _let_go(session: Session, case: Case, *, by: Person) -> None:
    if case.correction_id is not None:
        correcting.release_correction(session, case.correction_id, by=by)
    else:
        posts.release(session, case.post.id, by=by)
    end(session, case, Disposition.RELEASED, case.releases[-1].reason, by=by)
