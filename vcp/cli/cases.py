"""`vcp cases`: every case listed; held drafts released and returned as on the pages."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from moderation import clocks, deciding, holds
from moderation.models import Case
from vcp.cli.acting import acting_as, app_at_work, as_option, json_option, otp_option, show
from vcp.cli.options import instance_option
from vcp.kernel import clock
from vcp.kernel.db import session, transaction


@click.group("cases", invoke_without_command=True)
@instance_option
@json_option
@click.pass_context
def group(context: click.Context, instance: Path | None, *, as_json: bool) -> None:
    """List every case, oldest first; or release or return a held draft."""
    if context.invoked_subcommand is not None:
        return
    with app_at_work(instance):
        cases = session().scalars(select(Case).order_by(Case.id)).unique()
        show([as_row(case) for case in cases], as_json=as_json)


@group.command()
@click.argument("case_id", type=int)
@click.argument("category")
@click.option("--reason", required=True, help="Why it may go out; kept with your name.")
@as_option
@otp_option
@instance_option
@json_option
def release(
    case_id: int,
    category: str,
    reason: str,
    email: str,
    otp: str | None,
    instance: Path | None,
    *,
    as_json: bool,
) -> None:
    """Release one category of a held draft."""
    with acting_as(email, otp, instance) as (_, person):
        with transaction() as current:
            row = as_row(holds.release(current, case_id, category, reason, by=person))
        show([row], as_json=as_json)


@group.command("return")
@click.argument("case_id", type=int)
@click.option("--reason", required=True, help="What should change; the author reads this.")
@as_option
@otp_option
@instance_option
@json_option
def return_(
    case_id: int,
    reason: str,
    email: str,
    otp: str | None,
    instance: Path | None,
    *,
    as_json: bool,
) -> None:
    """Give a held draft back to its author."""
    with acting_as(email, otp, instance) as (_, person):
        with transaction() as current:
            row = as_row(holds.return_to_author(current, case_id, reason, by=person))
        show([row], as_json=as_json)


def as_row(case: Case) -> dict[str, Any]:
    """Return a case as documented in docs/operating.md."""
    running = clocks.running(case, clock.now())
    needs = deciding.needs(case) if case.contact_id is None else []
    return {
        "id": case.id,
        "kind": "draft" if case.contact_id is None else "contact",
        "contact_id": case.contact_id,
        "post_id": case.post_id,
        "correction_id": case.correction_id,
        "area_path": case.area_path,
        "priority": case.priority,
        "categories": case.categories.split(","),
        "state": case.state.value,
        "disposition": case.disposition.value if case.disposition else None,
        "opened_at": case.opened_at.isoformat(),
        "due_at": case.due_at.isoformat(),
        "act_due_at": _iso(case.act_due_at),
        "seen_at": _iso(case.seen_at),
        "acted_at": _iso(case.acted_at),
        "awaited": running.what if running else None,
        "is_overdue": running.is_overdue if running else False,
        "claimed_by": case.claimed_by.email if case.claimed_by else None,
        "claimed_at": _iso(case.claimed_at),
        "hand_overs": [
            {
                "id": one.id,
                "desk": one.desk.code,
                "state": one.state.value,
                "sent_at": one.sent_at.isoformat(),
                "due_at": one.due_at.isoformat(),
                "acknowledged_at": _iso(one.acknowledged_at),
                "reference": one.reference or None,
            }
            for one in case.hand_overs
        ],
        "releases": [
            {"category": need.category, "needed": need.needed, "have": len(need.released_by)}
            for need in needs
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
