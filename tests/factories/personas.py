"""Personas for tests, in the state asked for, without the ceremony."""

from datetime import timedelta
from itertools import count

from sqlalchemy.orm import Session

from officer_profiles.models import (
    Capability,
    CapabilityKind,
    Persona,
    PersonaKind,
    PersonaMember,
)
from officer_profiles.states import PersonaState
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.kernel import clock
from vcp.users.models import User

_numbers = count(1)
BLOCK = {
    "who_i_am": "Written for residents.",
    "can_do": "Written for residents.",
    "cannot_do": "Written for residents.",
    "hours": "Written for residents.",
    "who_else": "In an emergency ring 999, otherwise 101.",
}


def make_persona(
    session: Session,
    *,
    area: Area,
    members: tuple[User, ...] = (),
    state: PersonaState = PersonaState.VERIFIED,
    kind: PersonaKind = PersonaKind.OFFICER,
    name: str | None = None,
    slug: str | None = None,
    collar_number: str | None = None,
    channels: tuple[Channel, ...] = (),
    created_by: User | None = None,
    verified_by: User | None = None,
    days_left: int = 180,
    with_block: bool = True,
) -> Persona:
    """A persona with its block written, with leave to post on `channels` for half a year."""
    number = next(_numbers)
    collar = str(4000 + number) if collar_number is None else collar_number
    now = clock.now()
    is_verified = state != PersonaState.DRAFT
    persona = Persona(
        kind=kind,
        slug=slug or f"persona-{number}",
        display_name=name or f"PC {members[0].display_name if members else number}",
        rank="Police constable",
        collar_number=collar,
        signature=f"PC {collar}",
        area_id=area.id,
        area_path=area.path,
        **(BLOCK if with_block else {}),
        state=state,
        state_changed_at=now,
        created_by_id=created_by.id if created_by else None,
        verified_by_id=verified_by.id if verified_by else None,
        verified_at=now if is_verified else None,
        verification_expires_at=now + timedelta(days=days_left) if is_verified else None,
        verification_basis="Warrant card seen in person." if is_verified else "",
    )
    session.add(persona)
    session.flush()
    for user in members:
        add_member(session, persona=persona, user=user)
    for channel in channels:
        for leave in CapabilityKind:
            grant(session, persona=persona, channel=channel, kind=leave)
    return persona


def add_member(session: Session, *, persona: Persona, user: User) -> PersonaMember:
    member = PersonaMember(persona=persona, user=user, added_at=clock.now())
    session.add(member)
    session.flush()
    return member


def grant(
    session: Session,
    *,
    persona: Persona,
    channel: Channel,
    kind: CapabilityKind = CapabilityKind.POST,
    days_left: int = 180,
) -> Capability:
    given = Capability(
        persona=persona,
        channel=channel,
        kind=kind,
        granted_at=clock.now(),
        expires_at=clock.now() + timedelta(days=days_left),
    )
    session.add(given)
    session.flush()
    return given
