"""`vcp prepare`: what `vcp up` does before it starts anything, in a process of its own."""

from pathlib import Path

import click

from vcp.app import create_app
from vcp.cli.database import bring_up_to_date
from vcp.cli.options import instance_option, read_settings
from vcp.kernel.db import session
from vcp.seed import seed_demo, sign_in_lines
from vcp.users.queries import anybody


@click.command(hidden=True)
@instance_option
@click.option("--demo", is_flag=True, help="Fill an empty instance with an invented force.")
def prepare(instance: Path | None, *, demo: bool) -> None:
    """Bring the tables up to date and print the demo's sign-ins, if there are any."""
    settings = read_settings(instance)
    app = create_app(settings)
    with app.app_context():
        click.echo("Bringing the database up to date …", err=True)
        bring_up_to_date(settings.instance)
        if demo and not anybody(session()):
            click.echo("Making an invented demo force …", err=True)
            seed_demo(app)
        click.echo("\n".join(sign_in_lines(settings)))
