"""The whole product as `vcp up` starts it, on a force that the test has made."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from flask import Flask

from vcp.app import create_app
from vcp.kernel import schema
from vcp.kernel.db import db
from vcp.kernel.settings import Mode, Settings

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 90
STOP_WITHIN_S = 60


@dataclass(frozen=True)
class Running:
    """Where the running product answers, and the app of the test on the same database."""

    address: str
    app: Flask
    settings: Settings
    #: Of `vcp up` itself.
    pid: int


def installation(folder: Path) -> tuple[Flask, Settings]:
    """Make an empty installation in test mode; the caller puts a force into it."""
    settings = Settings(
        mode=Mode.TEST, instance=folder / "instance", base_url=f"http://127.0.0.1:{free_port()}"
    )
    app = create_app(settings)
    with app.app_context():
        schema.upgrade(db.engine)
    return app, settings


@contextmanager
def running(app: Flask, settings: Settings) -> Iterator[Running]:
    """Start everything, wait until it is ready, and stop it at the end."""
    port = settings.base_url.rsplit(":", maxsplit=1)[-1]
    environment = {name: value for name, value in os.environ.items() if name[:4] != "VCP_"}
    environment["VCP_MODE"] = settings.mode.value
    command = [sys.executable, "-m", "vcp", "up", "--instance", str(settings.instance)]
    with (settings.instance / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", port], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        _wait_until_ready(settings, process)
        yield Running(settings.base_url, app, settings, process.pid)
    finally:
        process.terminate()
        process.wait(STOP_WITHIN_S)
        with app.app_context():
            db.engine.dispose()


def _wait_until_ready(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            if requests.get(f"{settings.base_url}/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        told = (settings.instance / "up.log").read_text(errors="replace")[-3000:]
        assert process.poll() is None, told
        assert time.monotonic() < deadline, told
        time.sleep(0.2)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
