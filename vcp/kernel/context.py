"""Who is at work, by which way, in which request: what the log and the trail both note."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol


class Actor(Protocol):
    """Whoever does something: a member of staff, or a process of ours."""

    @property
    def actor_id(self) -> str:
        """A random name that says nothing about the person."""


@dataclass(frozen=True)
class Machine:
    """A process of ours acting on its own, such as the publisher."""

    name: str

    @property
    def actor_id(self) -> str:
        """The same name in every installation: `machine:publisher`."""
        return f"machine:{self.name}"


@dataclass(frozen=True)
class Work:
    """One request, job, turn or command."""

    via: str
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    system_user: str | None = None


_work: ContextVar[Work | None] = ContextVar("vcp_work", default=None)


def current_work() -> Work:
    """Return the work going on now; outside any, work that says so."""
    return _work.get() or Work(via="process")


@contextmanager
def work(via: str, *, system_user: str | None = None) -> Iterator[Work]:
    """Mark everything inside as one piece of work, done by page, command, publisher or job."""
    started = Work(via=via, system_user=system_user)
    token = _work.set(started)
    try:
        yield started
    finally:
        _work.reset(token)
