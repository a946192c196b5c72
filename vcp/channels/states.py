"""What can happen to a channel."""

import enum

from vcp.kernel.lifecycle import Lifecycle


class ChannelState(enum.StrEnum):
    """Where a channel stands."""

    PROPOSED = "proposed"
    CONNECTED = "connected"
    EXPIRING = "expiring"
    BLOCKED = "blocked"
    DISCONNECTED = "disconnected"


_S = ChannelState
CHANNEL = Lifecycle(
    "channel",
    ChannelState,
    _S.PROPOSED,
    {
        "confirm": ([_S.PROPOSED], _S.CONNECTED),
        "warn": ([_S.CONNECTED], _S.EXPIRING),
        "block": ([_S.CONNECTED, _S.EXPIRING], _S.BLOCKED),
        "reconnect": ([_S.EXPIRING, _S.BLOCKED], _S.CONNECTED),
        "disconnect": ([_S.PROPOSED, _S.CONNECTED, _S.EXPIRING, _S.BLOCKED], _S.DISCONNECTED),
    },
)

#: States in which a channel may be written to.
USABLE = (_S.CONNECTED, _S.EXPIRING)


class ConnectionState(enum.StrEnum):
    """Where one try at connecting stands."""

    WAITING = "waiting"
    VERIFIED = "verified"
    FAILED = "failed"


CONNECTION = Lifecycle(
    "connection",
    ConnectionState,
    ConnectionState.WAITING,
    {
        "verify": ([ConnectionState.WAITING], ConnectionState.VERIFIED),
        "fail": ([ConnectionState.WAITING], ConnectionState.FAILED),
    },
)
