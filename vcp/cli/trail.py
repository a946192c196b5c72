"""`vcp audit`: hand out the trail."""

import json
from pathlib import Path

import click

from vcp.audit import queries
from vcp.cli.acting import acting_as, as_option, otp_option
from vcp.cli.options import instance_option
from vcp.kernel import clock
from vcp.kernel.audit import record
from vcp.kernel.db import session, transaction
from vcp.kernel.errors import NotAllowed
from vcp.kernel.permissions import Permission, allowed_paths


@click.group("audit")
def group() -> None:
    """The audit trail."""


@group.command()
@instance_option
@as_option
@otp_option
@click.option("--verb", default="", help="Only this verb.")
@click.option("--subject", default="", help="Only this thing, as kind:id, such as post:12.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def export(
    instance: Path | None, email: str, otp: str | None, verb: str, subject: str, output: Path | None
) -> None:
    """Print every event, oldest first, one JSON object a line; the export itself is recorded."""
    with acting_as(email, otp, instance) as (app, person):
        if not allowed_paths(person, Permission.EXPORT_TRAIL):
            raise NotAllowed(
                "Only an auditor of the whole force may export the trail.",
                attempted="export",
                subject_kind="trail",
            )
        with transaction() as current:
            record(current, person, "export", "trail", clock.now().date())
        kind, _, row_id = subject.partition(":")
        wanted = queries.Wanted(verb=verb, subject_kind=kind, subject_id=row_id)
        zone = app.extensions["vcp_settings"].zone
        with click.open_file(str(output or "-"), "w", encoding="utf-8") as lines:
            for event in queries.export(session(), wanted, zone):
                lines.write(json.dumps(event, ensure_ascii=False) + "\n")
