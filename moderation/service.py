"""Working a case: claimed, put back, noted, disposed of with a reason, opened again."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, lazyload

from moderation import queries
from moderation.clocks import ACTED_WITHIN
from moderation.models import Case
from moderation.states import CASE, CaseState, HandOverState
from vcp.contacts import working
from vcp.contacts.models import Contact
from vcp.contacts.states import Disposition
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Actor, Machine
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths, check
from vcp.triage.findings import Priority

LONGEST_REASON = 4_000
CONCERNED = (
    "This is a complaint about police, and you speak as the persona that was written to. A "
    "supervisor or moderator who isn't concerned works it."
)
#: How a case about a contact may end; those about drafts end by a release or a return.
DISPOSITIONS = (
    Disposition.HANDED_OVER,
    Disposition.REPLIED,
    Disposition.SIGNPOSTED,
    Disposition.REFERRED,
    Disposition.NO_ACTION,
    Disposition.NOT_CREDIBLE,
    Disposition.DUPLICATE,
)


def found(session: Session, case_id: int) -> Case:
    """Return the case.

    Raises: NotFound.
    """
    case = session.get(Case, case_id, options=[lazyload(Case.releases)])
    if case is None:
        raise NotFound("There is no such case. It may be in another list.")
    return case


def locked(session: Session, case_id: int) -> Case:
    """Return the case, and keep others from deciding about it until this unit is stored.

    Raises: NotFound.
    """
    # Two decisions at the same moment must see each other.
    session.execute(select(Case.id).where(Case.id == case_id).with_for_update())
    return found(session, case_id)


def claim(session: Session, case_id: int, *, by: Person) -> Case:
    """Take the case; of two people at once one gets it, and the other is told who.

    Raises: NotAllowed; Conflict.
    """
    case = found(session, case_id)
    must_work(session, by, case)
    if case.state is CaseState.IN_REVIEW and case.claimed_by_id == by.id:
        return case
    now = clock.now()
    values = {
        "claimed_by_id": by.id,
        "claimed_at": now,
        "changed_at": now,
        "version": Case.version + 1,
    }
    if not CASE.claim(session, Case, case_id, "claim", by=by, values=values):
        session.refresh(case)
        raise Conflict(_taken(case))
    saw(session, case_id, by)
    return found(session, case_id)


def put_back(session: Session, case_id: int, *, by: Person) -> Case:
    """Let others take the case; anybody who works cases may, for a colleague who has gone home.

    Raises: NotAllowed; Conflict.
    """
    case = locked(session, case_id)
    must_work(session, by, case)
    holder = case.claimed_by.display_name if case.claimed_by else None
    case.claimed_by_id, case.claimed_at = None, None
    case.changed_at = clock.now()
    CASE.apply(session, case, "put_back", by=by, held_by=holder)
    return case


def dispose(
    session: Session,
    case_id: int,
    disposition: Disposition,
    reason: str,
    *,
    by: Person,
    version: int | None = None,
    duplicate_of: int | None = None,
) -> Case:
    """End a case about a contact, and say why; only a person ever does.

    `version` is that of the case as the person saw it. Raises: NotAllowed; Invalid without a
    reason, or when what the disposition says isn't so; Conflict.
    """
    case = locked(session, case_id)
    must_work(session, by, case)
    _must_be_of_a_contact(case)
    must_be_free(case, by)
    must_be_as_seen(case, version)
    if disposition not in DISPOSITIONS:
        raise Invalid("Choose how it ended from the list.", field="disposition")
    reason = reason.strip()
    if not reason:
        raise Invalid("Say why, in a sentence: it is kept with your name.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise Invalid("The reason is too long. Shorten it and try again.", field="reason")
    if disposition is Disposition.DUPLICATE:
        reason = f"Duplicate of case {_original(session, case, duplicate_of, by).id}. {reason}"
    _must_be_so(session, case, disposition)
    end(session, case, disposition, reason, by=by)
    return case


def reopen(session: Session, case_id: int, reason: str, *, by: Person) -> Case:
    """Open a closed case about a contact again, with the reason.

    Raises: NotAllowed; Invalid without a reason; Conflict when the contact has an open case.
    """
    case = locked(session, case_id)
    must_work(session, by, case)
    _must_be_of_a_contact(case)
    reason = reason.strip()
    if not reason:
        raise Invalid("Say why it is opened again.", field="reason")
    other = session.scalar(
        select(Case.id).where(
            Case.contact_id == case.contact_id, Case.state != CaseState.DISPOSED, Case.id != case.id
        )
    )
    if other is not None:
        raise Conflict(f"This conversation has an open case already: case {other}. Work that one.")
    was = case.disposition.value if case.disposition else None
    case.disposition, case.disposed_by_id, case.reason = None, None, ""
    case.claimed_by_id, case.claimed_at = None, None
    # Whatever was done before, it has to be acted on again, from now.
    case.changed_at = now = clock.now()
    case.acted_at, case.asked_at, case.reminders = None, now, 0
    case.act_due_at = now + ACTED_WITHIN[Priority(case.priority)]
    CASE.apply(session, case, "reopen", by=by, reason=reason, was=was)
    return case


def note(session: Session, case_id: int, text: str, *, by: Person) -> None:
    """Write something down about the contact of a case, for colleagues; it can't be changed.

    Raises: NotAllowed; Invalid without words; Conflict for a held draft, which has no notes.
    """
    case = locked(session, case_id)
    must_work(session, by, case)
    _must_be_of_a_contact(case)
    working.add_note(session, case.contact_id or 0, text, by=by)
    touch(session, case.id)


def end(session: Session, case: Case, disposition: Disposition, reason: str, *, by: Actor) -> None:
    """Close the case; the caller has checked that it may end so."""
    case.disposition = disposition
    case.reason = reason
    case.disposed_by_id = getattr(by, "id", None)
    case.changed_at = clock.now()
    CASE.apply(session, case, "dispose", by=by, disposition=disposition.value, reason=reason)


def saw(session: Session, case_id: int, person: Person) -> None:
    """Note when somebody who may work the case first looked at it."""
    unseen = (
        Case.id == case_id,
        Case.seen_at.is_(None),
        queries.inside(Case.area_path, allowed_paths(person, Permission.WORK_CASES)),
        ~queries.concerns(person),
    )
    of_case = select(Case.contact_id).where(*unseen).scalar_subquery()
    now = clock.now()
    # Past the versions: a look is no change that anybody's decision must take account of.
    for row in (
        update(Contact).where(Contact.id == of_case, Contact.seen_at.is_(None)),
        update(Case).where(*unseen),
    ):
        session.execute(row.values(seen_at=now).execution_options(synchronize_session="fetch"))


def acted(session: Session, case: Case, *, by: Actor, how: str) -> None:
    """Note that the case was handed over or answered, the first time that it is."""
    case.changed_at = now = clock.now()
    if not isinstance(by, Machine):
        case.seen_at = case.seen_at or now  # nobody acts on what they haven't looked at
    if case.acted_at is None:
        case.acted_at = now
        record(session, by, "act", "case", case.id, how=how)


def came_after(case: Case, begun_at: datetime) -> bool:
    """Say whether something that must be acted on came after this was begun."""
    return case.asked_at is not None and begun_at < case.asked_at


def touch(session: Session, case_id: int) -> None:
    """Have open pages of the desk show this case anew."""
    session.execute(update(Case).where(Case.id == case_id).values(changed_at=clock.now()))


def must_work(session: Session, by: Person, case: Case) -> None:
    """Let somebody go on who may work this case, or refuse.

    Raises: NotAllowed.
    """
    queries.must_see(by, case)
    check(by, Permission.WORK_CASES, case.area_path, subject_kind="case", subject_id=case.id)
    if queries.is_concerned(session, by, case):
        raise NotAllowed(CONCERNED, attempted="work_cases", subject_kind="case", subject_id=case.id)


def must_be_free(case: Case, by: Person) -> None:
    """Let somebody go on unless the case is closed, or with a colleague.

    Raises: Conflict.
    """
    if case.state is CaseState.DISPOSED or (
        case.state is CaseState.IN_REVIEW and case.claimed_by_id not in (None, by.id)
    ):
        raise Conflict(_taken(case))


def must_be_as_seen(case: Case, version: int | None) -> None:
    """Let somebody go on who decides about the case as it is now.

    Raises: Conflict when something new came, or somebody did something, since they looked.
    """
    if version is not None and version != case.version:
        raise Conflict(
            "Something new came to this case since you opened the page. Read it again, then decide."
        )


def _taken(case: Case) -> str:
    if case.state is CaseState.DISPOSED:
        how = case.disposition.value.replace("_", " ") if case.disposition else "closed"
        who = f" by {case.disposed_by.display_name}" if case.disposed_by else ""
        return f"This case was closed{who} meanwhile ({how}), so there is nothing to decide."
    who = case.claimed_by.display_name if case.claimed_by else "Somebody else"
    return f"{who} has this case. Ask them, or put it back and claim it if they have gone."


def _must_be_of_a_contact(case: Case) -> None:
    if case.contact_id is None:
        raise Conflict("A held draft ends by a release, or by going back to its author.")


def _original(session: Session, case: Case, duplicate_of: int | None, by: Person) -> Case:
    if duplicate_of is None:
        raise Invalid("Give the number of the case that it repeats.", field="duplicate_of")
    other = session.get(Case, duplicate_of)
    if other is None or other.contact_id is None or other.id == case.id:
        raise Invalid(
            "That isn't the number of another case about a resident.", field="duplicate_of"
        )
    queries.must_see(by, other)
    return other


def _must_be_so(session: Session, case: Case, disposition: Disposition) -> None:
    if disposition is Disposition.HANDED_OVER:
        states = {one.state for one in case.hand_overs}
        if not states:
            raise Invalid(
                "It hasn't been handed over yet. Hand it over to a desk first.", field="disposition"
            )
        if HandOverState.ACKNOWLEDGED not in states:
            raise Invalid(
                "No desk has said that it has it. Ring the desk and record who took it, or wait.",
                field="disposition",
            )
    if disposition is Disposition.REPLIED and not queries.is_answered(session, case):
        raise Invalid(
            "No answer has gone out or is on its way. Send one first, or choose another ending.",
            field="disposition",
        )
