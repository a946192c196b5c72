"""`vcp up`: everything in one terminal."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vcp.app import create_app
from vcp.cli.acting import instance_option, read_settings
from vcp.cli.processes import host_option, port_option
from vcp.kernel import logs, schema, vault
from vcp.kernel.db import db, session
from vcp.kernel.settings import Mode, Settings
from vcp.processes import web as web_process
from vcp.processes.up import Stack
from vcp.seed import seed_demo, sign_in_lines
from vcp.users.queries import anybody

READY_WITHIN_S = 60


@click.command()
@instance_option
@host_option
@port_option
@click.option("--demo", is_flag=True, help="Fill an empty instance with an invented force.")
def up(instance: Path | None, host: str, port: int, *, demo: bool) -> None:
    """Start everything in this terminal; Ctrl-C stops it all."""
    settings = _prepare(instance, host, port)
    app = create_app(settings)
    with app.app_context():
        click.echo("Bringing the database up to date …")
        schema.upgrade(db.engine)
        vault.make_keys(settings.instance)
        if demo and not anybody(session()):
            click.echo("Making an invented demo force …")
            seed_demo(app)
        lines = sign_in_lines(settings)
        db.engine.dispose()
    Stack(settings, host, port, each_look=_announcer(settings, lines)).run()


def _prepare(instance: Path | None, host: str, port: int) -> Settings:
    """Read the settings, and hand them on to the children by the environment."""
    more: dict[str, Any] = {}
    if "VCP_BASE_URL" not in os.environ:
        more["base_url"] = f"http://{host}:{port}"
    settings = read_settings(instance, **more)
    os.environ["VCP_INSTANCE"] = str(settings.instance.resolve())
    os.environ["VCP_BASE_URL"] = settings.base_url
    logs.configure(process="up", readable=settings.mode is not Mode.PRODUCTION)
    return settings


def _announcer(settings: Settings, lines: list[str]) -> Callable[[], None]:
    """Return what prints the address and the sign-ins, once, as soon as all is ready."""
    give_up_at = time.monotonic() + READY_WITHIN_S
    said = False

    def look() -> None:
        nonlocal said
        if said:
            return
        if web_process.is_ready(settings.base_url):
            said = True
            click.echo("\n".join(["", f"  Ready at {settings.base_url}", *lines, ""]))
        elif time.monotonic() > give_up_at:
            said = True
            click.echo("It is not ready after a minute. In another terminal run `vcp doctor`.")

    return look
