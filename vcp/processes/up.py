"""`vcp up`: everything in one terminal; a dead child is started again, stopping it stops all."""

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from vcp.kernel.settings import Settings
from vcp.processes import valkey
from vcp.processes.parent import die_with_parent

logger = logging.getLogger(__name__)

CHILDREN = ("web", "publisher", "worker", "clock")
RESTART_AFTER_S = 0.5
LOOK_EVERY_S = 0.2
#: A publisher may be waiting for a network: its calls end within 45 s.
STOP_WITHIN_S = 50


@dataclass
class Child:
    """One process that is kept running."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    start_at: float = field(default=0.0)


class Stack:
    """The processes of one installation, started and kept up together."""

    def __init__(
        self, settings: Settings, host: str, port: int, each_look: Callable[[], None]
    ) -> None:
        """Say what will run, and what to do at every look at it; nothing is started yet."""
        self.each_look = each_look
        self.stopping = threading.Event()
        self.settings = settings
        self.children = [
            Child(name, [sys.executable, "-m", "vcp", name, *self._where(name, host, port)])
            for name in CHILDREN
        ]
        if not settings.redis_url:
            self.children.insert(0, Child("valkey", valkey.command(settings)))

    @staticmethod
    def _where(name: str, host: str, port: int) -> list[str]:
        return ["--host", host, "--port", str(port)] if name == "web" else []

    def run(self) -> None:
        """Keep everything running until SIGTERM or SIGINT, then stop it all."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        if not self.settings.redis_url:
            valkey.forget_old_socket(self.settings.valkey_socket)
        while not self.stopping.is_set():
            for child in self.children:
                self._keep_up(child)
            self.each_look()
            self.stopping.wait(LOOK_EVERY_S)
        self._stop_all()

    def _keep_up(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            logger.warning("%s ended (%s); starting it again", child.name, child.process.returncode)
            child.process = None
            child.start_at = now + RESTART_AFTER_S
            if child.name == "valkey":
                valkey.forget_old_socket(self.settings.valkey_socket)
        if child.process is None and now >= child.start_at:
            child.process = subprocess.Popen(
                child.command,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no other thread runs here
                start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order
            )

    def _stop_all(self) -> None:
        last = [child for child in self.children if child.name == "valkey"]
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


def _wait(child: Child, deadline: float) -> None:
    if child.process is None:
        return
    try:
        child.process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        logger.warning("%s did not stop in time and is killed", child.name)
        child.process.kill()
