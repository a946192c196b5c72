"""Held drafts: the list, and the page on which one is released or returned."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import deciding, queries, service
from moderation.forms import ReleaseForm, ReturnForm
from moderation.models import Case
from moderation.states import CaseState
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm
from vcp.kernel.permissions import Permission, may, me, requires
from vcp.posts import screening
from vcp.posts.previews import previews
from vcp.posts.revisions import channels_of
from vcp.posts.words import words_of

bp = Blueprint("cases", __name__, url_prefix="/staff/cases")


@bp.get("")
@requires(Permission.SEE_CASES)
def listed() -> ResponseReturnValue:
    """Show the held drafts of the person's areas, the most urgent first."""
    closed = request.args.get("closed") == "1"
    number = request.args.get("page", 1, type=int)
    page = queries.page(session(), me(), number, closed=closed)
    return render_template("moderation/list.html", page=page, closed=closed)


@bp.get("/<int:case_id>")
@requires(Permission.SEE_CASES)
def show(case_id: int) -> ResponseReturnValue:
    """Show one held draft with the marked words, and what this person may decide."""
    return _page(service.found(session(), case_id))


@bp.post("/<int:case_id>/release")
@requires(Permission.RELEASE_HOLDS, decides=True)
def release(case_id: int) -> ResponseReturnValue:
    """Release one category of a held draft."""
    form = ReleaseForm()

    def act(current: Session) -> str:
        category, reason = form.category.data or "", form.reason.data or ""
        case = service.release(current, case_id, category, reason, by=me())
        if case.state is CaseState.DISPOSED:
            return "Released. It waits for approval now."
        return "Your release is recorded. Others must still release it."

    return _decide(case_id, form, act)


@bp.post("/<int:case_id>/return")
@requires(Permission.RETURN_HOLDS)
def return_to_author(case_id: int) -> ResponseReturnValue:
    """Give a held draft back to its author."""
    form = ReturnForm()

    def act(current: Session) -> str:
        service.return_to_author(current, case_id, form.reason.data or "", by=me())
        return "Returned. The author has been told why."

    return _decide(case_id, form, act)


def _decide(case_id: int, form: BaseForm, act: Callable[[Session], str]) -> ResponseReturnValue:
    if form.validate():
        try:
            with transaction() as current:
                done = act(current)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(done, "success")
            return redirect(url_for("cases.show", case_id=case_id))
    return _page(service.found(session(), case_id), form), 422


def _page(case: Case, refused: BaseForm | None = None) -> str:
    queries.must_see(me(), case)
    words, verdict = words_of(case.revision), deciding.verdict_of(case)
    is_open = case.state is not CaseState.DISPOSED
    offered = deciding.offered(session(), case, me()) if is_open else []
    return render_template(
        "moderation/show.html",
        case=case,
        is_open=is_open,
        needs=deciding.needs(case),
        can_be_released=deciding.can_be_released(case),
        release_forms=[(need, _release_form(need.category, refused)) for need in offered],
        return_form=refused if isinstance(refused, ReturnForm) else ReturnForm(formdata=None),
        may_return=is_open and may(me(), Permission.RETURN_HOLDS, case.area_path),
        form=refused,
        verdict=verdict,
        marked=screening.marked(words, verdict),
        previews=previews(case.post.persona, channels_of(session(), words), words),
    )


def _release_form(category: str, refused: BaseForm | None) -> ReleaseForm:
    """Return the form of one category; ids differ, since a page may hold several."""
    if isinstance(refused, ReleaseForm) and refused.category.data == category:
        return refused
    form = ReleaseForm(formdata=None)
    form.category.data = category
    for field in form:
        field.id = f"{field.name}-{category}"
    return form
