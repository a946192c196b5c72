"""Who may release what: each category has its decision maker, the worst need two of them."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation.models import Case
from vcp.kernel.permissions import Permission, Person, may
from vcp.posts import screening
from vcp.posts.guards import hands_on
from vcp.triage.categories import NOT_SCREENED, OUTBOUND
from vcp.triage.findings import Priority, Verdict

#: How many different decision makers must release a finding of this priority.
NEEDED = {Priority.P1: 2, Priority.P2: 1}


@dataclass(frozen=True)
class Need:
    """One category of a case: who decides, how many releases it needs and has."""

    category: str
    name: str
    priority: Priority
    decision_maker: str
    say: str
    releasable: bool
    needed: int
    released_by: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        """Whether enough decision makers have released it."""
        return self.releasable and len(self.released_by) >= self.needed


def grant_category(category: str) -> str | None:
    """Return the category that a decision maker's grant must name; None: any decision maker.

    A draft that was not screened has no specialist: whoever decides about anything in its area
    may read it and decide.
    """
    return None if category == NOT_SCREENED else category


def verdict_of(case: Case) -> Verdict:
    """Return what the screen found in the held words.

    Raises: ValueError for a case about words that were never screened, which only a fault makes.
    """
    verdict = screening.from_json(case.revision.verdict)
    if verdict is None:
        message = f"case {case.id} is about a revision without a verdict"
        raise ValueError(message)
    return verdict


def needs(case: Case) -> list[Need]:
    """Return each category that holds the draft, worst first, with the releases it has."""
    return [
        Need(
            category=code,
            name=OUTBOUND[code].name,
            priority=priority,
            decision_maker=OUTBOUND[code].decision_maker_name,
            say=OUTBOUND[code].say,
            releasable=OUTBOUND[code].releasable,
            needed=NEEDED[priority],
            released_by=tuple(
                release.released_by.display_name
                for release in case.releases
                if release.category == code
            ),
        )
        for code, priority in screening.categories_holding(verdict_of(case)).items()
    ]


def can_be_released(case: Case) -> bool:
    """Say whether anybody may release this draft: not when one category never may be."""
    return all(need.releasable for need in needs(case))


def may_decide(person: Person, case: Case, category: str) -> bool:
    """Say whether the person is a decision maker for this category in the case's area."""
    return may(person, Permission.RELEASE_HOLDS, case.area_path, category=grant_category(category))


def offered(session: Session, case: Case, person: Person) -> list[Need]:
    """Return the categories that this person may release now."""
    if not can_be_released(case) or person.id in hands_on(session, case.post.id):
        return []
    done = {r.category for r in case.releases if r.released_by_id == person.id}
    return [
        need
        for need in needs(case)
        if not need.is_met and need.category not in done and may_decide(person, case, need.category)
    ]
