"""`vcp up`: everything in one terminal; it loads no application itself."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vcp.cli.options import host_option, instance_option, port_option, read_settings
from vcp.kernel import logs
from vcp.kernel.settings import Mode, Settings
from vcp.processes.ready import is_ready
from vcp.processes.up import Stack

READY_WITHIN_S = 60


@click.command()
@instance_option
@host_option
@port_option
@click.option("--demo", is_flag=True, help="Fill an empty instance with an invented force.")
def up(instance: Path | None, host: str, port: int, *, demo: bool) -> None:
    """Start everything in this terminal; Ctrl-C stops it all."""
    settings = _settings(instance, host, port)
    lines = _prepared(demo=demo)
    Stack(settings, host, port, each_look=_announcer(settings, lines)).run()


def _settings(instance: Path | None, host: str, port: int) -> Settings:
    """Read the settings, and hand them on to the children by the environment."""
    more: dict[str, Any] = {}
    if "VCP_BASE_URL" not in os.environ:
        more["base_url"] = f"http://{host}:{port}"
    settings = read_settings(instance, **more)
    os.environ["VCP_INSTANCE"] = str(settings.instance.resolve())
    os.environ["VCP_BASE_URL"] = settings.base_url
    logs.configure(process="up", readable=settings.mode is not Mode.PRODUCTION)
    return settings


def _prepared(*, demo: bool) -> str:
    """Bring the database up to date, seed the demo if asked; return what the demo's people need."""
    command = [sys.executable, "-m", "vcp", "prepare", *(["--demo"] if demo else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout.rstrip()


def _announcer(settings: Settings, lines: str) -> Callable[[], None]:
    """Return what prints the address and the sign-ins, once, as soon as all is ready."""
    give_up_at = time.monotonic() + READY_WITHIN_S
    said = False

    def look() -> None:
        nonlocal said
        if said:
            return
        if is_ready(settings.base_url):
            said = True
            click.echo(f"\n  Ready at {settings.base_url}\n{lines}\n")
        elif time.monotonic() > give_up_at:
            said = True
            click.echo("It is not ready after a minute. In another terminal run `vcp doctor`.")

    return look
