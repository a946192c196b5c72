"""`vcp doctor`: what is wrong, and what to do about it."""

from pathlib import Path

import click

from vcp.cli.acting import app_at_work, json_option, show
from vcp.cli.options import instance_option
from vcp.kernel import health


@click.command("doctor")
@instance_option
@json_option
def command(instance: Path | None, *, as_json: bool) -> None:
    """Check settings, stores, processes and channels; ends with 1 when something needs doing."""
    with app_at_work(instance):
        checks = list(health.everything())
    if as_json:
        rows = [{"check": c.name, "well": c.is_well, "advice": c.advice} for c in checks]
        show(rows, as_json=True)
    else:
        for check in checks:
            mark = (
                click.style("well", fg="green") if check.is_well else click.style("LOOK", fg="red")
            )
            click.echo(f"{mark}  {check.name}")
            if not check.is_well:
                click.echo(f"      {check.advice}")
    if not all(check.is_well for check in checks):
        raise SystemExit(1)
