"""What is decided about a held draft: released for a category, or returned to its author."""

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import holds
from moderation.deciding_routes import decide
from moderation.forms import ReleaseForm, ReturnForm
from moderation.routes import bp
from moderation.states import CaseState
from vcp.kernel.permissions import Permission, me, requires


@bp.post("/<int:case_id>/release")
@requires(Permission.RELEASE_HOLDS, decides=True)
def release(case_id: int) -> ResponseReturnValue:
    """Release one category of a held draft."""
    form = ReleaseForm()

    def act(current: Session) -> str:
        category, reason = form.category.data or "", form.reason.data or ""
        case = holds.release(current, case_id, category, reason, by=me())
        if case.state is CaseState.DISPOSED:
            return "Released. It waits for approval now."
        return "Your release is recorded. Others must still release it."

    return decide(case_id, form, act)


@bp.post("/<int:case_id>/return")
@requires(Permission.RETURN_HOLDS)
def return_to_author(case_id: int) -> ResponseReturnValue:
    """Give a held draft back to its author."""
    form = ReturnForm()

    def act(current: Session) -> str:
        holds.return_to_author(current, case_id, form.reason.data or "", by=me())
        return "Returned. The author has been told why."

    return decide(case_id, form, act)
