"""Correcting a post that is out: writing the new words, and deciding about them."""

import json
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.permissions import Permission, may, me, requires
from vcp.posts import (
    composing,
    correcting,
    guards,
    notices,
    pause_queries,
    queries,
    screening,
    service,
)
from vcp.posts.compose_routes import CHECK, SUBMIT, tell_submitted
from vcp.posts.forms import ApproveForm, CorrectForm, SendBackForm, SubmitPostForm
from vcp.posts.models import Correction, Post
from vcp.posts.previews import counters, previews
from vcp.posts.revisions import channels_of, with_channels
from vcp.posts.routes import bp
from vcp.posts.states import CORRECTION, CorrectionState
from vcp.posts.words import Words, words_of


def _to(correction_id: int) -> ResponseReturnValue:
    return redirect(url_for("posts.show_correction", correction_id=correction_id))


@bp.get("/<int:post_id>/correct")
@requires(Permission.WRITE_POSTS)
def correct(post_id: int) -> ResponseReturnValue:
    """Show the words that are out, to be corrected."""
    post = service.found(session(), post_id)
    guards.must_write_as(session(), me(), post.persona, "correct", post)
    already = correcting.open_correction(session(), post_id)
    if already is not None:
        return _to(already.id)
    form, words = CorrectForm(formdata=None), words_of(service.newest(post))
    composing.fill(form, post, words)
    return _composer(form, post, None)


@bp.post("/<int:post_id>/correct")
@requires(Permission.WRITE_POSTS)
def start_correction(post_id: int) -> ResponseReturnValue:
    """Keep a new correction, check it, or submit it."""
    post = service.found(session(), post_id)
    guards.must_write_as(session(), me(), post.persona, "correct", post)
    return _work(post, None)


@bp.get("/corrections/<int:correction_id>/edit")
@requires(Permission.WRITE_POSTS)
def edit_correction(correction_id: int) -> ResponseReturnValue:
    """Show a correction to go on with."""
    correction = queries.correction_for_page(session(), correction_id)
    post = correction.post
    guards.must_write_as(session(), me(), post.persona, "correct", post)
    form, words = CorrectForm(formdata=None), words_of(correction.revision)
    composing.fill(form, post, words)
    form.reason.data = correction.reason
    return _composer(form, post, correction, words)


@bp.post("/corrections/<int:correction_id>/edit")
@requires(Permission.WRITE_POSTS)
def save_correction(correction_id: int) -> ResponseReturnValue:
    """Keep the correction as typed, check it, or submit it."""
    correction = queries.correction_for_page(session(), correction_id)
    guards.must_write_as(session(), me(), correction.post.persona, "correct", correction.post)
    return _work(correction.post, correction)


@bp.get("/corrections/<int:correction_id>")
@requires(Permission.SEE_POSTS)
def show_correction(correction_id: int) -> ResponseReturnValue:
    """Show a correction beside what is out, and what can be done."""
    return _page(queries.correction_for_page(session(), correction_id))


@bp.post("/corrections/<int:correction_id>/submit")
@requires(Permission.WRITE_POSTS)
def submit_correction(correction_id: int) -> ResponseReturnValue:
    """Screen a correction and pass it on."""
    form = SubmitPostForm()
    try:
        with transaction() as current:
            reason = form.warning_reason.data or ""
            kept = correcting.submit_correction(
                current, correction_id, by=me(), warning_reason=reason
            )
            held = kept.state is CorrectionState.HELD
    except Invalid as error:
        flash(error.message, "error")
        return redirect(url_for("posts.edit_correction", correction_id=correction_id))
    tell_submitted(held)
    return _to(correction_id)


@bp.post("/corrections/<int:correction_id>/take-back")
@requires(Permission.WRITE_POSTS)
def take_back_correction(correction_id: int) -> ResponseReturnValue:
    """Make a submitted correction a draft again."""
    with transaction() as current:
        correcting.take_back_correction(current, correction_id, by=me())
    flash("The correction is a draft again.", "success")
    return _to(correction_id)


@bp.post("/corrections/<int:correction_id>/cancel")
@requires(Permission.SEE_POSTS)
def cancel_correction(correction_id: int) -> ResponseReturnValue:
    """End a correction; what is out stays."""
    with transaction() as current:
        post_id = correcting.cancel_correction(current, correction_id, by=me()).post_id
    flash("The correction is cancelled. What is out stays as it is.", "success")
    return redirect(url_for("posts.show", post_id=post_id))


@bp.post("/corrections/<int:correction_id>/approve")
@requires(Permission.APPROVE_POSTS, decides=True)
def approve_correction(correction_id: int) -> ResponseReturnValue:
    """Say yes to exactly the words that were on the page."""
    form = ApproveForm()
    try:
        form.validate()
        with transaction() as current:
            sha, answer = form.revision_sha256.data or "", form.warning_answer.data or ""
            correcting.approve_correction(
                current, correction_id, sha, by=me(), warning_answer=answer
            )
            post = correcting.found(current, correction_id).post
            stopped = pause_queries.stopping(current, post.deliveries).post(post)
    except Invalid as error:
        form.refuse(error)
        correction = queries.correction_for_page(session(), correction_id)
        return _page(correction, approve_form=form, form=form), 422
    flash(f"Approved. {stopped or 'The correction goes out now.'}", "success")
    return redirect(url_for("posts.awaiting"))


@bp.post("/corrections/<int:correction_id>/send-back")
@requires(Permission.APPROVE_POSTS)
def send_back_correction(correction_id: int) -> ResponseReturnValue:
    """Say no, with what should change."""
    form = SendBackForm()
    if not form.validate():
        correction = queries.correction_for_page(session(), correction_id)
        return _page(correction, send_back_form=form, form=form), 422
    with transaction() as current:
        reason = form.reason.data or ""
        correcting.send_back_correction(current, correction_id, reason, by=me())
    flash("Sent back. The author has been told why.", "success")
    return redirect(url_for("posts.awaiting"))


def _work(post: Post, correction: Correction | None) -> ResponseReturnValue:
    form, action = CorrectForm(), composing.asked()
    try:
        words = composing.typed_words(form, action)
        if not form.validate():
            return _composer(form, post, correction), 422
        if action == CHECK:
            shown = with_channels(words.clean(), service.newest(post))
            return _composer(form, post, correction, shown)
        correction_id = _keep(form, post.id, correction, words, action)
    except Invalid as error:
        form.refuse(error)
        return _composer(form, post, correction), 422
    except Conflict as error:
        form.refuse(Invalid(error.message, "text"))
        return _composer(form, post, correction), 409
    if action == SUBMIT:
        return _to(correction_id)
    flash("The correction is saved as a draft.", "success")
    return redirect(url_for("posts.edit_correction", correction_id=correction_id))


def _keep(
    form: CorrectForm, post_id: int, correction: Correction | None, words: Words, action: str
) -> int:
    known, reason = correction.id if correction else None, form.reason.data or ""
    with transaction() as current:
        if known is None:
            kept = correcting.start_correction(current, post_id, words, reason, by=me())
        else:
            kept = correcting.save_correction(current, known, words, reason, by=me())
        if action == SUBMIT:
            why = form.warning_reason.data or ""
            correcting.submit_correction(current, kept.id, by=me(), warning_reason=why)
            tell_submitted(kept.state is CorrectionState.HELD)
        return kept.id


def _composer(
    form: CorrectForm, post: Post, correction: Correction | None, words: Words | None = None
) -> str:
    channels = channels_of(session(), words_of(service.newest(post)))
    form.offer(channels)
    verdict = screening.screen(words) if words else None
    return render_template(
        "posts/correct.html",
        form=form,
        post=post,
        persona=post.persona,
        correction=correction,
        limits=json.dumps(counters(post.persona, channels, post.answers)),
        image_url=composing.image_url,
        verdict=verdict,
        marked=screening.marked(words, verdict) if words and verdict else [],
        warns=screening.has_warning(verdict),
        previews=previews(post.persona, channels, words, answers=post.answers) if words else [],
    )


def _page(correction: Correction, **forms: Any) -> str:
    post, revision = correction.post, correction.revision
    guards.must_see(session(), me(), post)
    words = words_of(revision)
    kept = screening.from_json(revision.verdict)
    verdict = kept if kept and correction.state is not CorrectionState.DRAFT else None
    verdict = verdict or screening.screen(words)
    approve_form = ApproveForm(formdata=None)
    approve_form.revision_sha256.data = revision.sha256
    shown = {
        "approve_form": approve_form,
        "send_back_form": SendBackForm(formdata=None),
        "submit_form": SubmitPostForm(formdata=None),
    }
    waits = correction.state is CorrectionState.SUBMITTED
    involved = guards.hands_on(session(), post.id)
    channels = [target.channel for target in revision.targets]
    return render_template(
        "posts/correction.html",
        correction=correction,
        post=post,
        revision=revision,
        previews=previews(post.persona, channels, words, post.released_at, post.answers),
        verdict=verdict,
        marked=screening.marked(words, verdict),
        warns=screening.has_warning(verdict),
        approvers=notices.approvers(session(), post, involved) if waits else None,
        **_what_can_be_done(correction, is_involved=me().id in involved),
        **{**shown, **forms},
    )


def _what_can_be_done(correction: Correction, *, is_involved: bool) -> dict[str, Any]:
    post, state = correction.post, correction.state
    writes = guards.may_write_as(session(), me(), post.persona)
    approves = may(me(), Permission.APPROVE_POSTS, post.area_path)
    waits = state is CorrectionState.SUBMITTED
    return {
        "may_edit": writes and state in correcting.OPEN,
        "may_submit": writes and state is CorrectionState.DRAFT,
        "may_take_back": writes and CORRECTION.allows(state, "send_back"),
        "may_cancel": (writes or approves) and CORRECTION.allows(state, "cancel"),
        "may_approve": approves and waits and not is_involved,
        "is_involved": approves and waits and is_involved,
        "may_send_back": approves and waits,
    }
