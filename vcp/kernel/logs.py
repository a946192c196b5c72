"""Logs for operators: one JSON line each, with ids; never tokens, codes, words or contacts."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from vcp.kernel.context import current_work

SECRET_KEYS = ("token", "secret", "password", "authorization", "cookie", "code", "otp", "key")
BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")


def _add_work(
    logger: Any,
    method: str,
    entry: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    del logger, method
    work = current_work()
    entry.setdefault("via", work.via)
    entry.setdefault("request_id", work.request_id)
    return entry


def _redact(
    logger: Any,
    method: str,
    entry: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    del logger, method
    for name, value in entry.items():
        if any(part in name.lower() for part in SECRET_KEYS):
            entry[name] = "[hidden]"
        elif isinstance(value, str):
            entry[name] = BEARER.sub(r"\1 [hidden]", value)
    return entry


def configure(*, process: str, readable: bool) -> None:
    """Send all logging to standard error: JSON lines, or readable ones for a terminal."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_work,
        structlog.processors.format_exc_info,
        _redact,
    ]
    renderer = (
        structlog.dev.ConsoleRenderer(colors=False)
        if readable
        else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # These libraries write tokens or whole answers at DEBUG, and noise at INFO.
    for noisy in ("mastodon", "requests", "urllib3", "rq.worker", "alembic", "_granian"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(process=process)
