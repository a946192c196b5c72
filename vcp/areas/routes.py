"""The tree of areas, one area, adding and ending, and import from CSV."""

import io

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from vcp.areas import queries, service
from vcp.areas.forms import AddAreaForm, DescribeForm, EndForm, ImportForm
from vcp.areas.importing import MOST_CHARACTERS, ReportRow, import_csv
from vcp.areas.models import Area, AreaKind
from vcp.kernel import clock
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import Conflict, Invalid
from vcp.kernel.permissions import Permission, allowed_paths, check, may, me, requires
from vcp.kernel.sheets import text_of

bp = Blueprint("areas", __name__, url_prefix="/areas")


@bp.get("")
@requires(Permission.SEE_AREAS)
def tree() -> ResponseReturnValue:
    """Show all areas as a tree."""
    return render_template(
        "areas/tree.html",
        areas=queries.tree(session()),
        depth=lambda area: len(queries.path_ids(area.path)) - 1,
        today=clock.now().date(),
        may_add=bool(allowed_paths(me(), Permission.MANAGE_AREAS)),
    )


@bp.get("/<int:area_id>")
@requires(Permission.SEE_AREAS)
def show(area_id: int) -> ResponseReturnValue:
    """Show one area: where it lies, what lies in it, from when to when."""
    area = queries.by_id(session(), area_id)
    return _area_page(area, DescribeForm(formdata=None, description=area.description))


@bp.post("/<int:area_id>")
@requires(Permission.MANAGE_AREAS)
def describe(area_id: int) -> ResponseReturnValue:
    """Change what residents read about an area."""
    form = DescribeForm()
    if not form.validate():
        return _area_page(queries.by_id(session(), area_id), form), 422
    with transaction() as unit:
        service.describe_area(unit, area_id, str(form.description.data or ""), me())
    flash("The description is changed. Residents see it in a moment.", "success")
    return redirect(url_for("areas.show", area_id=area_id))


@bp.get("/add")
@requires(Permission.MANAGE_AREAS)
def add() -> ResponseReturnValue:
    """Show the form for a new area."""
    parent_id = request.args.get("inside", type=int)
    form = AddAreaForm(formdata=None, parent_id=parent_id, valid_from=clock.now().date())
    return _add_page(form)


@bp.post("/add")
@requires(Permission.MANAGE_AREAS)
def add_now() -> ResponseReturnValue:
    """Add an area one level below its parent."""
    form = AddAreaForm()
    form.parent_id.choices = _parents()
    if not form.validate():
        return _add_page(form), 422
    try:
        with transaction() as unit:
            parent = queries.by_id(unit, int(form.parent_id.data))
            kind = service.LEVELS[service.LEVELS.index(parent.kind) + 1]
            name, words = str(form.name.data), str(form.description.data or "")
            first = form.valid_from.data or clock.now().date()
            area_id = service.add_area(unit, kind, name, parent.id, first, me(), words).id
    except Invalid as error:
        form.refuse(error)
        return _add_page(form), 422
    flash(f"{name} is added.", "success")
    return redirect(url_for("areas.show", area_id=area_id))


@bp.get("/<int:area_id>/end")
@requires(Permission.MANAGE_AREAS)
def end(area_id: int) -> ResponseReturnValue:
    """Ask for the last day of an area."""
    return render_template("areas/end.html", area=_managed(area_id), form=EndForm(formdata=None))


@bp.post("/<int:area_id>/end")
@requires(Permission.MANAGE_AREAS)
def end_now(area_id: int) -> ResponseReturnValue:
    """End an area after that day."""
    form, area = EndForm(), _managed(area_id)
    last_day = form.last_day.data
    if not form.validate() or last_day is None:
        return render_template("areas/end.html", area=area, form=form), 422
    try:
        with transaction() as unit:
            service.end_area(unit, area_id, last_day, me())
    except (Invalid, Conflict) as error:
        form.refuse(error if isinstance(error, Invalid) else Invalid(error.message, "last_day"))
        return render_template("areas/end.html", area=area, form=form), error.status
    flash("The area ends then. Its page stays as an archive.", "success")
    return redirect(url_for("areas.show", area_id=area_id))


@bp.get("/import")
@requires(Permission.MANAGE_AREAS)
def import_page() -> ResponseReturnValue:
    """Show the form to import areas."""
    return _import_page(ImportForm(formdata=None), None)


@bp.post("/import")
@requires(Permission.MANAGE_AREAS)
def import_now() -> ResponseReturnValue:
    """Check a file and report each row; on the second press, store it."""
    form, is_final = ImportForm(), request.form.get("step") == "import"
    upload = request.files.get("upload")
    try:
        if upload is not None and upload.filename:
            form.text.data = text_of(upload.stream.read(4 * MOST_CHARACTERS))
        if not form.validate() or not form.text.data:
            raise Invalid("Choose a CSV file, or paste its lines.", "upload")  # noqa: TRY301
        lines = io.StringIO(form.text.data)
        if is_final:
            with transaction() as unit:
                report = import_csv(unit, lines, me(), dry_run=False)
        else:
            report = import_csv(session(), lines, me(), dry_run=True)
    except Invalid as error:
        form.refuse(error)
        return _import_page(form, None), 422
    if any(row.outcome == "refused" for row in report):
        return _import_page(form, report), 422
    if not is_final:
        return _import_page(form, report)
    flash(f"{sum(row.outcome == 'added' for row in report)} areas are added.", "success")
    return redirect(url_for("areas.tree"))


def _managed(area_id: int) -> Area:
    """Return the area for whoever manages it, before any form is shown."""
    area = queries.by_id(session(), area_id)
    check(me(), Permission.MANAGE_AREAS, area.path)
    return area


def _area_page(area: Area, form: DescribeForm) -> str:
    return render_template(
        "areas/area.html",
        area=area,
        form=form,
        above=queries.ancestors(session(), area),
        inside=queries.children(session(), area),
        today=clock.now().date(),
        may_manage=may(me(), Permission.MANAGE_AREAS, area.path),
        may_hold_more=area.kind != AreaKind.BEAT,
    )


def _add_page(form: AddAreaForm) -> str:
    form.parent_id.choices = _parents()
    return render_template("areas/add.html", form=form)


def _parents() -> list[SelectChoice]:
    found = queries.choices(session(), me(), Permission.MANAGE_AREAS)
    beats = {area.id for area in queries.tree(session()) if area.kind == AreaKind.BEAT}
    return [SelectChoice(str(number), words) for number, words in found if number not in beats]


def _import_page(form: ImportForm, report: list[ReportRow] | None) -> str:
    return render_template("areas/import.html", form=form, report=report)
