"""What the looping processes share: a polite stop, a heartbeat, and turns at their own pace."""

import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from flask import Flask

from vcp.kernel.context import work
from vcp.kernel.db import transaction
from vcp.kernel.heartbeat import beat

logger = logging.getLogger(__name__)

BEAT_EVERY_S = 5.0


def owner_name(process: str) -> str:
    """Return a name for this process that no other has, now or after a restart."""
    return f"{process}:{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


class Loop:
    """Runs turns until it is asked to stop; a turn that fails is logged, and the next one runs."""

    def __init__(self, app: Flask, process: str) -> None:
        """Name the process; nothing runs yet."""
        self.app = app
        self.process = process
        self.owner = owner_name(process)
        self.stopping = threading.Event()
        self._turns: list[tuple[float, Callable[[], None]]] = [(BEAT_EVERY_S, self._beat)]
        self._due: dict[int, float] = {}

    def every(self, seconds: float, turn: Callable[[], None]) -> None:
        """Have this turn run about every so many seconds."""
        self._turns.append((seconds, turn))

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; what is under way is finished first."""
        self.listen_for_stop()
        shortest = min(seconds for seconds, _ in self._turns)
        while not self.stopping.is_set():
            self.run_due()
            self.stopping.wait(shortest)

    def listen_for_stop(self) -> None:
        """Take SIGTERM and SIGINT as the wish to stop after what is under way."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def run_due(self) -> None:
        """Run every turn whose time has come."""
        for number, (seconds, turn) in enumerate(self._turns):
            # Monotonic, so that setting the machine's clock neither bunches nor starves turns.
            if time.monotonic() < self._due.get(number, 0):
                continue
            self.attempt(turn)
            self._due[number] = time.monotonic() + seconds

    def attempt(self, turn: Callable[[], None]) -> None:
        """Run one turn in the app's context; whatever it raises is logged and doesn't end us."""
        try:
            with self.at_work():
                turn()
        except Exception:  # the loop must go on: this is where it ends
            logger.exception("A turn of the %s failed", self.process)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Give this thread the app's context, and its lines in the trail the process's name."""
        with self.app.app_context(), work(self.process):
            yield

    def _beat(self) -> None:
        with transaction() as session:
            beat(session, self.owner, self.process)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.stopping.set()
