"""What is declared is also connected: events have listeners, jobs have a worker."""

import importlib
import pkgutil
from collections.abc import Iterator

from flask import Flask

import moderation
import officer_profiles
import vcp
from vcp.kernel.events import Event, listeners
from vcp.kernel.jobs import QUEUES, registered

#: Events that nobody needs to hear yet, each with the reason.
UNHEARD: dict[str, str] = {}


def import_everything() -> None:
    """Import each module of the product, so that what it declares is known."""
    for package in (vcp, officer_profiles, moderation):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def kinds(of: type[Event]) -> Iterator[type[Event]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_event_has_a_listener(app: Flask) -> None:
    import_everything()
    heard = {kind for kind, found in listeners().items() if found}
    unheard = {
        f"{kind.__module__}.{kind.__name__}"
        for kind in kinds(Event)
        if kind not in heard and not kind.__module__.startswith("tests.")
    }
    assert unheard == set(UNHEARD), "wire these in vcp.app, or say why nobody listens"


def test_every_job_is_on_a_watched_queue() -> None:
    import_everything()
    lost = {job.name: job.queue for job in registered().values() if job.queue not in QUEUES}
    assert not lost


def test_every_job_is_known_by_where_it_stands() -> None:
    """Two functions of one name in one module would be one job."""
    import_everything()
    assert all(name == job.name for name, job in registered().items())
