"""E-mails to decision makers; a mail never holds the words of a draft."""

from sqlalchemy.orm import Session

from moderation import deciding
from moderation.models import Case
from vcp.kernel import mail
from vcp.kernel.permissions import Permission
from vcp.posts import in_force
from vcp.posts.guards import hands_on
from vcp.users import queries as users
from vcp.users.models import User


def decision_makers(session: Session, case: Case, category: str) -> list[User]:
    """Return who may decide about this category of the case: no one with a hand in the words."""
    involved = hands_on(session, case.post.id)
    return [
        person
        for person in users.with_permission(
            session,
            Permission.RELEASE_HOLDS,
            case.area_path,
            deciding.grant_category(category),
        )
        if person.id not in involved
    ]


def decision_wanted(session: Session, case: Case) -> None:
    """Write to everybody who may decide about a part of this case."""
    session.refresh(case, ["held_revision", "releases"])
    wanted: dict[int, tuple[User, list[str]]] = {}
    for need in deciding.needs(case):
        for person in decision_makers(session, case, need.category):
            wanted.setdefault(person.id, (person, []))[1].append(need.name)
    never = not deciding.can_be_released(case)
    name = case.post.persona.display_name
    for person, names in wanted.values():
        asked = (
            "It can't be released here: return it to the author, and do what your role asks."
            if never
            else "Read it, then release it with a reason or return it to the author."
        )
        mail.write(
            session,
            person.email,
            f"{case.priority} held: a draft by {name}",
            f"The screen holds a draft by {name}: {', '.join(names).lower()}.\n\n"
            f"{asked}\n\n{in_force.page(f'/staff/cases/{case.id}')}\n",
        )
