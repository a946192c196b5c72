"""What granian's worker serves: the application, with /metrics on an address of its own."""

import logging
from typing import Any

from prometheus_client import start_http_server

from vcp.app import create_app
from vcp.kernel import logs
from vcp.kernel.settings import Mode, Settings
from vcp.processes.parent import die_with_parent


def make() -> Any:
    """Return the WSGI application; granian calls this in its worker."""
    die_with_parent()
    settings = Settings()
    logs.configure(process="web", readable=settings.mode is not Mode.PRODUCTION)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, addr=settings.metrics_host)
    return create_app(settings)
