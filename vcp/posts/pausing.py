"""Pausing publishing, and lifting a pause: stopping is easy, letting go again takes care.

Anybody with the role pauses at once. A stop of everything, and a breaker of a posting budget, are
lifted by two people; a smaller pause by one. What became due meanwhile doesn't go by itself: see
`vcp.posts.holding_back`.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles import queries as personas
from officer_profiles.models import Persona
from vcp.areas import queries as areas
from vcp.channels.models import Channel
from vcp.kernel import clock, mail
from vcp.kernel.context import Actor
from vcp.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from vcp.kernel.permissions import Permission, Person, allowed_paths, check
from vcp.networks.registry import NETWORKS
from vcp.posts import holding_back, in_force
from vcp.posts.pause_models import Pause, PauseScope, Stops
from vcp.posts.pause_queries import named, one
from vcp.posts.states import PAUSE, PauseState
from vcp.users import queries as users

LONGEST_REASON = 500
NO_REASON = "No reason was typed."
CONTROL = "/staff/control"


def stop_everything(session: Session, reason: str = "", *, by: Person) -> Pause:
    """Stop everything at once, for the whole force; who may lift it is told.

    A supervisor of any area may: too much stopped is mended in minutes, too much said is not.
    Pressed twice it is one stop. Raises: NotAllowed; Conflict without a force.
    """
    force = areas.force(session)
    if force is None:
        raise Conflict("There is no force yet, so there is nothing to stop.")
    if not allowed_paths(by, Permission.PAUSE_PUBLISHING):
        check(by, Permission.PAUSE_PUBLISHING, force.path, subject_kind="pause")
    pause = Pause(scope=PauseScope.EVERYTHING, area_path=force.path)
    standing = _standing(session, pause)
    if standing is not None:
        return standing
    started = start(session, pause, reason.strip()[:LONGEST_REASON] or NO_REASON, by=by)
    _tell(session, started, f"{by.display_name} stopped everything.", besides=())
    return started


def pause(session: Session, scope: str, target: str, reason: str, *, by: Person) -> Pause:
    """Pause an area with all below it, a persona, a network or a channel.

    `target` is its id, or the network's name. Raises: NotAllowed without the role for it; NotFound;
    Invalid without a reason or for another scope; Conflict when that is paused already.
    """
    made = _covering(session, scope, target)
    check(by, Permission.PAUSE_PUBLISHING, made.area_path, subject_kind="pause", subject_id=target)
    if not reason.strip():
        raise Invalid("Say why, so that others know when it can be lifted.", "reason")
    if _standing(session, made) is not None:
        raise Conflict("That is paused already. See the list of pauses.")
    return start(session, made, reason.strip()[:LONGEST_REASON], by=by)


def start(session: Session, made: Pause, reason: str, *, by: Actor) -> Pause:
    """Put a pause in force; from the commit on, nothing that it covers begins to leave."""
    made.reason, made.set_at = reason, clock.now()
    made.set_by_id = getattr(by, "id", None)
    PAUSE.started(
        session,
        made,
        by=by,
        scope=made.scope.value,
        stops=made.stops.value if made.stops else Stops.ALL.value,
        target=made.persona_id or made.channel_id or made.network or made.area_id,
        area_path=made.area_path,
        reason=reason,
    )
    session.refresh(made)
    return made


def lift(session: Session, pause_id: int, reason: str, *, by: Person) -> Pause:
    """Lift a pause, or propose to where it takes two people.

    Raises: NotFound; NotAllowed without the role, or for who speaks as the paused persona; Invalid
    without a reason; Conflict when it isn't in force, or lifting it is proposed already.
    """
    found = _to_lift(session, pause_id, by)
    if not reason.strip():
        raise Invalid("Say why it can be lifted.", "reason")
    if found.state is not PauseState.IN_FORCE:
        raise Conflict(_why_not(found))
    found.lift_reason = reason.strip()[:LONGEST_REASON]
    if not found.takes_two:
        return _lifted(session, found, by=by)
    found.proposed_by_id = by.id
    PAUSE.apply(session, found, "propose_lift", by=by, reason=found.lift_reason)
    told = f"{by.display_name} proposes to lift it: {found.lift_reason}\nAnother person confirms."
    _tell(session, found, told, besides=(by.id,))
    return found


def confirm_lift(session: Session, pause_id: int, *, by: Person) -> Pause:
    """Lift it, as the second person.

    Raises: NotFound; NotAllowed for who proposed it, or without the role; Conflict when nobody
    proposes it any more.
    """
    found = _to_lift(session, pause_id, by)
    if found.state is not PauseState.LIFT_PROPOSED:
        raise Conflict(_why_not(found))
    if found.proposed_by_id == by.id:
        raise NotAllowed(
            "You proposed to lift this, so another person must confirm it.",
            attempted="confirm_lift",
            subject_kind="pause",
            subject_id=pause_id,
        )
    return _lifted(session, found, by=by)


def keep(session: Session, pause_id: int, *, by: Person) -> Pause:
    """Refuse to lift it: the proposal is gone, the pause stands. Keeping a stop takes one person.

    Raises: NotFound; NotAllowed; Conflict when nobody proposes to lift it.
    """
    found = one(session, by, pause_id)
    _must(by, Permission.PAUSE_PUBLISHING, found)
    found.proposed_by_id = None
    PAUSE.apply(session, found, "keep", by=by)
    return found


def able_to_lift(session: Session, area_path: str) -> int:
    """Return how many people have the role to lift a pause of this area."""
    return len(users.with_permission(session, Permission.LIFT_PAUSES, area_path))


def is_stop(pause: Pause) -> bool:
    """Say whether it is the one stop of everything that a person sets."""
    return pause.scope is PauseScope.EVERYTHING and not pause.is_breaker


def may_lift(pause: Pause, person: Person) -> bool:
    """Say whether the person may lift it, or take part in it."""
    allowed = allowed_paths(person, Permission.LIFT_PAUSES)
    covered = any(pause.area_path.startswith(path) for path in allowed)
    return covered and not (pause.persona and person.id in personas.member_ids(pause.persona))


def must_be_able_to_lift(pause: Pause, person: Person) -> None:
    """Let the person go on, or refuse.

    Raises: NotAllowed without the role for its area, or for who speaks as the paused persona.
    """
    _must(person, Permission.LIFT_PAUSES, pause)
    if not may_lift(pause, person) and pause.persona is not None:
        raise NotAllowed(
            f"You speak as {pause.persona.display_name}, so others decide when it may go on.",
            attempted="lift",
            subject_kind="pause",
            subject_id=pause.id,
        )


def _covering(session: Session, scope: str, target: str) -> Pause:
    """Return a pause of this, not yet in force.

    Raises: NotFound; Invalid for a scope that there isn't.
    """
    if scope == PauseScope.NETWORK and target in NETWORKS:
        force = areas.force(session)
        path = force.path if force else ""
        return Pause(scope=PauseScope.NETWORK, network=target, area_path=path)
    row_id = int(target) if target.isascii() and target.isdigit() else 0
    if scope == PauseScope.AREA:
        area = areas.by_id(session, row_id)
        return Pause(scope=PauseScope.AREA, area_id=area.id, area_path=area.path)
    if scope == PauseScope.PERSONA and (persona := session.get(Persona, row_id)):
        return Pause(scope=PauseScope.PERSONA, persona_id=persona.id, area_path=persona.area_path)
    if scope == PauseScope.CHANNEL and (channel := session.get(Channel, row_id)):
        return Pause(scope=PauseScope.CHANNEL, channel_id=channel.id, area_path=channel.area_path)
    if scope in {PauseScope.NETWORK, PauseScope.PERSONA, PauseScope.CHANNEL}:
        raise NotFound(f"There is no such {scope}. Choose one from the list.")
    raise Invalid("Choose what to pause: an area, a persona, a network or a channel.", "what")


def _standing(session: Session, made: Pause) -> Pause | None:
    """Return a pause in force, set by a person, that covers exactly the same."""
    return session.scalar(
        select(Pause).where(
            Pause.lifted_at.is_(None),
            Pause.is_breaker.is_(False),
            Pause.scope == made.scope,
            Pause.area_path == made.area_path,
            Pause.persona_id == made.persona_id,
            Pause.channel_id == made.channel_id,
            Pause.network == made.network,
        )
    )


def _to_lift(session: Session, pause_id: int, by: Person) -> Pause:
    # Locked, so that of two who lift at once the second finds what the first did.
    session.execute(select(Pause.id).where(Pause.id == pause_id).with_for_update())
    found = one(session, by, pause_id)
    must_be_able_to_lift(found, by)
    return found


def _must(by: Person, permission: Permission, found: Pause) -> None:
    check(by, permission, found.area_path, subject_kind="pause", subject_id=found.id)


def _lifted(session: Session, found: Pause, *, by: Person) -> Pause:
    held = holding_back.hold(session, found)
    found.lifted_by_id, found.lifted_at = by.id, clock.now()
    PAUSE.apply(session, found, "lift", by=by, reason=found.lift_reason, held_back=held)
    return found


def _why_not(found: Pause) -> str:
    if found.state is PauseState.LIFTED:
        return "This pause is lifted already."
    if found.state is PauseState.LIFT_PROPOSED:
        return "Lifting it is proposed already. Another person confirms it, or keeps the pause."
    return "Nobody proposes to lift this any more. Look at it again."


def _tell(session: Session, found: Pause, what: str, *, besides: Iterable[int]) -> None:
    """Write to everybody who may lift it, now and not in an hour."""
    for person in users.with_permission(session, Permission.LIFT_PAUSES, found.area_path):
        if person.id not in besides:
            mail.write(
                session,
                person.email,
                f"Paused: {named(found)}",
                f"{what}\n\nReason of the pause: {found.reason}\n\n"
                f"See what is paused, and lift it: {in_force.page(CONTROL)}\n",
                urgent=True,
            )
