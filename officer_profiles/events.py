"""What personas tell the features above them, in the same unit of work."""

from dataclasses import dataclass

from vcp.kernel.events import Event


@dataclass(frozen=True)
class PersonaChanged(Event):
    """What the public reads about a persona, or what it may do, is not what it was."""

    persona_id: int
