"""Capabilities: a supervisor's dated leave for one thing on one channel; never commits."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from officer_profiles import queries
from officer_profiles.events import PersonaChanged
from officer_profiles.models import Capability, CapabilityKind, Persona
from officer_profiles.states import PersonaState
from vcp.channels import queries as channels
from vcp.channels.models import Channel
from vcp.channels.queries import is_near
from vcp.channels.states import ChannelState
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check

LONGEST_LEAVE = timedelta(days=366)


def grant_capability(
    session: Session,
    persona_id: int,
    channel_id: int,
    kind: CapabilityKind,
    expires_at: datetime,
    *,
    by: Person,
) -> Capability:
    """Give a persona leave for one thing on one channel; an earlier leave for it ends.

    Raises: NotAllowed for those who speak as it; Invalid for a channel of elsewhere or a date that
    is past or more than a year away; Conflict when persona or channel is gone.
    """
    persona = _persona(session, persona_id, by, "grant_capability")
    channel = channels.by_id(session, channel_id)
    if persona.state == PersonaState.ENDED:
        raise Conflict("This persona has ended, so it can't be given anything.")
    if channel.state == ChannelState.DISCONNECTED:
        raise Conflict("This channel is disconnected. Choose another.")
    if not is_near(channel.area_path, [persona.area_path]):
        raise Invalid(
            f"{channel.name} belongs to another area. Choose a channel of this area or of a wider "
            "one around it.",
            "channel_id",
        )
    if not clock.now() < expires_at <= clock.now() + LONGEST_LEAVE:
        raise Invalid("Choose a date within the next year.", "expires_on")
    return _give(session, persona, channel, kind, expires_at, by=by)


def revoke_capability(session: Session, capability_id: int, *, by: Person) -> Capability:
    """Take a leave back; what waits for it is stopped at the next claim.

    Raises: NotFound; NotAllowed; Conflict when it was taken back already.
    """
    found = session.get(Capability, capability_id)
    if found is None:
        raise NotFound("There is no such leave. Look at the persona again.")
    _check(found.persona, by)
    if found.revoked_at is not None:
        raise Conflict("This leave was taken back already.")
    _end(session, found, by=by)
    raise_event(session, PersonaChanged(found.persona_id))
    return found


def give_own_feed(session: Session, persona: Persona, *, by: Person) -> None:
    """Give leave for all on the force's own feed, for as long as the verification holds."""
    feed, expires_at = channels.own_feed(session), persona.verification_expires_at
    if feed is None or expires_at is None:
        return
    for kind in CapabilityKind:
        given = queries.in_force(persona, feed.id, kind)
        if given is None or given.expires_at != expires_at:
            _give(session, persona, feed, kind, expires_at, by=by)


def _give(
    session: Session,
    persona: Persona,
    channel: Channel,
    kind: CapabilityKind,
    expires_at: datetime,
    *,
    by: Person,
) -> Capability:
    for earlier in queries.leaves(persona, channel.id, kind):
        _end(session, earlier, by=by)
    given = Capability(
        persona=persona,
        channel=channel,
        kind=kind,
        granted_by_id=by.id,
        granted_at=clock.now(),
        expires_at=expires_at,
    )
    session.add(given)
    session.flush()
    record(
        session,
        by,
        "grant_capability",
        "persona",
        persona.id,
        channel=channel.id,
        kind=kind.value,
        expires_at=expires_at.isoformat(),
    )
    raise_event(session, PersonaChanged(persona.id))
    return given


def _end(session: Session, given: Capability, *, by: Person) -> None:
    given.revoked_at = clock.now()
    session.flush()
    record(
        session,
        by,
        "revoke_capability",
        "persona",
        given.persona_id,
        channel=given.channel_id,
        kind=given.kind.value,
    )


def _persona(session: Session, persona_id: int, by: Person, verb: str) -> Persona:
    persona = queries.by_id(session, persona_id)
    _check(persona, by)
    if by.id in queries.member_ids(persona):
        raise NotAllowed(
            "You speak as this persona, so another supervisor of the area decides what it may do.",
            attempted=verb,
            subject_kind="persona",
            subject_id=persona.id,
        )
    return persona


def _check(persona: Persona, by: Person) -> None:
    check(
        by,
        Permission.VERIFY_PERSONAS,
        persona.area_path,
        subject_kind="persona",
        subject_id=persona.id,
    )
