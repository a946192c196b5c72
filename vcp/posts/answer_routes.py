"""Answering what a resident said: the composer again, with what is answered above it."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from officer_profiles import queries as personas
from vcp.kernel.consulting import consults
from vcp.kernel.db import session
from vcp.kernel.permissions import Permission, me, requires
from vcp.posts import answering, guards
from vcp.posts.compose_routes import composer, work_on
from vcp.posts.forms import ComposeForm
from vcp.posts.routes import bp


@bp.get("/answers/<int:message_id>")
@requires(Permission.WRITE_POSTS)
@consults("message", "message_id")
def answer(message_id: int) -> ResponseReturnValue:
    """Show an empty composer under the message, or ask in whose name when there are several."""
    message = answering.message(session(), message_id, by=me())
    offered = answering.personas_for(session(), message, me())
    chosen = request.args.get("persona")
    if chosen is None and len(offered) != 1:
        return render_template("posts/choose.html", personas=offered, answers=message)
    persona = personas.by_slug(session(), chosen) if chosen else offered[0]
    guards.must_write_as(session(), me(), persona, "answer")
    form = ComposeForm(formdata=None)
    form.language.data = answering.language_of(message) or persona.language
    return composer(form, persona, answers=message)


@bp.post("/answers/<int:message_id>")
@requires(Permission.WRITE_POSTS)
def create_answer(message_id: int) -> ResponseReturnValue:
    """Keep a new answer, check it, or submit it."""
    message = answering.message(session(), message_id, by=me())
    persona = personas.by_slug(session(), request.args.get("persona", ""))
    guards.must_write_as(session(), me(), persona, "answer")
    return work_on(persona, None, message)
