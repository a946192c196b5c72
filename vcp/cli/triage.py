"""`vcp triage`: screen text without a database, one JSON object a line in and out."""

import sys

import click

from vcp.triage.lines import LinesError, run


@click.command("triage")
@click.argument("direction", type=click.Choice(["inbound", "outbound"]))
def command(direction: str) -> None:
    """Read {id, text, …} from standard input and print what the screening finds, in order."""
    try:
        run(direction, sys.stdin, sys.stdout)
    except LinesError as error:
        raise click.ClickException(str(error)) from error
