"""One's own account: browsers that are signed in, password, second factor, recovery codes."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Permission, me, requires
from vcp.users import access, links, queries
from vcp.users.enrolling import (
    Enrolment,
    keep_codes_once,
    new_enrolment,
    same_enrolment,
    take_codes,
)
from vcp.users.forms import ChangePasswordForm, NewFactorForm
from vcp.users.sign_in import settings_in_force, this_sign_in
from vcp.users.throttle import TooManyTries

bp = Blueprint("account", __name__)


@bp.get("/account")
@requires(Permission.USE_OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show one's roles, browsers and factors."""
    person = this_sign_in().user
    return render_template(
        "users/account.html",
        person=person,
        areas=queries.areas_of(session(), person.grants),
        sign_ins=queries.sign_ins(session(), person.id),
        this_id=this_sign_in().id,
        codes_left=len(queries.unused_codes(session(), person.id)),
    )


@bp.post("/account/sign-ins/<int:sign_in_id>/revoke")
@requires(Permission.USE_OWN_ACCOUNT)
def revoke(sign_in_id: int) -> ResponseReturnValue:
    """Sign one of one's browsers out."""
    with transaction() as unit:
        access.revoke_sign_in(unit, sign_in_id, me())
    flash("That browser is signed out.", "success")
    return redirect(url_for("account.show"))


@bp.post("/account/sign-ins/revoke-others")
@requires(Permission.USE_OWN_ACCOUNT)
def revoke_others() -> ResponseReturnValue:
    """Sign all one's other browsers out."""
    with transaction() as unit:
        this = this_sign_in()
        count = access.revoke_all(unit, this.user, me(), but=this.id)
    flash(f"{count} other {'browser is' if count == 1 else 'browsers are'} signed out.", "success")
    return redirect(url_for("account.show"))


@bp.get("/account/password")
@requires(Permission.USE_OWN_ACCOUNT, decides=True)
def password() -> ResponseReturnValue:
    """Show the form for another password."""
    return render_template("users/password.html", form=ChangePasswordForm(formdata=None))


@bp.post("/account/password")
@requires(Permission.USE_OWN_ACCOUNT, decides=True)
def change_password() -> ResponseReturnValue:
    """Change one's password; other browsers are signed out."""
    form, this = ChangePasswordForm(), this_sign_in()
    if not form.validate():
        return render_template("users/password.html", form=form), 422
    try:
        with transaction() as unit:
            access.admit(unit, this.user.email, None)
        with transaction() as unit:
            old, new = str(form.old_password.data), str(form.password.data)
            links.change_password(unit, settings_in_force(), this.user, old, new, but=this.id)
    except (Invalid, TooManyTries) as error:
        form.refuse(error if isinstance(error, Invalid) else Invalid(error.message, "old_password"))
        return render_template("users/password.html", form=form), error.status
    flash("Your password is changed. Your other browsers are signed out.", "success")
    return redirect(url_for("account.show"))


@bp.get("/account/factor")
@requires(Permission.USE_OWN_ACCOUNT, decides=True)
def factor() -> ResponseReturnValue:
    """Show the code to scan with another authenticator app."""
    enrolment = new_enrolment(settings_in_force(), this_sign_in().user)
    return _factor_page(NewFactorForm(formdata=None), enrolment)


@bp.post("/account/factor")
@requires(Permission.USE_OWN_ACCOUNT, decides=True)
def change_factor() -> ResponseReturnValue:
    """Take the new app in place of the old one; other browsers are signed out."""
    form, this = NewFactorForm(), this_sign_in()
    settings = settings_in_force()
    enrolment = same_enrolment(settings, this.user, request.form.get("sealed", ""))
    if not form.validate():
        return _factor_page(form, enrolment), 422
    try:
        with transaction() as unit:
            made = links.change_factor(
                unit, settings, this.user, enrolment.secret, str(form.code.data), but=this.id
            )
    except Invalid as error:
        form.refuse(error)
        return _factor_page(form, enrolment), 422
    keep_codes_once(settings, made)
    return redirect(url_for("account.codes"))


@bp.get("/account/codes")
@requires(Permission.USE_OWN_ACCOUNT)
def codes() -> ResponseReturnValue:
    """Show new recovery codes, once."""
    return render_template("users/codes.html", codes=take_codes(settings_in_force()))


@bp.post("/account/codes")
@requires(Permission.USE_OWN_ACCOUNT, decides=True)
def renew_codes() -> ResponseReturnValue:
    """Make new recovery codes; the old ones are dead."""
    with transaction() as unit:
        made = links.renew_codes(unit, settings_in_force(), this_sign_in().user)
    keep_codes_once(settings_in_force(), made)
    return redirect(url_for("account.codes"))


def _factor_page(form: NewFactorForm, enrolment: Enrolment) -> str:
    form.sealed.data = enrolment.sealed
    return render_template("users/factor.html", form=form, enrolment=enrolment)
