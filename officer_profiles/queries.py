"""Personas, read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from officer_profiles.models import Capability, CapabilityKind, Persona, PersonaMember
from officer_profiles.states import PersonaState
from vcp.areas import queries as areas
from vcp.channels.models import Channel
from vcp.channels.queries import is_near, near
from vcp.channels.states import USABLE, ChannelState
from vcp.kernel import clock
from vcp.kernel.errors import NotAllowed, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths, may
from vcp.users.states import UserState

#: A verification that ends within this time is shown to whoever can renew it.
SOON = timedelta(days=30)

_NOT_SPEAKING = {
    PersonaState.DRAFT: "is not verified yet. A supervisor verifies the persona first.",
    PersonaState.SUSPENDED: "is suspended. A supervisor can restore the persona.",
    PersonaState.ENDED: "has ended, so nothing more is said in this name.",
}


@dataclass(frozen=True)
class RegisterEntry:
    """One line of the public register: a genuine persona, and where it speaks."""

    persona: Persona
    channels: tuple[Channel, ...]


def by_id(session: Session, persona_id: int) -> Persona:
    """Return the persona.

    Raises: NotFound.
    """
    persona = session.get(Persona, persona_id)
    if persona is None:
        raise NotFound("There is no such persona. Choose one from the list of personas.")
    return persona


def by_slug(session: Session, slug: str) -> Persona:
    """Return the persona with this name in addresses.

    Raises: NotFound.
    """
    persona = session.scalar(select(Persona).where(Persona.slug == slug))
    if persona is None:
        raise NotFound(f"There is no persona {slug!r}. `vcp personas list` shows them.")
    return persona


def everything(session: Session) -> list[Persona]:
    """Return all personas, for commands of whoever runs the machine."""
    return list(session.scalars(select(Persona).order_by(Persona.id)).unique())


def visible_rows(person: Person, state: PersonaState | None = None) -> Select[Any]:
    """Select the personas of the person's areas and of the wider areas around them."""
    paths = allowed_paths(person, Permission.SEE_PERSONAS)
    rows = (
        select(Persona)
        .options(joinedload(Persona.area))
        .where(near(Persona.area_path, paths))
        .order_by(Persona.display_name, Persona.id)
    )
    return rows if state is None else rows.where(Persona.state == state)


def visible(session: Session, person: Person) -> list[Persona]:
    """Return the personas that this person may see."""
    return list(session.scalars(visible_rows(person)).unique())


def visible_to(session: Session, persona_id: int, person: Person) -> Persona:
    """Return one persona for a person who may see it.

    Raises: NotFound; NotAllowed when it belongs to areas that aren't theirs.
    """
    persona = by_id(session, persona_id)
    is_own = person.id in member_ids(persona)
    if not is_own and not is_near(
        persona.area_path, allowed_paths(person, Permission.SEE_PERSONAS)
    ):
        raise NotAllowed(
            "This persona belongs to another area. If you need it, ask an administrator.",
            attempted=Permission.SEE_PERSONAS.value,
            subject_kind="persona",
            subject_id=persona_id,
        )
    return persona


def members(persona: Persona) -> list[PersonaMember]:
    """Return who speaks as the persona now."""
    return [member for member in persona.members if member.removed_at is None]


def member_ids(persona: Persona) -> set[int]:
    """Return the ids of those who speak as the persona now."""
    return {member.user_id for member in members(persona)}


def personas_of(session: Session, user: Person) -> list[Persona]:
    """Return the verified personas that this person may write as, by name."""
    rows = session.scalars(
        select(Persona)
        .join(PersonaMember)
        .where(
            PersonaMember.user_id == user.id,
            PersonaMember.removed_at.is_(None),
            Persona.state == PersonaState.VERIFIED,
        )
        .order_by(Persona.display_name)
    )
    return [
        persona for persona in rows.unique() if may(user, Permission.WRITE_POSTS, persona.area_path)
    ]


def may_speak_as(session: Session, user: Person, persona: Persona) -> bool:
    """Say whether this person may write as this persona: a member, with the right for its area."""
    del session
    return user.id in member_ids(persona) and may(user, Permission.WRITE_POSTS, persona.area_path)


def in_force(persona: Persona, channel_id: int, kind: CapabilityKind) -> Capability | None:
    """Return the leave in force for one thing on one channel."""
    now = clock.now()
    return next(
        (leave for leave in leaves(persona, channel_id, kind) if leave.expires_at > now), None
    )


def leaves(persona: Persona, channel_id: int, kind: CapabilityKind) -> list[Capability]:
    """Return the leaves given and not revoked, the longest first."""
    found = [
        leave
        for leave in persona.capabilities
        if leave.channel_id == channel_id and leave.kind == kind and leave.revoked_at is None
    ]
    return sorted(found, key=lambda leave: leave.expires_at, reverse=True)


def channels_for(
    session: Session, persona: Persona, kind: CapabilityKind = CapabilityKind.POST
) -> list[Channel]:
    """Return the channels that the persona may use now; the own feed first."""
    del session
    wanted = {
        leave.channel_id: leave.channel
        for leave in persona.capabilities
        if leave.kind == kind
        and leave.channel.state in USABLE
        and in_force(persona, leave.channel_id, kind) is not None
    }
    return sorted(wanted.values(), key=lambda channel: (channel.network != "own", channel.name))


def stopped_because(
    session: Session,
    persona: Persona,
    channel: Channel,
    kind: CapabilityKind = CapabilityKind.POST,
) -> str | None:
    """Return why this persona can't do this on this channel now, as a sentence; None when it can.

    Asked before every send, so that suspending, revoking and expiry hold within the moment.
    """
    return persona_stopped_because(session, persona) or _channel_stopped_because(
        persona, channel, kind
    )


def persona_stopped_because(session: Session, persona: Persona) -> str | None:
    """Return why the persona isn't in the public register now; None when it is."""
    del session
    name = persona.display_name
    if persona.state in _NOT_SPEAKING:
        return f"{name} {_NOT_SPEAKING[persona.state]}"
    ends = persona.verification_expires_at
    if ends is None or ends <= clock.now():
        return (
            f"The verification of {name} ended{_on(ends)}. A supervisor verifies the persona again."
        )
    if not any(member.user.state == UserState.ACTIVE for member in members(persona)):
        return f"Nobody who speaks as {name} is an active member of staff."
    if not areas.is_in_force(persona.area, clock.now().date()):
        return f"{persona.area.name}, the area of {name}, is no longer in force."
    return None


def _channel_stopped_because(
    persona: Persona, channel: Channel, kind: CapabilityKind
) -> str | None:
    if channel.state == ChannelState.PROPOSED:
        return f"The channel {channel.name} is not confirmed yet. Another supervisor confirms it."
    if channel.state == ChannelState.BLOCKED:
        return (
            f"The channel {channel.name} is blocked. An administrator connects its account again."
        )
    if channel.state == ChannelState.DISCONNECTED:
        return f"The channel {channel.name} is disconnected."
    given = leaves(persona, channel.id, kind)
    if not given:
        return (
            f"{persona.display_name} has no leave to {kind.value} on {channel.name}. A supervisor "
            "can give it."
        )
    if given[0].expires_at <= clock.now():
        return (
            f"The leave of {persona.display_name} to {kind.value} on {channel.name} ended"
            f"{_on(given[0].expires_at)}. A supervisor can give it again."
        )
    return None


def register(session: Session) -> list[RegisterEntry]:
    """Return the public register: who is genuine now, and the accounts that they speak through."""
    rows = session.scalars(
        select(Persona)
        .options(joinedload(Persona.area))
        .where(Persona.state == PersonaState.VERIFIED)
        .order_by(Persona.display_name)
    )
    return [
        RegisterEntry(persona, tuple(channels_for(session, persona)))
        for persona in rows.unique()
        if persona_stopped_because(session, persona) is None
    ]


def to_verify(session: Session, person: Person) -> list[Persona]:
    """Return the drafts, and the verifications about to end, that this supervisor may decide."""
    soon = clock.now() + SOON
    rows = session.scalars(
        select(Persona)
        .where(
            or_(
                Persona.state == PersonaState.DRAFT,
                (Persona.state == PersonaState.VERIFIED) & (Persona.verification_expires_at < soon),
            )
        )
        .order_by(Persona.state_changed_at)
    )
    return [
        persona
        for persona in rows.unique()
        if may(person, Permission.VERIFY_PERSONAS, persona.area_path)
        and person.id not in stake_holders(persona)
    ]


def stake_holders(persona: Persona) -> set[int | None]:
    """Return who can't verify the persona: those who speak as it, proposed it or last wrote it."""
    return {*member_ids(persona), persona.created_by_id, persona.edited_by_id}


def with_member(session: Session, user_id: int) -> list[Persona]:
    """Return every persona that this person speaks as."""
    rows = session.scalars(
        select(Persona)
        .join(PersonaMember)
        .where(PersonaMember.user_id == user_id, PersonaMember.removed_at.is_(None))
    )
    return list(rows.unique())


def on_channel(session: Session, channel_id: int) -> list[Persona]:
    """Return the personas with leave, in force or not, for something on this channel."""
    rows = session.scalars(
        select(Persona)
        .join(Capability)
        .where(Capability.channel_id == channel_id, Capability.revoked_at.is_(None))
        .order_by(Persona.display_name)
    )
    return list(rows.unique())


def only_speaker(session: Session, channel_id: int) -> tuple[int, int, str] | None:
    """Return the persona that alone has leave on this channel now: its id, its area's id and path.

    None for no persona, or several.
    """
    found = session.execute(
        select(Persona.id, Persona.area_id, Persona.area_path)
        .join(Capability)
        .where(
            Capability.channel_id == channel_id,
            Capability.revoked_at.is_(None),
            Capability.expires_at > clock.now(),
            Persona.state != PersonaState.ENDED,
        )
        .distinct()
        .limit(2)
    ).all()
    return (found[0][0], found[0][1], found[0][2]) if len(found) == 1 else None


def successors(session: Session, persona: Persona) -> list[Persona]:
    """Return who may be named as coming after this persona, by name."""
    rows: Iterable[Persona] = session.scalars(
        select(Persona)
        .where(Persona.state == PersonaState.VERIFIED, Persona.id != persona.id)
        .order_by(Persona.display_name)
    ).unique()
    return [other for other in rows if persona_stopped_because(session, other) is None]


def _on(moment: datetime | None) -> str:
    return f" on {moment.day} {moment:%B %Y}" if moment else ""
