"""What commands share that needs no application: options, and reading the settings."""

from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from vcp.kernel import crashing
from vcp.kernel.settings import Settings

instance_option = click.option(
    "--instance",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder of this installation (default: VCP_INSTANCE, or ./instance).",
)
host_option = click.option("--host", default="127.0.0.1", show_default=True)
port_option = click.option("--port", default=8000, show_default=True)


def read_settings(instance: Path | None = None, **more: Any) -> Settings:
    """Return the settings, or end with every fault in them.

    Raises: click.ClickException with the faults and what to do.
    """
    if instance is not None:
        more["instance"] = instance
    try:
        settings = Settings(**more)
    except ValidationError as error:
        faults = "\n".join(
            f"- {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors()
        )
        raise click.ClickException(f"The settings can't be used:\n{faults}") from error
    crashing.arm(settings.crash_at, settings.instance)
    return settings
