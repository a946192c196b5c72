"""Writing: a phone first, and no script needed."""

import json
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from officer_profiles import queries as personas
from officer_profiles.models import Persona
from vcp.channels.models import Channel
from vcp.contacts.models import Message
from vcp.kernel.consulting import consults, looked
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid, Unavailable
from vcp.kernel.permissions import Permission, me, requires
from vcp.posts import (
    bank_holidays,
    carding,
    composing,
    filming,
    gaps,
    guards,
    queries,
    screening,
    series_queries,
    service,
    slots,
    time_warnings,
)
from vcp.posts.forms import ComposeForm
from vcp.posts.models import Post
from vcp.posts.previews import counters, previews
from vcp.posts.revisions import channels_of
from vcp.posts.routes import answered_by, bp
from vcp.posts.states import PostState
from vcp.posts.words import Words

CHECK, SUBMIT = "check", "submit"


@bp.get("/new")
@requires(Permission.WRITE_POSTS)
def new() -> ResponseReturnValue:
    """Show an empty composer, or ask in whose name when there are several."""
    mine = personas.personas_of(session(), me())
    chosen = request.args.get("persona")
    if chosen is None and len(mine) != 1:
        return render_template("posts/choose.html", personas=mine)
    persona = personas.by_slug(session(), chosen) if chosen else mine[0]
    guards.must_write_as(session(), me(), persona, "create")
    form = ComposeForm(formdata=None)
    channels = personas.channels_for(session(), persona)
    form.language.data = persona.language
    form.channel_ids.data = [channel.id for channel in channels]
    _offer_slot(form, persona)
    return composer(form, persona)


@bp.post("/new")
@requires(Permission.WRITE_POSTS)
def create() -> ResponseReturnValue:
    """Keep a new draft, check it, or submit it."""
    persona = personas.by_slug(session(), request.args.get("persona", ""))
    guards.must_write_as(session(), me(), persona, "create")
    return work_on(persona, None)


@bp.get("/<int:post_id>/edit")
@requires(Permission.WRITE_POSTS)
@consults("message", "post_id", of=answered_by)
def edit(post_id: int) -> ResponseReturnValue:
    """Show a draft to go on with."""
    post = queries.for_page(session(), post_id)
    guards.must_write_as(session(), me(), post.persona, "edit", post)
    words = composing.words_with_times(post)
    form = ComposeForm(formdata=None)
    composing.fill(form, post, words)
    _offer_slot(form, post.persona, post)
    return composer(form, post.persona, post=post, words=words, answers=post.answers)


@bp.post("/<int:post_id>/edit")
@requires(Permission.WRITE_POSTS)
def update(post_id: int) -> ResponseReturnValue:
    """Keep the draft as typed, check it, or submit it."""
    post = queries.for_page(session(), post_id)
    guards.must_write_as(session(), me(), post.persona, "edit", post)
    return work_on(post.persona, post, post.answers)


@bp.post("/check")
@requires(Permission.WRITE_POSTS)
def check() -> ResponseReturnValue:
    """Return the findings for what is typed, as a piece of a page; stores nothing."""
    form = ComposeForm()
    fields = composing.fields_typed(form)
    verdict = screening.screen_fields(fields, form.language.data or "")
    return render_template(
        "posts/_findings.html",
        verdict=verdict,
        marked=screening.marked_fields(fields, verdict),
        unfilled=gaps.unfilled(fields),
        name_of=screening.name_of,
    )


def work_on(
    persona: Persona, post: Post | None, answers: Message | None = None
) -> ResponseReturnValue:
    """Keep, check or submit what was typed: a new post, the next words of one, or an answer."""
    form, action = ComposeForm(), composing.asked()
    _offer_slot(form, persona, post)

    def again(words: Words | None = None) -> str:
        _offer_slot(form, persona, post)  # that of before may be taken by now
        page = composer(form, persona, post=post, words=words, answers=answers)
        if answers is not None:
            looked("message", answers.id)
        return page

    try:
        words = composing.typed_words(form, action)
        if form.takes_slot:
            slots.must_be_free(session(), persona, form.slot_local, post.id if post else None)
        if not form.validate():
            return again(), 422
        if action == CHECK:
            return again(words=filming.with_captions(carding.with_cards(session(), words.clean())))
        post_id = _keep(form, persona, post, words, action, answers)
    except Invalid as error:
        form.refuse(error)
        return again(), 422
    except (Conflict, Unavailable) as error:
        # Nothing was changed, and what was typed is still here.
        form.refuse(Invalid(error.message, "text"))
        return again(), error.status
    if action == SUBMIT:
        return redirect(url_for("posts.show", post_id=post_id))
    flash("The draft is saved.", "success")
    return redirect(url_for("posts.edit", post_id=post_id, _anchor=composing.worked_at(action)))


def _keep(
    form: ComposeForm,
    persona: Persona,
    post: Post | None,
    words: Words,
    action: str,
    answers: Message | None,
) -> int:
    persona_id, post_id = persona.id, post.id if post else None
    with transaction() as current:
        if form.takes_slot:
            slots.must_be_free(current, persona, form.slot_local, post_id)
        if post_id is None:
            kept = service.create_draft(current, persona_id, words, by=me(), answers=answers)
        else:
            based_on = form.based_on.data or None
            kept = service.save(current, post_id, words, by=me(), based_on=based_on)
        if action == SUBMIT:
            reason = form.warning_reason.data or ""
            kept = service.submit(current, kept.id, by=me(), warning_reason=reason)
            tell_submitted(kept.state is PostState.HELD)
        if holiday := bank_holidays.note(kept.wanted_at):
            flash(holiday, "warning")
        return kept.id


def _offer_slot(form: ComposeForm, persona: Persona, post: Post | None = None) -> None:
    """Let the next free slot be chosen, where there is one."""
    free = slots.next_free(session(), persona, post.id if post else None)
    form.offer_slot(free.local if free else None, free.words if free else "")


def tell_submitted(held: bool) -> None:  # noqa: FBT001 - read aloud, it is one
    """Say what became of a submitted draft."""
    if held:
        flash(
            "The screening found something, so this is held. Read below what to change and take "
            "it back, or wait for a decision maker.",
            "warning",
        )
    else:
        flash("Submitted. Those who can approve it have been told.", "success")


def composer(
    form: ComposeForm,
    persona: Persona,
    *,
    post: Post | None = None,
    words: Words | None = None,
    answers: Message | None = None,
) -> str:
    """Return the composer; with words, also what the screen and each channel make of them."""
    channels = [answers.channel] if answers else personas.channels_for(session(), persona)
    form.offer(channels)
    if answers is not None:
        form.channel_ids.data = [answers.channel_id]
    return render_template(
        "posts/compose.html",
        form=form,
        persona=persona,
        post=post,
        answers=answers,
        series=series_queries.of_template(session(), post) if post else None,
        limits=json.dumps(counters(persona, channels, answers)),
        image_url=composing.image_url,
        name_of=screening.name_of,
        **_judged(persona, post, channels, words, answers),
    )


def _judged(
    persona: Persona,
    post: Post | None,
    channels: list[Channel],
    words: Words | None,
    answers: Message | None,
) -> dict[str, Any]:
    if words is None:
        return {"verdict": None, "marked": [], "previews": [], "warns": False, "unfilled": []}
    verdict = time_warnings.screened_as_typed(session(), persona.area_path, words, post)
    if answers is None:
        channels = channels_of(session(), words)
    return {
        "verdict": verdict,
        "marked": screening.marked(words, verdict),
        "previews": previews(persona, channels, words, answers=answers),
        "warns": screening.has_warning(verdict),
        "unfilled": gaps.unfilled(words.fields()),
    }
