"""Is it up, is it ready: what a process manager and a load balancer ask."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from vcp.kernel import schema
from vcp.kernel.db import db, session
from vcp.kernel.heartbeat import alive
from vcp.kernel.permissions import public

bp = Blueprint("health", __name__)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, whether it is well, and what to do when it isn't."""

    name: str
    is_well: bool
    advice: str


@bp.get("/healthz")
@public
def healthz() -> Response:
    """Say that this process answers."""
    return jsonify(status="up")


@bp.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Say whether posts can be approved and sent: database, migrations, publisher, clock."""
    checks = list(essentials())
    ready = all(check.is_well for check in checks)
    return jsonify(ready=ready, **{check.name: check.is_well for check in checks}), (
        200 if ready else 503
    )


def essentials() -> Iterator[Check]:
    """Look at what posts can't do without; Valkey isn't among it."""
    try:
        session().execute(text("SELECT 1"))
        yield Check("database", True, "")
    except SQLAlchemyError as error:
        reason = type(getattr(error, "orig", error)).__name__
        yield Check(
            "database",
            False,
            f"The database doesn't answer ({reason}). Start it, or check VCP_DATABASE_URL.",
        )
        return
    at, head = schema.current(db.engine), schema.head()
    yield Check(
        "migrations", at == head, f"The tables are at {at}, not {head}. Run `vcp db upgrade`."
    )
    if at != head:
        return
    for process in ("publisher", "clock"):
        yield Check(
            process,
            alive(session(), process) > 0,
            f"No {process} is at work. Start it with `vcp {process}`, or all with `vcp up`.",
        )
