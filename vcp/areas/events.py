"""What areas let higher features know, in the same unit of work."""

from dataclasses import dataclass

from vcp.kernel.events import Event


@dataclass(frozen=True)
class AreaChanged(Event):
    """An area was added or ended, or what is said about it changed."""

    area_id: int
