"""What is decided about a post: submit, approve, send back, time, cancel, withdraw."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm
from vcp.kernel.permissions import Permission, me, requires
from vcp.posts import (
    guards,
    in_force,
    pause_queries,
    queries,
    series,
    series_queries,
    service,
    timing,
)
from vcp.posts.compose_routes import tell_submitted
from vcp.posts.forms import (
    ApproveForm,
    CancelForm,
    ScheduleForm,
    SendBackForm,
    SubmitPostForm,
    WithdrawForm,
)
from vcp.posts.models import Post
from vcp.posts.routes import bp, show_page
from vcp.posts.states import PostState
from vcp.posts.tombstones import WithdrawalReason
from vcp.posts.wanted import times_of


def to_post(post_id: int) -> ResponseReturnValue:
    """Lead on to the page of the post."""
    return redirect(url_for("posts.show", post_id=post_id))


@bp.post("/<int:post_id>/submit")
@requires(Permission.WRITE_POSTS)
def submit(post_id: int) -> ResponseReturnValue:
    """Screen a draft and pass it on."""
    form = SubmitPostForm()
    try:
        with transaction() as current:
            reason = form.warning_reason.data or ""
            post = service.submit(current, post_id, by=me(), warning_reason=reason)
            held = post.state is PostState.HELD
    except Invalid as error:
        flash(error.message, "error")
        return redirect(url_for("posts.edit", post_id=post_id))
    tell_submitted(held)
    return to_post(post_id)


@bp.post("/<int:post_id>/take-back")
@requires(Permission.WRITE_POSTS)
def take_back(post_id: int) -> ResponseReturnValue:
    """Make a submitted post a draft again."""
    with transaction() as current:
        service.take_back(current, post_id, by=me())
    flash("It is a draft again. Nothing of it goes out.", "success")
    return redirect(url_for("posts.edit", post_id=post_id))


@bp.post("/<int:post_id>/approve")
@requires(Permission.APPROVE_POSTS, decides=True)
def approve(post_id: int) -> ResponseReturnValue:
    """Say yes to exactly the words that were on the page."""
    form = ApproveForm()
    try:
        form.validate()
        with transaction() as current:
            series.must_be_as_read(current, post_id, form.rule_sha256.data or "")
            sha, answer = form.revision_sha256.data or "", form.warning_answer.data or ""
            service.approve(current, post_id, sha, by=me(), warning_answer=answer)
            flash(_approved(current, service.found(current, post_id)), "success")
    except Invalid as error:
        form.refuse(error)
        post = queries.for_page(session(), post_id)
        return show_page(post, approve_form=form, form=form), 422
    return redirect(url_for("posts.awaiting"))


def _approved(current: Session, post: Post) -> str:
    if series_queries.of_template(current, post) is not None:
        return "Approved. Its posts go out at their times, unchanged."
    if post.state is PostState.APPROVED:
        return "Approved, but its time has passed: nothing is sent until it has a new one."
    if post.wanted_at is not None and post.state is PostState.SCHEDULED:
        due = timing.spoken(post.wanted_at, in_force.zone())
        return f"Approved. It goes out on {due}."
    stopped = pause_queries.stopping(session(), post.deliveries).post(post)
    return f"Approved. {stopped}" if stopped else "Approved. It goes out now."


@bp.post("/<int:post_id>/send-back")
@requires(Permission.APPROVE_POSTS)
def send_back(post_id: int) -> ResponseReturnValue:
    """Say no, with what should change."""
    form = SendBackForm()
    if not form.validate():
        post = queries.for_page(session(), post_id)
        return show_page(post, send_back_form=form, form=form), 422
    with transaction() as current:
        service.send_back(current, post_id, form.reason.data or "", by=me())
    flash("Sent back. The author has been told why.", "success")
    return redirect(url_for("posts.awaiting"))


@bp.get("/<int:post_id>/schedule")
@requires(Permission.SEE_POSTS)
def schedule(post_id: int) -> ResponseReturnValue:
    """Ask for a new time."""
    post = queries.for_page(session(), post_id)
    guards.must_steer(session(), me(), post, "schedule")
    form = ScheduleForm(formdata=None)
    form.set_times(*times_of(post))
    return render_template("posts/schedule.html", form=form, post=post)


@bp.post("/<int:post_id>/schedule")
@requires(Permission.SEE_POSTS)
def set_time(post_id: int) -> ResponseReturnValue:
    """Let an approved post go out at a new time."""
    form = ScheduleForm()

    def act(current: Session) -> object:
        return service.schedule(
            current,
            post_id,
            form.wanted_local,
            by=me(),
            fold=form.fold,
            not_after_local=form.not_after_local,
        )

    return _act(post_id, form, "posts/schedule.html", act, "The time is set.")


@bp.get("/<int:post_id>/cancel")
@requires(Permission.SEE_POSTS)
def ask_cancel(post_id: int) -> ResponseReturnValue:
    """Ask whether to end a post that has not gone out."""
    post = queries.for_page(session(), post_id)
    guards.must_steer(session(), me(), post, "cancel")
    return render_template("posts/cancel.html", form=CancelForm(formdata=None), post=post)


@bp.post("/<int:post_id>/cancel")
@requires(Permission.SEE_POSTS)
def cancel(post_id: int) -> ResponseReturnValue:
    """End a post that has not gone out."""
    form = CancelForm()

    def act(current: Session) -> object:
        return service.cancel(current, post_id, by=me(), reason=form.reason.data or "")

    return _act(post_id, form, "posts/cancel.html", act, "Cancelled. Nothing of it goes out.")


@bp.get("/<int:post_id>/withdraw")
@requires(Permission.WITHDRAW_POSTS)
def ask_withdraw(post_id: int) -> ResponseReturnValue:
    """Ask why a post is taken down."""
    post = queries.for_page(session(), post_id)
    guards.must_have_role(me(), post, Permission.WITHDRAW_POSTS)
    return render_template("posts/withdraw.html", form=WithdrawForm(formdata=None), post=post)


@bp.post("/<int:post_id>/withdraw")
@requires(Permission.WITHDRAW_POSTS)
def withdraw(post_id: int) -> ResponseReturnValue:
    """Take a post down everywhere."""
    form = WithdrawForm()

    def act(current: Session) -> object:
        reason = WithdrawalReason(form.reason.data)
        return service.withdraw(current, post_id, reason, by=me(), note=form.note.data or "")

    done = "Withdrawn. Residents read when and why; each copy is being taken down."
    return _act(post_id, form, "posts/withdraw.html", act, done)


def _act(
    post_id: int,
    form: BaseForm,
    template: str,
    act: Callable[[Session], object],
    done: str,
) -> ResponseReturnValue:
    """Do it and lead on to the post, or show the form again with what was wrong."""
    if form.validate():
        try:
            with transaction() as current:
                act(current)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(done, "success")
            return to_post(post_id)
    post = queries.for_page(session(), post_id)
    guards.must_see(session(), me(), post)
    return render_template(template, form=form, post=post), 422
