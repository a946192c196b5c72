"""`vcp deliveries`: every copy of every post, as the ledger has it."""

from pathlib import Path

import click

from vcp.cli.acting import app_at_work, json_option, show
from vcp.cli.options import instance_option
from vcp.kernel.db import session
from vcp.posts import delivery_queries

COLUMNS = ("post_id", "channel_id", "kind", "state", "attempts", "due_at", "problem")


@click.command("deliveries")
@instance_option
@json_option
def command(instance: Path | None, *, as_json: bool) -> None:
    """List every delivery, oldest first."""
    with app_at_work(instance):
        rows = list(delivery_queries.export(session()))
        if not as_json:
            rows = [{name: row[name] for name in COLUMNS} for row in rows]
        show(rows, as_json=as_json)
