"""What the desk does with a case: claim, note, hand over, reply, dispose of, open again."""

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import desks, ending, handing_over, replying, service
from moderation.deciding_routes import decide, press
from moderation.forms import (
    ByPhoneForm,
    DisposeForm,
    HandOverForm,
    NoteForm,
    ReopenForm,
    StandardReplyForm,
)
from moderation.routes import bp
from vcp.contacts.states import Disposition
from vcp.kernel.db import session
from vcp.kernel.pages import row_id
from vcp.kernel.permissions import Permission, me, requires
from vcp.kernel.settings import settings
from vcp.posts import pause_queries


@bp.post("/<int:case_id>/claim")
@requires(Permission.WORK_CASES)
def claim(case_id: int) -> ResponseReturnValue:
    """Take a case."""

    def act(current: Session) -> str:
        service.claim(current, case_id, by=me())
        return "You have this case."

    return press(case_id, act)


@bp.post("/<int:case_id>/put-back")
@requires(Permission.WORK_CASES)
def put_back(case_id: int) -> ResponseReturnValue:
    """Let others take a case."""

    def act(current: Session) -> str:
        service.put_back(current, case_id, by=me())
        return "Put back. Others can take it."

    return press(case_id, act)


@bp.post("/<int:case_id>/note")
@requires(Permission.WORK_CASES)
def note(case_id: int) -> ResponseReturnValue:
    """Write something down about the contact of a case."""
    form = NoteForm()

    def act(current: Session) -> str:
        service.note(current, case_id, form.text.data or "", by=me())
        return "Noted."

    return decide(case_id, form, act)


@bp.post("/<int:case_id>/hand-over")
@requires(Permission.WORK_CASES)
def hand_over(case_id: int) -> ResponseReturnValue:
    """Pass a case to a desk."""
    form = HandOverForm()
    form.offer(desks.in_use(session()))

    def act(current: Session) -> str:
        row = handing_over.hand_over(
            current,
            case_id,
            form.desk_id.data,
            form.whole_note(),
            by=me(),
            version=_number(form.version.data),
            taken_by=form.taken_by.data or "",
            reference=form.reference.data or "",
        )
        if row.acknowledged_at:
            return f"Handed over: {row.acknowledged_name} at {row.desk.name} has it."
        return f"Handed over. {row.desk.name} has been written to and must say that it has it."

    return decide(case_id, form, act)


@bp.post("/<int:case_id>/hand-overs/<int:hand_over_id>/acknowledged")
@requires(Permission.WORK_CASES)
def acknowledged(case_id: int, hand_over_id: int) -> ResponseReturnValue:
    """Record who at the desk took it, as they said by phone."""
    form = ByPhoneForm()

    def act(current: Session) -> str:
        row = handing_over.record_acknowledgement(
            current,
            hand_over_id,
            form.name.data or "",
            form.reference.data or "",
            at=form.moment(settings().zone),
            by=me(),
            case_id=case_id,
        )
        return f"Recorded: {row.acknowledged_name} at {row.desk.name} has it."

    return decide(case_id, form, act)


@bp.post("/<int:case_id>/standard-reply")
@requires(Permission.SEND_STANDARD_REPLIES)
def standard_reply(case_id: int) -> ResponseReturnValue:
    """Send the standard reply that was shown."""
    form = StandardReplyForm()

    def act(current: Session) -> str:
        post = replying.send(
            current,
            case_id,
            _number(form.message_id.data) or 0,
            form.sha256.data or "",
            by=me(),
            third_party=form.third_party.data,
        )
        stopped = pause_queries.stopping(current, post.deliveries).post(post)
        return stopped or "The standard reply is on its way."

    return decide(case_id, form, act)


@bp.post("/<int:case_id>/dispose")
@requires(Permission.WORK_CASES)
def dispose(case_id: int) -> ResponseReturnValue:
    """End a case with a disposition and a reason, and lead on to what waits next."""
    form = DisposeForm()

    def act(current: Session) -> str:
        ending.end_case(
            current,
            case_id,
            Disposition(form.disposition.data),
            form.reason.data or "",
            by=me(),
            version=_number(form.version.data),
            duplicate_of=form.duplicate_of.data,
            close_contact=form.close_contact.data,
        )
        return f"Case {case_id} is closed."

    return decide(case_id, form, act, onwards=url_for("cases.listed"))


@bp.post("/<int:case_id>/reopen")
@requires(Permission.WORK_CASES)
def reopen(case_id: int) -> ResponseReturnValue:
    """Open a closed case again."""
    form = ReopenForm()

    def act(current: Session) -> str:
        service.reopen(current, case_id, form.reason.data or "", by=me())
        return "The case is open again."

    return decide(case_id, form, act)


def _number(text: str | None) -> int | None:
    """Return the number in a hidden field; none for what isn't one."""
    try:
        return row_id(text)
    except ValueError:
        return None
