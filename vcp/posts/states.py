"""The life of a post, and of each of its deliveries.

"Published", "partly published" and "failed" are worked out from the deliveries, never stored.
Pause, suspension and departure are conditions checked when a delivery is claimed, not states.
"""

import enum

from vcp.kernel.lifecycle import Lifecycle


class PostState(enum.StrEnum):
    """Where a post stands between the officer's phone and the networks."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    HELD = "held"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    RELEASED = "released"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


_P = PostState
POST = Lifecycle(
    "post",
    PostState,
    _P.DRAFT,
    {
        "submit": ([_P.DRAFT], _P.SUBMITTED),
        "hold": ([_P.DRAFT], _P.HELD),  # submit with a P1 or P2 finding
        "release": ([_P.HELD], _P.SUBMITTED),  # a decision maker, with a reason
        # Also what any edit does, by anyone.
        "send_back": ([_P.SUBMITTED, _P.HELD, _P.APPROVED, _P.SCHEDULED], _P.DRAFT),
        "approve": ([_P.SUBMITTED], _P.APPROVED),
        "schedule": ([_P.APPROVED], _P.SCHEDULED),  # "now" is a schedule at now
        "start": ([_P.SCHEDULED], _P.RELEASED),  # by the publisher's first claim
        "cancel": ([_P.DRAFT, _P.SUBMITTED, _P.HELD, _P.APPROVED, _P.SCHEDULED], _P.CANCELLED),
        "expire": ([_P.SCHEDULED], _P.EXPIRED),
        "withdraw": ([_P.RELEASED], _P.WITHDRAWN),
    },
)


class CorrectionState(enum.StrEnum):
    """Where a correction of a released post stands: a revision approved like the first."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    HELD = "held"
    APPLIED = "applied"
    CANCELLED = "cancelled"


_C = CorrectionState
CORRECTION = Lifecycle(
    "correction",
    CorrectionState,
    _C.DRAFT,
    {
        "submit": ([_C.DRAFT], _C.SUBMITTED),
        "hold": ([_C.DRAFT], _C.HELD),
        "release": ([_C.HELD], _C.SUBMITTED),
        "send_back": ([_C.SUBMITTED, _C.HELD], _C.DRAFT),
        "approve": ([_C.SUBMITTED], _C.APPLIED),
        "cancel": ([_C.DRAFT, _C.SUBMITTED, _C.HELD], _C.CANCELLED),
    },
)


class StandardReplyState(enum.StrEnum):
    """Where a standard reply stands: proposed until two people have approved it."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RETIRED = "retired"


_R = StandardReplyState
STANDARD_REPLY = Lifecycle(
    "standard_reply",
    StandardReplyState,
    _R.PROPOSED,
    {
        "approve": ([_R.PROPOSED], _R.APPROVED),  # by the second yes
        "retire": ([_R.PROPOSED, _R.APPROVED], _R.RETIRED),
    },
)


class PauseState(enum.StrEnum):
    """Whether a pause stops what it covers: until it is lifted, a proposal to lift included."""

    IN_FORCE = "in_force"
    LIFT_PROPOSED = "lift_proposed"
    LIFTED = "lifted"


_U = PauseState
PAUSE = Lifecycle(
    "pause",
    PauseState,
    _U.IN_FORCE,
    {
        "propose_lift": ([_U.IN_FORCE], _U.LIFT_PROPOSED),  # where it takes two people
        "keep": ([_U.LIFT_PROPOSED], _U.IN_FORCE),
        "lift": ([_U.IN_FORCE, _U.LIFT_PROPOSED], _U.LIFTED),
    },
)


class AlarmState(enum.StrEnum):
    """Where an alarm about one of our accounts stands."""

    OPEN = "open"
    OURS = "ours"
    EXPLAINED = "explained"
    DISAVOWED = "disavowed"


_A = AlarmState
ALARM = Lifecycle(
    "alarm",
    AlarmState,
    _A.OPEN,
    {
        "call_ours": ([_A.OPEN], _A.OURS),  # one of us did it there by hand
        "disavow": ([_A.OPEN], _A.DISAVOWED),  # said in public on our own site
        # Also takes back what was said in public.
        "explain": ([_A.OPEN, _A.DISAVOWED], _A.EXPLAINED),
        "reopen": ([_A.OURS, _A.EXPLAINED], _A.OPEN),
    },
)


class DeliveryState(enum.StrEnum):
    """Where one copy on one channel stands."""

    QUEUED = "queued"
    SENDING = "sending"
    PUBLISHED = "published"
    RETRY_WAIT = "retry_wait"
    OUTCOME_UNKNOWN = "outcome_unknown"
    BLOCKED_AUTH = "blocked_auth"
    NEEDS_PERSON = "needs_person"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


_D = DeliveryState
DELIVERY = Lifecycle(
    "delivery",
    DeliveryState,
    _D.QUEUED,
    {
        "claim": ([_D.QUEUED], _D.SENDING),
        "publish": ([_D.SENDING], _D.PUBLISHED),
        "retry": ([_D.SENDING], _D.RETRY_WAIT),
        "lose": ([_D.SENDING], _D.OUTCOME_UNKNOWN),
        "block": ([_D.SENDING], _D.BLOCKED_AUTH),
        "fail": ([_D.SENDING], _D.FAILED),
        "requeue": ([_D.RETRY_WAIT], _D.QUEUED),
        "unblock": ([_D.BLOCKED_AUTH], _D.QUEUED),
        "confirm": ([_D.OUTCOME_UNKNOWN], _D.PUBLISHED),
        # Another delivery's own answer showed that the copy is its, not this one's.
        "mistake": ([_D.PUBLISHED], _D.OUTCOME_UNKNOWN),
        "confirm_absent": ([_D.OUTCOME_UNKNOWN], _D.QUEUED),
        "ask": ([_D.OUTCOME_UNKNOWN], _D.NEEDS_PERSON),
        "say_published": ([_D.NEEDS_PERSON], _D.PUBLISHED),
        "send_again": ([_D.NEEDS_PERSON], _D.QUEUED),
        "give_up": ([_D.NEEDS_PERSON], _D.FAILED),
        "expire": ([_D.QUEUED, _D.RETRY_WAIT, _D.BLOCKED_AUTH], _D.EXPIRED),
        "cancel": ([_D.QUEUED, _D.RETRY_WAIT, _D.BLOCKED_AUTH], _D.CANCELLED),
        # A network showed late what had been given up: it is taken down.
        "appear": ([_D.CANCELLED, _D.EXPIRED, _D.FAILED], _D.PUBLISHED),
        "withdraw": ([_D.PUBLISHED, _D.NEEDS_PERSON], _D.WITHDRAWN),
        "stay": ([_D.PUBLISHED, _D.WITHDRAWN], _D.NEEDS_PERSON),  # a server won't take it down
    },
)

#: States from which a delivery moves no further by itself.
FINAL = frozenset({_D.PUBLISHED, _D.FAILED, _D.EXPIRED, _D.CANCELLED, _D.WITHDRAWN})
