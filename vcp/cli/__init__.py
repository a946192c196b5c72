"""The `vcp` command: what operators, and officers without a browser, type."""

import click

from vcp import __version__
from vcp.cli import (
    areas,
    channels,
    database,
    deliveries,
    doctor,
    people,
    personas,
    processes,
    site,
    trail,
)


@click.group()
@click.version_option(__version__, prog_name="vcp")
def main() -> None:
    """Virtual Community Policing: overt police identities, two people behind each post."""


COMMANDS = (
    *processes.COMMANDS,
    areas.group,
    channels.group,
    database.group,
    deliveries.command,
    doctor.command,
    site.group,
    people.group,
    personas.group,
    trail.group,
)

for command in COMMANDS:
    main.add_command(command)
