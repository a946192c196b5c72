"""The page of slots, quiet hours and pre-election windows."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from vcp.areas import queries as areas
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Permission, allowed_paths, me, requires
from vcp.posts import calendar, days, times
from vcp.posts.times import Kind
from vcp.posts.times_forms import OfAreaForm, QuietHoursForm, SlotForm, WindowForm

bp = Blueprint("times", __name__, url_prefix="/staff/times")


@bp.get("")
@requires(Permission.SEE_POSTS)
def listed() -> ResponseReturnValue:
    """Show what is set for the person's areas."""
    return _page()


@bp.post("/slots")
@requires(Permission.APPROVE_POSTS)
def add_slot() -> ResponseReturnValue:
    """Name a time that posts can take."""
    form = SlotForm(prefix="slot-")

    def add(current: Session) -> object:
        return times.add_slot(
            current,
            form.area_id.data,
            form.name.data or "",
            form.days.data or (),
            form.at.data or "",
            by=me(),
            persona_slug=form.persona.data or "",
        )

    return _add(form, add, slot_form=form)


@bp.post("/quiet-hours")
@requires(Permission.APPROVE_POSTS)
def add_quiet_hours() -> ResponseReturnValue:
    """Set hours in which scheduling warns."""
    form = QuietHoursForm(prefix="quiet-")

    def add(current: Session) -> object:
        begins, ends = form.begins.data or "", form.ends.data or ""
        return times.add_quiet_hours(
            current, form.area_id.data, form.days.data or (), begins, ends, by=me()
        )

    return _add(form, add, quiet_form=form)


@bp.post("/windows")
@requires(Permission.APPROVE_POSTS)
def add_window() -> ResponseReturnValue:
    """Set the days before an election."""
    form = WindowForm(prefix="window-")

    def add(current: Session) -> object:
        first, last = _day(form.first_day.data, "first_day"), _day(form.last_day.data, "last_day")
        note = form.note.data or ""
        return times.add_window(current, form.area_id.data, first, last, note, by=me())

    return _add(form, add, window_form=form)


@bp.post("/<any(slot, quiet_hours, election_window):kind>/<int:row_id>/remove")
@requires(Permission.APPROVE_POSTS)
def remove(kind: str, row_id: int) -> ResponseReturnValue:
    """Take one of them away."""
    with transaction() as current:
        times.remove(current, Kind(kind), row_id, by=me())
    flash("Removed.", "success")
    return redirect(url_for("times.listed"))


def _add(
    form: OfAreaForm, add: Callable[[Session], object], **shown: OfAreaForm
) -> ResponseReturnValue:
    form.offer(areas.choices(session(), me(), Permission.APPROVE_POSTS))
    if form.validate():
        try:
            with transaction() as current:
                add(current)
        except Invalid as error:
            form.refuse(error)
        else:
            flash("Added.", "success")
            return redirect(url_for("times.listed"))
    return _page(form=form, **shown), 422


def _day(typed: str | None, field: str) -> date:
    try:
        return date.fromisoformat(typed or "")
    except ValueError as error:
        raise Invalid("Give the day, such as 7 May 2026.", field) from error


def _page(**shown: OfAreaForm) -> str:
    forms: dict[str, OfAreaForm] = {
        "slot_form": SlotForm(formdata=None, prefix="slot-"),
        "quiet_form": QuietHoursForm(formdata=None, prefix="quiet-"),
        "window_form": WindowForm(formdata=None, prefix="window-"),
    }
    mine = areas.choices(session(), me(), Permission.APPROVE_POSTS)
    for form in forms.values():
        form.offer(mine)
    return render_template(
        "posts/times.html",
        slots=times.slots(session(), me()),
        quiet_hours=calendar.quiet_hours(session(), me()),
        windows=times.windows(session(), me()),
        named=days.named,
        spoken=days.spoken,
        paths=allowed_paths(me(), Permission.APPROVE_POSTS),
        may_set=bool(mine),
        **{**forms, **shown},
    )
