"""`vcp up`: everything in one terminal; a dead child is started again, stopping it stops all.

The children are forked from this process, which has loaded the application for all of them: they
share its memory and start at once.
"""

import gc
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess
from types import FrameType

from setproctitle import setproctitle

from vcp.kernel.settings import Settings
from vcp.processes import valkey
from vcp.processes.parent import die_with_parent

logger = logging.getLogger(__name__)

RESTART_AFTER_S = 0.5
LOOK_EVERY_S = 0.2
#: A publisher may be waiting for a network: its calls end within 45 s.
STOP_WITHIN_S = 50
VALKEY = "valkey"

forks = multiprocessing.get_context("fork")


@dataclass
class Child:
    """One process that is kept running."""

    name: str
    run: Callable[[], object]
    process: ForkProcess | None = None
    start_at: float = field(default=0.0)


class Stack:
    """The processes of one installation, started and kept up together."""

    def __init__(
        self,
        settings: Settings,
        commands: Mapping[str, Callable[[], object]],
        each_look: Callable[[], None],
    ) -> None:
        """Say what will run, and what to do at every look at it; nothing is started yet."""
        self.each_look = each_look
        self.stopping = threading.Event()
        self.settings = settings
        self.children = [Child(name, run) for name, run in commands.items()]
        if not settings.redis_url:
            self.children.insert(0, Child(VALKEY, self._become_valkey))

    def _become_valkey(self) -> None:
        command = valkey.command(self.settings)
        os.execv(command[0], command)  # noqa: S606 - our own binary, no shell wanted

    def run(self) -> None:
        """Keep everything running until SIGTERM or SIGINT, then stop it all."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        if not self.settings.redis_url:
            valkey.forget_old_socket(self.settings.valkey_socket)
        # What is loaded now stays: the collector would write to each page of it in each child.
        gc.freeze()
        while not self.stopping.is_set():
            for child in self.children:
                self._keep_up(child)
            self.each_look()
            self.stopping.wait(LOOK_EVERY_S)
        self._stop_all()

    def _keep_up(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and not child.process.is_alive():
            logger.warning("%s ended (%s); starting it again", child.name, child.process.exitcode)
            child.process = None
            child.start_at = now + RESTART_AFTER_S
            if child.name == VALKEY:
                valkey.forget_old_socket(self.settings.valkey_socket)
        if child.process is None and now >= child.start_at:
            child.process = forks.Process(target=_begin, args=(child.name, child.run))
            child.process.start()

    def _stop_all(self) -> None:
        last = [child for child in self.children if child.name == VALKEY]
        for group in ([child for child in self.children if child not in last], last):
            for child in group:
                if child.process is not None:
                    child.process.terminate()
            deadline = time.monotonic() + STOP_WITHIN_S
            for child in group:
                _wait(child, deadline)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.stopping.set()


def _begin(name: str, run: Callable[[], object]) -> None:
    """Be this child: under its own name, ended with its parent, deaf to the terminal's Ctrl-C."""
    os.setsid()  # Ctrl-C reaches `vcp up` alone, which stops us in order
    die_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    setproctitle(f"vcp {name}")
    run()


def _wait(child: Child, deadline: float) -> None:
    if child.process is None:
        return
    child.process.join(max(0.1, deadline - time.monotonic()))
    if child.process.is_alive():
        logger.warning("%s did not stop in time and is killed", child.name)
        child.process.kill()
