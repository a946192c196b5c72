"""The `vcp` command: what operators, and officers without a browser, type."""

import click

from vcp import __version__
from vcp.cli import (
    areas,
    cases,
    channels,
    database,
    deliveries,
    doctor,
    people,
    personas,
    posts,
    processes,
    routing,
    seeding,
    site,
    starting,
    trail,
    triage,
)


@click.group()
@click.version_option(__version__, prog_name="vcp")
def main() -> None:
    """Virtual Community Policing: overt police identities, two people behind each post."""


COMMANDS = (
    starting.up,
    *processes.COMMANDS,
    areas.group,
    cases.group,
    channels.group,
    database.group,
    deliveries.command,
    doctor.command,
    site.group,
    people.group,
    personas.group,
    posts.group,
    routing.command,
    seeding.group,
    trail.group,
    triage.command,
)

for command in COMMANDS:
    main.add_command(command)
