"""The `vcp` command: what operators, and officers without a browser, type."""

import click

from vcp import __version__
from vcp.cli import database


@click.group()
@click.version_option(__version__, prog_name="vcp")
def main() -> None:
    """Virtual Community Policing: overt police identities, two people behind each post."""


main.add_command(database.group)
