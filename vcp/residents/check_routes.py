"""The page on which residents check that an officer, an account or a post is genuine."""

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from vcp.kernel.db import session, transaction
from vcp.kernel.permissions import public
from vcp.residents.checking import check
from vcp.residents.forms import CheckForm
from vcp.residents.site import site_of
from vcp.residents.verdicts import Verdict
from vcp.users import throttle
from vcp.users.throttle import TooManyTries

bp = Blueprint("check", __name__)
#: Checks in ten minutes from one network address: each compares with the whole register.
CHECKS_ADDRESS = 60


@bp.get("/check")
@public
def form() -> ResponseReturnValue:
    """Show the box to paste into."""
    return _page(CheckForm(formdata=None))


@bp.post("/check")
@public
def answer() -> ResponseReturnValue:
    """Say what is known of what was pasted; it is in no address and in no store."""
    typed = CheckForm()
    if not typed.validate_on_submit():
        return _page(typed), 422
    try:
        with transaction() as current:
            address = request.remote_addr or ""
            throttle.admit_form(current, "check", address, most=CHECKS_ADDRESS)
    except TooManyTries as error:
        typed.what.errors = [error.message]
        return _page(typed), int(error.status)
    return _page(typed, check(session(), site_of(current_app), typed.what.data or ""))


def _page(typed: CheckForm, verdict: Verdict | None = None) -> str:
    return render_template("site/check.html", form=typed, verdict=verdict)
