"""What channels tell the features above them, in the same unit of work."""

from dataclasses import dataclass

from vcp.kernel.events import Event


@dataclass(frozen=True)
class ChannelChanged(Event):
    """A channel's state, name or account is not what it was."""

    channel_id: int
