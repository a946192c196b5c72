"""What staff accounts let higher features know, in the same unit of work."""

from dataclasses import dataclass

from vcp.kernel.events import Event


@dataclass(frozen=True)
class PersonOut(Event):
    """A member of staff was suspended or has left: what they had waiting must stop."""

    user_id: int
