"""`vcp up` keeps its processes running, and leaves nobody behind whatever ends it."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.journeys.stack import Running, installation, running

CHILDREN = ("valkey", "web", "publisher", "ingest", "worker", "clock")
#: Far more than it takes, since machines are busy: this measures nothing.
WITHIN_S = 20


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    app, settings = installation(tmp_path_factory.mktemp("up"))
    with running(app, settings) as started:
        yield started


def child(stack: Running, name: str) -> psutil.Process | None:
    """Return the process of this name that `vcp up` runs now."""
    for process in psutil.Process(stack.pid).children():
        with suppress(psutil.NoSuchProcess):  # a zombie among them
            if name in " ".join(process.cmdline()):
                return process
    return None


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("name", CHILDREN)
def test_a_dead_process_is_started_again(stack: Running, name: str) -> None:
    before = child(stack, name)
    assert before is not None
    before.kill()
    until(lambda: (now := child(stack, name)) is not None and now.pid != before.pid)


def test_a_killed_up_leaves_nobody_behind_and_starts_again(tmp_path: Path) -> None:
    app, settings = installation(tmp_path)
    with running(app, settings) as started:
        family = psutil.Process(started.pid).children(recursive=True)
        assert len(family) >= len(CHILDREN)
        psutil.Process(started.pid).kill()
        _, left = psutil.wait_procs(family, timeout=WITHIN_S)
        assert not left
    with running(app, settings):
        pass  # it is ready again
