"""The next free slot: a named time that nothing else of the persona, or the area, has taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from officer_profiles.models import Persona
from vcp.kernel import clock
from vcp.kernel.errors import Invalid
from vcp.posts import in_force, timing
from vcp.posts.days import DAYS, moment_on
from vcp.posts.models import Post
from vcp.posts.schedule_models import Slot
from vcp.posts.states import PostState
from vcp.posts.time_warnings import around

#: So far ahead a free slot is looked for.
AHEAD_DAYS = 28
_OVER = (PostState.CANCELLED, PostState.EXPIRED, PostState.WITHDRAWN)


@dataclass(frozen=True)
class FreeSlot:
    """A slot on a day on which nobody has taken it."""

    slot: Slot
    at: datetime

    @property
    def local(self) -> str:
        """The time as people would type it."""
        return timing.typed_as(self.at, in_force.zone())

    @property
    def named(self) -> str:
        """Its name and its time, as people say them."""
        return f"{self.slot.name}, {timing.spoken(self.at, in_force.zone())}"

    @property
    def words(self) -> str:
        """The choice as a form shows it."""
        return f"In the next free slot: {self.named}"


def next_free(session: Session, persona: Persona, post_id: int | None = None) -> FreeSlot | None:
    """Return the next slot that is free for this persona; what `post_id` holds counts as free."""
    return next(iter(free(session, persona, post_id)), None)


def free(session: Session, persona: Persona, post_id: int | None = None) -> list[FreeSlot]:
    """Return all slots that are free for this persona, the next first."""
    return _free(session, _ahead_of(session, persona), persona, post_id)


def must_be_free(
    session: Session, persona: Persona, local: str | None, post_id: int | None = None
) -> None:
    """Refuse a slot that somebody took since it was offered.

    Until the end of this unit of work nobody else can take it. Raises: Invalid, with the next.
    """
    ahead = _ahead_of(session, persona, is_locked=True)
    left = _free(session, ahead, persona, post_id)
    if any(found.local == local for found in left):
        return
    taken = next((found.named for found in ahead if found.local == local), None)
    why = f"Somebody else has taken {taken}" if taken else "This slot isn't offered any more"
    then = (
        f"The next free one is {left[0].named}. Keep that choice, or give a date and time."
        if left
        else "No other slot is free. Give a date and time."
    )
    raise Invalid(f"{why}, so nothing was saved. {then}", "when")


def _ahead_of(session: Session, persona: Persona, *, is_locked: bool = False) -> list[FreeSlot]:
    rows = select(Slot).where(
        around(Slot.area_path, persona.area_path),
        or_(Slot.persona_id.is_(None), Slot.persona_id == persona.id),
    )
    if is_locked:
        # In one order, so that two who want several never wait for each other.
        rows = rows.order_by(Slot.id).with_for_update()
    return sorted(
        (found for slot in session.scalars(rows) for found in _ahead(slot)),
        key=lambda found: (found.at, found.slot.id),
    )


def _free(
    session: Session, ahead: Sequence[FreeSlot], persona: Persona, post_id: int | None
) -> list[FreeSlot]:
    """Return those of the slots that no post has taken."""
    if not ahead:
        return []
    taken = session.execute(
        select(Post.wanted_at, Post.persona_id, Post.area_path).where(
            Post.wanted_at.in_([found.at for found in ahead]),
            Post.state.not_in(_OVER),
            Post.id != (post_id or 0),
        )
    ).all()
    return [
        found
        for found in ahead
        if not any(
            row.wanted_at == found.at
            and (
                row.persona_id == persona.id
                or (
                    found.slot.persona_id is None and row.area_path.startswith(found.slot.area_path)
                )
            )
            for row in taken
        )
    ]


def _ahead(slot: Slot) -> list[FreeSlot]:
    zone, now, found = in_force.zone(), clock.now(), []
    today = now.astimezone(zone).date()
    for number in range(AHEAD_DAYS + 1):
        day = today + timedelta(days=number)
        if DAYS[day.weekday()] not in slot.days.split(","):
            continue
        try:
            at = moment_on(day, slot.at, zone)
        except Invalid:
            continue  # the hour that the clocks take away, or give twice
        if at > now:
            found.append(FreeSlot(slot, at))
    return found
