"""Ordinary jobs, run by RQ: anything that can be derived again from the database.

A job takes one id and may run twice, late or never; a sweep by the clock repairs what was lost.
Deliveries are not jobs (docs/adr/0003-the-database-is-the-queue.md).
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from vcp.kernel.db import after_commit

logger = logging.getLogger(__name__)

QUEUES = ("default", "mail")
CONNECT_TIMEOUT_S = 1.0
#: How long a finished or failed job's record stays in Valkey.
KEPT_S = 3600


@dataclass(frozen=True)
class Job:
    """A registered job: its name, its queue, and the function that does it."""

    name: str
    queue: str
    do: Callable[[str], None]


_registry: dict[str, Job] = {}
_redis_url = ""
_all_wait = False
_is_away = False
_surroundings: Callable[[], AbstractContextManager[object]] = nullcontext


def job(queue: str = "default") -> Callable[[Callable[[str], None]], Job]:
    """Register a function of one id as a job on a watched queue."""

    def register(do: Callable[[str], None]) -> Job:
        name = f"{do.__module__}.{do.__name__}"
        _registry[name] = Job(name, queue, do)
        return _registry[name]

    return register


def configure(redis_url: str, surroundings: Callable[[], AbstractContextManager[object]]) -> None:
    """Say where the queues are, and inside what each job runs (the app's context)."""
    global _redis_url, _surroundings
    _redis_url, _surroundings = redis_url, surroundings


def connection() -> Redis:
    """Return this process's client of Valkey, which gives up soon: pages must not wait for it."""
    return _client(_redis_url)


@cache
def _client(url: str) -> Redis:
    # One for the process, which keeps its connections: making one costs more than pushing a job.
    return Redis.from_url(
        url, socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=CONNECT_TIMEOUT_S
    )


def enqueue(session: Session, wanted: Job, row_id: object) -> None:
    """Have the job run soon after this unit is stored.

    With Valkey away the job waits for the sweep: nothing fails, and `vcp doctor` says so.
    """
    if not _all_wait:
        after_commit(session, lambda: push(wanted, row_id))


@contextmanager
def left_to_the_sweep() -> Iterator[None]:
    """Push nothing from this process meanwhile: for bulk work before any worker is there."""
    global _all_wait  # noqa: PLW0603 - like the address of the queues, one a process
    _all_wait = True
    try:
        yield
    finally:
        _all_wait = False


def push(wanted: Job, row_id: object) -> bool:
    """Put the job on its queue now; false when Valkey is away."""
    global _is_away  # noqa: PLW0603 - so that an outage is logged once, not for every job
    try:
        queue = Queue(wanted.queue, connection=connection(), serializer=JSONSerializer)
        queue.enqueue(run, wanted.name, str(row_id), result_ttl=0, failure_ttl=KEPT_S)
    except RedisError as error:
        if not _is_away:
            logger.warning("Jobs wait: Valkey is away (%s)", type(error).__name__)
        _is_away = True
        return False
    _is_away = False
    return True


def run(name: str, row_id: str) -> None:
    """Do one job; the only function that RQ ever calls."""
    with _surroundings():
        _registry[name].do(row_id)


def registered() -> dict[str, Job]:
    """Return every job by name."""
    return dict(_registry)
