"""Cases that wait: supervisors hear at a quarter, half and three quarters of the clock."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from moderation import letters
from moderation.clocks import quarters
from moderation.models import Case
from moderation.states import CaseState
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.context import Machine

#: After the third there is nothing more to remind of: the case is overdue and stands out.
LAST = 3
#: How many are written about in one turn; the rest a few seconds later.
BATCH = 50
CLOCK = Machine("clock")


def remind(session: Session) -> int:
    """Write about each case of which another quarter has run, and return how many.

    The clock calls this. Held drafts are left out: their decision makers were written to.
    """
    now = clock.now()
    due_at = func.coalesce(Case.act_due_at, Case.due_at)
    waiting = session.execute(
        select(Case.id, Case.opened_at, Case.act_due_at, Case.due_at, Case.reminders)
        .where(Case.state != CaseState.DISPOSED, Case.contact_id.is_not(None))
        .where(Case.acted_at.is_(None), Case.reminders < LAST)
        .order_by(Case.priority, due_at)
    ).all()
    reminded = 0
    for row in waiting:
        quarter = min(LAST, quarters(row.opened_at, row.act_due_at or row.due_at, now))
        if quarter <= row.reminders:
            continue
        case = session.get_one(Case, row.id)
        # Past the version: being reminded of is no change that a decision must take account of.
        session.execute(update(Case).where(Case.id == case.id).values(reminders=quarter))
        record(session, CLOCK, "remind", "case", case.id, quarter=quarter)
        letters.still_waiting(session, case, quarter, row.act_due_at or row.due_at)
        reminded += 1
        if reminded == BATCH:
            break
    return reminded
