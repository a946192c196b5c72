"""Handing a case over to a desk, which must say that it has it: by the mailed link or by phone."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import letters, service
from moderation.models import Case, Desk, HandOver
from moderation.states import CASE, HAND_OVER, CaseState, HandOverState
from vcp.kernel import clock
from vcp.kernel.context import Actor, Machine
from vcp.kernel.errors import Conflict, Invalid, NotFound
from vcp.kernel.permissions import Person
from vcp.triage.findings import Priority

#: How long the link in the mail can be used.
LINK_WORKS = timedelta(hours=72)
#: A desk that takes what may cost a life has no longer than this. Source: the triage policy.
P1_WITHIN = timedelta(minutes=10)
LONGEST_NOTE = 4_000
LATE_BATCH = 100
#: Whoever opens a mailed link is known by the name that they type, not to us.
LINK = Machine("hand-over-link")
CLOCK = Machine("clock")


def hand_over(
    session: Session,
    case_id: int,
    desk_id: int,
    note: str,
    *,
    by: Person,
    version: int | None = None,
    taken_by: str = "",
    reference: str = "",
) -> HandOver:
    """Pass a case to a desk; it is mailed, unless somebody there has taken it by phone already.

    `taken_by` is who did, `reference` the number they gave. Raises: NotAllowed; Invalid; Conflict.
    """
    case = service.locked(session, case_id)
    service.must_work(session, by, case)
    if case.contact_id is None:
        raise Conflict("A held draft goes to its decision makers, not to a desk.")
    service.must_be_free(case, by)
    service.must_be_as_seen(case, version)
    desk = _usable(session, desk_id, taken_by)
    if len(note) > LONGEST_NOTE:
        raise Invalid("The note is too long. Shorten it and try again.", "note")
    if any(
        o.desk_id == desk.id
        and o.state is not HandOverState.ACKNOWLEDGED
        and not service.came_after(case, o.sent_at)
        for o in case.hand_overs
    ):
        raise Conflict(f"{desk.name} has been given this already and hasn't said that it has it.")
    if case.state is CaseState.OPEN:
        case.claimed_by_id, case.claimed_at = by.id, clock.now()
        CASE.apply(session, case, "claim", by=by)
    row, token = _started(session, case, desk, note, by=by, mailed=not taken_by)
    service.acted(session, case, by=by, how="hand_over")
    if taken_by:
        _acknowledged(session, row, taken_by, reference, clock.now(), by=by)
        row.recorded_by_id = by.id
    elif token:
        letters.handed_over(session, row, token, until=row.sent_at + LINK_WORKS)
    return row


def by_token(session: Session, token: str) -> HandOver:
    """Return the hand-over of a mailed link, acknowledged or not.

    Raises: NotFound for a link that isn't ours or has run out.
    """
    row = session.scalar(select(HandOver).where(HandOver.token_sha256 == sha256(token)))
    if row is None:
        raise NotFound(
            "This link isn't right. Copy all of it from the mail, or ring the desk back."
        )
    if row.state is not HandOverState.ACKNOWLEDGED and row.sent_at + LINK_WORKS < clock.now():
        raise NotFound(
            "This link has run out. Ring whoever sent the mail and tell them that you have it."
        )
    return row


def acknowledge(session: Session, token: str, name: str, reference: str = "") -> HandOver:
    """Say, by the link, that the desk has it; the link works for this once.

    Raises: NotFound; Invalid without a name; Conflict when it was used.
    """
    row = by_token(session, token)
    session.execute(select(HandOver.id).where(HandOver.id == row.id).with_for_update())
    session.refresh(row)
    if row.state is HandOverState.ACKNOWLEDGED:
        raise Conflict(f"{row.acknowledged_name} has acknowledged this already.")
    _acknowledged(session, row, name, reference, clock.now(), by=LINK)
    return row


def record_acknowledgement(
    session: Session,
    hand_over_id: int,
    name: str,
    reference: str = "",
    *,
    at: datetime | None = None,
    by: Person,
    case_id: int | None = None,
) -> HandOver:
    """Write down who at the desk took it, when and under which number, as they said by phone.

    Raises: NotFound; NotAllowed; Invalid; Conflict when it was acknowledged before.
    """
    row = session.get(HandOver, hand_over_id)
    if row is None or case_id not in (None, row.case_id):
        raise NotFound("There is no such hand-over. Look at the case again.")
    service.must_work(session, by, service.locked(session, row.case_id))
    session.refresh(row)
    now = clock.now()
    at = at or now
    # People give minutes, not seconds.
    if not row.sent_at.replace(second=0, microsecond=0) <= at <= now:
        raise Invalid("Give a time between the hand-over and now.", "at")
    _acknowledged(session, row, name, reference, max(at, row.sent_at), by=by)
    row.recorded_by_id = by.id
    return row


def run_late(session: Session) -> int:
    """Mark what no desk has acknowledged in time, and return how many; the clock calls this.

    Of what is P1, every supervisor of the area hears.
    """
    rows = session.scalars(
        select(HandOver)
        .where(HandOver.state == HandOverState.SENT, HandOver.due_at < clock.now())
        .order_by(HandOver.due_at)
        .limit(LATE_BATCH)
    ).all()
    for row in rows:
        case = session.get_one(Case, row.case_id)
        HAND_OVER.apply(session, row, "run_late", by=CLOCK, case=case.id, desk=row.desk.code)
        # Nobody has it, so it stands with what nobody has acted on until somebody does.
        case.changed_at, case.acted_at = clock.now(), None
        if case.priority == Priority.P1:
            letters.hand_over_overdue(session, case, row)
    return len(rows)


def sha256(token: str) -> str:
    """Return what is kept of a link's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def _usable(session: Session, desk_id: int, taken_by: str) -> Desk:
    desk = session.get(Desk, desk_id)
    if desk is None or not desk.is_active:
        raise Invalid("Choose a desk from the list.", "desk_id")
    if not desk.email and not taken_by:
        how = f" on {desk.phone}" if desk.phone else ""
        raise Invalid(
            f"{desk.name} has no e-mail address. Ring it{how} and write down who took it.",
            "taken_by",
        )
    return desk


def _started(
    session: Session, case: Case, desk: Desk, note: str, *, by: Person, mailed: bool
) -> tuple[HandOver, str]:
    now, token = clock.now(), secrets.token_urlsafe(32) if mailed else ""
    within = timedelta(minutes=desk.acknowledge_minutes)
    if case.priority == Priority.P1:
        within = min(within, P1_WITHIN)
    row = HandOver(
        case_id=case.id,
        desk=desk,
        sent_at=now,
        sent_by_id=by.id,
        due_at=now + within,
        note=note,
        token_sha256=sha256(token) if token else None,
    )
    HAND_OVER.started(session, row, by=by, case=case.id, desk=desk.code, note=note or None)
    session.refresh(case, ["hand_overs"])
    session.refresh(row, ["sent_by"])
    return row, token


def _acknowledged(
    session: Session, row: HandOver, name: str, reference: str, at: datetime, *, by: Actor
) -> None:
    name, reference = name.strip(), reference.strip()
    if not name:
        raise Invalid("Give the name of who takes it.", "name")
    row.acknowledged_at = at
    row.acknowledged_name, row.reference = name, reference
    HAND_OVER.apply(
        session, row, "acknowledge", by=by, case=row.case_id, name=name, reference=reference or None
    )
    case = session.get_one(Case, row.case_id)
    is_open = case.state is not CaseState.DISPOSED
    # What came after the hand-over, the desk that acknowledges it hasn't been told.
    if is_open and case.acted_at is None and not service.came_after(case, row.sent_at):
        service.acted(session, case, by=by, how="acknowledgement")
    else:
        service.touch(session, case.id)
