"""One line of the queue: what waits, who it is about, how long is left, who has it."""

from collections.abc import Iterable
from dataclasses import dataclass

from moderation.clocks import Countdown, running
from moderation.letters import category_name
from moderation.models import Case, HandOver
from moderation.states import HandOverState
from vcp.contacts.models import ContactKind, Message
from vcp.kernel import clock
from vcp.triage.categories import OUTBOUND

#: How much of the newest message a line shows, in characters.
FIRST_WORDS = 140


@dataclass(frozen=True)
class Row:
    """A case as the queue shows it."""

    case: Case
    category: str
    #: How many categories more there are.
    more: int
    who: str
    handle: str
    words: str
    place: str
    clock: Countdown | None
    last_hand_over: HandOver | None

    @property
    def hand_over_words(self) -> str:
        """Say who has been given it, and whether they have said that they have it."""
        one = self.last_hand_over
        if one is None:
            return ""
        if one.state is HandOverState.ACKNOWLEDGED:
            number = f", {one.reference}" if one.reference else ""
            return f"{one.desk.name} has it ({one.acknowledged_name}{number})"
        if one.state is HandOverState.OVERDUE:
            return f"{one.desk.name} has not said that it has it"
        return f"Sent to {one.desk.name}"


def rows(cases: Iterable[Case], newest: dict[int, Message]) -> list[Row]:
    """Return the lines of these cases."""
    now = clock.now()
    return [_row(case, newest.get(case.contact_id or 0), running(case, now)) for case in cases]


def name_of(case: Case) -> str:
    """Return the gravest category of a case in words."""
    code = case.categories.split(",")[0]
    if case.contact_id is None:
        return OUTBOUND[code].name if code in OUTBOUND else category_name(code)
    return category_name(code)


def _row(case: Case, message: Message | None, countdown: Countdown | None) -> Row:
    contact, post = case.contact, case.held_post
    who, handle, words, place = "", "", "", ""
    if contact is not None:
        who = contact.display_name or contact.handle or "A resident"
        handle = contact.handle or "" if contact.kind is ContactKind.NETWORK else ""
        words = message.text if message is not None else contact.summary
        place = contact.area.name
    elif post is not None:
        who = post.persona.display_name
        words = "A correction is held." if case.correction_id else "A draft is held."
        place = post.area.name
    return Row(
        case=case,
        category=name_of(case),
        more=case.categories.count(","),
        who=who,
        handle=handle,
        words=_one_line(words),
        place=place,
        clock=countdown,
        last_hand_over=case.hand_overs[-1] if case.hand_overs else None,
    )


def _one_line(text: str) -> str:
    line = " ".join(text[: 4 * FIRST_WORDS].split())
    return line if len(line) <= FIRST_WORDS else f"{line[: FIRST_WORDS - 1].rstrip()}…"
