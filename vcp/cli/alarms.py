"""`vcp alarms`: what happened on our accounts that we didn't do."""

from pathlib import Path

import click

from vcp.cli.acting import app_at_work, json_option, show
from vcp.cli.options import instance_option
from vcp.kernel.db import session
from vcp.posts import alarm_queries

COLUMNS = ("id", "kind", "network", "account", "state", "raised_at", "url")


@click.command("alarms")
@instance_option
@json_option
def command(instance: Path | None, *, as_json: bool) -> None:
    """List every alarm about our accounts, oldest first."""
    with app_at_work(instance):
        rows = list(alarm_queries.export(session()))
        if not as_json:
            rows = [{name: row[name] for name in COLUMNS} for row in rows]
        show(rows, as_json=as_json)
