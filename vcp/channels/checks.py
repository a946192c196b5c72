"""What `vcp doctor` looks at in channels."""

from collections.abc import Iterator

from sqlalchemy import select

from vcp.channels.models import Channel
from vcp.channels.states import ChannelState
from vcp.kernel.db import session
from vcp.kernel.health import Check


def checks() -> Iterator[Check]:
    """Look at every channel that is meant to work."""
    for channel in session().scalars(select(Channel).order_by(Channel.name)):
        if channel.state in (ChannelState.BLOCKED, ChannelState.EXPIRING):
            problem = channel.problem or "Its sign-in ends soon."
            advice = f"{problem} An administrator opens Channels and connects it again."
            yield Check(f"channel {channel.name}", is_well=False, advice=advice)
        elif channel.state is ChannelState.CONNECTED:
            yield Check(f"channel {channel.name}", is_well=True, advice="")
