"""Cases, read: what waits for whom."""

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from moderation.models import Case
from moderation.states import CaseState
from vcp.kernel.errors import NotAllowed
from vcp.kernel.pages import Page, paginate
from vcp.kernel.permissions import Permission, Person, allowed_paths, may
from vcp.posts.models import Post


def visible(person: Person, *, closed: bool = False) -> Select[Case]:
    """Return the query of the cases of the person's areas, the most urgent first."""
    rows = select(Case).where(_within(allowed_paths(person, Permission.SEE_CASES)))
    if closed:
        rows = rows.where(Case.state == CaseState.DISPOSED)
        return rows.order_by(Case.state_changed_at.desc(), Case.id.desc())
    rows = rows.where(Case.state != CaseState.DISPOSED)
    return rows.order_by(Case.priority, Case.due_at, Case.id)


def page(session: Session, person: Person, number: int = 1, *, closed: bool = False) -> Page[Case]:
    """Return one page of the cases that this person may see."""
    rows = visible(person, closed=closed).options(
        joinedload(Case.held_post).joinedload(Post.persona), selectinload(Case.releases)
    )
    return paginate(session, rows, number)


def open_count(session: Session, person: Person) -> int:
    """Return how many cases wait in the person's areas; one cheap query for the menu."""
    within = _within(allowed_paths(person, Permission.SEE_CASES))
    counted = select(func.count()).select_from(Case)
    return session.scalar(counted.where(Case.state != CaseState.DISPOSED, within)) or 0


def must_see(person: Person, case: Case) -> None:
    """Let the person look at the case, or refuse.

    Raises: NotAllowed.
    """
    if not may(person, Permission.SEE_CASES, case.area_path):
        raise NotAllowed(
            "This case belongs to an area that your roles don't cover.",
            attempted=Permission.SEE_CASES.value,
            subject_kind="case",
            subject_id=case.id,
        )


def of_revision(session: Session, revision_id: int) -> Case | None:
    """Return the case about this wording, if there is one."""
    return session.scalar(select(Case).where(Case.revision_id == revision_id))


def _within(paths: list[str]) -> ColumnElement[bool]:
    if not paths:
        return false()
    return or_(*(Case.area_path.startswith(path, autoescape=True) for path in paths))
