"""When an answer is owed, and which lane a category belongs to.

Source: the force's triage policy; 72 hours is the national promise to neighbourhoods.
"""

from datetime import datetime, timedelta

from vcp.contacts.models import Contact, ContactKind, Lane
from vcp.contacts.states import ContactState

ANSWER_WITHIN = timedelta(hours=72)
#: Dialogue; every other category asks for police action.
DIALOGUE = frozenset({"asb_service_request", "praise_chatter", "spam_abuse"})
#: Nobody owes these an answer.
NO_ANSWER = frozenset({"praise_chatter", "spam_abuse"})
FORMS = frozenset({ContactKind.QUESTION, ContactKind.FEEDBACK})

_HOUR, _DAY = 3600, 24 * 3600
#: Below this many hours a clock is told in hours, then in days.
_IN_HOURS = 48


def lane_of(category: str) -> Lane:
    """Return the lane of a message of this category."""
    return Lane.ENGAGEMENT if category in DIALOGUE else Lane.OPERATIONAL


def answer_due(kind: ContactKind, category: str, priority: str, at: datetime) -> datetime | None:
    """Return when an answer is due to what was said at this time; None when none is owed.

    A question and a form of ours have 72 hours; P1 to P3 run by the desk's own clocks.
    """
    if kind in FORMS:
        return at + ANSWER_WITHIN
    if category in NO_ANSWER or priority != "P4":
        return None
    return at + ANSWER_WITHIN


def clock_words(contact: Contact, now: datetime) -> str:
    """Return how the clock stands, as people say it."""
    if contact.state is ContactState.CLOSED:
        return "closed"
    if contact.state is ContactState.WAITING:
        return "stopped: waiting for the resident"
    if contact.answered_at is not None:
        return "answered"
    # What is more than a question has the desk's clock, which is far shorter.
    begins = "" if contact.priority == "P4" else "with the desk"
    if contact.due_at is None:
        return begins or "no answer owed"
    left = (contact.due_at - now).total_seconds()
    owed = f"answer due in {span(left)}" if left > 0 else f"answer overdue by {span(-left)}"
    return f"{begins}, {owed}" if begins else owed


def is_overdue(contact: Contact, now: datetime) -> bool:
    """Say whether an answer should have gone out by now."""
    return (
        contact.state is ContactState.OPEN
        and contact.answered_at is None
        and contact.due_at is not None
        and contact.due_at <= now
    )


def span(seconds: float) -> str:
    """Return a length of time in its largest sensible unit: 40 minutes, 3 hours, 2 days."""
    if seconds < _HOUR:
        return _counted(max(1, int(seconds // 60)), "minute")
    hours = int(seconds // _HOUR)
    return _counted(hours, "hour") if hours < _IN_HOURS else _counted(int(seconds // _DAY), "day")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
