"""`vcp contacts`: every conversation, for other programs; looking is written into the trail."""

from pathlib import Path

import click

from vcp.cli.acting import app_at_work, json_option, show
from vcp.cli.options import instance_option
from vcp.contacts import queries
from vcp.kernel.audit import record
from vcp.kernel.context import Machine
from vcp.kernel.db import session, transaction

COLUMNS = ("id", "kind", "handle", "category", "priority", "state", "first_at", "due_at")


@click.command("contacts")
@click.option("--text", is_flag=True, help="Give what was said as well.")
@instance_option
@json_option
def command(instance: Path | None, *, as_json: bool, text: bool) -> None:
    """List every contact with its messages, oldest first; the look is recorded."""
    with app_at_work(instance):
        with transaction() as current:
            record(current, Machine("command"), "export", "contact", "all", with_text=text)
        rows = list(queries.export(session(), with_text=text))
        if not as_json:
            rows = [{name: row[name] for name in COLUMNS} for row in rows]
        show(rows, as_json=as_json)
