"""Cases, read: what waits for whom, in which order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select
from sqlalchemy.orm import (
    InstrumentedAttribute,
    Session,
    aliased,
    joinedload,
    lazyload,
    selectinload,
)

from moderation.models import Case, HandOver
from moderation.states import CaseState, HandOverState
from vcp.areas.models import Area
from vcp.contacts import access
from vcp.contacts.models import Contact, Message
from vcp.kernel import clock
from vcp.kernel.errors import NotAllowed
from vcp.kernel.pages import Page, paginate
from vcp.kernel.permissions import Permission, Person, allowed_paths, may
from vcp.posts.models import Post
from vcp.posts.states import PostState

#: An answer in one of these states went out, or goes out without anybody's doing.
ANSWERING = (PostState.APPROVED, PostState.SCHEDULED, PostState.RELEASED)
#: The filters of the queue that a person ticks; each is also a word of its address.
ONLY = ("mine", "unclaimed", "overdue")
KINDS = ("contact", "draft")


@dataclass(frozen=True)
class Wanted:
    """Which cases of the queue are asked for."""

    closed: bool = False
    only: frozenset[str] = field(default_factory=frozenset)
    #: "contact", "draft" or empty for both.
    kind: str = ""
    area_path: str = ""


EVERYTHING = Wanted()


def visible(person: Person, *, closed: bool = False) -> Select[Case]:
    """Return the query of the cases of the person's areas, the most urgent first."""
    rows = select(Case).where(within(person))
    if closed:
        rows = rows.where(Case.state == CaseState.DISPOSED)
        return rows.order_by(Case.state_changed_at.desc(), Case.id.desc())
    rows = rows.where(Case.state != CaseState.DISPOSED)
    # What was handed over or answered waits for others: it stands below what nobody has acted on.
    return rows.order_by(Case.priority, Case.acted_at.is_not(None), Case.due_at, Case.id)


def page(
    session: Session, person: Person, number: int = 1, wanted: Wanted = EVERYTHING
) -> Page[Case]:
    """Return one page of the queue that this person may see."""
    rows = (
        visible(person, closed=wanted.closed)
        .where(*_narrowed(person, wanted))
        .options(
            joinedload(Case.held_post).options(
                lazyload("*"),
                joinedload(Post.area),
                joinedload(Post.persona).lazyload("*"),
            ),
            joinedload(Case.contact).joinedload(Contact.area),
            joinedload(Case.claimed_by).lazyload("*"),
            lazyload(Case.releases),
            selectinload(Case.hand_overs),
        )
    )
    return paginate(session, rows, number)


def newest_messages(session: Session, cases: Iterable[Case]) -> dict[int, Message]:
    """Return the newest message of each case's contact, by the contact's id; one query."""
    ids = [case.contact_id for case in cases if case.contact_id is not None]
    newest = select(func.max(Message.id)).where(Message.contact_id.in_(ids))
    rows = session.scalars(
        select(Message)
        .where(Message.id.in_(newest.group_by(Message.contact_id)))
        .options(lazyload(Message.changes))
    )
    return {message.contact_id: message for message in rows}


def open_count(person: Person) -> Select[int]:
    """Return the question how many cases wait in the person's areas, for the menu."""
    counted = select(func.count()).select_from(Case)
    return counted.where(Case.state != CaseState.DISPOSED, within(person))


def unclaimed_p1(session: Session, person: Person) -> int:
    """Return how many cases of P1 nobody has taken yet."""
    rows = select(func.count()).where(
        Case.state == CaseState.OPEN,
        Case.priority == "P1",
        Case.acted_at.is_(None),
        within(person),
    )
    return session.scalar(rows) or 0


def areas_to_choose(session: Session, person: Person) -> list[Area]:
    """Return the areas by which this person may narrow the queue, widest first."""
    paths = sorted(set(allowed_paths(person, Permission.SEE_CASES)))
    if not paths:
        return []
    inside = or_(*(Area.path.startswith(path, autoescape=True) for path in paths))
    return list(session.scalars(select(Area).where(inside).order_by(Area.path)))


def must_see(person: Person, case: Case) -> None:
    """Let the person look at the case, or refuse; residents' words are for those who work cases.

    Raises: NotAllowed.
    """
    permission = Permission.SEE_CASES if case.contact_id is None else Permission.WORK_CASES
    if not may(person, permission, case.area_path):
        raise NotAllowed(
            "Your roles don't cover this case: it belongs to another area, or to the desk.",
            attempted=permission.value,
            subject_kind="case",
            subject_id=case.id,
        )


def is_concerned(session: Session, person: Person, case: Case) -> bool:
    """Say whether this is a complaint about police and the person speaks as whom it went to."""
    if case.contact_id is None:
        return False
    contact = session.get_one(Contact, case.contact_id)
    if access.COMPLAINT not in (contact.category, *case.categories.split(",")):
        return False  # nearly all, without a query
    return session.scalar(select(Case.id).where(Case.id == case.id, concerns(person))) is not None


def concerns(person: Person) -> ColumnElement[bool]:
    """Return what is true of complaints about police that went to a persona of this person."""
    contact = aliased(Contact)
    listed = literal(",") + Case.categories + ","
    is_complaint = or_(
        contact.category == access.COMPLAINT, listed.contains(f",{access.COMPLAINT},")
    )
    spoken_for = contact.persona_id.in_(access.spoken_for(person))
    of_case = select(contact.id).where(contact.id == Case.contact_id, spoken_for, is_complaint)
    return of_case.correlate(Case).exists()


def of_revision(session: Session, revision_id: int) -> Case | None:
    """Return the case about this wording, if there is one."""
    return session.scalar(select(Case).where(Case.revision_id == revision_id))


def open_of_contact(session: Session, contact_id: int) -> Case | None:
    """Return the open case about this contact, if there is one."""
    return session.scalar(
        select(Case).where(Case.contact_id == contact_id, Case.state != CaseState.DISPOSED)
    )


def of_contact(session: Session, contact_id: int) -> list[int]:
    """Return the numbers of the cases about this contact, newest first."""
    rows = session.scalars(
        select(Case.id).where(Case.contact_id == contact_id).order_by(Case.id.desc())
    )
    return list(rows)


def is_answered(session: Session, case: Case) -> bool:
    """Say whether an answer begun since the case was opened went out, or is on its way."""
    given = answers(session, case.contact_id, ANSWERING)
    return any(post.created_at >= case.opened_at for post in given)


def answers(
    session: Session, contact_id: int | None, states: Iterable[PostState] = tuple(PostState)
) -> list[Post]:
    """Return our answers to this contact that are in one of these states, oldest first."""
    rows = session.scalars(
        select(Post)
        .join(Message, Message.id == Post.answers_id)
        .where(Message.contact_id == contact_id, Post.state.in_(tuple(states)))
        .order_by(Post.id)
    )
    return list(rows.unique())


def overdue(now: datetime) -> ColumnElement[bool]:
    """Return what is true of a case of which some clock has run out."""
    late_desk = (
        select(HandOver.id)
        .where(HandOver.case_id == Case.id, HandOver.state != HandOverState.ACKNOWLEDGED)
        .where(HandOver.due_at < now)
    )
    return or_(
        and_(Case.seen_at.is_(None), Case.acted_at.is_(None), Case.due_at < now),
        and_(Case.acted_at.is_(None), func.coalesce(Case.act_due_at, Case.due_at) < now),
        late_desk.exists(),
    )


def _narrowed(person: Person, wanted: Wanted) -> list[ColumnElement[bool]]:
    narrower: list[ColumnElement[bool]] = []
    if "mine" in wanted.only:
        narrower.append(Case.claimed_by_id == person.id)
    if "unclaimed" in wanted.only:
        narrower.append(Case.state == CaseState.OPEN)
    if "overdue" in wanted.only:
        narrower.append(overdue(clock.now()))
    if wanted.kind:
        narrower.append(
            Case.contact_id.is_not(None) if wanted.kind == "contact" else Case.post_id.is_not(None)
        )
    if wanted.area_path:
        narrower.append(Case.area_path.startswith(wanted.area_path, autoescape=True))
    return narrower


def within(person: Person) -> ColumnElement[bool]:
    """Return what is true of the cases that this person may see."""
    cases = allowed_paths(person, Permission.SEE_CASES)
    # A contact's case may hold what was said in private: only the desk oversees all personas.
    desk = allowed_paths(person, Permission.WORK_CASES)
    if not cases:
        return false()
    return and_(
        inside(Case.area_path, cases),
        or_(Case.contact_id.is_(None), inside(Case.area_path, desk)),
    )


def inside(column: InstrumentedAttribute[str], paths: Sequence[str]) -> ColumnElement[bool]:
    """Return what is true of rows whose area lies in one of these."""
    return or_(false(), *(column.startswith(path, autoescape=True) for path in paths))
