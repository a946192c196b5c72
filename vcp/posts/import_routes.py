"""Posts from a CSV file: choose it, see what each row would do, then import."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from vcp.kernel.errors import Invalid
from vcp.kernel.permissions import Permission, me, requires
from vcp.kernel.sheets import text_of
from vcp.posts import importing
from vcp.posts.import_batches import run
from vcp.posts.import_forms import ImportPostsForm
from vcp.posts.importing import ADDED, KNOWN, NEEDED, OPTIONAL, REFUSED, ReportRow
from vcp.posts.routes import bp

#: More than this is for the command, which has no browser waiting.
MOST_ON_A_PAGE = 1_000
#: What a form may carry, with the text typed back into it.
MOST_CHARACTERS = 1_000_000
IMPORT = "import"


@bp.get("/import")
@requires(Permission.WRITE_POSTS)
def import_page() -> ResponseReturnValue:
    """Ask for a file."""
    return _page(ImportPostsForm(formdata=None))


@bp.post("/import")
@requires(Permission.WRITE_POSTS)
def import_now() -> ResponseReturnValue:
    """Report what each row would do or, on the second press, import the good ones."""
    form, is_final = ImportPostsForm(), request.form.get("step") == IMPORT
    try:
        _take_file(form)
        if not form.validate() or not form.text.data:
            raise Invalid("Choose a CSV file, or paste its lines.", "upload")  # noqa: TRY301
        report = run(
            form.text.data,
            me(),
            dry_run=not is_final,
            submit=form.submit_them.data,
            most_rows=MOST_ON_A_PAGE,
        )
    except Invalid as error:
        form.refuse(error)
        return _page(form), 422
    refused = any(row.outcome == REFUSED for row in report)
    if is_final and not refused:
        flash(told(report), "success")
        return redirect(url_for("posts.mine"))
    return _page(form, report, is_final=is_final), 422 if refused else 200


def told(report: list[ReportRow]) -> str:
    """Return what an import came to, in a sentence."""
    counts = {kind: sum(row.outcome == kind for row in report) for kind in (ADDED, KNOWN, REFUSED)}
    parts = [f"{counts[ADDED]} of {len(report)} rows were imported."]
    if counts[KNOWN]:
        parts.append(f"{counts[KNOWN]} were there already.")
    if counts[REFUSED]:
        parts.append(f"{counts[REFUSED]} were not: see why below.")
    return " ".join(parts)


def _take_file(form: ImportPostsForm) -> None:
    upload = request.files.get("upload")
    if upload is None or not upload.filename:
        return
    raw = upload.stream.read(4 * MOST_CHARACTERS + 1)
    text = text_of(raw[: 4 * MOST_CHARACTERS]) if len(raw) <= 4 * MOST_CHARACTERS else ""
    if not text or len(text) > MOST_CHARACTERS:
        raise Invalid(
            "The file is empty or too long for this page. Import it in parts, or with the command "
            "`vcp posts import`.",
            "upload",
        )
    form.text.data = text


def _page(
    form: ImportPostsForm, report: list[ReportRow] | None = None, *, is_final: bool = False
) -> str:
    return render_template(
        "posts/import.html",
        form=form,
        report=report or [],
        told=told(report) if report and is_final else "",
        is_final=is_final,
        needed=NEEDED,
        optional=OPTIONAL,
        most=MOST_ON_A_PAGE,
        most_by_command=importing.MOST_ROWS,
    )
