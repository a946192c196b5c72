"""The web process: granian serving the app, with /metrics on an address of its own."""

import logging
from typing import Any

import requests
from granian import Granian
from granian.constants import Interfaces
from prometheus_client import start_http_server

from vcp.app import create_app
from vcp.kernel import logs
from vcp.kernel.settings import Mode, Settings
from vcp.processes.parent import die_with_parent

THREADS = 32


def make() -> Any:
    """Return the WSGI application; granian calls this in its worker."""
    die_with_parent()
    settings = Settings()
    logs.configure(process="web", readable=settings.mode is not Mode.PRODUCTION)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, addr=settings.metrics_host)
    return create_app(settings)


def run(host: str, port: int) -> None:
    """Serve until asked to stop."""
    Granian(
        "vcp.processes.web:make",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
        log_enabled=False,
    ).serve()


def is_ready(base_url: str) -> bool:
    """Say whether the pages answer and everything they need is at work."""
    try:
        return requests.get(f"{base_url}/readyz", timeout=1).ok
    except requests.RequestException:
        return False
