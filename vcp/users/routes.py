"""Signing in and out, giving the second factor again, and the links sent by mail."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm
from vcp.kernel.pages import safe_next
from vcp.kernel.permissions import Permission, public, requires
from vcp.users import access, links
from vcp.users.browsers import browser_name
from vcp.users.enrolling import (
    Enrolment,
    keep_codes_once,
    new_enrolment,
    same_enrolment,
)
from vcp.users.forms import (
    FactorForm,
    FactorLinkForm,
    JoinForm,
    PasswordLinkForm,
    SignInForm,
)
from vcp.users.models import Link, LinkPurpose, User
from vcp.users.resending import destination, keep_again, page_before, words_of
from vcp.users.sign_in import forget, remember, settings_in_force, this_sign_in
from vcp.users.throttle import TooManyTries

bp = Blueprint("users", __name__)

HOME = "/desk"
LINK_FORMS = {
    LinkPurpose.JOIN: JoinForm,
    LinkPurpose.RESET_PASSWORD: PasswordLinkForm,
    LinkPurpose.RESET_FACTOR: FactorLinkForm,
}
WRONG = (
    "We could not sign you in with that. Check the address, the password and the code; a code "
    "works once, so wait for the next one in your app."
)
WRONG_CODE = (
    "That code isn't right, or was used before. Wait for the next one in your app, or use a "
    "recovery code."
)


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Show the page to sign in."""
    after = safe_next(request.args.get("next"), HOME)
    if current_user.is_authenticated:
        return redirect(after)
    return render_template("users/sign_in.html", form=SignInForm(formdata=None, next=after))


@bp.post("/sign-in")
@public
def sign_in_now() -> ResponseReturnValue:
    """Sign this browser in, or say that something is wrong and not what."""
    form = SignInForm()
    if not form.validate():
        return _sign_in_again(form, 422)
    email, address = str(form.email.data), request.remote_addr
    try:
        with transaction() as unit:
            access.admit(unit, email, address)
    except TooManyTries as error:
        form.form_errors = [error.message]
        return _sign_in_again(form, error.status)
    # Outside any unit: it is slow on purpose, and a write lock would make everybody wait.
    proven_id = access.whose_password(session(), email, str(form.password.data))
    with transaction() as unit:
        started = access.start(
            unit,
            settings_in_force(),
            email,
            str(form.code.data),
            proven_id=proven_id,
            browser=_browser(),
            address=address,
        )
    if started is None:
        form.form_errors = [WRONG]
        return _sign_in_again(form, 422)
    remember(started[1])
    return _onwards(form)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """Sign this browser out; safe to repeat."""
    if current_user.is_authenticated:
        with transaction() as unit:
            access.sign_out(unit, this_sign_in().id)
    forget()
    flash("You are signed out.", "info")
    return redirect(url_for("users.sign_in"))


@bp.get("/sign-in/again")
@requires(Permission.USE_OWN_ACCOUNT)
def again() -> ResponseReturnValue:
    """Ask for the second factor before a step that needs a fresh one."""
    after = safe_next(request.args.get("next"), HOME)
    form = FactorForm(formdata=None, factor_next=after)
    return render_template("users/again.html", form=form, kept=None)


@bp.post("/sign-in/again")
@requires(Permission.USE_OWN_ACCOUNT)
def again_now() -> ResponseReturnValue:
    """Take the second factor, and go on to the step, with what was typed for it."""
    form = FactorForm()
    if not form.validate():
        return _factor_again(form, 422)
    try:
        with transaction() as unit:
            access.admit(unit, this_sign_in().user.email, None)
    except TooManyTries as error:
        form.factor_code.errors = [error.message]
        return _factor_again(form, error.status)
    with transaction() as unit:
        taken = access.refresh_factor(
            unit, settings_in_force(), this_sign_in().id, str(form.factor_code.data)
        )
    if not taken:
        form.factor_code.errors = [WRONG_CODE]
        return _factor_again(form, 422)
    sent_on = destination(request.form.get("factor_resend", ""))
    if sent_on is not None:
        # 307: the browser sends the same form on, so that nothing typed is lost.
        return redirect(sent_on, 307)
    return redirect(safe_next(form.factor_next.data, HOME))


@bp.get("/links/<token>")
@public
def link(token: str) -> ResponseReturnValue:
    """Show what a link from a mail lets its holder do."""
    found = links.find(session(), token)
    enrolment = new_enrolment(settings_in_force(), found.user)
    return _link_page(found, LINK_FORMS[found.purpose](formdata=None), enrolment)


@bp.post("/links/<token>")
@public
def use_link(token: str) -> ResponseReturnValue:
    """Join, or set a lost password or factor anew, and sign this browser in."""
    found = links.find(session(), token)
    form = LINK_FORMS[found.purpose]()
    enrolment = same_enrolment(settings_in_force(), found.user, request.form.get("sealed", ""))
    if not form.validate():
        return _link_page(found, form, enrolment), 422
    try:
        _admit(found)
        with transaction() as unit:
            user, codes = _use(unit, token, form, enrolment.secret)
            _, new_token = access.open_sign_in(
                unit, settings_in_force(), user, browser=_browser(), address=request.remote_addr
            )
    except TooManyTries as error:
        form.form_errors = [error.message]
        return _link_page(found, form, enrolment), error.status
    except Invalid as error:
        _note_failed(found, error)
        form.refuse(error)
        return _link_page(found, form, enrolment), 422
    remember(new_token)
    if not codes:
        flash("Your new password is set, and you are signed in.", "success")
        return redirect(HOME)
    keep_codes_once(settings_in_force(), codes)
    return redirect(url_for("account.codes"))


def _admit(found: Link) -> None:
    """Count a try at a password or code that somebody has already; joining has none."""
    if found.purpose != LinkPurpose.JOIN:
        with transaction() as unit:
            access.admit(unit, found.user.email, request.remote_addr)


def _note_failed(found: Link, error: Invalid) -> None:
    if found.purpose != LinkPurpose.JOIN and error.field in ("code", "password"):
        with transaction() as unit:
            access.note_failed(unit, found.user.email, request.remote_addr)


def _use(unit: Session, token: str, form: BaseForm, secret: str) -> tuple[User, list[str]]:
    settings = settings_in_force()
    typed = {name: str(form[name].data) for name in ("password", "code")}
    if isinstance(form, PasswordLinkForm):
        return links.use_password_link(unit, settings, token, **typed), []
    if isinstance(form, FactorLinkForm):
        return links.use_factor_link(unit, settings, token, secret=secret, **typed)
    return links.accept_invitation(unit, settings, token, secret=secret, **typed)


def _link_page(found: Link, form: BaseForm, enrolment: Enrolment) -> str:
    if "sealed" in form:
        form["sealed"].data = enrolment.sealed
    return render_template(
        f"users/link_{found.purpose}.html", form=form, person=found.user, enrolment=enrolment
    )


def _sign_in_again(form: SignInForm, status: int) -> ResponseReturnValue:
    return render_template("users/sign_in.html", form=form, kept=keep_again()), status


def _factor_again(form: FactorForm, status: int) -> ResponseReturnValue:
    return render_template("users/again.html", form=form, kept=keep_again()), status


def _onwards(form: SignInForm) -> ResponseReturnValue:
    kept = keep_again()
    if kept is None:
        return redirect(safe_next(form.next.data, HOME))
    # The form was made before this sign-in, so its token is worth nothing now: ask once more.
    to = destination(kept.ticket) or HOME
    return render_template(
        "users/resend.html", kept=kept, to=to, words=words_of(kept), page=page_before(to)
    )


def _browser() -> str:
    return browser_name(request.user_agent.string)
