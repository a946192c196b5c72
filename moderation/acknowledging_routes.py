"""The page behind the link in a hand-over's mail, on which a desk says that it has it."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from moderation import handing_over
from moderation.forms import AcknowledgementForm
from moderation.models import Case, HandOver
from moderation.rows import name_of
from moderation.states import HandOverState
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.permissions import public

bp = Blueprint("acknowledging", __name__)


@bp.get("/acknowledge/<token>")
@public
def ask(token: str) -> ResponseReturnValue:
    """Show what is acknowledged, and the form; looking acknowledges nothing."""
    row = handing_over.by_token(session(), token)
    return _page(row, AcknowledgementForm(formdata=None))


@bp.post("/acknowledge/<token>")
@public
def acknowledge(token: str) -> ResponseReturnValue:
    """Take a name, once."""
    form = AcknowledgementForm()
    row = handing_over.by_token(session(), token)
    if not form.validate():
        return _page(row, form), 422
    try:
        with transaction() as current:
            name, reference = form.name.data or "", form.reference.data or ""
            handing_over.acknowledge(current, token, name, reference)
    except Invalid as error:
        form.refuse(error)
        return _page(handing_over.by_token(session(), token), form), 422
    except Conflict as error:
        return _page(handing_over.by_token(session(), token), form), error.status
    return redirect(url_for("acknowledging.ask", token=token))


def _page(row: HandOver, form: AcknowledgementForm) -> str:
    case = session().get_one(Case, row.case_id)
    return render_template(
        "moderation/acknowledge.html",
        row=row,
        case=case,
        name=name_of(case),
        is_done=row.state is HandOverState.ACKNOWLEDGED,
        form=form,
    )
