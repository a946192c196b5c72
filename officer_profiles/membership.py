"""Who speaks as a persona: one officer, or the members of an office; writes, never commits."""

from sqlalchemy.orm import Session

from officer_profiles import queries
from officer_profiles.events import PersonaChanged
from officer_profiles.models import Persona, PersonaKind, PersonaMember
from officer_profiles.states import PersonaState
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check, may
from vcp.users.models import User
from vcp.users.states import UserState


def add_member(session: Session, persona_id: int, user_id: int, *, by: Person) -> PersonaMember:
    """Let one more person speak as an office; never oneself.

    Raises: NotAllowed; Invalid for somebody who can't write for the area; Conflict for an
    officer's persona, or one that has ended.
    """
    persona = _office(session, persona_id, by)
    if user_id == by.id:
        raise NotAllowed(
            "Nobody lets themselves speak as an office. Ask another supervisor of the area.",
            attempted="add_member",
            subject_kind="persona",
            subject_id=persona.id,
        )
    user = checked_officer(session, user_id, persona.area_path)
    if user.id in queries.member_ids(persona):
        raise Invalid(f"{user.display_name} speaks as this office already.", "user_id")
    member = join(session, persona, user)
    record(session, by, "add_member", "persona", persona.id, member=user.actor_id)
    raise_event(session, PersonaChanged(persona.id))
    return member


def remove_member(session: Session, persona_id: int, user_id: int, *, by: Person) -> None:
    """Let a person no longer speak as an office; what they wrote before stays.

    Raises: NotAllowed; Invalid for somebody who isn't a member; Conflict for an officer's persona.
    """
    persona = _office(session, persona_id, by)
    member = next((one for one in queries.members(persona) if one.user_id == user_id), None)
    if member is None:
        raise Invalid("This person doesn't speak as this office.", "user_id")
    member.removed_at = clock.now()
    session.flush()
    record(session, by, "remove_member", "persona", persona.id, member=member.user.actor_id)
    raise_event(session, PersonaChanged(persona.id))


def join(session: Session, persona: Persona, user: User) -> PersonaMember:
    """Put the person among those who speak as the persona; whoever was there before comes back."""
    member = next((one for one in persona.members if one.user_id == user.id), None)
    if member is None:
        member = PersonaMember(persona=persona, user=user)
        session.add(member)
    member.added_at, member.removed_at = clock.now(), None
    session.flush()
    return member


def checked_officer(session: Session, user_id: int, area_path: str) -> User:
    """Return a person who may write for this area.

    Raises: Invalid.
    """
    user = session.get(User, user_id)
    if user is None or user.state != UserState.ACTIVE:
        raise Invalid("Choose an active member of staff.", "user_id")
    if not may(user, Permission.WRITE_POSTS, area_path):
        raise Invalid(
            f"{user.display_name} has no role that writes posts for this area. An administrator "
            "gives the role first.",
            "user_id",
        )
    return user


def _office(session: Session, persona_id: int, by: Person) -> Persona:
    persona = queries.by_id(session, persona_id)
    check(
        by,
        Permission.VERIFY_PERSONAS,
        persona.area_path,
        subject_kind="persona",
        subject_id=persona.id,
    )
    if persona.kind == PersonaKind.OFFICER:
        raise Conflict(
            "An officer's persona belongs to that officer. End it and name a successor instead."
        )
    if persona.state == PersonaState.ENDED:
        raise Conflict("This persona has ended, so its members stay as they were.")
    return persona
