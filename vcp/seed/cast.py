"""Who and what has been made so far, by the keys that the story calls them."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from vcp.areas.models import Area
from vcp.channels.models import Channel
from vcp.kernel.context import Machine
from vcp.users.models import User

#: What is there before anybody can sign in is made by nobody in particular.
SETUP = Machine("setup")


@dataclass
class Cast:
    """Ids of what the seed has made; rows are read again in each unit of work."""

    areas: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    personas: dict[str, int] = field(default_factory=dict)
    feed_id: int = 0
    #: A session forgets rows that nobody holds, and would read these again at every step.
    _held: list[object] = field(default_factory=list)

    def hold(self, session: Session) -> None:
        """Keep in mind what nearly every step looks at, until this unit of work ends."""
        kinds = (Area, Channel, User, Persona)
        self._held = [row for kind in kinds for row in session.scalars(select(kind)).unique()]

    def persona(self, session: Session, persona_id: int) -> Persona:
        """Return that persona."""
        return session.get_one(Persona, persona_id)

    def user(self, session: Session, key: str) -> User:
        """Return that member of staff."""
        return session.get_one(User, self.users[key])
