"""What can happen to a member of staff's account."""

import enum

from vcp.kernel.lifecycle import Lifecycle


class UserState(enum.StrEnum):
    """Where an account stands."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEPARTED = "departed"


USER = Lifecycle(
    "user",
    UserState,
    UserState.INVITED,
    {
        "join": ([UserState.INVITED], UserState.ACTIVE),
        "suspend": ([UserState.ACTIVE], UserState.SUSPENDED),
        "restore": ([UserState.SUSPENDED], UserState.ACTIVE),
        "depart": ([UserState.INVITED, UserState.ACTIVE, UserState.SUSPENDED], UserState.DEPARTED),
    },
)
