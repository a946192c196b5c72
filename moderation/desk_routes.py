"""The desks that take hand-overs, kept by administrators."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from moderation import desks
from moderation.forms import DeskForm
from moderation.models import Desk
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.pages import row_id
from vcp.kernel.permissions import Permission, me, requires

bp = Blueprint("desks", __name__, url_prefix="/staff/desks")


@bp.get("")
@requires(Permission.MANAGE_DESKS)
def listed() -> ResponseReturnValue:
    """Show all desks."""
    return render_template("moderation/desks.html", desks=desks.everyone(session()))


@bp.get("/<int:desk_id>")
@requires(Permission.MANAGE_DESKS)
def edit(desk_id: int) -> ResponseReturnValue:
    """Show the form of one desk."""
    desk = desks.found(session(), desk_id)
    form = DeskForm(formdata=None, obj=desk)
    return _page(desk, form)


@bp.post("/<int:desk_id>")
@requires(Permission.MANAGE_DESKS)
def change(desk_id: int) -> ResponseReturnValue:
    """Change how a desk is called and reached."""
    form, status = DeskForm(), 422
    if form.validate():
        try:
            with transaction() as current:
                desks.change(
                    current,
                    desk_id,
                    name=form.name.data or "",
                    email=form.email.data or "",
                    phone=form.phone.data or "",
                    acknowledge_minutes=form.acknowledge_minutes.data or 0,
                    version=_version(form),
                    by=me(),
                )
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            form.form_errors.append(error.message)
            status = error.status
        else:
            flash("Changed.", "success")
            return redirect(url_for("desks.listed"))
    desk = desks.found(session(), desk_id)
    form.version.data = str(desk.version)
    return _page(desk, form), status


@bp.post("/<int:desk_id>/<any(activate, deactivate):verb>")
@requires(Permission.MANAGE_DESKS)
def switch(desk_id: int, verb: str) -> ResponseReturnValue:
    """Take a desk out of use, or into use again."""
    with transaction() as current:
        do = desks.activate if verb == "activate" else desks.deactivate
        desk = do(current, desk_id, by=me())
        flash(f"{desk.name} is {'in use' if desk.is_active else 'out of use'}.", "success")
    return redirect(url_for("desks.listed"))


def _page(desk: Desk, form: DeskForm) -> str:
    return render_template("moderation/desk.html", desk=desk, form=form)


def _version(form: DeskForm) -> int:
    try:
        return row_id(form.version.data)
    except ValueError:
        return 0
