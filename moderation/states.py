"""The life of a case, and of a hand-over."""

import enum

from vcp.kernel.lifecycle import Lifecycle


class CaseState(enum.StrEnum):
    """Where a case stands."""

    OPEN = "open"
    IN_REVIEW = "in_review"
    DISPOSED = "disposed"


_S = CaseState
CASE = Lifecycle(
    "case",
    CaseState,
    _S.OPEN,
    {
        "claim": ([_S.OPEN], _S.IN_REVIEW),
        "put_back": ([_S.IN_REVIEW], _S.OPEN),
        "dispose": ([_S.OPEN, _S.IN_REVIEW], _S.DISPOSED),
        "reopen": ([_S.DISPOSED], _S.OPEN),
    },
)


class HandOverState(enum.StrEnum):
    """Whether the desk that was given something has said that it has it."""

    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    OVERDUE = "overdue"


_H = HandOverState
HAND_OVER = Lifecycle(
    "hand_over",
    HandOverState,
    _H.SENT,
    {
        "acknowledge": ([_H.SENT, _H.OVERDUE], _H.ACKNOWLEDGED),
        "run_late": ([_H.SENT], _H.OVERDUE),
    },
)
