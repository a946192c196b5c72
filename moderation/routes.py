"""The desk: the queue, the page of one case, and what keeps an open page fresh."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask import session as cookie
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from moderation import live, pages, queries, service
from moderation.changes import Changes
from moderation.queries import KINDS, ONLY, Wanted
from moderation.rows import rows
from vcp.kernel import clock
from vcp.kernel.consulting import consults
from vcp.kernel.db import session
from vcp.kernel.permissions import Permission, allowed_paths, me, requires
from vcp.kernel.settings import settings
from vcp.users.sign_in import this_sign_in

bp = Blueprint("cases", __name__, url_prefix="/staff/cases")


@bp.record_once
def _set_up(state: BlueprintSetupState) -> None:
    """Keep what this process knows of open pages; asking by themselves keeps nobody signed in."""
    state.app.extensions["vcp_desk_streams"] = live.Streams(
        state.app.extensions["vcp_settings"].desk_streams
    )
    state.app.extensions["vcp_quiet_endpoints"].add("cases.changes")


@bp.get("")
@requires(Permission.SEE_CASES)
@consults("case")
def listed() -> ResponseReturnValue:
    """Show what waits in the person's areas, the most urgent first."""
    current, wanted, since = session(), _wanted(), clock.now()
    page = queries.page(current, me(), request.args.get("page", 1, type=int), wanted)
    return render_template(
        "moderation/queue.html",
        page=page,
        rows=rows(page.items, queries.newest_messages(current, page.items)),
        wanted=wanted,
        areas=queries.areas_to_choose(current, me()),
        loud=queries.unclaimed_p1(current, me()),
        since=since,
        may_work=bool(allowed_paths(me(), Permission.WORK_CASES)),
    )


@bp.get("/<int:case_id>")
@requires(Permission.SEE_CASES)
@consults("case", "case_id", also=service.saw)
def show(case_id: int) -> ResponseReturnValue:
    """Show one case, and what this person may do about it."""
    return pages.case_page(service.found(session(), case_id))


@bp.get("/changes")
@requires(Permission.SEE_CASES)
def changes() -> ResponseReturnValue:
    """Tell an open page what has changed: as a stream, or once for a page that asks by itself."""
    told_so_far = request.headers.get("Last-Event-ID") or request.args.get("since")
    since = live.moment(told_so_far)
    if request.args.get("once"):
        news = live.news(Changes(since), me())
        return Response(news or "{}", mimetype="application/json")
    streams: live.Streams = current_app.extensions["vcp_desk_streams"]
    stream = streams.open(this_sign_in().id, _seconds_left())
    lines = live.events(_app(), stream, since)
    answer = Response(lines, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    answer.call_on_close(partial(streams.close, stream))
    return answer


def _wanted() -> Wanted:
    asked = request.args
    # Of a NUL, PostgreSQL can't even be asked.
    kind, area = asked.get("kind", ""), asked.get("area", "").replace("\0", "")
    return Wanted(
        closed=asked.get("closed") == "1",
        only=frozenset(name for name in ONLY if asked.get(name)),
        kind=kind if kind in KINDS else "",
        area_path=area,
    )


def _seconds_left() -> float:
    """Return how long this browser stays signed in if nobody opens a page."""
    idle_until = int(cookie["seen"]) + settings().idle_minutes * 60
    left = idle_until - clock.now().timestamp()
    return min(left, (this_sign_in().expires_at - clock.now()).total_seconds())


def _app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the proxy's only way out
