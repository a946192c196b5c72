"""The calendar of posts, its export, and moving a post to another time."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from vcp.areas import queries as areas
from vcp.channels import queries as channels
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Permission, allowed_paths, me, requires
from vcp.posts import calendar, calendar_export, guards, in_force, moving, queries, service
from vcp.posts.calendar import MISSED, PLANNED, Span, View, Wanted
from vcp.posts.calendar_forms import MovePostForm
from vcp.posts.days import named, spoken
from vcp.posts.routes import bp as posts
from vcp.posts.states import PostState
from vcp.posts.wanted import times_of

bp = Blueprint("calendar", __name__, url_prefix="/staff/calendar")

#: A day of a month holds so many; the others are one step away.
MOST_A_DAY = 8
#: Dates that arithmetic with days can't leave.
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


@bp.get("")
@requires(Permission.SEE_POSTS)
def show() -> ResponseReturnValue:
    """Show a month, a week or a day."""
    span, wanted = _span(), _wanted()
    found = calendar.entries(session(), me(), span, wanted)
    return render_template(
        "posts/calendar.html",
        span=span,
        today=clock.now().astimezone(in_force.zone()).date(),
        title=_title(span),
        days=calendar.by_day(found, span),
        count=len(found),
        holidays=calendar.holidays(span),
        windows=calendar.windows(session(), me(), span),
        quiet_hours=calendar.quiet_hours(session(), me()),
        named=named,
        most_a_day=MOST_A_DAY if span.view is View.MONTH else 10_000,
        to=_address,
        kept=_kept(),
        kinds=calendar_export.KINDS,
        may_write=bool(allowed_paths(me(), Permission.WRITE_POSTS)),
        **_choices(),
    )


@bp.post("/export")
@requires(Permission.SEE_POSTS)
def export() -> ResponseReturnValue:
    """Hand out what the calendar shows as a file; that this was done is in the trail."""
    span, kind = _span(), request.form.get("kind", "csv")
    make, media_type = calendar_export.KINDS.get(kind, calendar_export.KINDS["csv"])
    with transaction() as current:
        record(current, me(), "export", "schedule", span.on, kind=kind)
    made = make(calendar.entries(session(), me(), span, _wanted()))
    name = f"schedule-{span.first.isoformat()}.{kind if kind in calendar_export.KINDS else 'csv'}"
    return Response(
        made,
        mimetype=media_type,
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )


@posts.get("/<int:post_id>/move")
@requires(Permission.WRITE_POSTS)
def ask_move(post_id: int) -> ResponseReturnValue:
    """Ask for another time."""
    post = queries.for_page(session(), post_id)
    guards.must_write_as(session(), me(), post.persona, "move", post)
    moving.must_be_movable(session(), post)
    form = MovePostForm(formdata=None)
    form.set_times(*times_of(post))
    return render_template("posts/move.html", form=form, post=post)


@posts.post("/<int:post_id>/move")
@requires(Permission.WRITE_POSTS)
def move(post_id: int) -> ResponseReturnValue:
    """Give a post another time; a scheduled one needs another yes."""
    form = MovePostForm()
    post = queries.for_page(session(), post_id)
    guards.must_write_as(session(), me(), post.persona, "move", post)
    before = post.wanted_at, post.not_after
    if form.validate():
        try:
            with transaction() as current:
                moving.move(
                    current,
                    post_id,
                    form.wanted_local,
                    by=me(),
                    fold=form.fold,
                    not_after_local=form.not_after_local,
                    submit=request.form.get("action") == "submit",
                    reason=form.warning_reason.data or "",
                )
                moved = service.found(current, post_id)
                if moved.state is not PostState.DRAFT and before == (
                    moved.wanted_at,
                    moved.not_after,
                ):
                    flash("It has this time already, so nothing was changed.", "info")
                else:
                    flash(_moved(moved.state), "success")
        except Invalid as error:
            form.refuse(error)
        else:
            return redirect(url_for("posts.show", post_id=post_id))
    return render_template("posts/move.html", form=form, post=post), 422


def _moved(state: PostState) -> str:
    if state is PostState.SUBMITTED:
        return "Moved and submitted. Those who can approve it have been told."
    if state is PostState.SCHEDULED:
        return "Moved. It stays approved."
    if state is PostState.HELD:
        return "Moved. The screening found something, so it is held."
    return "Moved. It is a draft: submit it when you are ready."


def _span() -> Span:
    view, on = request.values.get("view", ""), request.values.get("on", "")
    today = clock.now().astimezone(in_force.zone()).date()
    try:
        day = min(max(date.fromisoformat(on), EARLIEST), LATEST)
    except ValueError:
        day = today
    return calendar.span_of(View(view) if view in list(View) else View.MONTH, day)


def _wanted() -> Wanted:
    area = request.values.get("area", type=int)
    asked = request.values.get("state", "")
    known = {*PostState, PLANNED, MISSED}
    found = next((p for p in areas.tree(session()) if p.id == area), None) if area else None
    return Wanted(
        persona_id=request.values.get("persona", type=int),
        area_path=found.path if found else None,
        channel_id=request.values.get("channel", type=int),
        state=asked if asked in known else None,
    )


def _kept() -> dict[str, str]:
    """Return what the list is narrowed to, for the next address."""
    names = ("persona", "area", "channel", "state")
    return {name: value for name in names if (value := request.values.get(name, ""))}


def _address(view: str, on: date) -> str:
    asked: dict[str, Any] = {"view": str(view), "on": on.isoformat(), **_kept()}
    return url_for("calendar.show", **asked)


def _title(span: Span) -> str:
    if span.view is View.MONTH:
        return f"{span.on:%B %Y}"
    if span.view is View.DAY:
        return f"{span.on:%A} {spoken(span.on)}"
    return f"Week from {spoken(span.first)}"


def _choices() -> dict[str, Any]:
    near = channels.visible_rows(me())
    return {
        "personas": calendar.personas(session(), me()),
        "areas": areas.choices(session(), me(), Permission.SEE_POSTS),
        "channels": [(row.id, row.name) for row in session().scalars(near)],
        "states": [*(state.value for state in PostState), PLANNED, MISSED],
    }
