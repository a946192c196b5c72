"""What a person may choose to pause, and whose budget they may set."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, lazyload

from officer_profiles.models import Persona
from officer_profiles.states import PersonaState
from vcp.areas import queries as areas
from vcp.channels.models import Channel
from vcp.channels.states import ChannelState
from vcp.kernel.permissions import Permission, Person, allowed_paths, may
from vcp.networks.registry import NETWORKS
from vcp.posts.pause_models import PauseScope


def to_pause(session: Session, person: Person) -> list[tuple[str, str]]:
    """Return (value, words) of the areas, personas, networks and channels of this person."""
    paths = allowed_paths(person, Permission.PAUSE_PUBLISHING)
    if not paths:
        return []
    found = [
        (f"{PauseScope.AREA}:{area_id}", f"Area: {words.strip()} and all below it")
        for area_id, words in areas.choices(session, person, Permission.PAUSE_PUBLISHING)
    ]
    found += [
        (f"{PauseScope.PERSONA}:{persona.id}", f"Persona: {persona.display_name}")
        for persona in _personas(session, paths)
    ]
    channels = session.scalars(
        select(Channel)
        .where(
            Channel.state != ChannelState.DISCONNECTED,
            or_(*(Channel.area_path.startswith(path, autoescape=True) for path in paths)),
        )
        .order_by(Channel.name, Channel.id)
        .options(lazyload("*"))
    )
    found += [(f"{PauseScope.CHANNEL}:{row.id}", f"Channel: {row.name}") for row in channels]
    force = areas.force(session)
    if force is not None and may(person, Permission.PAUSE_PUBLISHING, force.path):
        found += [
            (f"{PauseScope.NETWORK}:{name}", f"Network: {words}")
            for name, words in NETWORKS.items()
        ]
    return found


def to_budget(session: Session, person: Person) -> list[tuple[int, str]]:
    """Return (id, name) of the personas whose budget this person may set."""
    paths = allowed_paths(person, Permission.VERIFY_PERSONAS)
    return [(row.id, row.display_name) for row in _personas(session, paths)] if paths else []


def _personas(session: Session, paths: list[str]) -> list[Persona]:
    rows = session.scalars(
        select(Persona)
        .where(
            Persona.state != PersonaState.ENDED,
            or_(*(Persona.area_path.startswith(path, autoescape=True) for path in paths)),
        )
        .order_by(Persona.display_name, Persona.id)
        .options(lazyload("*"))
    )
    return list(rows)
