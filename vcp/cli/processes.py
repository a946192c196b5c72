"""`vcp up|web|publisher|worker|clock`: the processes, together or one by one."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import Flask

import moderation.service
from vcp.app import create_app
from vcp.cli.acting import instance_option, read_settings
from vcp.kernel import logs, schema
from vcp.kernel.db import db, session
from vcp.kernel.settings import Mode, Settings
from vcp.processes import web as web_process
from vcp.processes import worker as worker_process
from vcp.processes.clock import Clock, Periodic, in_unit
from vcp.processes.publisher import Publisher
from vcp.processes.up import Stack
from vcp.residents.render import render_left_over
from vcp.residents.site_writer import SiteFolder
from vcp.seed import seed_demo, sign_in_lines
from vcp.users.queries import anybody

REPAIR_EVERY_S = 5.0
RENDER_EVERY_S = 2.0
READY_WITHIN_S = 60

host_option = click.option("--host", default="127.0.0.1", show_default=True)
port_option = click.option("--port", default=8000, show_default=True)


def _start(process: str, instance: Path | None) -> tuple[Flask, Settings]:
    settings = read_settings(instance)
    logs.configure(process=process, readable=settings.mode is not Mode.PRODUCTION)
    return create_app(settings), settings


@click.command()
@instance_option
@host_option
@port_option
def web(instance: Path | None, host: str, port: int) -> None:
    """Serve the pages."""
    if instance is not None:
        os.environ["VCP_INSTANCE"] = str(instance)  # granian's worker reads the settings itself
    read_settings(instance)
    web_process.run(host, port)


@click.command()
@instance_option
def publisher(instance: Path | None) -> None:
    """Send what is due, and settle what is uncertain."""
    app, settings = _start("publisher", instance)
    Publisher(app, settings, SiteFolder(app)).run()


@click.command()
@instance_option
def worker(instance: Path | None) -> None:
    """Run ordinary jobs: pages, mails."""
    app, settings = _start("worker", instance)
    worker_process.run(app, settings)


@click.command()
@instance_option
def clock(instance: Path | None) -> None:
    """Repair what a crash or a lost job left undone."""
    app, _ = _start("clock", instance)
    table = (
        Periodic("holds without a case", REPAIR_EVERY_S, in_unit(moderation.service.repair)),
        Periodic("pages left over", RENDER_EVERY_S, render_left_over),
    )
    Clock(app, table).run()


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


COMMANDS = (up, web, publisher, worker, clock)
