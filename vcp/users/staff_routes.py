"""The list of staff, one member's page, inviting, roles, suspending and leaving."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from vcp.areas.queries import choices
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.pages import paginate
from vcp.kernel.permissions import Permission, allowed_paths, me, requires
from vcp.kernel.settings import Mode
from vcp.users import queries, service
from vcp.users.forms import GrantForm, InviteForm, ReasonForm
from vcp.users.models import LinkPurpose, User
from vcp.users.sign_in import settings_in_force

bp = Blueprint("staff", __name__, url_prefix="/staff")

STEPS = {
    "suspend": service.suspend,
    "restore": service.restore,
    "depart": service.depart,
}
DONE = {
    "suspend": "{name} is suspended: signed out everywhere, and what they had waiting is stopped.",
    "restore": "{name} may sign in again.",
    "depart": "{name} has left. Their roles have ended; what they did stays in the trail.",
}


@bp.get("")
@requires(Permission.SEE_STAFF)
def listed() -> ResponseReturnValue:
    """Show the staff whom this person may see."""
    search = request.args.get("q", "").strip()
    number = request.args.get("page", 1, type=int)
    page = paginate(session(), queries.visible_staff(me(), search), number)
    grants = [grant for user in page.items for grant in user.granted]
    return render_template(
        "users/staff.html",
        page=page,
        may_invite=bool(allowed_paths(me(), Permission.MANAGE_STAFF)),
        search=search,
        areas=queries.areas_of(session(), grants),
    )


@bp.get("/<int:user_id>")
@requires(Permission.SEE_STAFF)
def show(user_id: int) -> ResponseReturnValue:
    """Show one member of staff, their roles, and what may be done."""
    return _person_page(queries.visible(session(), me(), user_id), _grant_form(None))


@bp.get("/invite")
@requires(Permission.MANAGE_STAFF, decides=True)
def invite() -> ResponseReturnValue:
    """Show the form to invite somebody."""
    form = InviteForm(formdata=None)
    form.offer(choices(session(), me(), Permission.MANAGE_STAFF))
    return render_template("users/invite.html", form=form)


@bp.post("/invite")
@requires(Permission.MANAGE_STAFF, decides=True)
def invite_now() -> ResponseReturnValue:
    """Make the account and mail its link."""
    form = InviteForm()
    form.offer(choices(session(), me(), Permission.MANAGE_STAFF))
    if not form.validate():
        return render_template("users/invite.html", form=form), 422
    email, name = str(form.email.data), str(form.display_name.data)
    try:
        with transaction() as unit:
            user, url = service.invite(unit, settings_in_force(), email, name, form.wanted(), me())
            user_id = user.id
    except Invalid as error:
        form.refuse(error)
        return render_template("users/invite.html", form=form), 422
    flash(f"{name} is invited. The link was sent to {email}.", "success")
    return _link_sent(user_id, url)


@bp.post("/<int:user_id>/roles")
@requires(Permission.MANAGE_STAFF, decides=True)
def grant(user_id: int) -> ResponseReturnValue:
    """Give one more role."""
    form = _grant_form(request.form)
    if not form.validate():
        return _person_page(queries.visible(session(), me(), user_id), form), 422
    want = form.first.form.wanted()[0]
    try:
        with transaction() as unit:
            service.grant_role(unit, user_id, want.role, want.area_id, me(), category=want.category)
    except (Invalid, Conflict) as error:
        form.form_errors = [error.message]
        return _person_page(queries.visible(session(), me(), user_id), form), error.status
    flash("The role is given, and counts at once.", "success")
    return redirect(url_for("staff.show", user_id=user_id))


@bp.post("/<int:user_id>/roles/<int:grant_id>/revoke")
@requires(Permission.MANAGE_STAFF, decides=True)
def revoke(user_id: int, grant_id: int) -> ResponseReturnValue:
    """Take one role away."""
    with transaction() as unit:
        service.revoke_role(unit, grant_id, me())
    flash("The role is taken away, and counts no more.", "success")
    return redirect(url_for("staff.show", user_id=user_id))


@bp.get("/<int:user_id>/<any(suspend, restore, depart):step>")
@requires(Permission.MANAGE_STAFF, decides=True)
def ask(user_id: int, step: str) -> ResponseReturnValue:
    """Ask why somebody is suspended, restored or leaves."""
    person = queries.visible(session(), me(), user_id)
    form = ReasonForm(formdata=None)
    return render_template("users/step.html", form=form, person=person, step=step)


@bp.post("/<int:user_id>/<any(suspend, restore, depart):step>")
@requires(Permission.MANAGE_STAFF, decides=True)
def take(user_id: int, step: str) -> ResponseReturnValue:
    """Suspend, restore, or let somebody go, with the reason."""
    form = ReasonForm()
    if not form.validate():
        person = queries.visible(session(), me(), user_id)
        return render_template("users/step.html", form=form, person=person, step=step), 422
    try:
        with transaction() as unit:
            user = STEPS[step](unit, user_id, str(form.reason.data), me())
            name = user.display_name
    except (Invalid, Conflict) as error:
        form.form_errors = [error.message]
        person = queries.visible(session(), me(), user_id)
        return render_template("users/step.html", form=form, person=person, step=step), error.status
    flash(DONE[step].format(name=name), "success")
    return redirect(url_for("staff.show", user_id=user_id))


@bp.post("/<int:user_id>/links/<any(join, reset_password, reset_factor):purpose>")
@requires(Permission.MANAGE_STAFF, decides=True)
def send_link(user_id: int, purpose: str) -> ResponseReturnValue:
    """Mail a new invitation, or a link that sets a lost factor anew."""
    with transaction() as unit:
        person = queries.by_id(unit, user_id)
        url = service.send_link(unit, settings_in_force(), user_id, LinkPurpose(purpose), me())
        email = person.email
    flash(f"The link was sent to {email}.", "success")
    return _link_sent(user_id, url)


def _link_sent(user_id: int, url: str) -> ResponseReturnValue:
    if settings_in_force().mode is Mode.DEMO:
        flash(f"Demo: no mail leaves this machine. The link, shown once: {url}", "info")
    return redirect(url_for("staff.show", user_id=user_id))


def _grant_form(typed: object) -> GrantForm:
    form = GrantForm(formdata=typed)
    form.offer(choices(session(), me(), Permission.MANAGE_STAFF))
    return form


def _person_page(person: User, form: GrantForm) -> str:
    return render_template(
        "users/person.html",
        person=person,
        form=form,
        areas=queries.areas_of(session(), person.granted),
        sign_ins=queries.sign_ins(session(), person.id),
        may_manage=service.may_manage(session(), person, me()),
    )
