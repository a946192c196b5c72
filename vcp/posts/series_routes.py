"""Series: the list, beginning one, its days, and its end."""

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from officer_profiles import queries as personas
from officer_profiles.models import Persona
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Invalid, NotFound
from vcp.kernel.permissions import Permission, allowed_paths, may, me, requires
from vcp.posts import guards, series, series_queries, series_rules, time_warnings
from vcp.posts.schedule_models import Series
from vcp.posts.series_forms import SeriesForm
from vcp.posts.states import PostState
from vcp.triage.findings import Finding

bp = Blueprint("series", __name__, url_prefix="/staff/series")

#: How far the page of a series looks back, and ahead from now or from its first day.
SHOWN_BACK, SHOWN_AHEAD = timedelta(days=31), timedelta(days=92)


@bp.get("")
@requires(Permission.SEE_POSTS)
def listed() -> ResponseReturnValue:
    """Show the series of the person's areas."""
    return render_template(
        "posts/series_list.html",
        found=series_queries.visible(session(), me()),
        spoken_rule=series_rules.spoken_rule,
        may_write=bool(allowed_paths(me(), Permission.WRITE_POSTS)),
    )


@bp.get("/new")
@requires(Permission.WRITE_POSTS)
def new() -> ResponseReturnValue:
    """Ask when a new series goes out, and in whose name."""
    mine = personas.personas_of(session(), me())
    chosen = request.args.get("persona")
    if chosen is None and len(mine) != 1:
        return render_template("posts/series_choose.html", personas=mine)
    persona = _persona(chosen) if chosen else mine[0]
    form = SeriesForm(formdata=None)
    form.starts_on.data = series.today().isoformat()
    return _form(form, persona=persona)


@bp.post("/new")
@requires(Permission.WRITE_POSTS)
def create() -> ResponseReturnValue:
    """Begin a series; its words come next."""
    persona = _persona(request.args.get("persona", ""))
    form, persona_id = SeriesForm(), persona.id
    if form.validate():
        try:
            with transaction() as current:
                template_id = series.start(current, persona_id, form.plan(), by=me()).template_id
        except Invalid as error:
            form.refuse(error)
        else:
            flash("The days are kept. Now write the words.", "success")
            return redirect(url_for("posts.edit", post_id=template_id))
    return _form(form, persona=persona), 422


@bp.get("/<int:series_id>")
@requires(Permission.SEE_POSTS)
def show(series_id: int) -> ResponseReturnValue:
    """Show one series: its rule, and what became or becomes of each day."""
    row = _seen(series_id)
    today = series.today()
    last = max(today, row.starts_on) + SHOWN_AHEAD
    days = series_queries.days_of(session(), row, today - SHOWN_BACK, last)
    writes = guards.may_write_as(session(), me(), row.template.persona)
    running = row.template.state is not PostState.CANCELLED
    dropped = series_queries.dropped(session(), row)
    return render_template(
        "posts/series.html",
        series=row,
        days=days,
        spoken_rule=series_rules.spoken_rule,
        as_ical=series.as_ical(row, dropped),
        left_out=dropped,
        last=last,
        warnings=_warnings(row) if running else [],
        unspoken=time_warnings.unspoken(session(), row, days),
        may_write=writes and running,
        may_stop=running
        and (writes or may(me(), Permission.APPROVE_POSTS, row.template.area_path)),
        today=today,
    )


@bp.get("/<int:series_id>/rule")
@requires(Permission.WRITE_POSTS)
def edit(series_id: int) -> ResponseReturnValue:
    """Show the rule, to be changed."""
    row = _written(series_id, "change")
    form = SeriesForm(formdata=None)
    form.show(row)
    return _form(form, row=row)


@bp.post("/<int:series_id>/rule")
@requires(Permission.WRITE_POSTS)
def change(series_id: int) -> ResponseReturnValue:
    """Take over another rule."""
    row, form = _written(series_id, "change"), SeriesForm()
    if form.validate():
        try:
            with transaction() as current:
                series.change(current, series_id, form.plan(), by=me())
        except Invalid as error:
            form.refuse(error)
        else:
            flash(
                "Kept. If days or times changed, its words wait to be submitted again.", "success"
            )
            return redirect(url_for("series.show", series_id=series_id))
    return _form(form, row=row), 422


@bp.post("/<int:series_id>/days/<day>/drop")
@requires(Permission.WRITE_POSTS)
def drop(series_id: int, day: str) -> ResponseReturnValue:
    """Leave one day out."""
    with transaction() as current:
        series.drop(current, series_id, _day(day), by=me())
    flash("Left out. Nothing of the series goes out on that day.", "success")
    return redirect(url_for("series.show", series_id=series_id))


@bp.post("/<int:series_id>/days/<day>/own")
@requires(Permission.WRITE_POSTS)
def take_out(series_id: int, day: str) -> ResponseReturnValue:
    """Let one day go its own way: other words, or another time."""
    with transaction() as current:
        post_id = series.take_out(current, series_id, _day(day), by=me()).id
    flash("This day is a draft of its own now. Change it, then submit it.", "success")
    return redirect(url_for("posts.edit", post_id=post_id))


@bp.post("/<int:series_id>/stop")
@requires(Permission.SEE_POSTS)
def stop(series_id: int) -> ResponseReturnValue:
    """End a series."""
    with transaction() as current:
        series.stop(current, series_id, by=me())
    flash("Stopped. Nothing more of it goes out.", "success")
    return redirect(url_for("series.show", series_id=series_id))


def _warnings(row: Series) -> list[Finding]:
    """Return what whoever approves must answer; what was approved says what it doesn't speak of."""
    found = time_warnings.series_findings(session(), row)
    if row.template.state is not PostState.APPROVED:
        return found
    return [finding for finding in found if finding.rule != time_warnings.QUIET]


def _persona(slug: str) -> Persona:
    persona = personas.by_slug(session(), slug)
    guards.must_write_as(session(), me(), persona, "create")
    return persona


def _seen(series_id: int) -> Series:
    row = series_queries.for_page(session(), series_id)
    guards.must_see(session(), me(), row.template)
    return row


def _written(series_id: int, verb: str) -> Series:
    row = series_queries.for_page(session(), series_id)
    guards.must_write_as(session(), me(), row.template.persona, verb, row.template)
    return row


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise NotFound("There is no such day. Go back to the series.") from error


def _form(form: SeriesForm, *, persona: Persona | None = None, row: Series | None = None) -> str:
    return render_template("posts/series_form.html", form=form, persona=persona, series=row)
