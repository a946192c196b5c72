"""Is it up, is it ready: what a process manager and a load balancer ask."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, render_template, request
from redis.exceptions import RedisError
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from vcp.kernel import jobs, revisions
from vcp.kernel.db import db, session
from vcp.kernel.heartbeat import alive
from vcp.kernel.mail import Mail
from vcp.kernel.pages import paginate
from vcp.kernel.permissions import Permission, public, requires
from vcp.kernel.settings import Mode, Settings, settings
from vcp.kernel.vault import PRIVATE_FILE, PUBLIC_FILE

bp = Blueprint("health", __name__)

LEAST_FREE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, whether it is well, and what to do when it isn't."""

    name: str
    is_well: bool
    advice: str


_registered: list[Callable[[], Iterable["Check"]]] = []


def register(checks: Callable[[], Iterable["Check"]]) -> None:
    """Add a feature's own checks to those of the health page and `vcp doctor`."""
    if checks not in _registered:
        _registered.append(checks)


def everything() -> Iterator["Check"]:
    """Look at everything: the essentials, the machine, the queue, and each feature's own."""
    yield from _machine(settings())
    checks = list(essentials())
    yield from checks
    yield from _queue()
    if all(check.is_well for check in checks if check.name in ("database", "migrations")):
        workers = alive(session(), "worker")
        yield Check(
            "worker", workers > 0, "No worker is at work: pages and mails wait. Run `vcp worker`."
        )
        for feature in _registered:
            yield from feature()


def _machine(settings: Settings) -> Iterator["Check"]:
    folder = settings.instance
    yield Check(
        "instance folder",
        os.access(folder, os.W_OK),
        f"{folder} can't be written. Give it to the user that runs VCP.",
    )
    free = shutil.disk_usage(folder).free
    yield Check(
        "disk space",
        free > LEAST_FREE_BYTES,
        f"Only {free // 2**20} MiB are free under {folder}. Make room: a full disk stops work.",
    )
    yield Check(
        "vault",
        all((folder / name).exists() for name in (PUBLIC_FILE, PRIVATE_FILE)),
        f"The vault's keys are missing in {folder}. Restore {PRIVATE_FILE} and {PUBLIC_FILE} "
        "from the backup, or connect every channel again.",
    )


def _queue() -> Iterator["Check"]:
    try:
        redis = jobs.connection()
        policy = redis.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
    except RedisError:
        yield Check(
            "valkey",
            False,
            "Valkey doesn't answer. Posts still go out; pages and mails are done by the clock. "
            "Start it, or check VCP_REDIS_URL.",
        )
        return
    yield Check("valkey", True, "")
    yield Check(
        "valkey keeps jobs",
        policy == "noeviction",
        f"Valkey may drop jobs when its memory is full (policy {policy}). Set noeviction.",
    )


@bp.get("/staff/health")
@requires(Permission.SEE_HEALTH)
def page() -> str:
    """Show everything that `vcp doctor` looks at."""
    return render_template("health/page.html", checks=list(everything()))


@bp.get("/staff/mails")
@requires(Permission.SEE_MAILS)
def mails() -> str:
    """Show the newest mails; in demo mode, where none leave, with their words."""
    newest = select(Mail).order_by(Mail.id.desc())
    shown = paginate(session(), newest, request.args.get("page", 1, type=int))
    return render_template("health/mails.html", page=shown, with_words=settings().mode is Mode.DEMO)


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
    at, head = revisions.current(db.engine), revisions.newest()
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
