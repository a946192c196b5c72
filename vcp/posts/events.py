"""What happens to posts that higher features act on, in the same unit of work."""

from dataclasses import dataclass
from datetime import datetime

from vcp.kernel.context import Actor
from vcp.kernel.events import Event
from vcp.triage.findings import Verdict


@dataclass(frozen=True)
class DraftHeld(Event):
    """A submitted wording was held by the screen; of a correction when `correction_id` is set."""

    post_id: int
    revision_id: int
    correction_id: int | None
    verdict: Verdict


@dataclass(frozen=True)
class HoldEnded(Event):
    """A held wording went back to its author, by whom and why; nobody needs to decide any more."""

    revision_id: int
    by: Actor
    reason: str


@dataclass(frozen=True)
class ApprovalEnded(Event):
    """What was, or might have been, approved isn't any more: edited, sent back or cancelled."""

    post_id: int
    by: Actor
    reason: str


@dataclass(frozen=True)
class PostChanged(Event):
    """What residents see of a post is different now: released, corrected or withdrawn."""

    post_id: int


@dataclass(frozen=True)
class DisavowalChanged(Event):
    """What the force says about something on an account of its own was published or taken back."""

    disavowal_id: int


@dataclass(frozen=True)
class Answered(Event):
    """An answer to a resident is out."""

    contact_id: int
    post_id: int
    #: When its first words were written: what came later, it can't answer.
    begun_at: datetime
