"""What benchmarks run the product on: an installation on each database, or all of `vcp up`."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.databases import Postgresql, postgresql_missing
from tests.faults.rig import Rig, running_rig
from vcp.app import create_app
from vcp.kernel import schema
from vcp.kernel.db import db
from vcp.kernel.settings import Mode, Settings

READY_WITHIN_S = 90


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="vcp-bench-") as made:
        yield Path(made)


def rigs(channels: int) -> Iterator[tuple[str, Rig]]:
    """Give an installation with so many channels on SQLite and, where there is one, PostgreSQL."""
    with folder() as made:
        yield from _rig(made, "", "SQLite", channels)
    if postgresql_missing() is None:
        server = Postgresql()
        try:
            with folder() as made, server.fresh() as url:
                yield from _rig(made, url, "PostgreSQL", channels)
        finally:
            server.stop()


def _rig(made: Path, url: str, store: str, channels: int) -> Iterator[tuple[str, Rig]]:
    settings = Settings(mode=Mode.TEST, instance=made / "instance", database_url=url)
    app = create_app(settings)
    with app.app_context():
        schema.upgrade(db.engine)
    with running_rig(app, settings, made, channels=channels, seed=1) as rig:
        yield store, rig
    with app.app_context():
        db.engine.dispose()


@contextmanager
def up(
    instance: Path, *options: str, path: str = "/"
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run `vcp up` on this instance; give its address once it answers at the path."""
    port = free_port()
    vcp = str(Path(sys.executable).with_name("vcp"))
    command = [vcp, "up", "--instance", str(instance), "--port", str(port), *options]
    with running(command, f"http://127.0.0.1:{port}{path}") as process:
        yield f"http://127.0.0.1:{port}", process


@contextmanager
def running(command: list[str], url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the end, and wait until it answers.

    Raises: RuntimeError when it doesn't.
    """
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdout=said, stderr=said) as process,
    ):
        try:
            _wait_for(url, process)
            yield process
        finally:
            process.terminate()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} doesn't answer at {url}")
