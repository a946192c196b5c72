"""The pages of the trail."""

import json
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from vcp.audit import queries
from vcp.audit.forms import SearchTrailForm
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.db import session, transaction
from vcp.kernel.permissions import Permission, me, requires
from vcp.kernel.settings import settings

bp = Blueprint("audit", __name__, url_prefix="/staff/trail")


@bp.get("")
@requires(Permission.SEE_TRAIL)
def search() -> ResponseReturnValue:
    """Show the trail, newest first, narrowed as asked."""
    form = SearchTrailForm(request.args)
    form.offer(queries.verbs(session()), queries.kinds(session()))
    valid = form.validate()
    wanted = form.wanted() if valid else queries.Wanted()
    page = queries.search(session(), wanted, settings().zone, request.args.get("page", 1, type=int))
    names = current_app.extensions["vcp_actor_names"](
        session(), {event.actor_id for event in page.items}
    )
    shown = [(event, queries.as_json(event)) for event in page.items]
    answer = render_template("audit/search.html", form=form, page=page, shown=shown, names=names)
    return answer, 200 if valid else 422


@bp.post("/export")
@requires(Permission.EXPORT_TRAIL)
def export() -> ResponseReturnValue:
    """Hand out the trail as JSON lines; that this was done is itself in the trail."""
    form = SearchTrailForm(request.form)
    form.offer(queries.verbs(session()), queries.kinds(session()))
    wanted = form.wanted() if form.validate() else queries.Wanted()
    with transaction() as current:
        record(current, me(), "export", "trail", clock.now().date())
    zone = settings().zone

    def lines() -> Iterator[str]:
        for event in queries.export(session(), wanted, zone):
            yield json.dumps(event, ensure_ascii=False) + "\n"

    return Response(
        stream_with_context(lines()),
        mimetype="application/x-ndjson",
        headers={"Content-Disposition": f"attachment; filename=trail-{clock.now():%Y-%m-%d}.jsonl"},
    )
