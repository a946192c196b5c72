"""The pages of contacts: the list, one conversation, and what is done with it; a phone first."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, selectinload

from officer_profiles import queries as personas
from vcp.areas import queries as areas
from vcp.contacts import access, clocks, conversations, face_to_face, listing, working
from vcp.contacts.forms import CloseForm, JudgeForm, LogForm, NoteForm, ReopenForm, WaitForm
from vcp.contacts.listing import Filters
from vcp.contacts.models import Contact, Lane
from vcp.contacts.states import CONTACT
from vcp.kernel import clock
from vcp.kernel.consulting import consults, looked
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.forms import BaseForm, options
from vcp.kernel.pages import row_id
from vcp.kernel.permissions import Permission, allowed_paths, may, me, requires
from vcp.kernel.settings import settings

bp = Blueprint("contacts", __name__, url_prefix="/staff/contacts")
Work = Callable[[Session], object]


@bp.get("")
@requires(Permission.SEE_CONTACTS)
@consults("contact")
def listed() -> ResponseReturnValue:
    """Show the contacts that this person may see, the most urgent first; or search in them."""
    wanted = _filters()
    page = listing.listed(session(), me(), wanted, request.args.get("page", 1, type=int))
    return render_template(
        "contacts/list.html",
        page=page,
        wanted=wanted,
        area_asked=request.args.get("area", ""),
        newest=listing.first_words(session(), list(page.items)),
        categories=[(code, conversations.category_name(code)) for code in working.CHOSEN],
        lanes=list(Lane),
        areas=areas.choices(session(), me(), Permission.SEE_CONTACTS),
        may_log=bool(allowed_paths(me(), Permission.WORK_CONTACTS)),
        now=clock.now(),
        **_words(),
    )


@bp.get("/<int:contact_id>")
@requires(Permission.SEE_CONTACTS)
@consults("contact", "contact_id", also=working.note_seen)
def show(contact_id: int) -> ResponseReturnValue:
    """Show one conversation whole."""
    return _page(contact_id)


@bp.get("/log")
@requires(Permission.WORK_CONTACTS)
def log() -> ResponseReturnValue:
    """Show the form for a conversation that was held face to face."""
    form = LogForm(formdata=None)
    form.show_now(clock.now(), settings().zone)
    mine = personas.personas_of(session(), me())
    form.area.data = mine[0].area_id if mine else None
    return _log_page(form)


@bp.post("/log")
@requires(Permission.WORK_CONTACTS)
def log_now() -> ResponseReturnValue:
    """Store a conversation that was held face to face."""
    form = LogForm()
    if form.validate_on_submit():
        mine = personas.personas_of(session(), me())
        persona_id = next((p.id for p in mine if p.area_id == form.area.data), None)
        try:
            told = form.told(settings().zone, persona_id)
            with transaction() as current:
                contact_id = face_to_face.log(current, told, by=me()).id
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Logged.", "success")
            return redirect(url_for("contacts.show", contact_id=contact_id))
    return _log_page(form), 422


@bp.post("/<int:contact_id>/note")
@requires(Permission.WORK_CONTACTS)
def note(contact_id: int) -> ResponseReturnValue:
    """Write a note for colleagues."""
    form = NoteForm(prefix="note")
    return _do(
        form,
        contact_id,
        "The note is kept.",
        lambda current: working.add_note(current, contact_id, form.text.data or "", by=me()),
    )


@bp.post("/<int:contact_id>/wait")
@requires(Permission.WORK_CONTACTS)
def wait(contact_id: int) -> ResponseReturnValue:
    """Stop the clock until the resident writes."""
    form = WaitForm(prefix="wait")
    return _do(
        form,
        contact_id,
        "The clock stands still until they write, or you let it run on.",
        lambda current: working.wait(current, contact_id, form.text.data or "", by=me()),
    )


@bp.post("/<int:contact_id>/resume")
@requires(Permission.WORK_CONTACTS)
def resume(contact_id: int) -> ResponseReturnValue:
    """Let the clock run on."""
    return _do(
        BaseForm(),
        contact_id,
        "The clock runs again.",
        lambda current: working.resume(current, contact_id, by=me()),
    )


@bp.post("/<int:contact_id>/close")
@requires(Permission.WORK_CONTACTS)
def close(contact_id: int) -> ResponseReturnValue:
    """End the contact, with how and why."""
    form = CloseForm(prefix="close")

    def work(current: Session) -> object:
        ending, reason = form.disposition.data or "", form.reason.data or ""
        return working.close(current, contact_id, ending, reason, by=me())

    return _do(form, contact_id, "Closed.", work)


@bp.post("/<int:contact_id>/reopen")
@requires(Permission.WORK_CONTACTS)
def reopen(contact_id: int) -> ResponseReturnValue:
    """Take a closed contact up again."""
    form = ReopenForm(prefix="reopen")
    return _do(
        form,
        contact_id,
        "It is open again.",
        lambda current: working.reopen(current, contact_id, form.text.data or "", by=me()),
    )


@bp.post("/<int:contact_id>/judge")
@requires(Permission.WORK_CONTACTS)
def judge(contact_id: int) -> ResponseReturnValue:
    """Give the contact another category or priority."""
    form = JudgeForm(prefix="judge")

    def work(current: Session) -> object:
        chosen = form.category.data, form.priority.data
        return working.judge(current, contact_id, *chosen, form.reason.data or "", by=me())

    return _do(form, contact_id, "Changed, and recorded with your reason.", work)


def _do(form: BaseForm, contact_id: int, done: str, work: Work) -> ResponseReturnValue:
    """Do one thing with a contact; a refusal shows the page again with what was typed."""
    status = 422
    # Whoever may only look is refused before the words are read.
    access.for_work(session(), me(), contact_id, request.endpoint or "work")
    if form.validate_on_submit():
        try:
            with transaction() as current:
                work(current)
        except Invalid as error:
            form.refuse(error)
        except Conflict as error:
            form.refuse(Invalid(error.message))
            status = int(error.status)
        else:
            flash(done, "success")
            return redirect(url_for("contacts.show", contact_id=contact_id))
    page = _page(contact_id, form)
    looked("contact", contact_id, also=working.note_seen)
    return page, status


def _page(contact_id: int, form: BaseForm | None = None) -> str:
    rows = (selectinload(Contact.messages), selectinload(Contact.notes))
    contact = access.one(session(), me(), contact_id, *rows)
    forms = {
        kind.__name__: kind(formdata=None, prefix=name)
        for name, kind in (
            ("note", NoteForm),
            ("wait", WaitForm),
            ("close", CloseForm),
            ("reopen", ReopenForm),
            ("judge", JudgeForm),
        )
    }
    forms["JudgeForm"].category.data = contact.category
    forms["JudgeForm"].priority.data = contact.priority
    if form is not None:
        forms[type(form).__name__] = form
    found = current_app.extensions
    answers_of = found.get("vcp_answers_of", lambda *_: [])
    return render_template(
        "contacts/show.html",
        contact=contact,
        entries=conversations.entries(contact, answers_of(session(), contact)),
        form=form,
        forms=forms,
        refusal=access.refusal(session(), me(), contact),
        allows=lambda verb: CONTACT.allows(contact.state, verb),
        answer_url=_answer_url,
        case=found["vcp_case_of"](session(), contact.id),
        may_see_case=may(me(), Permission.WORK_CASES, contact.area_path),
        now=clock.now(),
        **_words(),
    )


def _log_page(form: LogForm) -> str:
    choices = areas.choices(session(), me(), Permission.WORK_CONTACTS)
    form.area.choices = options(choices)
    return render_template("contacts/log.html", form=form)


def _filters() -> Filters:
    asked = request.args
    return Filters(
        whose=asked.get("whose", ""),
        state=asked.get("state", ""),
        category=asked.get("category", ""),
        lane=asked.get("lane", ""),
        area_path=_path_of(asked.get("area", "")),
        words=asked.get("q", "").replace("\0", "")[: listing.LONGEST_SEARCH],
    )


def _path_of(asked: str) -> str:
    """Return the path of an area among those offered; of anything else, none."""
    try:
        area_id = row_id(asked)
    except ValueError:
        return ""
    offered = dict(areas.choices(session(), me(), Permission.SEE_CONTACTS))
    return areas.by_id(session(), area_id).path if area_id in offered else ""


def _answer_url(message_id: int) -> str | None:
    """Return where this message is answered, when answering is there."""
    if "posts.answer" not in current_app.view_functions:
        return None
    return url_for("posts.answer", message_id=message_id)


def _words() -> dict[str, Any]:
    """Return what both pages say in words."""
    return {
        "clock_words": clocks.clock_words,
        "is_overdue": clocks.is_overdue,
        "category_name": conversations.category_name,
        "kinds": conversations.KINDS,
        "media_words": conversations.media_words,
    }
