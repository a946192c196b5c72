"""The `vcp` command: what operators, and officers without a browser, type."""

import click

from vcp import __version__
from vcp.cli import database, deliveries, doctor, trail


@click.group()
@click.version_option(__version__, prog_name="vcp")
def main() -> None:
    """Virtual Community Policing: overt police identities, two people behind each post."""


for command in (database.group, deliveries.command, doctor.command, trail.group):
    main.add_command(command)
