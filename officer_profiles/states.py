"""What can happen to a persona."""

import enum

from vcp.kernel.lifecycle import Lifecycle


class PersonaState(enum.StrEnum):
    """Where a persona stands."""

    DRAFT = "draft"
    VERIFIED = "verified"
    SUSPENDED = "suspended"
    ENDED = "ended"


_S = PersonaState
PERSONA = Lifecycle(
    "persona",
    PersonaState,
    _S.DRAFT,
    {
        "verify": ([_S.DRAFT], _S.VERIFIED),
        "suspend": ([_S.VERIFIED], _S.SUSPENDED),
        "restore": ([_S.SUSPENDED], _S.VERIFIED),
        "end": ([_S.VERIFIED, _S.SUSPENDED], _S.ENDED),
    },
)
