"""`vcp up`: everything in one terminal."""

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from vcp.cli.options import host_option, instance_option, port_option, read_settings
from vcp.cli.preparing import prepare
from vcp.cli.processes import clock, ingest, publisher, worker
from vcp.cli.serving import web
from vcp.kernel import logs
from vcp.kernel.settings import Mode, Settings
from vcp.processes.ready import is_ready
from vcp.processes.up import Stack, forks

READY_WITHIN_S = 60


@click.command()
@instance_option
@host_option
@port_option
@click.option("--demo", is_flag=True, help="Fill an empty instance with an invented force.")
def up(instance: Path | None, host: str, port: int, *, demo: bool) -> None:
    """Start everything in this terminal; Ctrl-C stops it all."""
    settings = _settings(instance, host, port)
    lines = _prepared(["--demo"] if demo else [])
    Stack(settings, _commands(host, port), each_look=_announcer(settings, lines)).run()


def _commands(host: str, port: int) -> Mapping[str, Callable[[], object]]:
    """Return what runs under which name: the very commands that start one process each."""
    where = ["--host", host, "--port", str(port)]
    return {
        "web": partial(web.main, where, "vcp web"),
        "publisher": partial(publisher.main, [], "vcp publisher"),
        "ingest": partial(ingest.main, [], "vcp ingest"),
        "worker": partial(worker.main, [], "vcp worker"),
        "clock": partial(clock.main, [], "vcp clock"),
    }


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


def _prepared(options: list[str]) -> str:
    """Bring the database up to date, seed the demo if asked; return what the demo's people need.

    In a process of its own, so that the children are forked from one that has opened nothing.
    """
    reading, writing = os.pipe()
    process = forks.Process(target=_prepare, args=(writing, options))
    process.start()
    os.close(writing)
    with os.fdopen(reading) as output:
        lines = output.read()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)
    return lines.rstrip()


def _prepare(output: int, options: list[str]) -> None:
    os.dup2(output, 1)
    prepare.main(options, "vcp prepare")


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
