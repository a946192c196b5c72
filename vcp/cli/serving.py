"""`vcp web`: serve the pages. Only granian's worker loads the application."""

import os
from pathlib import Path

import click

from vcp.cli.options import host_option, instance_option, port_option, read_settings
from vcp.processes.web import serve


@click.command()
@instance_option
@host_option
@port_option
def web(instance: Path | None, host: str, port: int) -> None:
    """Serve the pages."""
    if instance is not None:
        os.environ["VCP_INSTANCE"] = str(instance)  # granian's worker reads the settings itself
    read_settings(instance)
    serve(host, port)
