"""The figures of the desk, for staff; the public has its own page, without what is small."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from moderation import figures
from vcp.kernel.db import session
from vcp.kernel.permissions import Permission, me, requires

bp = Blueprint("figures", __name__, url_prefix="/staff/figures")


@bp.get("")
@requires(Permission.SEE_FIGURES)
def show() -> ResponseReturnValue:
    """Show the figures of the person's areas."""
    return render_template("moderation/figures.html", figures=figures.of_person(session(), me()))
