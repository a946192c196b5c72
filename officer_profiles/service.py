"""Personas: proposing, editing, verifying, suspending, ending; writes, never commits.

Who speaks as a persona is in `membership`, what it may do where in `leave`; both are offered here.
"""

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import block, naming, queries
from officer_profiles.events import PersonaChanged
from officer_profiles.leave import give_own_feed, grant_capability, revoke_capability
from officer_profiles.membership import add_member, checked_officer, join, remove_member
from officer_profiles.models import Persona, PersonaKind
from officer_profiles.states import PERSONA, PersonaState
from vcp.areas import queries as areas
from vcp.areas.models import Area
from vcp.areas.service import slug_of
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.errors import Conflict, Invalid, NotAllowed
from vcp.kernel.events import raise_event
from vcp.kernel.permissions import Permission, Person, check, may
from vcp.users.events import PersonOut
from vcp.users.models import User

__all__ = ["add_member", "grant_capability", "remove_member", "revoke_capability"]

LONGEST = {
    "display_name": 120,
    "rank": 60,
    "collar_number": 20,
    "signature": 60,
    "photo_alt": 300,
    "hours": 300,
    "language": 8,
}
LONGEST_TEXT = 4000
#: Fields that those who speak as a verified persona may change themselves.
OPEN_FIELDS = frozenset({"topics", "language"})
SHORTEST_BASIS = 20
LONGEST_VERIFICATION = timedelta(days=366)


@dataclass(frozen=True)
class PersonaWords:
    """What the public reads about a persona."""

    display_name: str
    signature: str
    rank: str = ""
    collar_number: str = ""
    photo_digest: str | None = None
    photo_media_type: str | None = None
    photo_alt: str = ""
    language: str = "en"
    topics: str = ""
    who_i_am: str = ""
    can_do: str = ""
    cannot_do: str = ""
    hours: str = ""
    who_else: str = ""


def propose(
    session: Session,
    kind: PersonaKind,
    area_id: int,
    words: PersonaWords,
    *,
    by: Person,
    member_ids: tuple[int, ...] = (),
) -> Persona:
    """Put a persona on the list as a draft; an officer's has one member, by default the proposer.

    An officer proposes only for themselves; a supervisor of the area for anybody in it.

    Raises: Invalid for words that can't be used, or people who can't speak for the area;
    NotAllowed.
    """
    area = _area(session, area_id)
    check(by, Permission.PROPOSE_PERSONAS, area.path, subject_kind="area", subject_id=area.id)
    wanted = list(dict.fromkeys(member_ids)) or [by.id]
    if set(wanted) != {by.id}:
        check(by, Permission.VERIFY_PERSONAS, area.path, subject_kind="area", subject_id=area.id)
    if kind == PersonaKind.OFFICER and len(wanted) != 1:
        raise Invalid("An officer's persona belongs to one officer. Choose one.", "members")
    people = [checked_officer(session, user_id, area.path) for user_id in wanted]
    words = _checked(words, kind, people[0])
    persona = Persona(
        kind=kind,
        slug=_free_slug(session, words.display_name),
        area_id=area.id,
        area_path=area.path,
        created_by_id=by.id,
        edited_by_id=by.id,
        **asdict(words),
    )
    PERSONA.started(session, persona, by=by, name=words.display_name, kind=kind.value)
    for user in people:
        join(session, persona, user)
    return persona


def edit(
    session: Session,
    persona_id: int,
    words: PersonaWords,
    *,
    by: Person,
    version: int | None = None,
) -> Persona:
    """Change what the public reads; of a verified persona, a supervisor who isn't the officer does.

    `version` is the one that the person was shown.

    Raises: Invalid; NotAllowed; Conflict when it has ended, or somebody else changed it first.
    """
    persona = queries.by_id(session, persona_id)
    if persona.state == PersonaState.ENDED:
        raise Conflict("This persona has ended; its page stays as an archive.")
    if version is not None and version != persona.version:
        raise Conflict("Somebody else changed this persona first. Look at it again, then edit.")
    words = _checked(words, persona.kind, _officer(persona))
    changed = {
        field.name: getattr(words, field.name)
        for field in fields(words)
        if getattr(words, field.name) != getattr(persona, field.name)
    }
    check_may_edit(persona, by, only_open=changed.keys() <= OPEN_FIELDS)
    if not changed:
        return persona
    before = {name: getattr(persona, name) for name in changed}
    for name, value in changed.items():
        setattr(persona, name, value)
    if not changed.keys() <= OPEN_FIELDS:
        persona.edited_by_id = by.id
    session.flush()
    record(session, by, "edit", "persona", persona.id, before=before, after=changed)
    raise_event(session, PersonaChanged(persona.id))
    return persona


def check_may_edit(persona: Persona, by: Person, *, only_open: bool = True) -> None:
    """Let the person edit, all of it or only what members may change themselves.

    Raises: NotAllowed.
    """
    is_member = by.id in queries.member_ids(persona)
    is_supervisor = may(by, Permission.VERIFY_PERSONAS, persona.area_path)
    if persona.state == PersonaState.DRAFT:
        is_near = is_member or is_supervisor or by.id == persona.created_by_id
        is_allowed = is_near and may(by, Permission.PROPOSE_PERSONAS, persona.area_path)
        why = "Only its officer, its proposer or a supervisor of the area edits this draft."
    else:
        is_allowed = (is_supervisor and not is_member) or (is_member and only_open)
        why = (
            "Two people stand behind a verified persona: a supervisor of its area, who doesn't "
            "speak as it, changes what the public reads. Its members may change topics and "
            "language."
        )
    if not is_allowed:
        raise NotAllowed(why, attempted="edit", subject_kind="persona", subject_id=persona.id)


def verify(
    session: Session,
    persona_id: int,
    basis: str,
    expires_at: datetime,
    *,
    by: Person,
    numbers: tuple[str, ...] = (),
) -> Persona:
    """Vouch, as a supervisor of the area, that this persona is this officer, up to a date.

    Leave for the force's own feed comes with it. `numbers` must stand in the block.

    Raises: NotAllowed for the officer, the proposer and the last editor; Invalid for a missing
    basis or block, or a date that is past or more than a year away; Conflict.
    """
    persona = queries.by_id(session, persona_id)
    _vouch(persona, basis, expires_at, by, numbers)
    PERSONA.apply(session, persona, "verify", by=by, **_vouched(persona))
    give_own_feed(session, persona, by=by)
    raise_event(session, PersonaChanged(persona.id))
    return persona


def renew(
    session: Session,
    persona_id: int,
    basis: str,
    expires_at: datetime,
    *,
    by: Person,
    numbers: tuple[str, ...] = (),
) -> Persona:
    """Vouch once more for a verified persona before, or after, its verification ends.

    Raises: as verify.
    """
    persona = queries.by_id(session, persona_id)
    if persona.state != PersonaState.VERIFIED:
        raise Conflict("Only a verified persona can be verified again.")
    _vouch(persona, basis, expires_at, by, numbers)
    session.flush()
    record(session, by, "renew", "persona", persona.id, **_vouched(persona))
    give_own_feed(session, persona, by=by)
    raise_event(session, PersonaChanged(persona.id))
    return persona


def suspend(session: Session, persona_id: int, reason: str, *, by: Person) -> Persona:
    """Stop everything that this persona says, at once.

    Raises: Invalid without a reason; NotAllowed; Conflict.
    """
    return _move(session, persona_id, "suspend", reason, by=by)


def restore(session: Session, persona_id: int, reason: str, *, by: Person) -> Persona:
    """Let a suspended persona speak again; not by those who speak as it.

    Raises: as suspend.
    """
    persona = queries.by_id(session, persona_id)
    _refuse(by, persona, queries.member_ids(persona), "restore", "You speak as this persona")
    return _move(session, persona_id, "restore", reason, by=by)


def end(
    session: Session,
    persona_id: int,
    reason: str,
    *,
    by: Person,
    successor_id: int | None = None,
) -> Persona:
    """End a persona for good; its page stays as an archive and names who comes after.

    Raises: Invalid for a successor who isn't in the register; otherwise as suspend.
    """
    persona = queries.by_id(session, persona_id)
    if successor_id is not None:
        offered = {other.id for other in queries.successors(session, persona)}
        if successor_id not in offered:
            raise Invalid("Choose a successor who is verified now, or none.", "successor_id")
    persona = _move(session, persona_id, "end", reason, by=by)
    persona.ended_at = clock.now()
    persona.successor_id = successor_id
    session.flush()
    return persona


def person_out(session: Session, event: PersonOut) -> None:
    """Have the pages of whoever left or was suspended looked at again; listens to users."""
    for persona in queries.with_member(session, event.user_id):
        raise_event(session, PersonaChanged(persona.id))


def _move(session: Session, persona_id: int, verb: str, reason: str, *, by: Person) -> Persona:
    persona = queries.by_id(session, persona_id)
    _check(by, Permission.VERIFY_PERSONAS, persona)
    if not reason.strip():
        raise Invalid("Say why, for the trail.", "reason")
    PERSONA.apply(session, persona, verb, by=by, reason=reason.strip())
    raise_event(session, PersonaChanged(persona.id))
    return persona


def _vouch(
    persona: Persona, basis: str, expires_at: datetime, by: Person, numbers: tuple[str, ...]
) -> None:
    """Check everything that stands before a verification, and write down who vouches."""
    _check(by, Permission.VERIFY_PERSONAS, persona)
    _refuse(
        by,
        persona,
        queries.stake_holders(persona),
        "verify",
        "You speak as this persona, proposed it or last edited it",
    )
    if len(basis.strip()) < SHORTEST_BASIS:
        raise Invalid(
            f"Write a little more, {SHORTEST_BASIS} characters or so: what you saw and checked, "
            "such as “warrant card seen in person on 3 March”.",
            "basis",
        )
    if not clock.now() < expires_at <= clock.now() + LONGEST_VERIFICATION:
        raise Invalid("Choose a date within the next year.", "expires_on")
    lacking = block.missing(persona, numbers)
    if lacking:
        raise Invalid(" ".join(dict.fromkeys(missing.what for missing in lacking)))
    if not queries.members(persona):
        raise Invalid("Nobody speaks as this persona yet. Add a member first.")
    persona.verified_by_id = by.id
    persona.verified_at = clock.now()
    persona.verification_expires_at = expires_at
    persona.verification_basis = basis.strip()


def _vouched(persona: Persona) -> dict[str, Any]:
    expires_at = persona.verification_expires_at
    return {
        "basis": persona.verification_basis,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }


def _refuse(
    by: Person, persona: Persona, people: set[int | None] | set[int], verb: str, why: str
) -> None:
    if by.id in people:
        raise NotAllowed(
            f"{why}, so another supervisor of the area decides.",
            attempted=verb,
            subject_kind="persona",
            subject_id=persona.id,
        )


def _check(by: Person, permission: Permission, persona: Persona) -> None:
    check(by, permission, persona.area_path, subject_kind="persona", subject_id=persona.id)


def _officer(persona: Persona) -> User | None:
    people = queries.members(persona)
    return people[0].user if people else None


def _checked(words: PersonaWords, kind: PersonaKind, officer: User | None) -> PersonaWords:
    """Return the words tidied.

    Raises: Invalid for a field that is missing or too long, and for a pseudonym.
    """
    tidy = {name: _tidy(value) for name, value in asdict(words).items()}
    tidy["display_name"] = " ".join(str(tidy["display_name"]).split())
    for name, value in tidy.items():
        most = LONGEST.get(name, LONGEST_TEXT)
        if len(value or "") > most:
            raise Invalid(f"Shorten this to {most} characters.", name)
    if not tidy["display_name"]:
        raise Invalid(
            "Give the name that the public reads, such as “PC Sam Okoro”.", "display_name"
        )
    if not tidy["signature"]:
        raise Invalid("Give the signature for shared channels, such as “PC 4417”.", "signature")
    wanted = PersonaWords(**tidy)  # type: ignore[arg-type]  # asdict forgets the types
    if kind == PersonaKind.OFFICER and officer is not None:
        if not naming.is_overt(wanted.display_name, wanted.collar_number, officer.display_name):
            raise Invalid(naming.NOT_OVERT, "display_name")
        if not naming.is_signed(wanted.signature, wanted.collar_number, officer.display_name):
            raise Invalid(naming.UNSIGNED, "signature")
    return wanted


def _tidy(value: str | None) -> str | None:
    return value.replace("\r\n", "\n").strip() if value is not None else None


def _area(session: Session, area_id: int) -> Area:
    area = session.get(Area, area_id)
    if area is None or not areas.is_in_force(area, clock.now().date()):
        raise Invalid("Choose an area from the list.", "area_id")
    return area


def _free_slug(session: Session, name: str) -> str:
    slug = slug_of(name)
    taken = set(session.scalars(select(Persona.slug).where(Persona.slug.startswith(slug))))
    tries = [slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3))]
    return next(found for found in tries if found not in taken)
