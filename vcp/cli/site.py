"""`vcp site`: the folder of public pages."""

from pathlib import Path

import click

from vcp.cli.acting import app_at_work
from vcp.cli.options import instance_option
from vcp.residents.render import render_everything, render_marked


@click.group("site")
def group() -> None:
    """Render the public pages again, for a mirror or after a restore."""


@group.command()
@instance_option
@click.option("--all", "everything", is_flag=True, help="Every page, not only what has changed.")
def render(instance: Path | None, *, everything: bool) -> None:
    """Render what has changed since it was last rendered."""
    with app_at_work(instance) as app:
        done = render_everything() if everything else render_marked(seconds=float("inf"))
        folder = app.extensions["vcp_settings"].site.resolve()
    click.echo(f"Rendered {done} groups of pages in {folder}.")
