"""What has changed at the desk since a moment: what open pages ask for, again and again.

One read by the index of `changed_at`; nothing of what a resident wrote is in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.letters import category_name
from moderation.models import Case
from moderation.queries import within
from moderation.states import CaseState
from vcp.areas.models import Area
from vcp.kernel.permissions import Person
from vcp.triage.findings import Priority

#: A change that is stored later than another may carry an earlier time: so far back is looked.
LOOK_BACK = timedelta(seconds=30)
MOST = 500


@dataclass
class Changes:
    """What one open page has been told of so far."""

    since: datetime
    _told: dict[int, datetime] = field(default_factory=dict)

    def news(self, session: Session, person: Person) -> list[Case]:
        """Return the cases that changed since the page was last told, the newest last."""
        rows = session.scalars(
            select(Case)
            .where(Case.changed_at > self.since - LOOK_BACK, within(person))
            .order_by(Case.changed_at.desc())
            .limit(MOST)
        ).all()
        found = [
            case
            for case in reversed(rows)
            if case.changed_at > self._told.get(case.id, self._begun_at)
        ]
        for case in found:
            self._told[case.id] = case.changed_at
            self.since = max(self.since, case.changed_at)
        return found

    def __post_init__(self) -> None:
        """Remember where the page began: what lay before, it shows already."""
        # A page that was made while a change was being stored may not show it.
        self._begun_at = self.since - LOOK_BACK


def alarms(session: Session, cases: list[Case]) -> Iterator[dict[str, object]]:
    """Yield the cases that must be heard: P1 that nobody has taken; id, category and place."""
    loud = [c for c in cases if c.priority == Priority.P1 and c.state is CaseState.OPEN]
    if not loud:
        return
    paths = {case.area_path for case in loud}
    rows = session.execute(select(Area.path, Area.name).where(Area.path.in_(paths)))
    names = {row.path: row.name for row in rows}
    for case in loud:
        category = category_name(case.categories.split(",")[0])
        yield {"id": case.id, "words": f"{category}, {names.get(case.area_path, '')}"}
