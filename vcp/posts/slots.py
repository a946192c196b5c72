"""The next free slot: a named time that nothing else of the persona, or the area, has taken."""

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
    def words(self) -> str:
        """The choice as a form shows it."""
        return f"In the next free slot: {self.slot.name}, {timing.spoken(self.at, in_force.zone())}"


def next_free(session: Session, persona: Persona, post_id: int | None = None) -> FreeSlot | None:
    """Return the next slot that is free for this persona; what `post_id` holds counts as free."""
    rows = select(Slot).where(
        around(Slot.area_path, persona.area_path),
        or_(Slot.persona_id.is_(None), Slot.persona_id == persona.id),
    )
    ahead = sorted(
        (found for slot in session.scalars(rows) for found in _ahead(slot)),
        key=lambda found: (found.at, found.slot.id),
    )
    if not ahead:
        return None
    taken = session.execute(
        select(Post.wanted_at, Post.persona_id, Post.area_path).where(
            Post.wanted_at.in_([found.at for found in ahead]),
            Post.state.not_in(_OVER),
            Post.id != (post_id or 0),
        )
    ).all()
    for found in ahead:
        slot = found.slot
        is_taken = any(
            row.wanted_at == found.at
            and (
                row.persona_id == persona.id
                or (slot.persona_id is None and row.area_path.startswith(slot.area_path))
            )
            for row in taken
        )
        if not is_taken:
            return found
    return None


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
