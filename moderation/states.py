"""The life of a case, and how it can end."""

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


class Disposition(enum.StrEnum):
    """How a case ended, in the glossary's words."""

    REPLIED = "replied"
    SIGNPOSTED = "signposted"
    HANDED_OVER = "handed_over"
    REFERRED = "referred"
    RELEASED = "released"
    RETURNED = "returned"
    REFUSED = "refused"
    NOT_CREDIBLE = "not_credible"
    DUPLICATE = "duplicate"
    NO_ACTION = "no_action"
