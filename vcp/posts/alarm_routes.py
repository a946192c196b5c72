"""The pages of alarms about our accounts: what happened there, and what is done about it."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.forms import BaseForm
from vcp.kernel.permissions import Permission, check, may, me, requires
from vcp.kernel.settings import settings
from vcp.posts import alarm_queries as queries
from vcp.posts import alarms, disavowing
from vcp.posts.alarm_forms import CallOursForm, DisavowForm, ExplainForm
from vcp.posts.states import AlarmState

bp = Blueprint("alarms", __name__, url_prefix="/staff/alarms")


@bp.get("")
@requires(Permission.SEE_ALARMS)
def listed() -> ResponseReturnValue:
    """Show the open alarms, or the closed ones, and the accounts that nobody watches."""
    closed = request.args.get("closed") == "1"
    number = request.args.get("page", 1, type=int)
    return render_template(
        "alarms/list.html",
        page=queries.listed(session(), me(), closed=closed, number=number),
        closed=closed,
        unwatched=queries.unwatched(session(), me()),
    )


@bp.get("/<int:alarm_id>")
@requires(Permission.SEE_ALARMS)
def show(alarm_id: int) -> ResponseReturnValue:
    """Show one alarm, with what was seen as evidence."""
    return _page(alarm_id)


@bp.post("/<int:alarm_id>/acknowledge")
@requires(Permission.WORK_ALARMS)
def acknowledge(alarm_id: int) -> ResponseReturnValue:
    """Say that this person looks into it."""
    with transaction() as current:
        alarms.acknowledge(current, alarm_id, by=me())
    flash("Colleagues see that you look into it.", "success")
    return redirect(url_for("alarms.show", alarm_id=alarm_id))


@bp.post("/<int:alarm_id>/call-ours")
@requires(Permission.WORK_ALARMS)
def call_ours(alarm_id: int) -> ResponseReturnValue:
    """Close it: one of us did it there by hand."""
    form = CallOursForm()
    reason = form.reason.data or ""
    return _close(
        form, alarm_id, lambda current: alarms.call_ours(current, alarm_id, reason, by=me())
    )


@bp.post("/<int:alarm_id>/explain")
@requires(Permission.WORK_ALARMS)
def explain(alarm_id: int) -> ResponseReturnValue:
    """Close it with what it was, and take back what was said about it."""
    form = ExplainForm()
    reason = form.reason.data or ""
    return _close(
        form, alarm_id, lambda current: alarms.explain(current, alarm_id, reason, by=me())
    )


@bp.post("/<int:alarm_id>/reopen")
@requires(Permission.WORK_ALARMS)
def reopen(alarm_id: int) -> ResponseReturnValue:
    """Open it again."""
    with transaction() as current:
        alarms.reopen(current, alarm_id, by=me())
    flash("The alarm is open again.", "success")
    return redirect(url_for("alarms.show", alarm_id=alarm_id))


@bp.get("/<int:alarm_id>/disavow")
@requires(Permission.DISAVOW)
def ask_disavow(alarm_id: int) -> ResponseReturnValue:
    """Show what would be said in public, word for word."""
    alarm = queries.one(session(), me(), alarm_id)
    path = alarm.channel.area_path
    check(me(), Permission.DISAVOW, path, subject_kind="alarm", subject_id=alarm.id)
    is_whole = request.args.get("whole") == "1"
    ready = disavowing.ready(session(), alarm, settings(), is_whole_account=is_whole)
    form = DisavowForm(formdata=None)
    form.whole_account.data = "1" if is_whole else ""
    form.sha256.data = ready.sha256 if ready else ""
    return render_template(
        "alarms/disavow.html",
        alarm=alarm,
        ready=ready,
        form=form,
        is_whole=is_whole,
        others=queries.others_open(session(), alarm),
    )


@bp.post("/<int:alarm_id>/disavow")
@requires(Permission.DISAVOW, decides=True)
def disavow(alarm_id: int) -> ResponseReturnValue:
    """Publish it on our own site."""
    form = DisavowForm()
    with transaction() as current:
        disavowing.disavow(
            current,
            alarm_id,
            form.sha256.data or "",
            is_whole_account=form.whole_account.data == "1",
            settings=settings(),
            by=me(),
        )
    flash("It is said in public on our own site within seconds.", "success")
    return redirect(url_for("alarms.show", alarm_id=alarm_id))


def _close(
    form: BaseForm, alarm_id: int, close: Callable[[Session], object]
) -> ResponseReturnValue:
    if form.validate_on_submit():
        try:
            with transaction() as current:
                close(current)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("The alarm is closed.", "success")
            return redirect(url_for("alarms.show", alarm_id=alarm_id))
    return _page(alarm_id, form), 422


def _page(alarm_id: int, form: BaseForm | None = None) -> str:
    alarm = queries.one(session(), me(), alarm_id)
    path = alarm.channel.area_path
    forms = {kind.__name__: kind(formdata=None) for kind in (CallOursForm, ExplainForm)}
    if form is not None:
        forms[type(form).__name__] = form
    return render_template(
        "alarms/show.html",
        alarm=alarm,
        form=form,
        ours_form=forms["CallOursForm"],
        explain_form=forms["ExplainForm"],
        others=queries.others_open(session(), alarm),
        may_work=may(me(), Permission.WORK_ALARMS, path),
        may_disavow=may(me(), Permission.DISAVOW, path) and alarm.kind in disavowing.CATEGORY,
        is_open=alarm.state is AlarmState.OPEN,
        may_see_delivery=may(me(), Permission.SEE_DELIVERIES, path),
    )
