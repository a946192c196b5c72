"""The form for residents' questions and feedback, and the page that says what became of one."""

from contextlib import suppress

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from vcp.contacts.models import ArrivalKind
from vcp.kernel import clock
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict
from vcp.kernel.permissions import public
from vcp.kernel.settings import settings
from vcp.kernel.templating import error_page
from vcp.residents import asking
from vcp.residents.asking import OpenForm, Whom
from vcp.residents.forms import AskForm
from vcp.users import throttle
from vcp.users.throttle import TooManyTries

bp = Blueprint("ask", __name__)
FEEDBACK = "feedback"
NO_COOKIE = (
    "This page was open for too long, or your browser keeps no cookies. What you wrote is kept: "
    "let this site keep one cookie, then press Send again."
)
TOO_QUICK = "That was very quick, so we ask once more: press Send again."
TOO_OLD = "This page was open for a long time. What you wrote is kept: press Send again."
SENT_BEFORE = (
    "You have sent this form before, and we have what you wrote then. What it says now is new and "
    "not sent yet: press Send to send it as well. It gets a link of its own."
)
FOR_PROGRAMS = "Something filled in a box that people don’t see. Empty it, then press Send again."


@bp.get("/ask")
@public
def form() -> ResponseReturnValue:
    """Show the form, for an officer, a place or the whole force."""
    shown = AskForm(formdata=None)
    return _page(shown)


@bp.post("/ask")
@public
def send() -> ResponseReturnValue:
    """Store what a resident wrote, once, and lead to where they find the answer."""
    typed = AskForm()
    carried = asking.opened(settings().signing_keys(), typed.form_key.data or "")
    if not typed.validate_on_submit():
        return _page(typed, carried), 422
    if (problem := _problem(typed, carried)) is not None or carried is None:
        typed.text.errors = [problem or TOO_OLD]
        return _page(typed, None if problem == TOO_OLD else carried), 422
    try:
        with transaction() as current:
            throttle.admit_form(current, "ask", request.remote_addr or "")
            to = _whom()
            words = {"text": typed.text.data or "", "name": typed.name.data or ""}
            kept = asking.receive(current, carried, to, **words)
    except TooManyTries as error:
        typed.text.errors = [error.message]
        return _page(typed, carried), int(error.status)
    if kept != words["text"]:
        typed.text.errors = [SENT_BEFORE]
        return _page(typed, sent_before=carried.secret), 422
    return redirect(url_for("ask.asked", secret=carried.secret), 303)


@bp.errorhandler(CSRFError)
def forged(error: CSRFError) -> ResponseReturnValue:
    """Keep what a resident wrote when their browser lost its cookie; nothing is stored."""
    del error
    if request.endpoint != "ask.send":
        told = "This page was open for too long. Go back, open it again, then press the button."
        return error_page(current_app, 400, message=told), 400
    typed = AskForm()
    typed.text.errors = [NO_COOKIE]
    return _page(typed, asking.opened(settings().signing_keys(), typed.form_key.data or "")), 400


@bp.get("/asked/<secret>")
@public
def asked(secret: str) -> ResponseReturnValue:
    """Show what became of it, to whoever has the secret link."""
    standing = asking.standing(session(), secret)
    page = render_template("site/asked.html", standing=standing, secret=secret, now=clock.now())
    return _kept_out_of_searches(page)


@bp.post("/asked/<secret>/missed")
@public
def missed(secret: str) -> ResponseReturnValue:
    """Note that no answer came in time."""
    # Pressed twice, or answered meanwhile: the page says where it stands.
    with suppress(Conflict), transaction() as current:
        asking.say_missed(current, secret)
    return redirect(url_for("ask.asked", secret=secret), 303)


def _problem(typed: AskForm, carried: OpenForm | None) -> str | None:
    """Return why it isn't taken yet; the words stay on the page."""
    if carried is None or carried.is_too_old(clock.now()):
        return TOO_OLD
    if typed.website.data:
        return FOR_PROGRAMS
    return TOO_QUICK if carried.is_too_quick(clock.now()) else None


def _page(typed: AskForm, carried: OpenForm | None = None, *, sent_before: str = "") -> Response:
    """Return the form; what carries its secret is kept, so that it is still the same form.

    `sent_before` is the secret of what the form brought already.
    """
    if carried is None:
        typed.form_key.data = asking.new_form(settings().signing_keys(), _kind())
    to = _whom()
    page = render_template(
        "site/ask.html",
        form=typed,
        to=to,
        is_feedback=_kind() is ArrivalKind.FEEDBACK,
        # Named one by one: others in the address have no meaning, or one for url_for itself.
        action=url_for(
            "ask.send",
            officer=request.args.get("officer"),
            place=request.args.get("place"),
            about=request.args.get("about"),
        ),
        shows_trap=bool(typed.website.data),
        sent_before=sent_before,
    )
    return _kept_out_of_searches(page)


def _whom() -> Whom:
    asked = request.args
    return asking.whom(session(), officer=asked.get("officer", ""), place=asked.get("place", ""))


def _kind() -> ArrivalKind:
    is_feedback = request.args.get("about") == FEEDBACK
    return ArrivalKind.FEEDBACK if is_feedback else ArrivalKind.QUESTION


def _kept_out_of_searches(page: str) -> Response:
    response = make_response(page)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
