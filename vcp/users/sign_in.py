"""Who is signed in: read from the cookie's token, ended by idleness, age, or from elsewhere.

The cookie holds the token of a SignIn row and when its browser was last seen. The row says
whether the token is good; the time stamp ends a browser that was left alone, without a write on
each page.
"""

from flask import (
    Flask,
    Request,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask import Response as FlaskResponse
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from vcp.kernel import clock
from vcp.kernel.db import session as database
from vcp.kernel.db import transaction
from vcp.kernel.errors import NotAllowed
from vcp.kernel.settings import Settings
from vcp.users import access, queries, throttle
from vcp.users.forms import FactorForm, SignInForm
from vcp.users.models import SignIn
from vcp.users.resending import keep_request

#: The cookie is renewed no more often than this.
RENEW_S = 10
ASKS = ("GET", "HEAD")


def set_up(app: Flask, settings: Settings) -> None:
    """Let the app know who is signed in, and ask for what is missing."""
    manager = LoginManager()
    # Flask-Login's own check of the browser's name is no protection; the token is.
    manager.session_protection = None
    manager.request_loader(_load)
    manager.unauthorized_handler(_ask_to_sign_in)
    manager.init_app(app)
    app.extensions["vcp_ask_factor"] = _ask_factor
    #: Endpoints that pages ask by themselves; they don't keep anybody signed in.
    app.extensions.setdefault("vcp_quiet_endpoints", set())
    app.extensions["vcp_idle_s"] = settings.idle_minutes * 60
    app.after_request(_renew)


def settings_in_force() -> Settings:
    """Return the settings of the app that answers."""
    found: Settings = current_app.extensions["vcp_settings"]
    return found


def remember(token: str) -> None:
    """Give this browser the token of its new sign-in, and nothing of what it held before."""
    session.clear()
    session["token"] = token
    session["seen"] = _now()


def forget() -> None:
    """Take everything out of this browser's cookie."""
    session.clear()


def this_sign_in() -> SignIn:
    """Return the sign-in of this browser; only behind a route that requires a permission."""
    found: SignIn = current_user._get_current_object()  # noqa: SLF001 - the proxy's only way out
    return found


def check_command_factor(person_id: int, code: str) -> None:
    """Check the second factor of somebody who acts by a command, in units of its own.

    Raises: NotAllowed when it isn't right; TooManyTries.
    """
    user = queries.by_id(database(), person_id)
    with transaction() as current:
        access.admit(current, user.email, None)
    with transaction() as current:
        taken = access.take_code(current, settings_in_force(), user, code)
        if taken:
            throttle.forgive(current, throttle.of_account(user.email))
    if not taken:
        raise NotAllowed(
            "That code isn't right, or was used before. Wait for the next one in your app.",
            attempted="give_factor",
            subject_kind="user",
            subject_id=person_id,
        )


def _load(asked: Request) -> SignIn | None:
    del asked
    token, seen = session.get("token"), session.get("seen")
    if not isinstance(token, str) or not isinstance(seen, int):
        return None
    if _now() - seen > current_app.extensions["vcp_idle_s"]:
        minutes = current_app.extensions["vcp_idle_s"] // 60
        g.signed_out = f"You were signed out after {minutes} minutes without opening a page."
        return None
    found = access.by_token(database(), token)
    if found is None:
        g.signed_out = "Your sign-in has ended."
    return found


def _renew(response: FlaskResponse) -> FlaskResponse:
    loaded = g.get("_login_user")
    if loaded is None or not loaded.is_authenticated or "token" not in session or _is_quiet():
        return response
    if _now() - session["seen"] >= RENEW_S:
        session["seen"] = _now()
    return response


def _is_quiet() -> bool:
    quiet: set[str] = current_app.extensions["vcp_quiet_endpoints"]
    return "X-Poll" in request.headers or request.endpoint in quiet


def _ask_to_sign_in() -> ResponseReturnValue:
    why = g.get("signed_out")
    session.pop("token", None)
    if _is_quiet():
        return FlaskResponse("Sign in again.", 401, mimetype="text/plain")
    if request.method in ASKS:
        if why:
            flash(f"{why} Drafts that you saved are kept.", "info")
        return redirect(url_for("users.sign_in", next=request.full_path.rstrip("?")))
    kept = keep_request()
    page = render_template(
        "users/sign_in.html", form=SignInForm(formdata=None), kept=kept, why=why, me=None
    )
    return FlaskResponse(page, 401)


def _ask_factor() -> ResponseReturnValue | None:
    if access.is_fresh(settings_in_force(), this_sign_in()):
        return None
    if request.method in ASKS:
        return redirect(url_for("users.again", next=request.full_path.rstrip("?")))
    page = render_template("users/again.html", form=FactorForm(formdata=None), kept=keep_request())
    return FlaskResponse(page, 403)


def _now() -> int:
    return int(clock.now().timestamp())
