"""The life of a contact, and how it can end."""

import enum

from vcp.kernel.lifecycle import Lifecycle


class ContactState(enum.StrEnum):
    """Where a contact stands."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


_S = ContactState
CONTACT = Lifecycle(
    "contact",
    ContactState,
    _S.OPEN,
    {
        "wait": ([_S.OPEN], _S.WAITING),  # on the resident: the clock stands still
        "resume": ([_S.WAITING], _S.OPEN),
        "close": ([_S.OPEN, _S.WAITING], _S.CLOSED),  # a person, with a disposition and a reason
        "reopen": ([_S.CLOSED], _S.OPEN),  # the resident says more, or a person looks again
    },
)


class Disposition(enum.StrEnum):
    """How a contact or a case ended, in the glossary's words."""

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
